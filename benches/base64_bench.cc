// SPDX-License-Identifier: Apache-2.0
// Bytes of base64 a second, each kernel by itself, with memcpy and OpenSSL's coder beside them.
//   Memcpy/BYTES
//   OpensslDecode/BYTES, OpensslEncode/BYTES    quanta
//   Prefix/KERNEL/BYTES           the search for the first character that is not base64
//   Decode/KERNEL/FORM/BYTES, Encode/KERNEL/FORM/BYTES
// FORM: quanta (nothing else), or lines of 76 columns that end in lf or crlf. BYTES: 16 KiB of text
// and what it decodes to lie in L1, 256 KiB in L2, 8 MiB in L3, 256 MiB in memory.
//   Undo/FORM/BYTES    what the splitter does to a body: decode, encode again, compare
//   Redo/FORM/BYTES    what a restore does; both with the kernel of this CPU, up to one segment
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "mail/base64_kernels.h"
#include "mail/base64_transform.h"

namespace letterpress::mail {
namespace {

constexpr std::size_t kLineQuanta = 19;

Bytes random_bytes(std::size_t byte_count) {
  std::mt19937_64 random(1);
  Bytes bytes(byte_count);
  for (std::size_t i = 0; i + 8 <= byte_count; i += 8) {
    const std::uint64_t word = random();
    std::memcpy(bytes.data() + i, &word, 8);
  }
  return bytes;
}

Base64Lines lines_of(std::string_view ending) {
  Base64Lines lines{kLineQuanta, ending.size(), 0};
  std::memcpy(&lines.ending, ending.data(), ending.size());
  return lines;
}

// A text of about so many bytes and what it decodes to.
struct Body {
  Body(std::string_view ending, std::size_t byte_count)
      : lines(lines_of(ending)),
        line_count(byte_count / lines.line_bytes()),
        decoded(random_bytes(line_count * 3 * kLineQuanta)),
        text(line_count * lines.line_bytes()) {
    kBase64Scalar.encode_lines(decoded.data(), line_count, lines, text.data());
  }

  Base64Lines lines;
  std::size_t line_count;
  Bytes decoded;
  Bytes text;
};

template <class Run>
void measure(benchmark::State& state, std::size_t bytes_per_iteration, Run run) {
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_per_iteration) * state.iterations());
}

// Zen 3 copies a tenth as fast if both addresses have the same low 12 bits, as large blocks have.
void bench_memcpy(benchmark::State& state) {
  constexpr std::size_t kShift = 2048;
  const Bytes from = random_bytes(static_cast<std::size_t>(state.range(0)));
  Bytes to(kShift + from.size());
  measure(state, from.size(), [&] { std::memcpy(to.data() + kShift, from.data(), from.size()); });
}

// Without an ending the lines are quanta and nothing else.
void bench_prefix(benchmark::State& state, const Base64Kernel& kernel) {
  const Body body("", static_cast<std::size_t>(state.range(0)));
  measure(state, body.text.size(),
          [&] { benchmark::DoNotOptimize(kernel.prefix(body.text.data(), body.text.size())); });
}

void bench_decode(benchmark::State& state, const Base64Kernel& kernel, std::string_view ending) {
  Body body(ending, static_cast<std::size_t>(state.range(0)));
  measure(state, body.text.size(), [&] {
    const std::uint8_t* const text = body.text.data();
    benchmark::DoNotOptimize(
        ending.empty()
            ? kernel.decode_quanta(text, body.text.size() / 4, body.decoded.data())
            : kernel.decode_lines(text, body.line_count, body.lines, body.decoded.data()));
  });
}

void bench_encode(benchmark::State& state, const Base64Kernel& kernel, std::string_view ending) {
  Body body(ending, static_cast<std::size_t>(state.range(0)));
  measure(state, body.text.size(), [&] {
    const std::uint8_t* const decoded = body.decoded.data();
    if (ending.empty()) {
      kernel.encode_quanta(decoded, body.text.size() / 4, body.text.data());
    } else {
      kernel.encode_lines(decoded, body.line_count, body.lines, body.text.data());
    }
  });
}

