// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_cutter.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/assert.h"
#include "hashing/blake3.h"

namespace letterpress::pipeline {
namespace {

// Settled by measurement, docs/BENCHMARKING.md, "Sizes": an id and its place cost about 20 bytes
// that do not compress. A text smaller than this is rarely found again alone; headers hardly ever
// are.
constexpr std::size_t kTextAloneBytes = 2048;
constexpr std::size_t kHeaderAloneBytes = 16 * kKiB;
// An attachment smaller than this joins the texts: anyone can send mail of nothing but small ones,
// and an index would grow by a quarter of what is stored. So it is 4 % at most.
constexpr std::size_t kAttachmentAloneBytes = 512;
// Joined chunks close at the first stretch behind the minimum whose digest says so (one in four).
constexpr std::size_t kJoinBytesMin = 8 * kKiB;
constexpr std::size_t kJoinBytesMax = 48 * kKiB;
constexpr std::uint8_t kJoinMask = 3;

// Limits that keep an encoded stretch below a chunk: see docs/STREAM.md, "Limits".
constexpr std::uint32_t kStretchPiecesMax = 512;
constexpr std::uint32_t kStretchLayoutBytesMax = 12 * kKiB;
// Messages shorter than this share a stretch with the next, so that a digest never costs more than
// an eighth of what it checks.
constexpr std::uint32_t kStretchBytesMin = 128;

}  // namespace

void BatchCutter::cut(Batch& batch) {
  known_.run(batch);
  split_items(batch);
  digest_stretches(batch);
  joins_[0] = Join{Kind::kHeader, BatchBuffer::kJoinedHeader, &batch.joined_header, 0, 0, false};
  joins_[1] = Join{Kind::kText, BatchBuffer::kJoinedText, &batch.joined_text, 0, 0, false};
  for (std::uint32_t at = 0; at < batch.items.size(); ++at) {
    const BatchItem& item = batch.items[at];
    for (std::size_t i = 0; i < item.stretch_count; ++i) {
      cut_stretch(batch, at, batch.stretches[item.first_stretch + i]);
    }
  }
  for (Join& join : joins_) close_join(batch, join);
  hash_chunks(batch);
}

void BatchCutter::split_items(Batch& batch) {
  for (BatchItem& item : batch.items) {
    item.first_stretch = batch.stretches.size();
    if (item.raw.empty() || item.is_known) continue;
    const std::size_t first_piece = batch.is_split ? 0 : batch.split.pieces.size();
    if (!batch.is_split) {
      // Transforms make bytes fewer: one allocation a batch, and none where all is known.
      batch.split.stored.reserve(kBatchBytesMax);
      mail::Splitter splitter(
          mail::recognise(item.raw.first(std::min(item.raw.size(), mail::kRecogniseBytes))));
      splitter.append(item.raw, batch.split);
    }
    add_stretches(batch, item, first_piece);
    item.stretch_count = batch.stretches.size() - item.first_stretch;
  }
}

void BatchCutter::add_stretches(Batch& batch, [[maybe_unused]] const BatchItem& item,
                                std::size_t first_piece) {
  std::uint32_t raw_offset = 0;
  std::uint32_t layout_bytes = 0;
  CutStretch stretch;
  const auto finish = [&] {
    if (stretch.raw_bytes > 0) batch.stretches.push_back(stretch);
    layout_bytes = 0;
  };
  for (std::size_t i = first_piece; i < batch.split.pieces.size(); ++i) {
    const mail::Piece& piece = batch.split.pieces[i];
    const bool is_full = stretch.piece_count >= kStretchPiecesMax ||
                         layout_bytes + piece.layout_bytes > kStretchLayoutBytesMax;
    const bool begins = piece.begins_message && stretch.raw_bytes >= kStretchBytesMin;
    if (stretch.raw_bytes == 0 || begins || is_full) {
      finish();
      stretch = CutStretch{};
      stretch.raw_offset = raw_offset;
      stretch.first_piece = static_cast<std::uint32_t>(i);
      stretch.begins_message = piece.begins_message;
    }
    stretch.raw_bytes += piece.raw_bytes;
    ++stretch.piece_count;
    layout_bytes += piece.layout_bytes;
    raw_offset += piece.raw_bytes;
  }
  finish();
  LETTERPRESS_ASSERT(raw_offset == item.raw.size());
}

void BatchCutter::digest_stretches(Batch& batch) {
  views_.clear();
  for (const BatchItem& item : batch.items) {
    for (std::size_t i = 0; i < item.stretch_count; ++i) {
      const CutStretch& stretch = batch.stretches[item.first_stretch + i];
      views_.push_back(item.raw.subspan(stretch.raw_offset, stretch.raw_bytes));
    }
  }
  hashes_.resize(views_.size());
  hashing::hash_many(views_, keys_.digests, hashes_.data());
  digests_.resize(views_.size());
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    std::copy_n(hashes_[i].bytes.begin(), digests_[i].size(), digests_[i].begin());
    batch.stretches[i].digest = digests_[i];
  }
  for (BatchItem& item : batch.items) {
    const auto digests = std::span(digests_).subspan(item.first_stretch, item.stretch_count);
    item.digest = stream::segment_digest(digests, keys_.digests);
  }
}

