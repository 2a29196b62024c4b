// SPDX-License-Identifier: Apache-2.0
// The base64 kernels of every tier that this CPU has, on any text and any bytes.
// Invariants: all tiers decode as much, to the same bytes, as the scalar one; all encode to the
// same text; what was encoded decodes to what it was; nothing is written behind what the contract
// says.
#include <algorithm>

#include "base/cpu.h"
#include "fuzz_input.h"
#include "mail/base64_kernels.h"
#include "require.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

// Exactly as long as the contract allows: AddressSanitizer sees a byte more.
struct Decoded {
  std::size_t done = 0;
  Bytes bytes;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode_quanta(const mail::Base64Kernel& kernel, const Bytes& text) {
  Decoded decoded{0, Bytes(text.size() / 4 * 3)};
  decoded.done = kernel.decode_quanta(text.data(), text.size() / 4, decoded.bytes.data());
  decoded.bytes.resize(decoded.done * 3);
  return decoded;
}

Decoded decode_lines(const mail::Base64Kernel& kernel, const Bytes& text,
                     const mail::Base64Lines& lines) {
  const std::size_t lines_max = text.size() / lines.line_bytes();
  Decoded decoded{0, Bytes(lines_max * lines.quanta * 3)};
  decoded.done = kernel.decode_lines(text.data(), lines_max, lines, decoded.bytes.data());
  decoded.bytes.resize(decoded.done * lines.quanta * 3);
  return decoded;
}

Bytes encode_lines(const mail::Base64Kernel& kernel, const Bytes& bytes,
                   const mail::Base64Lines& lines) {
  const std::size_t line_count = bytes.size() / (lines.quanta * 3);
  Bytes text(line_count * lines.line_bytes());
  kernel.encode_lines(bytes.data(), line_count, lines, text.data());
  return text;
}

void check(const mail::Base64Kernel& kernel, const Bytes& text, const mail::Base64Lines& lines) {
  require(kernel.prefix(text.data(), text.size()) ==
          mail::kBase64Scalar.prefix(text.data(), text.size()));
  require(decode_quanta(kernel, text) == decode_quanta(mail::kBase64Scalar, text));
  require(decode_lines(kernel, text, lines) == decode_lines(mail::kBase64Scalar, text, lines));
  Bytes quanta(text.size() / 3 * 4);
  kernel.encode_quanta(text.data(), text.size() / 3, quanta.data());
  const Decoded back = decode_quanta(kernel, quanta);
  require(back.done == text.size() / 3 &&
          std::equal(back.bytes.begin(), back.bytes.end(), text.begin()));
  const Bytes in_lines = encode_lines(kernel, text, lines);
  require(in_lines == encode_lines(mail::kBase64Scalar, text, lines));
  const Decoded lines_back = decode_lines(kernel, in_lines, lines);
  require(lines_back.done * lines.line_bytes() == in_lines.size() &&
          std::equal(lines_back.bytes.begin(), lines_back.bytes.end(), text.begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const mail::Base64Lines lines{.quanta = 1 + input.size_up_to(40),
                                .ending_bytes = input.size_up_to(8),
                                .ending = input.up_to(UINT64_MAX)};
  const ByteView rest = input.rest();
  const Bytes text(rest.begin(), rest.end());
  for (const mail::Base64Kernel* kernel : mail::base64_kernels()) {
    if (kernel->tier <= letterpress::cpu_tier()) check(*kernel, text, lines);
  }
  return 0;
}
