// SPDX-License-Identifier: Apache-2.0
// Bytes a second of the cut-point search with the default sizes, each kernel by itself, with memcpy
// and xxHash's XXH3 over the same bytes beside them.
//   CutScan/KERNEL/DATA/BYTES    bytes in all: 24 KiB lie in L1, 256 KiB in L2, 8 MiB in L3, and
//                                128 MiB in memory
//   CutScanChosen/KERNEL/DATA    1 MiB that was chosen to be slow, tests/chunking/chosen_input.h
// DATA: random bytes; base64 in lines of 76 columns; text of words with lengths as in prose; zeros.
#include <benchmark/benchmark.h>
#include <xxhash.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "chunking/cut_scan.h"
#include "chunking/mark_search.h"
#include "tests/chunking/chosen_input.h"

namespace letterpress::chunking {
namespace {

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

void bench_cut_scan(benchmark::State& state, const MarkKernel& kernel, ByteView bytes) {
  const CutParams params;
  for (auto _ : state) {
    for (ByteView left = bytes; !left.empty();) {
      const std::size_t length = next_cut_on(kernel, left.data(), left.size(), params);
      benchmark::DoNotOptimize(length);
      left = left.subspan(length);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void bench_memcpy(benchmark::State& state, ByteView from) {
  Bytes to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(from.size()));
}

void bench_xxh3(benchmark::State& state, ByteView bytes) {
  for (auto _ : state) benchmark::DoNotOptimize(XXH3_64bits(bytes.data(), bytes.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void register_all() {
  constexpr std::size_t kByteCounts[] = {24U << 10, 256U << 10, 8U << 20, 128U << 20};
  struct Input {
    const char* name;
    Bytes bytes;
  };
  static const Input inputs[] = {{"random", random_bytes(kByteCounts[3])},
                                 {"base64", base64_bytes(kByteCounts[3])},
                                 {"text", text_bytes(kByteCounts[3])},
                                 {"zeros", Bytes(kByteCounts[3])}};
  for (const std::size_t byte_count : kByteCounts) {
    const auto name_of = [byte_count](std::string name) {
      return name.append(1, '/').append(std::to_string(byte_count));
    };
    benchmark::RegisterBenchmark(name_of("Memcpy").c_str(), bench_memcpy,
                                 ByteView(inputs[0].bytes).first(byte_count));
    benchmark::RegisterBenchmark(name_of("Xxh3").c_str(), bench_xxh3,
                                 ByteView(inputs[0].bytes).first(byte_count));
    for (const MarkKernel& kernel : mark_kernels()) {
      if (kernel.tier > cpu_tier()) continue;
      for (const Input& input : inputs) {
        std::string name = "CutScan/";
        name.append(cpu_tier_name(kernel.tier)).append(1, '/').append(input.name);
        benchmark::RegisterBenchmark(name_of(name).c_str(), bench_cut_scan, kernel,
                                     ByteView(input.bytes).first(byte_count));
      }
    }
  }
  static const std::vector<test::ChosenInput> chosen = test::chosen_inputs(1U << 20);
  for (const MarkKernel& kernel : mark_kernels()) {
    if (kernel.tier > cpu_tier()) continue;
    const std::string start = std::string("CutScanChosen/") + cpu_tier_name(kernel.tier) + "/";
    benchmark::RegisterBenchmark((start + "random").c_str(), bench_cut_scan, kernel,
                                 ByteView(inputs[0].bytes).first(1U << 20));
    for (const test::ChosenInput& input : chosen) {
      benchmark::RegisterBenchmark((start + input.name).c_str(), bench_cut_scan, kernel,
                                   ByteView(input.bytes));
    }
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace letterpress::chunking
