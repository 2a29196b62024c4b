// SPDX-License-Identifier: Apache-2.0
// What the look at a chunk costs that keeps incompressible bytes away from zstd, and what it saves.
//   Probe/DATA/BYTES     looks_incompressible() of one chunk of the size
//   Zstd/DATA            compressing a block of 1 MiB of them: what is saved if DATA is
//   random Memcpy/BYTES
// DATA: random bytes; text of words with lengths as in prose. Chunks lie in L2.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <cstring>
#include <random>
#include <string>

#include "base/limits.h"
#include "codecs/codec.h"
#include "codecs/probe.h"

namespace letterpress::codecs {
namespace {

constexpr std::size_t kBytes = 1 * kMiB;

Bytes random_bytes() {
  std::mt19937 random(1);
  Bytes bytes(kBytes);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes text_bytes() {
  std::mt19937 random(2);
  Bytes bytes(kBytes);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random() % 6 == 0 ? ' ' : 'a' + random() % 26);
  }
  return bytes;
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void bench_probe(benchmark::State& state, ByteView bytes) {
  const auto chunk_bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    for (std::size_t at = 0; at + chunk_bytes <= bytes.size(); at += chunk_bytes) {
      benchmark::DoNotOptimize(looks_incompressible(bytes.subspan(at, chunk_bytes)));
    }
  }
  count_bytes(state, bytes.size() / chunk_bytes * chunk_bytes);
}

void bench_zstd(benchmark::State& state, ByteView bytes) {
  Bytes packed(ZSTD_compressBound(bytes.size()));
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  for (auto _ : state) {
    benchmark::DoNotOptimize(ZSTD_compressCCtx(context, packed.data(), packed.size(), bytes.data(),
                                               bytes.size(), kLevelDefault));
  }
  ZSTD_freeCCtx(context);
  count_bytes(state, bytes.size());
}

void bench_memcpy(benchmark::State& state, ByteView bytes) {
  Bytes to(bytes.size());
  for (auto _ : state) {
    std::memcpy(to.data(), bytes.data(), bytes.size());
    benchmark::ClobberMemory();
  }
  count_bytes(state, bytes.size());
}

[[maybe_unused]] const bool kRegistered = [] {
  struct Input {
    std::string name;
    Bytes bytes;
  };
  static const Input inputs[] = {{"random", random_bytes()}, {"text", text_bytes()}};
  for (const Input& input : inputs) {
    benchmark::RegisterBenchmark(("Probe/" + input.name).c_str(), bench_probe, input.bytes)
        ->Arg(4 << 10)
        ->Arg(16 << 10)
        ->Arg(64 << 10);
    benchmark::RegisterBenchmark(("Zstd/" + input.name).c_str(), bench_zstd, input.bytes);
  }
  benchmark::RegisterBenchmark("Memcpy", bench_memcpy, inputs[0].bytes);
  return true;
}();

}  // namespace
}  // namespace letterpress::codecs
