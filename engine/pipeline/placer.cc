// SPDX-License-Identifier: Apache-2.0
#include "pipeline/placer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "codecs/probe.h"
#include "hashing/blake3.h"

namespace letterpress::pipeline {
namespace {

// A recipe chunk closes behind this, or before a stretch that might not fit.
constexpr std::size_t kRecipeChunkBytes = 8 * kKiB;

// The most that a stretch can take: its head; for each step a tag, three lengths, a count and the
// layout; for each extent a length and a place. The cutter's limits keep this below kChunkBytesMax.
std::size_t recipe_bytes_max(const Batch& batch, const CutStretch& stretch) {
  constexpr std::size_t kHeadBytes = 4 + 16;
  constexpr std::size_t kStepBytes = 1 + 4 + 4 + 2 + 3;
  constexpr std::size_t kExtentBytes = 4 + 7 + 3 + 3;
  std::size_t bytes = kHeadBytes;
  for (std::uint32_t i = 0; i < stretch.step_count; ++i) {
    const CutStep& step = batch.steps[stretch.first_step + i];
    bytes += kStepBytes + step.layout_bytes + kExtentBytes * step.chunk_count;
  }
  return bytes;
}

// The probe costs far less than a look at all bytes, and known chunks do not even need it: that is
// why it is here, in the serial stage.
bool may_be_compressed(Kind kind, ByteView chunk) noexcept {
  const bool may_be_packed = kind == Kind::kAttachment || kind == Kind::kPlain;
  return !may_be_packed || !codecs::looks_incompressible(chunk);
}

}  // namespace

bool Placer::is_group_full() const noexcept {
  return collector_.group_bytes() >= options_.group.new_bytes ||
         group_raw_bytes_ >= options_.group.raw_bytes ||
         group_entry_count_ >= options_.group.entries ||
         (mailbox_ != nullptr && collector_.group_blocks() >= options_.group.blocks);
}

Status Placer::place(Batch& batch) {
  mailbox_ = batch.mailbox ? &*batch.mailbox : nullptr;
  if (mailbox_ != nullptr) collector_.turn_to(mailbox_->tag);
  LETTERPRESS_TRY(find_stored(batch));
  place_chunks(batch);
  for (BatchItem& item : batch.items) place_item(batch, item);
  if (is_group_full()) close_group(batch);
  for (stream::RawBlock& block : collector_.take_closed()) batch.closed.push_back(std::move(block));
  batch.totals = totals_;
  return Ok{};
}

void Placer::finish(Batch& batch) {
  if (collector_.group_bytes() > 0 || !group_entries_.empty()) close_group(batch);
  batch.closed = collector_.take_closed();
  batch.totals = totals_;
}

void Placer::close_group(Batch& batch) {
  collector_.close_all();
  ++totals_.groups;
  batch.group_entries = std::exchange(group_entries_, {});
  batch.ends_group = true;
  group_raw_bytes_ = 0;
  group_entry_count_ = 0;
}

// Sets known_ as far as it is known before the batch.
Status Placer::find_stored(const Batch& batch) {
  known_.resize(batch.chunks.size());
  index_.find_many(batch.ids, known_);
  if (!options_.find_stored) return Ok{};
  asked_.clear();
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (!known_[i]) asked_.push_back(batch.ids[i]);
  }
  if (asked_.empty()) return Ok{};
  answers_.assign(asked_.size(), std::nullopt);
  LETTERPRESS_TRY(options_.find_stored(asked_, answers_));
  auto answer = answers_.begin();
  for (std::optional<Place>& known : known_) {
    if (known) continue;
    known = *answer++;
    if (known &&
        (known->block >= options_.first_block_number || known->ordinal >= kBlockChunksMax)) {
      return Error(ErrorCode::kInvalidArgument, "a chunk is said to be stored as number " +
                                                    std::to_string(known->ordinal) + " of block " +
                                                    std::to_string(known->block) +
                                                    ", which cannot be: the run began with block " +
                                                    std::to_string(options_.first_block_number));
    }
  }
  return Ok{};
}

