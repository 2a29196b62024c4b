// SPDX-License-Identifier: Apache-2.0
// Bytes a second of chunk ids, each kernel by itself, with what else names chunks beside them.
//   Memcpy, Xxh3, Sha256/BYTES  one input at a time, in cache: xxHash, and OpenSSL's SHA-256
//   Hash/BYTES            one input at a time, in cache
//   HashMany/KERNEL/BYTES 64 inputs of one length in a call, in cache
//   HashMany/KERNEL/cut   inputs as content-defined cutting gives them, mean about 9 KiB, 64 a call
//   .../cold              the same over 256 MiB, from memory
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "hashing/blake3.h"
#include "hashing/blake3_batch.h"

namespace letterpress::hashing {
namespace {

constexpr std::size_t kInputsPerCall = 64;

Bytes random_bytes(std::size_t byte_count) {
  std::mt19937_64 random(1);
  Bytes bytes(byte_count);
  for (std::size_t i = 0; i + 8 <= byte_count; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(bytes.data() + i, &word, 8);
  }
  return bytes;
}

void count_bytes(benchmark::State& state, std::size_t bytes_per_iteration) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_per_iteration) *
                          static_cast<std::int64_t>(state.iterations()));
}

void bench_memcpy(benchmark::State& state) {
  const Bytes from = random_bytes(static_cast<std::size_t>(state.range(0)));
  Bytes to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, from.size());
}

void bench_xxh3(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(XXH3_128bits(bytes.data(), bytes.size()));
  }
  count_bytes(state, bytes.size());
}

void bench_sha256(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  for (auto _ : state) {
    EVP_DigestInit_ex2(context, sha256, nullptr);
    EVP_DigestUpdate(context, bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context, digest, nullptr);
    benchmark::DoNotOptimize(digest);
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(sha256);
  count_bytes(state, bytes.size());
}

void bench_hash(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(hash(bytes));
  count_bytes(state, bytes.size());
}

// Goes round `inputs`, kInputsPerCall at a time.
void bench_hash_many(benchmark::State& state, const LanesKernel& kernel,
                     const std::vector<ByteView>& inputs) {
  std::vector<ChunkId> ids(kInputsPerCall);
  std::size_t next = 0;
  std::size_t byte_count = 0;
  for (auto _ : state) {
    const auto call = std::span(inputs).subspan(next, kInputsPerCall);
    hash_many_on(kernel, call, nullptr, ids.data());
    benchmark::DoNotOptimize(ids.data());
    benchmark::ClobberMemory();
    for (const ByteView input : call) byte_count += input.size();
    next = next + 2 * kInputsPerCall <= inputs.size() ? next + kInputsPerCall : 0;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(byte_count));
}

std::vector<ByteView> equal_inputs(ByteView bytes, std::size_t input_bytes) {
  std::vector<ByteView> inputs;
  for (std::size_t i = 0; i < kInputsPerCall; ++i) {
    inputs.push_back(bytes.subspan(i * input_bytes, input_bytes));
  }
  return inputs;
}

// Lengths as of a chunker with a minimum of 2 KiB and a mean of about 9 KiB.
std::vector<ByteView> cut_inputs(ByteView bytes) {
  std::mt19937 random(2);
  std::exponential_distribution<double> tail(1 / 7200.0);
  std::vector<ByteView> inputs;
  while (bytes.size() > 65536) {
    const auto length = std::min<std::size_t>(65536, 2048 + static_cast<std::size_t>(tail(random)));
    inputs.push_back(bytes.first(length));
    bytes = bytes.subspan(length);
  }
  return inputs;
}

void register_all() {
  static const Bytes bytes = random_bytes(256U << 20);
  for (const std::int64_t size : {4096, 16384, 65536, 1 << 20}) {
    benchmark::RegisterBenchmark("Memcpy", bench_memcpy)->Arg(size);
    benchmark::RegisterBenchmark("Xxh3", bench_xxh3)->Arg(size);
    benchmark::RegisterBenchmark("Sha256", bench_sha256)->Arg(size);
  }
  for (const std::int64_t size : {64, 1024, 4096, 8192, 16384, 65536, 1 << 20}) {
    benchmark::RegisterBenchmark("Hash", bench_hash)->Arg(size);
  }
  for (const LanesKernel& kernel : lanes_kernels()) {
    if (kernel.tier > cpu_tier()) continue;
    const std::string name = std::string("HashMany/") + cpu_tier_name(kernel.tier) + "/";
    for (const std::size_t size : {512U, 1024U, 4096U, 8192U, 16384U, 65536U}) {
      benchmark::RegisterBenchmark((name + std::to_string(size)).c_str(), bench_hash_many, kernel,
                                   equal_inputs(bytes, size));
    }
    benchmark::RegisterBenchmark((name + "cut").c_str(), bench_hash_many, kernel,
                                 cut_inputs(ByteView(bytes).first(1U << 20)));
    benchmark::RegisterBenchmark((name + "cut/cold").c_str(), bench_hash_many, kernel,
                                 cut_inputs(bytes));
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace letterpress::hashing
