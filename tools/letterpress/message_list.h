// SPDX-License-Identifier: Apache-2.0
// The messages of one file, found as its bytes come by, with what a person knows them by.
//
//   MessageList list;
//   list.add(bytes);                   // the file's bytes, in order, in pieces of any size
//   for (const Message& message : list.messages()) ...
//
// Memory: what it lists. Fields are as they stand in the header block, unfolded, cut at 300 bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/splitter.h"

namespace letterpress::cli {

struct Message {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t bytes = 0;
  std::string from;
  std::string date;
  std::string subject;
  std::string message_id;
};

class MessageList {
 public:
  void add(ByteView bytes);
  const std::vector<Message>& messages() const noexcept { return messages_; }

 private:
  void add_segment(ByteView segment);

  std::optional<mail::Splitter> splitter_;
  mail::SplitSegment split_;
  std::vector<Message> messages_;
  std::uint64_t offset_ = 0;
  bool is_archive_ = false;
  bool in_message_ = false;
};

}  // namespace letterpress::cli
