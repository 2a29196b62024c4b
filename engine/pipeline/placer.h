// SPDX-License-Identifier: Apache-2.0
// The place stage: looks chunks up, gives new ones a place in a block, and writes recipes. Serial,
// in order: this is where the output's order is made.
//
//   Placer placer(index, options);
//   LETTERPRESS_TRY(placer.place(batch));   // for each batch, in order
//   placer.finish(batch);                   // once, with an empty batch: what is left
//
// Holds the open blocks (at most ten, of 4 MiB) and the entries of the open group.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "base/limits.h"
#include "index/chunk_index.h"
#include "pipeline/batch.h"
#include "stream/block_collector.h"
#include "stream/content_ref.h"
#include "stream/known_segment.h"

namespace letterpress::pipeline {

// How a sink takes recipes.
enum class RecipeForm : std::uint8_t {
  kPieces,  // each part of an entry with its own recipe: a stream
  kStored,  // recipes in chunks, and the last part with a reference to them: a vault
};

// A group ends after the batch that reaches one of these.
struct GroupLimits {
  std::uint64_t new_bytes = 16 * kMiB;
  std::uint64_t raw_bytes = 256 * kMiB;
  std::uint64_t entries = 65536;  // entries and messages together
  std::uint64_t blocks = 16384;   // counts only where mailboxes are kept apart
};

// Which of these chunks are stored already, beside those of this run: places[i] is where ids[i] is,
// or stays empty. Both have one size; blocks of this run are no answer.
using FindStored =
    std::function<Status(std::span<const ChunkId> ids, std::span<std::optional<Place>> places)>;

struct PlacerOptions {
  RecipeForm form = RecipeForm::kPieces;
  GroupLimits group;
  std::uint64_t first_block_number = 0;
  const HashKey* id_key = nullptr;
  std::size_t block_chunks_max = kBlockChunksMax;
  FindStored find_stored = nullptr;  // asked once for each batch, if it is there
  // Chunks that the receiver of a stream has; their places do not count. May be null.
  const index::ChunkIndex* receiver_has = nullptr;
};

class Placer {
 public:
  Placer(index::ChunkIndex& index, const PlacerOptions& options)
      : index_(index),
        options_(options),
        collector_(options.first_block_number, options.block_chunks_max) {}

  // An error is that of options.find_stored, or says that what it gave is no answer.
  Status place(Batch& batch);
  void finish(Batch& batch);

  std::uint64_t next_block_number() const noexcept { return collector_.next_block_number(); }

 private:
  Status find_stored(const Batch& batch);
  Place place_new(const Batch& batch, std::size_t i);
  void place_chunks(const Batch& batch);
  void place_item(Batch& batch, BatchItem& item);
  void write_recipe(Batch& batch, const BatchItem& item, Bytes& out);
  void write_stored_recipe(const Batch& batch, const BatchItem& item);
  void place_stored(const Batch& batch, const BatchItem& item,
                    std::optional<stream::KnownContent>& known, stream::PressedEntry& out);
  void write_stretch(const Batch& batch, const CutStretch& stretch, stream::RecipeWriter& writer);
  void write_step(const Batch& batch, const CutStep& step, stream::RecipeWriter& writer);
  Place store_recipe_chunk(ByteView bytes);
  bool is_group_full() const noexcept;
  void describe(const Batch& batch, const BatchItem& item);
  void count(const BatchItem& item);
  void close_group(Batch& batch);

  index::ChunkIndex& index_;
  const PlacerOptions options_;
  stream::BlockCollector collector_;
  // Of the batch, if mailboxes are kept apart. Lives as long as the call of place().
  const stream::Mailbox* mailbox_ = nullptr;
  std::vector<std::optional<Place>> known_;  // of the batch's chunks, those that were stored before
  std::vector<Place> places_;                // of the batch's chunks
  std::vector<ChunkId> asked_;               // of the batch's chunks, those that index_ lacks
  std::vector<std::optional<Place>> answers_;
  std::vector<stream::Extent> extents_;
  std::vector<std::variant<stream::PressedEntry, stream::Moved>> group_entries_;
  // Of the entry whose parts are coming.
  stream::ContentRefBuilder content_;
  Bytes segments_;
  bool is_unchanged_ = true;
  stream::KnownSegment segment_;
  Bytes recipe_;
  Bytes stretch_;
  std::uint64_t group_raw_bytes_ = 0;
  std::uint64_t group_entry_count_ = 0;
  PressTotals totals_;
};

}  // namespace letterpress::pipeline
