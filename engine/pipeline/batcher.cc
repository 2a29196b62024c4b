// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batcher.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace letterpress::pipeline {
namespace {

// Behind this a batch of small entries ends at the next name that says so: with one name in eight,
// a batch has 1 to 2 MiB as a rule, and mail that comes or goes moves the ends of one or two
// batches.
constexpr std::size_t kBatchBytesMin = 1 * kMiB / kBufferShrink;
constexpr std::size_t kBatchItemsMin = 1024;
constexpr std::size_t kBatchItemsMax = 8192;
constexpr std::uint64_t kNameMask = 7;

// How much a large entry is read at a time when its border is being looked for, and how much must
// lie behind a border of mail to be sure of it: a From_ line and the header line after it.
constexpr std::size_t kLookAheadBytes = 128 * kKiB / kBufferShrink;
constexpr std::size_t kBorderContextBytes = 4 * kKiB;

// A flag change in a Maildir must not move a border, so what follows ":2," does not count.
bool name_ends_batch(std::string_view path) {
  const std::string_view stem = path.substr(0, path.rfind(":2,"));
  return (XXH3_64bits(stem.data(), stem.size()) & kNameMask) == 0;
}

}  // namespace

bool Batcher::is_full(const Batch& batch) const {
  if (batch.items.empty()) return false;
  if (batch.raw_used + kSmallEntryBytesMax + 1 > kBatchBytesMax) return true;
  if (batch.items.size() >= kBatchItemsMax) return true;
  if (batch.raw_used < kBatchBytesMin && batch.items.size() < kBatchItemsMin) return false;
  const auto* entry = std::get_if<stream::SourceEntry>(&batch.items.back().event);
  return entry != nullptr && name_ends_batch(entry->entry.path);
}

Result<bool> Batcher::next(Batch& batch) {
  while (!large_ && !is_full(batch)) {
    LETTERPRESS_TRY_ASSIGN(std::optional<stream::SourceEvent> event, next_event());
    has_paused_ = !event && source_.has_paused();
    if (!event) return !has_paused_ && !batch.items.empty();
    if (begins_batch(batch, *event)) {
      waiting_ = std::move(event);
      return true;
    }
    take_event(batch, std::move(*event));
  }
  // A large entry waits until the small ones before it have their batch.
  if (!batch.items.empty()) return true;
  has_paused_ = !large_->held && !large_->entry.content->can_read(kBatchBytesMax);
  if (!has_paused_) take_segment(batch);
  return !has_paused_;
}

Result<std::optional<stream::SourceEvent>> Batcher::next_event() {
  if (!waiting_) return source_.next();
  return std::exchange(waiting_, std::nullopt);
}

// Whether the event's content is of another mailbox than what the batch has already. Only content
// makes chunks: everything else goes with any.
bool Batcher::begins_batch(Batch& batch, const stream::SourceEvent& event) {
  const auto* entry = std::get_if<stream::SourceEntry>(&event);
  if (entry == nullptr || entry->content == nullptr) return false;
  const stream::Mailbox* mailbox = isolation_.of(entry->entry.path);
  if (mailbox == nullptr) return false;
  if (batch.mailbox) return batch.mailbox->tag != mailbox->tag;
  batch.mailbox = *mailbox;
  return false;
}

void Batcher::add_problem(Batch& batch, const stream::SourceEntry& entry, const Error& error) {
  BatchItem item;
  item.event =
      stream::Problem{stream::Problem::Severity::kFailed, entry.entry.path, error.message()};
  batch.items.push_back(std::move(item));
}

void Batcher::take_event(Batch& batch, stream::SourceEvent&& event) {
  auto* entry = std::get_if<stream::SourceEntry>(&event);
  if (entry != nullptr && entry->content != nullptr) {
    take_small(batch, std::move(*entry));
    return;
  }
  BatchItem item;
  item.event = std::move(event);
  batch.items.push_back(std::move(item));
}

// Where the next bytes that are read go. Held ones leave their place empty, so that a batch ends
// where it would if they were read.
std::span<std::uint8_t> Batcher::room(Batch& batch, std::size_t bytes) {
  if (batch.raw.empty()) batch.raw.resize(kBatchBytesMax);
  return std::span(batch.raw).subspan(batch.raw_used, bytes);
}

