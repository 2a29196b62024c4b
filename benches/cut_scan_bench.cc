// SPDX-License-Identifier: Apache-2.0
// Bytes a second of the cut-point search with the default sizes, with memcpy beside it.
//   CutScan/DATA/BYTES    bytes in all: 1 MiB lies in the cache, 256 MiB in memory
// DATA: random bytes; base64 in lines of 76 columns; text of words with lengths as in prose; zeros.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "chunking/cut_scan.h"

namespace letterpress::chunking {
namespace {

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

void bench_cut_scan(benchmark::State& state, Generate generate) {
  const Bytes bytes = generate(static_cast<std::size_t>(state.range(0)));
  const CutParams params;
  for (auto _ : state) {
    for (ByteView left = bytes; !left.empty();) {
      const std::size_t length = next_cut(left.data(), left.size(), params);
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

constexpr std::int64_t kInCache = 1 << 20;
constexpr std::int64_t kInMemory = 256 << 20;

BENCHMARK(bench_memcpy)->Name("Memcpy")->Arg(kInCache)->Arg(kInMemory);
BENCHMARK_CAPTURE(bench_cut_scan, random, random_bytes)
    ->Name("CutScan/random")
    ->Arg(kInCache)
    ->Arg(kInMemory);
BENCHMARK_CAPTURE(bench_cut_scan, base64, base64_bytes)
    ->Name("CutScan/base64")
    ->Arg(kInCache)
    ->Arg(kInMemory);
BENCHMARK_CAPTURE(bench_cut_scan, text, text_bytes)
    ->Name("CutScan/text")
    ->Arg(kInCache)
    ->Arg(kInMemory);
BENCHMARK_CAPTURE(bench_cut_scan, zeros, zero_bytes)
    ->Name("CutScan/zeros")
    ->Arg(kInCache)
    ->Arg(kInMemory);

}  // namespace
}  // namespace letterpress::chunking
