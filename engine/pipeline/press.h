// SPDX-License-Identifier: Apache-2.0
// The way of the bytes: takes a source through splitting, cutting, hashing, look-up and compression
// to a sink.
//
//   index::ChunkIndex index;   // what the sink's owner has already; may be empty
//   stream::StreamWriter writer(header, output);
//   LETTERPRESS_TRY_ASSIGN(PressReport report, press(source, index, options, writer));
//   LETTERPRESS_TRY(writer.finish());
//
// The calls that the sink sees depend on the input, the options and the index only, never on
// threads. Source and sink are each called by one thread at a time. Threads: one arena of
// options.threads threads for the call, none left behind. Memory: options.threads + 2 batches of
// about 9 MiB, 40 MiB of open blocks, two groups, and the index. Errors: the first one ends the
// run; the sink has then seen a prefix. What could not be read of the source is no error: it goes
// to on_problem, and the run goes on. kCancelled after *cancel is true.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "chunking/cut_scan.h"
#include "codecs/codec.h"
#include "index/chunk_index.h"
#include "pipeline/batch_cutter.h"
#include "pipeline/placer.h"
#include "stream/sink.h"

namespace letterpress::pipeline {

struct PressOptions {
  chunking::CutParams cuts;
  int level = codecs::kLevelDefault;
  // 0: one for each processor that this process may use. Never more than oneTBB is set to give. 1:
  // the calling thread does everything.
  unsigned threads = 0;
  bool in_callers_arena = false;  // run in the oneTBB arena of the call; `threads` does not count
  HashKeys keys;
  // Keeps mailboxes apart, which so many components of a path name (stream/mailbox.h). Needs a key
  // for ids, and takes no more than kIsolateDepthMax.
  std::optional<unsigned> isolate_depth;
  RecipeForm form = RecipeForm::kPieces;
  GroupLimits group;
  std::uint64_t first_block_number = 0;
  std::size_t block_chunks_max = kBlockChunksMax;  // 1: each chunk is a block of its own
  // For who keeps an index of his own: what `index` lacks is asked here, once for each batch. The
  // place stage calls it, from one thread at a time, also while another is in the sink.
  FindStored find_stored;
  // Chunks that the receiver has: they go to Sink::put_borrowed(). Must outlive the run.
  const index::ChunkIndex* receiver_has = nullptr;
  const std::atomic<bool>* cancel = nullptr;
  // Called in the sink's turn, after each batch and for each problem.
  std::function<void(const PressTotals&)> on_progress;
  std::function<void(const stream::Problem&)> on_problem;
};

struct PressReport {
  PressTotals totals;
  std::uint64_t next_block_number = 0;
};

// kInvalidArgument: an option is out of its range. press() asks this; before a PressRun, its user.
Status validate(const PressOptions& options);

Result<PressReport> press(stream::Source& source, index::ChunkIndex& index,
                          const PressOptions& options, stream::Sink& sink);

// Calls what may use oneTBB itself and holds a lock meanwhile: a thread that waits in it does not
// take up a stage of the run that would want the same lock.
Status run_alone(const std::function<Status()>& call);

// The same as press() for a source that pauses: what it has so far is pressed by each resume(), and
// batches that are not full wait for more.
//
//   order of calls:  resume* finish
//
// After an error only the destructor may be called. All arguments must outlive the run.
class PressRun {
 public:
  PressRun(stream::Source& source, index::ChunkIndex& index, const PressOptions& options,
           stream::Sink& sink);
  ~PressRun();

  // So much more input for each resume() keeps all threads busy most of the time.
  std::size_t burst_bytes() const;
  // Returns when the source has paused or ended, and all full batches have been through the sink.
  Status resume();
  // Resumes once more, to the source's end, and ends the last group.
  Result<PressReport> finish();

 private:
  class Stages;
  std::unique_ptr<Stages> stages_;
};

}  // namespace letterpress::pipeline
