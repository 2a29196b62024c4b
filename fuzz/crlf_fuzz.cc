// SPDX-License-Identifier: Apache-2.0
// Undoes the CRLF of any text, and does it again over any bytes.
// Invariants: text that was undone comes back and has no carriage return before a line feed; text
// that was not leaves nothing behind; doing it again gives as many bytes as were asked for, or an
// error and none; redoes_crlf() agrees with both.
#include <algorithm>

#include "fuzz_input.h"
#include "mail/crlf.h"
#include "require.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::ByteView;
using letterpress::UnsetBytes;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const std::size_t more = input.size_up_to(40);
  const ByteView text = input.rest();
  UnsetBytes stored;
  if (mail::undo_crlf(text, stored)) {
    UnsetBytes back;
    require(succeeds(mail::redo_crlf(stored, text.size(), back)));
    require(std::ranges::equal(back, text) && mail::redoes_crlf(stored, text));
    require(stored.size() < text.size());
  } else {
    require(stored.empty());
  }
  UnsetBytes out;
  if (succeeds(mail::redo_crlf(text, text.size() + more, out))) {
    require(out.size() == text.size() + more && mail::redoes_crlf(text, out));
  } else {
    require(out.empty());
  }
  return 0;
}