void bench_openssl_decode(benchmark::State& state) {
  Body body("", static_cast<std::size_t>(state.range(0)));
  measure(state, body.text.size(), [&] {
    benchmark::DoNotOptimize(EVP_DecodeBlock(body.decoded.data(), body.text.data(),
                                             static_cast<int>(body.text.size())));
  });
}

// It ends its text with a NUL.
void bench_openssl_encode(benchmark::State& state) {
  Body body("", static_cast<std::size_t>(state.range(0)));
  body.text.push_back(0);
  measure(state, body.text.size() - 1, [&] {
    benchmark::DoNotOptimize(EVP_EncodeBlock(body.text.data(), body.decoded.data(),
                                             static_cast<int>(body.decoded.size())));
  });
}

void bench_undo(benchmark::State& state, std::string_view ending) {
  const Body body(ending, static_cast<std::size_t>(state.range(0)));
  UnsetBytes decoded;
  Bytes layout;
  UnsetBytes scratch;
  measure(state, body.text.size(), [&] {
    decoded.clear();
    layout.clear();
    const Base64Run run = undo_base64(body.text, true, decoded, layout);
    const ByteView taken = ByteView(body.text).first(run.text_bytes);
    scratch.clear();
    const Status made = redo_base64(layout, decoded, run.text_bytes, scratch);
    benchmark::DoNotOptimize(made.has_value() && std::ranges::equal(scratch, taken));
  });
}

void bench_redo(benchmark::State& state, std::string_view ending) {
  const Body body(ending, static_cast<std::size_t>(state.range(0)));
  UnsetBytes decoded;
  Bytes layout;
  UnsetBytes text;
  const Base64Run run = undo_base64(body.text, true, decoded, layout);
  measure(state, run.text_bytes, [&] {
    text.clear();
    benchmark::DoNotOptimize(redo_base64(layout, decoded, run.text_bytes, text).has_value());
  });
}

struct Form {
  const char* name;
  std::string_view ending;
};

constexpr Form kForms[] = {{"quanta", ""}, {"lf", "\n"}, {"crlf", "\r\n"}};
constexpr std::int64_t kSizes[] = {16 << 10, 256 << 10, 8 << 20, 256 << 20};

template <class... Arguments>
void add(const std::string& name, std::int64_t size_max, Arguments... arguments) {
  auto* const bench = benchmark::RegisterBenchmark(name.c_str(), arguments...);
  for (const std::int64_t size : kSizes) {
    if (size <= size_max) bench->Arg(size);
  }
}

void register_all() {
  constexpr std::int64_t kAll = kSizes[3];
  constexpr std::int64_t kOneSegment = kSizes[2];
  add("Memcpy", kAll, bench_memcpy);
  add("OpensslDecode", kAll, bench_openssl_decode);
  add("OpensslEncode", kAll, bench_openssl_encode);
  for (const Base64Kernel* kernel : base64_kernels()) {
    if (kernel->tier > cpu_tier()) continue;
    const std::string tier = std::string("/") + cpu_tier_name(kernel->tier);
    add("Prefix" + tier, kAll, bench_prefix, *kernel);
    for (const Form& form : kForms) {
      add("Decode" + tier + "/" + form.name, kAll, bench_decode, *kernel, form.ending);
      add("Encode" + tier + "/" + form.name, kAll, bench_encode, *kernel, form.ending);
    }
  }
  for (const Form& form : kForms) {
    if (form.ending.empty()) continue;
    add(std::string("Undo/") + form.name, kOneSegment, bench_undo, form.ending);
    add(std::string("Redo/") + form.name, kOneSegment, bench_redo, form.ending);
  }
}

[[maybe_unused]] const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace letterpress::mail
