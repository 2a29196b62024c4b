// SPDX-License-Identifier: Apache-2.0
#include "embed/push_front.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "embed/press_values.h"
#include "files/single_source.h"
#include "pipeline/batch.h"

namespace letterpress::embed {
namespace {

// Entries without much content wait too: so many at most.
constexpr std::size_t kWaitingEntriesMax = 4096;

Error wrong_order(const char* call, const char* why) {
  return Error(ErrorCode::kInvalidArgument, std::string(call) + ": " + why);
}

}  // namespace

void PushFront::drive(std::function<std::size_t()> burst_bytes, std::function<Status()> resume) {
  burst_bytes_ = std::move(burst_bytes);
  resume_ = std::move(resume);
}

Status PushFront::keep(Status status) {
  if (!status) failure_ = status.error().copy();
  return status;
}

Status PushFront::check_between_entries(const char* call) const {
  if (has_finished_) return wrong_order(call, "finish() was called before");
  if (is_in_entry_) return wrong_order(call, "the entry before it was not ended by end_entry()");
  return Ok{};
}

Status PushFront::resume() {
  waiting_bytes_ = 0;
  return keep(resume_());
}

Status PushFront::resume_if_full() {
  const bool is_full =
      waiting_bytes_ >= burst_bytes_() || source_.waiting_entries() >= kWaitingEntriesMax;
  return is_full ? resume() : Status(Ok{});
}

Status PushFront::begin_entry(Entry&& entry) {
  LETTERPRESS_TRY(check_between_entries("begin_entry()"));
  LETTERPRESS_TRY(check_entry(entry));
  stream::SourceEntry pushed;
  pushed.entry = std::move(entry);
  if (pushed.entry.metadata.type == EntryType::kFile) {
    content_ = std::make_shared<PushedContent>();
    pushed.content = PushedContent::reader(content_);
  }
  source_.add(std::move(pushed));
  is_in_entry_ = true;
  return Ok{};
}

Status PushFront::write(ByteView bytes) {
  if (!is_in_entry_) return wrong_order("write()", "begin_entry() must come before");
  if (content_ == nullptr) return wrong_order("write()", "only files have content");
  // A large piece is taken in by and by, so that memory is bounded.
  while (!bytes.empty()) {
    const ByteView now = bytes.first(std::min(bytes.size(), pipeline::kBatchBytesMax));
    content_->write(now);
    waiting_bytes_ += now.size();
    bytes = bytes.subspan(now.size());
    LETTERPRESS_TRY(resume_if_full());
  }
  return Ok{};
}

Status PushFront::end_entry(std::optional<Error> failure) {
  if (!is_in_entry_) return wrong_order("end_entry()", "begin_entry() must come before");
  if (failure && content_ == nullptr) {
    return wrong_order("fail_entry()", "only files have content that can fail; use end_entry()");
  }
  is_in_entry_ = false;
  if (const auto content = std::exchange(content_, nullptr)) {
    if (failure) {
      content->fail(std::move(*failure));
    } else {
      content->end();
    }
  }
  return resume_if_full();
}

Status PushFront::add_descriptor(Entry&& entry, int descriptor) {
  LETTERPRESS_TRY(check_between_entries("add_descriptor()"));
  LETTERPRESS_TRY(check_entry(entry));
  if (entry.metadata.type != EntryType::kFile) {
    return wrong_order("add_descriptor()", "only files have content");
  }
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return io_error(errno, entry.path);
  stream::SourceEntry pushed;
  pushed.content = std::make_unique<files::DescriptorContent>(File(own, entry.path));
  pushed.entry = std::move(entry);
  source_.add(std::move(pushed));
  return resume();  // reads it, so that the caller can go on with it
}

Status PushFront::add_source(std::unique_ptr<stream::Source> source) {
  source_.add(std::move(source));
  return resume();
}

Status PushFront::finish() {
  LETTERPRESS_TRY(check_between_entries("finish()"));
  has_finished_ = true;
  source_.end();
  return Ok{};
}

}  // namespace letterpress::embed
