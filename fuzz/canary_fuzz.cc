// SPDX-License-Identifier: Apache-2.0
// Must fail: proves that a broken invariant is noticed, and that the fuzzer finds its way from an
// empty corpus to an input that has it, one comparison after the other.
// Invariant, which is wrong: no input begins with "LPST".
#include "fuzz_input.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  letterpress::fuzz::FuzzInput input({data, size});
  for (const char letter : {'L', 'P', 'S', 'T'}) {
    const letterpress::ByteView next = input.take(1);
    if (next.empty() || next[0] != static_cast<std::uint8_t>(letter)) return 0;
  }
  letterpress::fuzz::require(false);
  return 0;
}
