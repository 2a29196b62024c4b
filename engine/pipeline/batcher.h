// SPDX-License-Identifier: Apache-2.0
// The read stage: pulls a source and fills batches. Single-threaded, serial, in order.
//
//   Batcher batcher(source, cuts, digest_key, isolation);
//   LETTERPRESS_TRY_ASSIGN(bool more, batcher.next(batch));   // false: the source has ended
//
// Borders of batches are chosen by names and of segments by content, so that an insertion moves few
// of them. Holds at most one look-ahead of 4 MiB beside the batch.
#pragma once

#include <optional>
#include <utility>

#include "chunking/cut_scan.h"
#include "mail/tar.h"
#include "pipeline/batch.h"
#include "pipeline/known_check.h"

namespace letterpress::pipeline {

class Batcher {
 public:
  // digest_key: see KnownCheck.
  Batcher(stream::Source& source, const chunking::CutParams& cuts, const HashKey* digest_key,
          const stream::Isolation& isolation = {})
      : source_(source), cuts_(cuts), check_(digest_key), isolation_(isolation) {}

  // Requires a cleared batch. False if there was nothing left to put in; or if the source has
  // paused: then the batch has a part of its items, and is to be given again.
  Result<bool> next(Batch& batch);
  bool has_paused() const noexcept { return has_paused_; }

 private:
  // An entry that is larger than a batch takes along with others.
  struct Large {
    explicit Large(stream::SourceEntry&& from)
        : entry(std::move(from)), known(entry.known ? std::move(entry.known->segments) : Bytes{}) {}

    stream::SourceEntry entry;
    std::optional<stream::Mailbox> mailbox;
    stream::KnownSegments known;
    mail::Format format = mail::Format::kPlain;
    mail::Splitter splitter{mail::Format::kPlain};
    mail::TarWalk tar;         // if it is an archive
    bool begins_fresh = true;  // the next segment starts where a splitter can start
    bool is_first = true;
    std::uint64_t offset = 0;      // of the next segment
    bool has_ended = false;        // its content has been read to the end
    std::optional<ByteView> held;  // all of its content, if that need not be read
    std::optional<Error> failure;
  };

  Result<std::optional<stream::SourceEvent>> next_event();
  bool begins_batch(Batch& batch, const stream::SourceEvent& event);
  void take_event(Batch& batch, stream::SourceEvent&& event);
  void take_small(Batch& batch, stream::SourceEntry&& entry);
  std::span<std::uint8_t> room(Batch& batch, std::size_t bytes);
  ByteView window(const Batch& batch) const;
  void take_segment(Batch& batch);
  void add_part(Batch& batch, BatchItem&& item);
  void split_in_order(Batch& batch);
  void read_large(Batch& batch, std::size_t wanted_bytes);
  std::size_t find_border(Batch& batch);
  std::optional<std::size_t> good_border(ByteView window, std::size_t from,
                                         bool is_whole_window) const;
  void restart_splitter();
  void add_problem(Batch& batch, const stream::SourceEntry& entry, const Error& error);
  bool is_full(const Batch& batch) const;

  stream::Source& source_;
  const chunking::CutParams cuts_;
  KnownCheck check_;
  bool has_paused_ = false;
  stream::Isolation isolation_;
  std::optional<stream::SourceEvent> waiting_;  // begins the next batch
  std::optional<Large> large_;
  Bytes carry_;  // bytes of the large entry that were read behind the last segment
};

}  // namespace letterpress::pipeline
