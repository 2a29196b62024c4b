// SPDX-License-Identifier: Apache-2.0
// The search for the lines of a message that matter, in every tier that this CPU has.
// Invariants: all tiers find what the scalar one finds, from any start of a line and for any end;
// what they find is the start of a line, or the end.
#include "base/cpu.h"
#include "fuzz_input.h"
#include "mail/line_search.h"
#include "require.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

void check(mail::FindLine find, mail::FindLine scalar, const Bytes& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t found = find(text.data(), at, text.size());
    require(found == scalar(text.data(), at, text.size()));
    require(found == text.size() || (found >= at && (found == 0 || text[found - 1] == '\n')));
    // On to the next line.
    for (at = found; at < text.size() && text[at] != '\n';) ++at;
    ++at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes text(data, data + size);
  for (const mail::LineKernel* kernel : mail::line_kernels()) {
    if (kernel->tier > letterpress::cpu_tier()) continue;
    check(kernel->find_body_line, mail::kLineScalar.find_body_line, text);
    check(kernel->find_header_line, mail::kLineScalar.find_header_line, text);
  }
  return 0;
}
