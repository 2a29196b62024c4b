// SPDX-License-Identifier: Apache-2.0
// Bytes of text a second that the line search passes over, with memcpy and memchr beside it.
//   Memcpy/BYTES
//   Newlines/BYTES              memchr from line to line: the least that a reader of lines does
//   Body/KERNEL/BYTES, Header/KERNEL/BYTES
// From each line that matters the search begins anew behind it, as in the splitter. 16 KiB lie in
// L1, 256 KiB in L2, 8 MiB in L3, 256 MiB in memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "base/bytes.h"
#include "mail/line_search.h"

namespace letterpress::mail {
namespace {

constexpr std::int64_t kSizes[] = {16 << 10, 256 << 10, 8 << 20, 256 << 20};

// Words of 1 to 11 letters in lines of up to 72 columns; one in 50 is a delimiter of its own.
std::string body_text(std::size_t byte_count) {
  std::mt19937 random(1);
  std::string text;
  std::size_t column = 0;
  while (text.size() < byte_count) {
    const std::size_t letters = 1 + random() % 11;
    if (column + letters > 72) {
      text += random() % 50 == 0 ? "\n--\n" : "\n";
      column = 0;
    }
    for (std::size_t i = 0; i < letters; ++i) text += static_cast<char>('a' + random() % 26);
    text += ' ';
    column += letters + 1;
  }
  text.resize(byte_count);
  return text;
}

// Fields of one to four lines; one in 20 begins with C.
std::string header_text(std::size_t byte_count) {
  std::mt19937 random(2);
  std::string text;
  while (text.size() < byte_count) {
    text += random() % 20 == 0 ? "Content-Language: en\n" : "X-Received-By: somebody";
    for (std::size_t folds = random() % 4; folds > 0; --folds) {
      text += "\n\tfrom mx.example.org (mx.example.org [192.0.2.1]) by mail.example.com";
    }
    text += '\n';
  }
  text.resize(byte_count);
  return text;
}

template <class Run>
void measure(benchmark::State& state, Run run) {
  for (auto _ : state) run();
  state.SetBytesProcessed(state.range(0) * state.iterations());
}

std::size_t behind_line(ByteView text, std::size_t at) {
  const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
  if (end == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - text.data()) + 1;
}

void bench_memcpy(benchmark::State& state) {
  const std::string from = body_text(static_cast<std::size_t>(state.range(0)));
  std::string to(from.size() + 2048, '\0');
  measure(state, [&] {
    std::memcpy(to.data() + 2048, from.data(), from.size());
    benchmark::ClobberMemory();
  });
}

void bench_newlines(benchmark::State& state) {
  const std::string text = body_text(static_cast<std::size_t>(state.range(0)));
  measure(state, [&] {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size(); ++lines) at = behind_line(as_bytes(text), at);
    benchmark::DoNotOptimize(lines);
  });
}

void bench_find(benchmark::State& state, FindLine find, std::string (*make)(std::size_t)) {
  const std::string text = make(static_cast<std::size_t>(state.range(0)));
  const ByteView bytes = as_bytes(text);
  measure(state, [&] {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < bytes.size(); ++lines) {
      at = find(bytes.data(), at, bytes.size());
      if (at < bytes.size()) at = behind_line(bytes, at);
    }
    benchmark::DoNotOptimize(lines);
  });
}

void register_all() {
  for (const std::int64_t size : kSizes) {
    benchmark::RegisterBenchmark("Memcpy", bench_memcpy)->Arg(size);
    benchmark::RegisterBenchmark("Newlines", bench_newlines)->Arg(size);
    for (const LineKernel* kernel : line_kernels()) {
      if (kernel->tier > cpu_tier()) continue;
      const std::string name = cpu_tier_name(kernel->tier);
      benchmark::RegisterBenchmark(("Body/" + name).c_str(), bench_find, kernel->find_body_line,
                                   body_text)
          ->Arg(size);
      benchmark::RegisterBenchmark(("Header/" + name).c_str(), bench_find, kernel->find_header_line,
                                   header_text)
          ->Arg(size);
    }
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace letterpress::mail
