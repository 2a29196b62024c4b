// SPDX-License-Identifier: Apache-2.0
// The read stage: pulls a source and fills batches. Single-threaded, serial, in order.
//
//   Batcher batcher(source, cuts);
//   LETTERPRESS_TRY_ASSIGN(bool more, batcher.next(batch));   // false: the source has ended
//
// Borders of batches are chosen by names and of segments by content, so that an insertion moves few
// of them. Holds at most one look-ahead of 4 MiB beside the batch.
#pragma once

#include <optional>
#include <utility>

#include "chunking/cut_scan.h"
#include "pipeline/batch.h"

namespace letterpress::pipeline {

class Batcher {
 public:
  Batcher(stream::Source& source, const chunking::CutParams& cuts) : source_(source), cuts_(cuts) {}

  // Requires a cleared batch. False if there was nothing left to put in.
  Result<bool> next(Batch& batch);

 private:
  // An entry that is larger than a batch takes along with others.
  struct Large {
    explicit Large(stream::SourceEntry&& from) : entry(std::move(from)) {}

    stream::SourceEntry entry;
    mail::Format format = mail::Format::kPlain;
    mail::Splitter splitter{mail::Format::kPlain};
    bool begins_fresh = true;  // the next segment starts where a splitter can start
    bool is_first = true;
    bool has_ended = false;  // its content has been read to the end
    std::optional<Error> failure;
  };

  void take_event(Batch& batch, stream::SourceEvent&& event);
  void take_small(Batch& batch, stream::SourceEntry&& entry);
  void take_segment(Batch& batch);
  void read_large(Batch& batch, std::size_t wanted_bytes);
  std::size_t find_border(Batch& batch);
  void add_problem(Batch& batch, const stream::SourceEntry& entry, const Error& error);
  bool is_full(const Batch& batch) const;

  stream::Source& source_;
  const chunking::CutParams cuts_;
  std::optional<stream::SourceEvent> held_;  // the first event of the next batch
  std::optional<Large> large_;
  Bytes carry_;  // bytes of the large entry that were read behind the last segment
};

}  // namespace letterpress::pipeline
