// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/blob_cutter.h"

#include <algorithm>

#include "base/endian.h"
#include "chunking/cut_scan.h"
#include "mail/format.h"

namespace letterpress::restic {
namespace {

// What is cut is cut at the first good place behind the minimum: one in 2^bits cut points, which
// are 18 KiB apart, or messages. Mail in an mbox repeats itself far back, so its blobs are larger:
// of one list 30 % more is stored with half these sizes.
constexpr BlobSizes kAttachmentSizes = {512 * kKiB, 256 * kKiB, 1 * kMiB, 4};
constexpr BlobSizes kOtherSizes = {2 * kMiB, 1 * kMiB, 3 * kMiB, 5};
constexpr std::size_t kBorderBytesMax = 512 * kKiB;

// Whether one place in 2^bits, told by eight bytes there.
bool is_chosen(const std::uint8_t* eight_bytes, unsigned bits) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  std::uint64_t mixed = load_le<std::uint64_t>(eight_bytes) * kMultiplier;
  mixed = (mixed ^ mixed >> 32) * kMultiplier;
  return mixed >> (64 - bits) == 0;
}

// The messages of an mbox begin alike; what tells them apart is in the sender and the date.
bool ends_before_message(ByteView message, const BlobSizes& sizes) {
  constexpr std::size_t kToldBytes = 64;
  if (message.size() < kToldBytes) return false;
  std::array<std::uint8_t, 8> sum{};
  for (std::size_t i = 0; i < kToldBytes; ++i) {
    sum[i % 8] = static_cast<std::uint8_t>(sum[i % 8] * 31 + message[i]);
  }
  return is_chosen(sum.data(), sizes.bits);
}

std::size_t content_cut(ByteView bytes, const BlobSizes& sizes) {
  const chunking::CutParams cuts;
  std::size_t at = 0;
  while (at < bytes.size()) {
    at += chunking::next_cut(bytes.data() + at, bytes.size() - at, cuts);
    if (at >= sizes.bytes_min && is_chosen(bytes.data() + at - 8, sizes.bits)) break;
    if (at + cuts.chunk_bytes_max > sizes.bytes_max) break;
  }
  return at;
}

void append_length(std::size_t length, std::vector<std::uint32_t>& lengths) {
  if (length > 0) lengths.push_back(static_cast<std::uint32_t>(length));
}

}  // namespace

void BlobCutter::cut(const pipeline::Batch& batch, const pipeline::BatchItem& item,
                     std::vector<std::uint32_t>& lengths) {
  const ByteView raw = item.raw;
  if (raw.size() < kAttachmentBytesMin) return append_length(raw.size(), lengths);
  const Sides sides{.has_before = !item.is_first, .has_behind = !item.is_last};
  if (batch.is_split) return cut_pieces(raw, sides, batch.split.pieces, lengths);
  const mail::Format format =
      mail::recognise(raw.first(std::min(raw.size(), mail::kRecogniseBytes)));
  split_.clear();
  if (format != mail::Format::kPlain) mail::Splitter(format).split(raw, split_);
  cut_pieces(raw, sides, split_.pieces, lengths);
}

// Of what has no pieces, the whole is one run.
void BlobCutter::cut_pieces(ByteView raw, Sides sides, const std::vector<mail::Piece>& pieces,
                            std::vector<std::uint32_t>& lengths) {
  message_starts_.clear();
  std::size_t run = 0;  // where the open one begins: what is no attachment to be cut out
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size();) {
    if (pieces[i].kind != Kind::kAttachment) {
      if (pieces[i].begins_message && at > run) message_starts_.push_back(at - run);
      at += pieces[i++].raw_bytes;
      continue;
    }
    const std::size_t begin = at;
    while (i < pieces.size() && pieces[i].kind == Kind::kAttachment) at += pieces[i++].raw_bytes;
    if (at - begin < kAttachmentBytesMin) continue;
    cut_run(raw.subspan(run, begin - run), {run == 0 && sides.has_before, false}, kOtherSizes,
            lengths);
    message_starts_.clear();
    cut_run(raw.subspan(begin, at - begin), {}, kAttachmentSizes, lengths);
    run = at;
  }
  cut_run(raw.subspan(run), {run == 0 && sides.has_before, sides.has_behind}, kOtherSizes, lengths);
}

// Between these the cuts of a run lie: the first and the last message that is chosen, if they are
// close to where the segment begins and ends.
BlobCutter::Borders BlobCutter::find_borders(ByteView run, Sides sides) const {
  const auto ends_here = [&](std::size_t start) {
    return ends_before_message(run.subspan(start), kOtherSizes);
  };
  Borders borders{0, run.size()};
  if (sides.has_before) {
    const auto first = std::ranges::find_if(message_starts_, ends_here);
    if (first != message_starts_.end() && *first <= kBorderBytesMax) borders.begin = *first;
  }
  if (sides.has_behind) {
    const auto last = std::find_if(message_starts_.rbegin(), message_starts_.rend(), ends_here);
    if (last != message_starts_.rend() && *last > borders.begin &&
        run.size() - *last <= kBorderBytesMax) {
      borders.end = *last;
    }
  }
  return borders;
}

void BlobCutter::cut_run(ByteView run, Sides sides, const BlobSizes& sizes,
                         std::vector<std::uint32_t>& lengths) {
  const Borders borders = find_borders(run, sides);
  append_length(borders.begin, lengths);
  std::size_t done = borders.begin;
  auto start = message_starts_.begin();
  while (borders.end - done > sizes.whole_bytes_max) {
    while (start != message_starts_.end() && *start <= done) ++start;
    std::size_t end = 0;
    for (; start != message_starts_.end() && *start - done < sizes.bytes_max; ++start) {
      end = *start;
      if (end - done >= sizes.bytes_min && ends_before_message(run.subspan(end), sizes)) break;
    }
    // No message ends here, or one is so long that what is before it is hardly worth a blob.
    if (end < done + sizes.bytes_min) {
      end = done + content_cut(run.subspan(done, borders.end - done), sizes);
    }
    end = std::min(end, borders.end);
    append_length(end - done, lengths);
    done = end;
  }
  append_length(borders.end - done, lengths);
  append_length(run.size() - borders.end, lengths);
}

}  // namespace letterpress::restic
