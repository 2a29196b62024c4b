// SPDX-License-Identifier: Apache-2.0
// The bytes of an entry between the one who pushes them and the run that reads them. Not
// thread-safe.
//
//   auto pushed = std::make_shared<PushedContent>();
//   pushed->write(bytes);
//   pushed->end();                                   // or fail(error)
//   entry.content = PushedContent::reader(pushed);
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "stream/source.h"

namespace letterpress::embed {

class PushedContent {
 public:
  static std::unique_ptr<stream::Content> reader(std::shared_ptr<PushedContent> pushed);

  void write(ByteView bytes);
  void end() { has_ended_ = true; }
  void fail(Error why);

  // Written and not read.
  std::size_t waiting_bytes() const noexcept { return bytes_.size() - at_; }
  bool can_read(std::size_t bytes) const noexcept { return has_ended_ || waiting_bytes() >= bytes; }
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  Bytes bytes_;
  std::size_t at_ = 0;  // what lies before it was read
  bool has_ended_ = false;
  std::optional<Error> failure_;  // behind bytes_
};

}  // namespace letterpress::embed