// Reads an entry as if it were small, and makes it the large one if it is not.
void Batcher::take_small(Batch& batch, stream::SourceEntry&& entry) {
  std::optional<ByteView> raw = entry.content->held();
  const bool is_held = raw.has_value();
  if (!is_held) {
    const std::span<std::uint8_t> space = room(batch, kSmallEntryBytesMax + 1);
    const Result<std::size_t> got = entry.content->read(space);
    if (!got) {
      add_problem(batch, entry, got.error());
      return;
    }
    raw = space.first(*got);
  }
  if (raw->size() > kSmallEntryBytesMax) {
    if (!is_held) carry_.assign(raw->begin(), raw->end());
    large_.emplace(std::move(entry));
    if (is_held) large_->held = raw;
    large_->mailbox = batch.mailbox;
    return;
  }
  BatchItem item;
  if (const Status end = entry.content->finish(); !end) {
    add_problem(batch, entry, end.error());
    item.is_unsettled = true;
  }
  entry.content.reset();
  item.raw = *raw;
  item.was_read = true;
  if (entry.known && entry.known->size_bytes == raw->size()) {
    item.claim = std::move(entry.known->segments);
  }
  item.event = std::move(entry);
  batch.items.push_back(std::move(item));
  batch.raw_used += raw->size();
}

// What the batch has of the large entry.
ByteView Batcher::window(const Batch& batch) const {
  return large_->held ? large_->held->subspan(large_->offset, batch.raw_used)
                      : ByteView(batch.raw).first(batch.raw_used);
}

// Fills batch.raw up to `wanted_bytes`, or to the end of the large entry's content.
void Batcher::read_large(Batch& batch, std::size_t wanted_bytes) {
  if (large_->held) {
    const std::size_t left = large_->held->size() - large_->offset;
    batch.raw_used = std::min(left, wanted_bytes);
    large_->has_ended = left < wanted_bytes;
    return;
  }
  if (large_->has_ended || batch.raw_used >= wanted_bytes) return;
  const std::span<std::uint8_t> space = room(batch, wanted_bytes - batch.raw_used);
  const Result<std::size_t> got = large_->entry.content->read(space);
  if (!got) {
    large_->failure = got.error().copy();
    large_->has_ended = true;
    return;
  }
  batch.raw_used += *got;
  large_->has_ended = *got < space.size();
}

// Where this segment ends. Looks at more and more of the entry, because what is read behind the
// border has to be carried over to the next batch.
std::size_t Batcher::find_border(Batch& batch) {
  std::size_t from = kSegmentBytesTarget;  // there is no good border before
  for (std::size_t wanted = kSegmentBytesTarget + kLookAheadBytes;; wanted += kLookAheadBytes) {
    read_large(batch, std::min(wanted, kBatchBytesMax));
    if (large_->is_first && batch.raw_used > 0 && wanted == kSegmentBytesTarget + kLookAheadBytes) {
      const ByteView read = window(batch);
      large_->format = mail::recognise(read.first(std::min(read.size(), mail::kRecogniseBytes)));
      large_->splitter = mail::Splitter(large_->format);
    }
    const ByteView seen = window(batch);
    if (large_->has_ended && seen.size() <= kSegmentBytesTarget) return seen.size();
    const bool is_whole_window = large_->has_ended || seen.size() == kBatchBytesMax;
    if (const auto border = good_border(seen, from, is_whole_window)) return *border;
    from = std::max(from, seen.size() - kBorderContextBytes);
  }
}