void Placer::place_chunks(const Batch& batch) {
  places_.clear();
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    const CutChunk& chunk = batch.chunks[i];
    PressTotals::OfKind& totals = totals_.kinds[static_cast<std::size_t>(chunk.kind)];
    ++totals.chunks;
    totals.chunk_bytes += chunk.bytes;
    // What was new may have come earlier in the same batch.
    if (!known_[i]) known_[i] = index_.find(batch.ids[i]);
    if (known_[i]) {
      places_.push_back(*known_[i]);
      continue;
    }
    ++totals.new_chunks;
    totals.new_bytes += chunk.bytes;
    const ByteView bytes = batch.bytes_of(chunk);
    places_.push_back(
        collector_.add(chunk.kind, may_be_compressed(chunk.kind, bytes), batch.ids[i], bytes));
    index_.insert(batch.ids[i], places_.back());
  }
}

// What the segment of an item holds: as its claim says, or as it was split.
void Placer::describe(const Batch& batch, const BatchItem& item) {
  ByteCursor claim(item.claim);
  if (item.is_known && stream::read_known_segment(claim, segment_)) return;
  segment_.stretch_bytes.clear();
  segment_.digest = item.digest;
  segment_.base64_bytes = 0;
  segment_.messages = 0;
  segment_.recipes.clear();
  for (std::size_t i = 0; i < item.stretch_count; ++i) {
    const CutStretch& stretch = batch.stretches[item.first_stretch + i];
    segment_.stretch_bytes.push_back(stretch.raw_bytes);
    for (std::uint32_t j = 0; j < stretch.piece_count; ++j) {
      const mail::Piece& piece = batch.split.pieces[stretch.first_piece + j];
      if (piece.begins_message && piece.kind == Kind::kHeader) ++segment_.messages;
      if (piece.transform == mail::Transform::kBase64) segment_.base64_bytes += piece.raw_bytes;
    }
  }
}

void Placer::count(const BatchItem& item) {
  totals_.raw_bytes += item.raw.size();
  totals_.base64_bytes += segment_.base64_bytes;
  totals_.messages += segment_.messages;
  group_raw_bytes_ += item.raw.size();
  group_entry_count_ += segment_.messages;
}

void Placer::place_item(Batch& batch, BatchItem& item) {
  if (auto* problem = std::get_if<stream::Problem>(&item.event)) {
    batch.problems.push_back(std::move(*problem));
    return;
  }
  if (auto* moved = std::get_if<stream::Moved>(&item.event)) {
    group_entries_.emplace_back(std::move(*moved));
    return;
  }
  auto& source = std::get<stream::SourceEntry>(item.event);
  describe(batch, item);
  count(item);
  const bool is_file = source.entry.metadata.type == stream::EntryType::kFile;
  if (item.is_first) {
    ++totals_.entries;
    totals_.files += is_file ? 1 : 0;
    totals_.files_read += item.was_read ? 1 : 0;
    ++group_entry_count_;
  }
  stream::PressedEntry out;
  out.raw_bytes = item.raw.size();
  out.is_first = item.is_first;
  out.is_last = item.is_last;
  out.is_abandoned = item.is_abandoned;
  out.is_unsettled = item.is_unsettled;
  if (is_file && !item.was_read && source.known) {
    ++totals_.files_unchanged;
    totals_.known_bytes += source.known->size_bytes;
    out.content = std::move(source.known->content);
    out.segments = std::move(source.known->segments);
  } else if (is_file && options_.form == RecipeForm::kPieces) {
    write_recipe(batch, item, out.content);
  } else if (is_file) {
    place_stored(batch, item, source.known, out);
  }
  if (options_.form == RecipeForm::kStored && !item.is_last) return;
  if (out.is_first || options_.form == RecipeForm::kStored) out.entry = std::move(source.entry);
  out.identity = source.identity;
  group_entries_.emplace_back(std::move(out));
}

void Placer::write_recipe(Batch& batch, const BatchItem& item, Bytes& out) {
  stream::RecipeWriter writer(out);
  for (std::size_t i = 0; i < item.stretch_count; ++i) {
    write_stretch(batch, batch.stretches[item.first_stretch + i], writer);
  }
}

