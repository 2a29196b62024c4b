// SPDX-License-Identifier: Apache-2.0
/// Counts of what was made. They are printed, and they steer: the next letter gets an attachment, a
/// copy or another wrapping when its kind is behind its share.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "message.h"

namespace mailgen {

/// Shares that are aimed at, of a thousand; docs/MAILGEN.md has their sources.
inline constexpr std::uint64_t kAttachmentShare = 850;  ///< of all bytes
inline constexpr std::uint64_t kRepeatShare = 340;      ///< of attachment bytes
inline constexpr std::uint64_t kRewrapShare = 130;      ///< of repeated bytes

class Ledger {
 public:
  /// Call once for each copy, in the order of delivery; marks its documents as seen.
  void note_copy(const Message& message, bool crlf, CopySize size, std::uint64_t header_bytes,
                 std::vector<Document>& documents);
  void note_letter(std::size_t copies, bool attachments);

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t attachment_permille() const { return permille(encoded_, bytes_); }
  bool wants_repeats() const { return permille(repeated_, decoded_) < kRepeatShare; }
  /// Whether `bytes` that repeat now should be in another wrapping than before.
  bool wants_rewrap(std::uint64_t bytes) const {
    return (rewrapped_ + bytes / 2) * 1000 < kRewrapShare * (repeated_ + bytes);
  }

  std::string json(std::int64_t mailboxes, std::uint32_t day) const;
  std::string table(std::int64_t mailboxes, std::uint32_t day) const;

  std::uint64_t removed = 0;
  std::uint64_t moved = 0;
  std::uint64_t flags_changed = 0;

 private:
  static std::uint64_t permille(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : part * 1000 / whole;
  }
  std::vector<std::pair<std::string, std::uint64_t>> rows(std::int64_t mailboxes,
                                                          std::uint32_t day) const;

  std::uint64_t letters_ = 0;
  std::uint64_t letters_shared_ = 0;  // in more than one folder
  std::uint64_t letters_attaching_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t crlf_copies_ = 0;
  std::uint64_t attachments_ = 0;
  std::uint64_t encoded_ = 0;  // attachment bytes in base64
  std::uint64_t decoded_ = 0;
  std::uint64_t repeats_ = 0;
  std::uint64_t repeated_ = 0;  // decoded bytes, as the next three
  std::uint64_t rewrapped_ = 0;
  std::uint64_t revised_ = 0;
  std::array<std::uint64_t, kDocumentKinds> kinds_{};
  std::map<std::pair<int, bool>, std::uint64_t> wrappings_;
  std::vector<std::uint32_t> sizes_;
};

}  // namespace mailgen
