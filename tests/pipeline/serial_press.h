// SPDX-License-Identifier: Apache-2.0
// The stages one after the other on one thread: what press() must be equal to, whatever its
// threads.
#pragma once

#include "pipeline/batcher.h"
#include "pipeline/made_mail.h"
#include "pipeline/memory_source.h"
#include "pipeline/press.h"
#include "pipeline/recording_sink.h"

namespace letterpress::pipeline {

inline void deliver(Batch& batch, stream::Sink& sink) {
  codecs::BlockCodec codec;
  for (stream::RawBlock& raw : batch.closed) {
    EXPECT_TRUE(sink.put_block(stream::compress_block(std::move(raw), codec)));
  }
  for (auto& entry : batch.group_entries) {
    if (auto* pressed = std::get_if<stream::PressedEntry>(&entry)) {
      EXPECT_TRUE(sink.put_entry(std::move(*pressed)));
    } else {
      EXPECT_TRUE(sink.put_moved(std::move(std::get<stream::Moved>(entry))));
    }
  }
  if (batch.ends_group) {
    const Status ended = sink.end_group();
    EXPECT_TRUE(ended) << ended.error().message();
  }
}

// Totals without stored_bytes.
inline PressTotals press_serially(const std::vector<Given>& events, index::ChunkIndex& index,
                                  const PressOptions& options, stream::Sink& sink) {
  MemorySource source(events);
  stream::Isolation isolation;
  if (options.isolate_depth) isolation = {*options.isolate_depth, *options.keys.ids};
  Batcher batcher(source, options.cuts, options.keys.digests, isolation);
  BatchCutter cutter(options.cuts, options.keys);
  Placer placer(index, {options.form, options.group, options.first_block_number, options.keys.ids});
  Batch batch;
  while (true) {
    batch.clear();
    const Result<bool> more = batcher.next(batch);
    EXPECT_TRUE(more);
    if (!more || !*more) break;
    cutter.cut(batch);
    EXPECT_TRUE(placer.place(batch));
    deliver(batch, sink);
  }
  batch.clear();
  placer.finish(batch);
  deliver(batch, sink);
  return batch.totals;
}

inline PressOptions options_of(RecipeForm form, HashKeys keys = {}, GroupLimits group = {},
                               std::uint64_t first_block_number = 0) {
  PressOptions options;
  options.form = form;
  options.keys = keys;
  options.group = group;
  options.first_block_number = first_block_number;
  return options;
}
inline PressOptions with_groups(GroupLimits group, std::uint64_t first_block_number = 0) {
  return options_of(RecipeForm::kPieces, {}, group, first_block_number);
}

inline HashKey made_key(std::uint8_t first) {
  HashKey key;
  for (std::uint8_t& byte : key.bytes) byte = first++;
  return key;
}

}  // namespace letterpress::pipeline