void Placer::place_stored(const Batch& batch, const BatchItem& item,
                          std::optional<stream::KnownContent>& known, stream::PressedEntry& out) {
  const auto store = [this](ByteView bytes) { return store_recipe_chunk(bytes); };
  // What is known of a part is known of the whole only if the batcher says so.
  const bool is_same = item.is_known && known;
  if (item.is_first) is_unchanged_ = true;
  is_unchanged_ = is_unchanged_ && item.is_known;
  if (!item.is_known) {
    write_stored_recipe(batch, item);
  } else if (!is_same) {
    for (const stream::ContentRef::Child& recipe : segment_.recipes) {
      content_.add_stored(recipe, store);
    }
  }
  stream::append_known_segment(segments_, segment_);
  if (!item.is_last) return;
  out.segments = std::exchange(segments_, {});
  out.content = is_same ? std::move(known->content) : content_.finish(store);
  totals_.files_unchanged += is_unchanged_ ? 1 : 0;
}

// The same, in chunks that can each be read alone. Their borders follow from the segment's own
// content, so an unchanged segment gives unchanged chunks.
void Placer::write_stored_recipe(const Batch& batch, const BatchItem& item) {
  const auto store = [this](ByteView bytes) { return store_recipe_chunk(bytes); };
  stream::RecipeWriter writer(recipe_);
  recipe_.clear();
  std::uint64_t covered = 0;
  const auto flush = [&] {
    segment_.recipes.push_back(content_.add_recipe(recipe_, covered, store));
    recipe_.clear();
    covered = 0;
    writer.restart();
  };
  for (std::size_t i = 0; i < item.stretch_count; ++i) {
    const CutStretch& stretch = batch.stretches[item.first_stretch + i];
    const std::size_t bytes_max = recipe_.size() + recipe_bytes_max(batch, stretch);
    const bool is_full = recipe_.size() >= kRecipeChunkBytes || bytes_max > kChunkBytesMax;
    if (is_full && covered > 0) flush();
    write_stretch(batch, stretch, writer);
    covered += stretch.raw_bytes;
  }
  const bool is_all = item.is_first && item.is_last && covered == item.raw.size();
  if (is_all && recipe_.size() <= stream::kInlineRecipeBytesMax) {
    content_.keep_inside(std::exchange(recipe_, {}), covered);
  } else if (covered > 0) {
    flush();
  }
}

Place Placer::store_recipe_chunk(ByteView bytes) {
  const HashKey* key = mailbox_ != nullptr ? &mailbox_->id_key : options_.id_key;
  const ChunkId id = key != nullptr ? hashing::hash(bytes, *key) : hashing::hash(bytes);
  PressTotals::OfKind& totals = totals_.kinds[static_cast<std::size_t>(Kind::kRecipe)];
  ++totals.chunks;
  totals.chunk_bytes += bytes.size();
  if (const std::optional<Place> known = index_.find(id)) return *known;
  ++totals.new_chunks;
  totals.new_bytes += bytes.size();
  const Place place = collector_.add(Kind::kRecipe, true, id, bytes);
  index_.insert(id, place);
  return place;
}

void Placer::write_stretch(const Batch& batch, const CutStretch& stretch,
                           stream::RecipeWriter& writer) {
  writer.begin_stretch({stretch.raw_bytes, stretch.digest});
  for (std::uint32_t i = 0; i < stretch.step_count; ++i) {
    write_step(batch, batch.steps[stretch.first_step + i], writer);
  }
}

void Placer::write_step(const Batch& batch, const CutStep& step, stream::RecipeWriter& writer) {
  extents_.clear();
  Place end;
  std::uint32_t end_offset = 0;
  for (std::uint32_t i = 0; i < step.chunk_count; ++i) {
    const Place place = places_[step.first_chunk + i];
    const std::uint32_t chunk_bytes = batch.chunks[step.first_chunk + i].bytes;
    const std::uint32_t offset = step.is_joined ? step.joined_offset : 0;
    const std::uint32_t bytes = step.is_joined ? step.stored_bytes : chunk_bytes;
    if (!extents_.empty() && place == end && offset == end_offset) {
      extents_.back().bytes += bytes;
    } else {
      extents_.push_back({place, offset, bytes});
    }
    const bool is_chunk_end = offset + bytes == chunk_bytes;
    end = is_chunk_end ? Place{place.block, place.ordinal + 1} : place;
    end_offset = is_chunk_end ? 0 : offset + bytes;
  }
  writer.add_step({step.transform, step.kind, step.raw_bytes,
                   ByteView(batch.split.layouts).subspan(step.layout_offset, step.layout_bytes),
                   extents_, end, end_offset});
}

}  // namespace letterpress::pipeline
