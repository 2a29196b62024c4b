// SPDX-License-Identifier: Apache-2.0
// Bytes a second of the cut-point search with the default sizes, each kernel by itself, with memcpy
// beside them.
//   CutScan/KERNEL/DATA/BYTES    bytes in all: 24 KiB lie in L1, 256 KiB in L2, 8 MiB in L3, and
//                                256 MiB in memory
// DATA: random bytes; base64 in lines of 76 columns; text of words with lengths as in prose; zeros.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "chunking/cut_scan.h"
#include "chunking/mark_search.h"

namespace letterpress::chunking {
namespace {

constexpr std::int64_t kByteCounts[] = {24 << 10, 256 << 10, 8 << 20, 256 << 20};

using Generate = Bytes (*)(std::size_t byte_count);

Bytes random_bytes(std::size_t byte_count) {
  std::mt19937 random(1);
  Bytes bytes(byte_count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes base64_bytes(std::size_t byte_count) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes = random_bytes(byte_count);
  for (std::size_t i = 0; i < byte_count; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i % 77 == 76 ? '\n' : kAlphabet[bytes[i] % 64]);
  }
  return bytes;
}

Bytes text_bytes(std::size_t byte_count) {
  std::mt19937 random(2);
  Bytes bytes(byte_count);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random() % 6 == 0 ? ' ' : 'a' + random() % 26);
  }
  return bytes;
}

Bytes zero_bytes(std::size_t byte_count) { return Bytes(byte_count); }

void bench_cut_scan(benchmark::State& state, const MarkKernel& kernel, Generate generate) {
  const Bytes bytes = generate(static_cast<std::size_t>(state.range(0)));
  const CutParams params;
  for (auto _ : state) {
    for (ByteView left = bytes; !left.empty();) {
      const std::size_t length = next_cut_on(kernel, left.data(), left.size(), params);
      benchmark::DoNotOptimize(length);
      left = left.subspan(length);
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void bench_memcpy(benchmark::State& state) {
  const Bytes from = random_bytes(static_cast<std::size_t>(state.range(0)));
  Bytes to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

struct Data {
  const char* name;
  Generate generate;
};

constexpr Data kData[] = {{"random", random_bytes},
                          {"base64", base64_bytes},
                          {"text", text_bytes},
                          {"zeros", zero_bytes}};

const bool kAreRegistered = [] {
  auto* const copy = benchmark::RegisterBenchmark("Memcpy", bench_memcpy);
  for (const std::int64_t byte_count : kByteCounts) copy->Arg(byte_count);
  for (const MarkKernel& kernel : mark_kernels()) {
    if (kernel.tier > cpu_tier()) continue;
    for (const Data& data : kData) {
      const std::string name =
          std::string("CutScan/") + cpu_tier_name(kernel.tier) + '/' + data.name;
      auto* const scan =
          benchmark::RegisterBenchmark(name.c_str(), bench_cut_scan, kernel, data.generate);
      for (const std::int64_t byte_count : kByteCounts) scan->Arg(byte_count);
    }
  }
  return true;
}();

}  // namespace
}  // namespace letterpress::chunking