// Nothing if a better border may lie behind the window.
std::optional<std::size_t> Batcher::good_border(ByteView window, std::size_t from,
                                                bool is_whole_window) const {
  if (large_->format == mail::Format::kPlain) {
    const ByteView tail = window.subspan(kSegmentBytesTarget);
    return kSegmentBytesTarget + chunking::next_cut(tail.data(), tail.size(), cuts_);
  }
  mail::Format format = large_->format;
  if (format == mail::Format::kTar) {
    const std::uint64_t header = large_->tar.next_header(window, kSegmentBytesTarget);
    if (header <= window.size()) return static_cast<std::size_t>(header);
    if (!is_whole_window) return std::nullopt;
    format = mail::Format::kMbox;  // the best that may lie here: a file larger than a segment
  }
  // The best that there is, if none is good, may lie before `from`.
  if (is_whole_window) return mail::segment_end(window, kSegmentBytesTarget, format);
  const std::size_t border = mail::segment_end(window, from, format);
  const bool is_good = format == mail::Format::kMessage || mail::is_message_start(window, border);
  if (is_good && border + kBorderContextBytes <= window.size()) return border;
  return std::nullopt;
}

void Batcher::take_segment(Batch& batch) {
  batch.mailbox = large_->mailbox;
  if (!carry_.empty()) std::ranges::copy(carry_, room(batch, carry_.size()).begin());
  batch.raw_used = carry_.size();
  carry_.clear();
  const std::size_t border = find_border(batch);
  BatchItem item;
  item.was_read = true;
  item.is_first = std::exchange(large_->is_first, false);
  item.is_last = large_->has_ended && border == batch.raw_used;
  item.is_abandoned = item.is_last && large_->failure.has_value();
  const ByteView seen = window(batch);
  item.raw = seen.first(border);
  if (large_->format == mail::Format::kTar) large_->tar.pass(item.raw);
  // Only a message that spans segments needs the splitter's state, and is split here, in order.
  const bool ends_at_message =
      (large_->format == mail::Format::kTar && large_->tar.bytes_to_header() == 0) ||
      (large_->format == mail::Format::kMbox && mail::is_message_start(seen, border));
  const ByteView behind = large_->held ? ByteView() : seen.subspan(border);
  carry_.assign(behind.begin(), behind.end());
  batch.raw_used = border;
  const bool carries_state = !large_->begins_fresh || !(ends_at_message || item.is_last);
  large_->begins_fresh = ends_at_message;
  const bool is_last = item.is_last;
  add_part(batch, std::move(item));
  if (large_->format != mail::Format::kPlain && carries_state) split_in_order(batch);
  if (ends_at_message) restart_splitter();
  if (is_last) large_.reset();
}

// Adds the item of a segment, with the part of its entry that the stages behind need.
void Batcher::add_part(Batch& batch, BatchItem&& item) {
  stream::SourceEntry part;
  part.entry = large_->entry.entry;
  part.identity = large_->entry.identity;
  auto& known = large_->entry.known;
  const bool is_whole =
      item.is_first && item.is_last && known && known->size_bytes == item.raw.size();
  const ByteView claim = large_->known.find(large_->offset, item.raw.size(), is_whole);
  item.claim.assign(claim.begin(), claim.end());
  large_->offset += item.raw.size();
  if (is_whole) part.known = std::move(known);
  if (item.is_last && large_->failure) {
    add_problem(batch, large_->entry, *large_->failure);
  } else if (item.is_last) {
    if (const Status end = large_->entry.content->finish(); !end) {
      add_problem(batch, large_->entry, end.error());
      item.is_unsettled = true;
    }
  }
  item.event = std::move(part);
  batch.items.push_back(std::move(item));
}

// Splits a segment where the splitter goes on. A known one is passed over: if what follows it in
// the same message has changed, the splitter meets that as if it were a message's beginning, which
// costs ratio in that one message.
void Batcher::split_in_order(Batch& batch) {
  check_.run(batch);
  BatchItem& item = batch.items.back();
  item.claim.resize(item.is_known ? item.claim.size() : 0);
  if (item.is_known) {
    restart_splitter();
    return;
  }
  large_->splitter.split(item.raw, batch.split);
  batch.is_split = true;
}

// For a segment that follows one which the splitter has not seen.
void Batcher::restart_splitter() {
  large_->splitter = large_->format == mail::Format::kTar
                         ? mail::Splitter::before_tar_header(large_->tar.bytes_to_header())
                         : mail::Splitter(large_->format);
}

}  // namespace letterpress::pipeline
