// SPDX-License-Identifier: Apache-2.0
#include "embed/pushed_content.h"

#include <algorithm>
#include <utility>

namespace letterpress::embed {
namespace {

class Reader final : public stream::Content {
 public:
  explicit Reader(std::shared_ptr<PushedContent> pushed) : pushed_(std::move(pushed)) {}

  bool can_read(std::size_t bytes) const override { return pushed_->can_read(bytes); }
  Result<std::size_t> read(std::span<std::uint8_t> into) override { return pushed_->read(into); }
  Status finish() override { return Ok{}; }

 private:
  std::shared_ptr<PushedContent> pushed_;
};

}  // namespace

std::unique_ptr<stream::Content> PushedContent::reader(std::shared_ptr<PushedContent> pushed) {
  return std::make_unique<Reader>(std::move(pushed));
}

void PushedContent::write(ByteView bytes) {
  // Moved to the front only once at least as much has been read: each byte is moved once at most.
  if (at_ > 0 && at_ >= waiting_bytes()) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  append(bytes_, bytes);
}

void PushedContent::fail(Error why) {
  failure_ = std::move(why);
  has_ended_ = true;
}

Result<std::size_t> PushedContent::read(std::span<std::uint8_t> into) {
  if (failure_ && waiting_bytes() < into.size()) return failure_->copy();
  const std::size_t count = std::min(into.size(), waiting_bytes());
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
  at_ += count;
  return count;
}

}  // namespace letterpress::embed
