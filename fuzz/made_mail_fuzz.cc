// SPDX-License-Identifier: Apache-2.0
// Splits mails that are valid, as the input makes them up, alone or many in an mbox, and the same
// ones damaged.
// Invariants: those of mail_splitter_fuzz.cc; in a mail that was not damaged every attachment of
// kDecodedBytesMin bytes or more is undone, and is stored as it was before it was encoded.
#include <algorithm>

#include "damage.h"
#include "made_mail.h"
#include "mail/base64_transform.h"
#include "mail/format.h"
#include "split_check.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::MadeMail;
using letterpress::fuzz::require;

// The decoded attachments of the mail, in order, one behind the other.
Bytes undone(ByteView bytes, mail::Format format) {
  mail::Splitter splitter(format);
  mail::SplitSegment split;
  splitter.split(bytes, split);
  Bytes all;
  for (const mail::Piece& piece : split.pieces) {
    if (piece.transform != mail::Transform::kBase64) continue;
    append(all, ByteView(split.stored).subspan(piece.stored_offset, piece.stored_bytes));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const auto mails = input.from_to(1, 3);
  const std::uint64_t border = input.up_to(0xffff);
  std::string text;
  Bytes wanted;
  for (std::uint64_t i = 0; i < mails; ++i) {
    const MadeMail made = letterpress::fuzz::made_mail(input);
    text += made.bytes;
    for (const Bytes& attachment : made.attachments) {
      if (attachment.size() >= mail::kDecodedBytesMin) append(wanted, attachment);
    }
  }
  Bytes bytes(text.begin(), text.end());
  const bool is_damaged = letterpress::fuzz::damage(input, bytes);
  const mail::Format format = mail::recognise(bytes);
  if (!is_damaged) {
    require(format == mail::Format::kMessage || format == mail::Format::kMbox);
    if (mails == 1) require(undone(bytes, format) == wanted);
  }
  mail::Splitter splitter(format);
  mail::Splitter again(format);
  const ByteView first = ByteView(bytes).first(border % (bytes.size() + 1));
  letterpress::fuzz::check_split(splitter, again, first);
  letterpress::fuzz::check_split(splitter, again, ByteView(bytes).subspan(first.size()));
  return 0;
}
