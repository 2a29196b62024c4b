// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mailgen {

void Ledger::note_letter(std::size_t copies, bool attachments) {
  ++letters_;
  if (copies > 1) ++letters_shared_;
  if (attachments) ++letters_attaching_;
}

void Ledger::note_copy(const Message& message, bool crlf, CopySize size, std::uint64_t header_bytes,
                       std::vector<Document>& documents) {
  bytes_ += size.stored;
  header_bytes_ += header_bytes;
  if (crlf) ++crlf_copies_;
  sizes_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(size.stored, ~0U)));
  for (const Piece& piece : message.body) {
    if (piece.document < 0) continue;
    Document& document = documents[static_cast<std::size_t>(piece.document)];
    const Wrapping wrapping{piece.columns, crlf};
    ++attachments_;
    encoded_ += base64_bytes(document.bytes, wrapping);
    decoded_ += document.bytes;
    kinds_[static_cast<std::size_t>(document.kind)] += document.bytes;
    wrappings_[{wrapping.columns, crlf}] += document.bytes;
    if (!document.seen) {
      document.seen = true;
      document.first_wrapping = wrapping;
      if (document.revision > 0) revised_ += document.bytes;
      continue;
    }
    ++repeats_;
    repeated_ += document.bytes;
    if (!(wrapping == document.first_wrapping)) rewrapped_ += document.bytes;
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Ledger::rows(std::int64_t mailboxes,
                                                                std::uint32_t day) const {
  std::vector<std::pair<std::string, std::uint64_t>> rows = {
      {"day", day},
      {"mailboxes", static_cast<std::uint64_t>(mailboxes)},
      {"copies", sizes_.size()},
      {"letters", letters_},
      {"letters_with_several_copies", letters_shared_},
      {"letters_with_attachments", letters_attaching_},
      {"bytes", bytes_},
      {"header_bytes", header_bytes_},
      {"crlf_copies", crlf_copies_},
      {"attachments", attachments_},
      {"attachment_bytes_encoded", encoded_},
      {"attachment_bytes", decoded_},
      {"attachment_share_permille", attachment_permille()},
      {"repeats", repeats_},
      {"repeated_bytes", repeated_},
      {"repeated_share_permille", permille(repeated_, decoded_)},
      {"rewrapped_bytes", rewrapped_},
      {"rewrapped_share_permille", permille(rewrapped_, repeated_)},
      {"revised_bytes", revised_},
      {"copies_removed", removed},
      {"copies_moved", moved},
      {"flag_changes", flags_changed},
  };
  auto sizes = sizes_;
  std::sort(sizes.begin(), sizes.end());
  for (const std::size_t percent : {10U, 25U, 50U, 75U, 90U, 95U, 99U}) {
    rows.emplace_back(fmt::format("size_p{}", percent),
                      sizes.empty() ? 0 : sizes[(sizes.size() - 1) * percent / 100]);
  }
  rows.emplace_back("size_mean", bytes_ / std::max<std::uint64_t>(1, sizes.size()));
  for (std::size_t kind = 0; kind < kDocumentKinds; ++kind) {
    rows.emplace_back(
        fmt::format("bytes_of_{}", document_extension(static_cast<DocumentKind>(kind))),
        kinds_[kind]);
  }
  for (const auto& [wrapping, bytes] : wrappings_) {
    rows.emplace_back(
        fmt::format("bytes_in_{}_columns_{}", wrapping.first, wrapping.second ? "crlf" : "lf"),
        bytes);
  }
  return rows;
}

std::string Ledger::json(std::int64_t mailboxes, std::uint32_t day) const {
  std::string out = "{";
  for (const auto& [name, value] : rows(mailboxes, day)) {
    fmt::format_to(std::back_inserter(out), "{}\n  \"{}\": {}", out.size() > 1 ? "," : "", name,
                   value);
  }
  return out + "\n}\n";
}

std::string Ledger::table(std::int64_t mailboxes, std::uint32_t day) const {
  std::string out;
  for (const auto& [name, value] : rows(mailboxes, day)) {
    fmt::format_to(std::back_inserter(out), "{:<32} {:>16}\n", name, value);
  }
  return out;
}

}  // namespace mailgen