void BatchCutter::cut_stretch(Batch& batch, std::uint32_t item, CutStretch& stretch) {
  stretch.first_step = static_cast<std::uint32_t>(batch.steps.size());
  for (std::uint32_t i = 0; i < stretch.piece_count; ++i) {
    cut_piece(batch, item, batch.split.pieces[stretch.first_piece + i]);
  }
  stretch.step_count = static_cast<std::uint32_t>(batch.steps.size()) - stretch.first_step;
  if ((stretch.digest[0] & kJoinMask) != 0) return;
  for (Join& join : joins_) {
    if (join.is_open && join.bytes->size() - join.begin >= kJoinBytesMin) close_join(batch, join);
  }
}

void BatchCutter::cut_piece(Batch& batch, std::uint32_t item, const mail::Piece& piece) {
  if (piece.kind == Kind::kHeader && piece.stored_bytes < kHeaderAloneBytes) {
    return join_piece(batch, item, piece, joins_[0]);
  }
  if ((piece.kind == Kind::kText && piece.stored_bytes < kTextAloneBytes) ||
      (piece.kind == Kind::kAttachment && piece.stored_bytes < kAttachmentAloneBytes)) {
    return join_piece(batch, item, piece, joins_[1]);
  }
  const BatchBuffer buffer =
      piece.transform == mail::Transform::kIdentity ? BatchBuffer::kRaw : BatchBuffer::kStored;
  const ByteView bytes =
      buffer == BatchBuffer::kRaw ? batch.items[item].raw : ByteView(batch.split.stored);
  CutStep step{};
  step.transform = piece.transform;
  step.kind = piece.kind;
  step.raw_bytes = piece.raw_bytes;
  step.layout_offset = piece.layout_offset;
  step.layout_bytes = piece.layout_bytes;
  step.stored_bytes = piece.stored_bytes;
  step.first_chunk = static_cast<std::uint32_t>(batch.chunks.size());
  std::uint32_t offset = piece.stored_offset;
  std::uint32_t left = piece.stored_bytes;
  while (left > 0) {
    std::uint32_t length = left;
    if (piece.stored_bytes > cuts_.chunk_bytes_max) {
      length = static_cast<std::uint32_t>(chunking::next_cut(bytes.data() + offset, left, cuts_));
    }
    batch.chunks.push_back({buffer, piece.kind, item, offset, length});
    offset += length;
    left -= length;
  }
  step.chunk_count = static_cast<std::uint32_t>(batch.chunks.size()) - step.first_chunk;
  batch.steps.push_back(step);
}

void BatchCutter::join_piece(Batch& batch, std::uint32_t item, const mail::Piece& piece,
                             Join& join) {
  if (join.is_open && join.bytes->size() - join.begin + piece.stored_bytes > kJoinBytesMax) {
    close_join(batch, join);
  }
  if (!join.is_open) {
    join.is_open = true;
    join.begin = static_cast<std::uint32_t>(join.bytes->size());
    join.chunk = static_cast<std::uint32_t>(batch.chunks.size());
    batch.chunks.push_back({join.buffer, join.kind, item, join.begin, 0});
  }
  CutStep step{};
  step.transform = piece.transform;
  step.kind = join.kind;  // that of the block: equal neighbours are one step
  step.is_joined = true;
  step.raw_bytes = piece.raw_bytes;
  step.layout_offset = piece.layout_offset;
  step.layout_bytes = piece.layout_bytes;
  step.stored_bytes = piece.stored_bytes;
  step.first_chunk = join.chunk;
  step.chunk_count = 1;
  step.joined_offset = static_cast<std::uint32_t>(join.bytes->size()) - join.begin;
  batch.steps.push_back(step);
  const ByteView from = piece.transform == mail::Transform::kIdentity
                            ? batch.items[item].raw
                            : ByteView(batch.split.stored);
  append(*join.bytes, from.subspan(piece.stored_offset, piece.stored_bytes));
}

void BatchCutter::close_join(Batch& batch, Join& join) {
  if (!join.is_open) return;
  batch.chunks[join.chunk].bytes = static_cast<std::uint32_t>(join.bytes->size()) - join.begin;
  join.is_open = false;
}

void BatchCutter::hash_chunks(Batch& batch) {
  views_.clear();
  for (const CutChunk& chunk : batch.chunks) views_.push_back(batch.bytes_of(chunk));
  batch.ids.resize(views_.size());
  const HashKey* key = batch.mailbox ? &batch.mailbox->id_key : keys_.ids;
  hashing::hash_many(views_, key, batch.ids.data());
}

}  // namespace letterpress::pipeline
