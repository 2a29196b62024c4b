// SPDX-License-Identifier: Apache-2.0
// Undoes base64 in any text, and does any layout again over any bytes.
// Invariants: what was undone comes back byte for byte, and redoes_base64() says so; a run has
// kDecodedBytesMin bytes or is none; a layout keeps to its limit; without a run nothing is
// appended; any layout gives exactly as many bytes as were asked for, or an error and none;
// redoes_base64() agrees with redo_base64(), also where a byte is changed.
#include <algorithm>

#include "fuzz_input.h"
#include "mail/base64_layout.h"
#include "mail/base64_transform.h"
#include "mail/limits.h"
#include "require.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::UnsetBytes;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

void check_undo(ByteView text, bool is_labelled) {
  UnsetBytes decoded;
  Bytes layout;
  const mail::Base64Run run = mail::undo_base64(text, is_labelled, decoded, layout);
  require(run.decoded_bytes == decoded.size() && run.layout_bytes == layout.size());
  require(run.text_bytes <= text.size() && run.scanned_bytes <= text.size());
  require(run.layout_bytes <= mail::kLayoutBytesMax + mail::kBreakBytesMax);
  if (run.text_bytes == 0) {
    require(decoded.empty() && layout.empty());
    return;
  }
  require(decoded.size() >= mail::kDecodedBytesMin);
  const ByteView undone = text.first(run.text_bytes);
  UnsetBytes redone;
  require(succeeds(mail::redo_base64(layout, decoded, run.text_bytes, redone)));
  require(std::ranges::equal(redone, undone) && mail::redoes_base64(layout, decoded, undone));
}

void check_redo(ByteView layout, ByteView decoded, std::size_t text_bytes) {
  UnsetBytes out = {1, 2, 3};
  if (!succeeds(mail::redo_base64(layout, decoded, text_bytes, out))) {
    require(out == UnsetBytes{1, 2, 3});
    return;
  }
  require(out.size() == text_bytes + 3);
  const ByteView text = ByteView(out).subspan(3);
  require(mail::redoes_base64(layout, decoded, text));
  if (text.empty()) return;
  Bytes changed(text.begin(), text.end());
  changed[changed.size() / 2] ^= 1;
  require(!mail::redoes_base64(layout, decoded, changed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const auto mode = input.up_to(3);
  if (mode < 2) {
    check_undo(input.rest(), mode == 1);
    return 0;
  }
  const std::size_t layout_bytes = input.size_up_to(255);
  // Most layouts give about 4 characters for 3 bytes: a size that is near has a chance.
  const std::size_t more = input.size_up_to(mode == 2 ? 64 : 0xffff);
  const ByteView layout = input.take(layout_bytes);
  const ByteView decoded = input.rest();
  check_redo(layout, decoded, mode == 2 ? decoded.size() * 4 / 3 + more : more);
  return 0;
}
