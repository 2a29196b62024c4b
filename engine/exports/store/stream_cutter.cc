// SPDX-License-Identifier: Apache-2.0
#include "exports/store/stream_cutter.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/limits.h"

namespace letterpress::exports {
namespace {

// A batch is worth a thread's while, and its segments are what the splitter takes at a time.
constexpr std::size_t kCutBatchBytes = 2 * kMiB;
constexpr std::size_t kCutSegmentBytes = kMiB;
constexpr std::size_t kCutLookAheadBytes = 256 * kKiB;  // so that most end between two messages

}  // namespace

Status validate(const StoreCuts& cuts) {
  const std::uint32_t avg = cuts.chunk_bytes_avg;
  if (std::has_single_bit(avg) && avg >= kStoreCutAvgMin && avg <= kStoreCutAvgMax) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "the average chunk size must be a power of two from 4 KiB to 1 MiB, not " +
                   std::to_string(avg) + " bytes");
}

Status StreamCutter::read_more(UnsetBytes& bytes, std::size_t wanted) {
  const std::size_t before = bytes.size();
  bytes.resize(before + wanted);
  LETTERPRESS_TRY_ASSIGN(const std::size_t got, content_.read(std::span(bytes).subspan(before)));
  bytes.resize(before + got);
  has_ended_ = got < wanted;
  return Ok{};
}

// Where the splitter may stop: lines and headers of an archive stay whole.
std::size_t StreamCutter::segment_end(ByteView window) const {
  if (window.size() <= kCutSegmentBytes) return window.size();
  if (format_ == mail::Format::kTar) {
    const std::uint64_t header = tar_.next_header(window, kCutSegmentBytes);
    if (header <= window.size()) return static_cast<std::size_t>(header);
    return mail::segment_end(window, kCutSegmentBytes, mail::Format::kMbox);
  }
  return mail::segment_end(window, kCutSegmentBytes, format_);
}

void StreamCutter::end_attachment() { regions_.back().end += std::exchange(attachment_bytes_, 0); }

void StreamCutter::add_piece(const mail::Piece& piece) {
  const bool is_attachment =
      piece.kind == Kind::kAttachment && piece.transform == mail::Transform::kBase64;
  if (regions_.back().is_attachment) {
    if (is_attachment) {
      regions_.back().end += piece.raw_bytes;
      return;
    }
    regions_.back().is_closed = true;
    regions_.push_back({regions_.back().end, regions_.back().end});
  }
  if (!is_attachment) {
    end_attachment();
    regions_.back().end += piece.raw_bytes;
    return;
  }
  attachment_bytes_ += piece.raw_bytes;
  if (attachment_bytes_ < cuts_.attachment_bytes_min()) return;
  Region attachment{regions_.back().end, regions_.back().end, true};
  attachment.end += std::exchange(attachment_bytes_, 0);
  regions_.back().is_closed = true;
  regions_.push_back(attachment);
}

// Splits what is new of the window, which begins at at_.
void StreamCutter::scan(ByteView window) {
  if (!std::exchange(has_begun_, true)) {
    format_ = mail::recognise(window.first(std::min(window.size(), mail::kRecogniseBytes)));
    splitter_ = mail::Splitter(format_);
  }
  ByteView rest = window.subspan(static_cast<std::size_t>(scanned_ - at_));
  while (!rest.empty() && (has_ended_ || rest.size() > kCutSegmentBytes + kCutLookAheadBytes)) {
    const std::size_t end = format_ == mail::Format::kPlain ? rest.size() : segment_end(rest);
    const ByteView segment = rest.first(end);
    if (format_ == mail::Format::kPlain) {
      regions_.back().end += segment.size();
    } else {
      split_.clear();
      splitter_.split(segment, split_);
      for (const mail::Piece& piece : split_.pieces) add_piece(piece);
      if (format_ == mail::Format::kTar) tar_.pass(segment);
    }
    scanned_ += end;
    rest = rest.subspan(end);
  }
  if (has_ended_) {
    end_attachment();
    regions_.back().is_closed = true;
  }
}

// The length of the chunk that begins here, 0 if that is not known yet.
std::size_t StreamCutter::cut_region(ByteView bytes, const Region& region) const {
  const std::uint32_t max = cuts_.chunk_bytes_max();
  const auto left = static_cast<std::size_t>(region.end - at_);
  if (region.is_attachment && region.end - region.begin <= max) {
    return region.is_closed ? left : 0;
  }
  const std::size_t length = chunking::next_cut(bytes.data(), left,
                                                {.chunk_bytes_min = cuts_.chunk_bytes_min(),
                                                 .chunk_bytes_avg = cuts_.chunk_bytes_avg,
                                                 .chunk_bytes_max = max});
  return region.is_closed || length < left || length == max ? length : 0;
}

void StreamCutter::cut(ByteView bytes, std::vector<std::size_t>& ends) {
  std::size_t end = 0;
  while (true) {
    const Region& region = regions_.front();
    if (at_ == region.end) {
      if (!region.is_closed || regions_.size() == 1) return;
      regions_.pop_front();
      continue;
    }
    const std::size_t length = cut_region(bytes.subspan(end), region);
    if (length == 0) return;
    at_ += length;
    end += length;
    ends.push_back(end);
  }
}

Result<bool> StreamCutter::next(CutBatch& batch) {
  batch.ends.clear();
  batch.bytes.clear();
  append(batch.bytes, carry_);
  carry_.clear();
  while (batch.ends.empty()) {
    if (has_ended_) break;
    LETTERPRESS_TRY(read_more(batch.bytes, kCutBatchBytes));
    if (batch.bytes.empty()) break;
    scan(batch.bytes);
    cut(batch.bytes, batch.ends);
  }
  const std::size_t end = batch.ends.empty() ? 0 : batch.ends.back();
  append(carry_, ByteView(batch.bytes).subspan(end));
  batch.bytes.resize(end);
  return end > 0;
}

}  // namespace letterpress::exports
