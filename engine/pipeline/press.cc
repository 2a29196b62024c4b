// SPDX-License-Identifier: Apache-2.0
#include "pipeline/press.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/cancel.h"
#include "pipeline/arena.h"
#include "pipeline/batcher.h"

namespace letterpress::pipeline {
namespace {

// So many batches more than threads are in flight: a thread whose batch has to wait for the one
// before it goes on with another.
constexpr std::size_t kTokensMore = 2;

constexpr std::size_t kBurstBytesMax = 64 * kMiB;

stream::Isolation isolation_of(const PressOptions& options) {
  if (!options.isolate_depth) return {};
  return {*options.isolate_depth, *options.keys.ids};
}

}  // namespace

// Owns all of a kind, also batches that are in flight when a run is cancelled: oneTBB then forgets
// them. As many as were in use at once: threads may come and go.
template <class Item>
class Pool {
 public:
  explicit Pool(std::function<Item()> make) : make_(std::move(make)) {}

  Item* take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      all_.push_back(std::make_unique<Item>(make_()));
      free_.reserve(all_.size());
      return all_.back().get();
    }
    Item* item = free_.back();
    free_.pop_back();
    return item;
  }
  void give_back(Item* item) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(item);
  }

 private:
  const std::function<Item()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Item>> all_;
  std::vector<Item*> free_;
};

class PressRun::Stages {
 public:
  Stages(stream::Source& source, index::ChunkIndex& index, const PressOptions& options,
         stream::Sink& sink)
      : options_(options),
        sink_(sink),
        batcher_(source, options.cuts, options.keys.digests, isolation_of(options)),
        placer_(index, {options.form, options.group, options.first_block_number, options.keys.ids,
                        options.block_chunks_max, options.find_stored, options.receiver_has}),
        cutters_([this] { return BatchCutter(options_.cuts, options_.keys); }),
        codecs_([this] { return codecs::BlockCodec(options_.level); }) {}

  std::size_t burst_bytes() const;
  Status resume();
  Result<PressReport> finish();

 private:
  // Every stage runs through here, so that one error or exception stops the run, and only the first
  // is kept.
  template <class Stage>
  void guard(Stage stage) noexcept {
    try {
      if (Status status = stage(); !status) fail(std::move(status).error());
    } catch (const std::bad_alloc&) {
      fail(Error(ErrorCode::kOutOfMemory, "out of memory"));
    } catch (const std::exception& exception) {
      fail(Error(ErrorCode::kInvalidArgument,
                 std::string("a callback threw an exception: ") + exception.what()));
    } catch (...) {
      fail(Error(ErrorCode::kInvalidArgument, "a callback threw what is no std::exception"));
    }
  }
  void fail(Error error) {
    {
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = std::move(error);
    }
    has_failed_.store(true);
    context_.cancel_group_execution();
  }

  Batch* read(oneapi::tbb::flow_control& control);
  Batch* cut(Batch* batch);
  Batch* place(Batch* batch);
  Batch* compress(Batch* batch);
  void deliver(Batch* batch);
  Status compress_blocks(Batch& batch);
  Status put(Batch& batch);
  void flow(std::size_t token_count);
  void finish_last_group();
  template <class Work>
  void in_arena(Work work);
  Status outcome();

  const PressOptions& options_;
  stream::Sink& sink_;
  Batcher batcher_;
  Placer placer_;
  Pool<BatchCutter> cutters_;
  Pool<codecs::BlockCodec> codecs_;
  Pool<Batch> pool_{[] { return Batch(); }};
  Batch* unfilled_ = nullptr;  // begun before the source paused
  PressReport report_;
  std::array<std::uint64_t, kKindCount> stored_bytes_{};
  // Isolated: what the caller cancels around a call is not this run, and may be gone at the next
  // call.
  oneapi::tbb::task_group_context context_{oneapi::tbb::task_group_context::isolated};
  std::atomic<bool> has_failed_ = false;
  std::mutex error_mutex_;
  std::optional<Error> error_;  // guarded by error_mutex_ while the pipeline runs
};

Batch* PressRun::Stages::read(oneapi::tbb::flow_control& control) {
  Batch* batch = nullptr;
  bool has_more = false;
  guard([&]() -> Status {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    batch = unfilled_ != nullptr ? std::exchange(unfilled_, nullptr) : pool_.take();
    LETTERPRESS_TRY_ASSIGN(has_more, batcher_.next(*batch));
    if (batcher_.has_paused()) unfilled_ = batch;
    return Ok{};
  });
  if (!has_more) control.stop();
  return has_more ? batch : nullptr;
}

Batch* PressRun::Stages::cut(Batch* batch) {
  guard([&]() -> Status {
    BatchCutter* const cutter = cutters_.take();
    cutter->cut(*batch);
    cutters_.give_back(cutter);
    return Ok{};
  });
  return batch;
}

Batch* PressRun::Stages::place(Batch* batch) {
  guard([&]() -> Status { return has_failed_ ? Status(Ok{}) : placer_.place(*batch); });
  return batch;
}

Batch* PressRun::Stages::compress(Batch* batch) {
  guard([&]() -> Status { return has_failed_ ? Status(Ok{}) : compress_blocks(*batch); });
  return batch;
}

void PressRun::Stages::deliver(Batch* batch) {
  guard([&]() -> Status {
    if (!has_failed_) {
      LETTERPRESS_TRY(check_cancel(options_.cancel));
      LETTERPRESS_TRY(put(*batch));
    }
    batch->clear();
    pool_.give_back(batch);
    return Ok{};
  });
}

// The blocks of a batch are compressed side by side: at the end of a group there are several, and
// nothing else to do.
Status PressRun::Stages::compress_blocks(Batch& batch) {
  batch.blocks.resize(batch.closed.size());
  const auto compress_one = [&](std::size_t i) {
    guard([&]() -> Status {
      // What was compressed is let go at once: a group ends with many blocks.
      stream::RawBlock raw = std::move(batch.closed[i]);
      codecs::BlockCodec* const codec = codecs_.take();
      batch.blocks[i] = stream::compress_block(std::move(raw), *codec);
      codecs_.give_back(codec);
      return Ok{};
    });
  };
  if (batch.closed.size() == 1) {
    compress_one(0);
  } else if (batch.closed.size() > 1) {
    // Isolated, so that a thread that waits here does not start on another batch.
    oneapi::tbb::this_task_arena::isolate([&] {
      oneapi::tbb::parallel_for(std::size_t{0}, batch.closed.size(), compress_one, context_);
    });
  }
  return Ok{};
}

Status PressRun::Stages::put(Batch& batch) {
  for (stream::Block& block : batch.blocks) {
    stored_bytes_[static_cast<std::size_t>(block.kind)] += block.payload.size();
    LETTERPRESS_TRY(block.is_borrowed ? sink_.put_borrowed(std::move(block))
                                      : sink_.put_block(std::move(block)));
  }
  for (auto& entry : batch.group_entries) {
    if (auto* pressed = std::get_if<stream::PressedEntry>(&entry)) {
      LETTERPRESS_TRY(sink_.put_entry(std::move(*pressed)));
    } else {
      LETTERPRESS_TRY(sink_.put_moved(std::move(std::get<stream::Moved>(entry))));
    }
  }
  if (batch.ends_group) {
    LETTERPRESS_TRY(sink_.end_group());
  }
  report_.totals = batch.totals;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    report_.totals.kinds[i].stored_bytes = stored_bytes_[i];
  }
  if (options_.on_problem) {
    for (const stream::Problem& problem : batch.problems) options_.on_problem(problem);
  }
  if (options_.on_progress) options_.on_progress(report_.totals);
  return Ok{};
}

void PressRun::Stages::flow(std::size_t token_count) {
  using oneapi::tbb::filter_mode;
  using oneapi::tbb::make_filter;
  oneapi::tbb::parallel_pipeline(
      token_count,
      make_filter<void, Batch*>(filter_mode::serial_in_order,
                                [this](auto& control) { return read(control); }) &
          make_filter<Batch*, Batch*>(filter_mode::parallel,
                                      [this](Batch* batch) { return cut(batch); }) &
          make_filter<Batch*, Batch*>(filter_mode::serial_in_order,
                                      [this](Batch* batch) { return place(batch); }) &
          make_filter<Batch*, Batch*>(filter_mode::parallel,
                                      [this](Batch* batch) { return compress(batch); }) &
          make_filter<Batch*, void>(filter_mode::serial_in_order,
                                    [this](Batch* batch) { deliver(batch); }),
      context_);
}

void PressRun::Stages::finish_last_group() {
  guard([&]() -> Status {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    Batch rest;
    placer_.finish(rest);
    LETTERPRESS_TRY(compress_blocks(rest));
    return has_failed_ ? Status(Ok{}) : put(rest);
  });
}

template <class Work>
void PressRun::Stages::in_arena(Work work) {
  if (options_.in_callers_arena) {
    work(static_cast<std::size_t>(oneapi::tbb::this_task_arena::max_concurrency()));
    return;
  }
  const int threads = arena_threads(options_.threads);
  oneapi::tbb::task_arena arena(threads);
  arena.execute([&] { work(static_cast<std::size_t>(threads)); });
}

std::size_t PressRun::Stages::burst_bytes() const {
  const int threads = options_.in_callers_arena ? oneapi::tbb::this_task_arena::max_concurrency()
                                                : arena_threads(options_.threads);
  if (threads == 1) return kBatchBytesMax;
  return std::min(kBurstBytesMax, 4 * kBatchBytesMax * static_cast<std::size_t>(threads));
}

Status PressRun::Stages::outcome() {
  if (error_) return error_->copy();
  // Nothing of ours cancels without an error.
  if (context_.is_group_execution_cancelled()) {
    return Error(ErrorCode::kCancelled, "the run was cancelled from outside");
  }
  return Ok{};
}

Status PressRun::Stages::resume() {
  in_arena([&](std::size_t threads) { flow(threads + kTokensMore); });
  return outcome();
}

Result<PressReport> PressRun::Stages::finish() {
  in_arena([&](std::size_t threads) {
    flow(threads + kTokensMore);
    if (!has_failed_) finish_last_group();
  });
  LETTERPRESS_TRY(outcome());
  report_.next_block_number = placer_.next_block_number();
  return report_;
}

Status run_alone(const std::function<Status()>& call) {
  return oneapi::tbb::this_task_arena::isolate(call);
}

PressRun::PressRun(stream::Source& source, index::ChunkIndex& index, const PressOptions& options,
                   stream::Sink& sink)
    : stages_(std::make_unique<Stages>(source, index, options, sink)) {}

PressRun::~PressRun() = default;

std::size_t PressRun::burst_bytes() const { return stages_->burst_bytes(); }

Status PressRun::resume() { return stages_->resume(); }

Result<PressReport> PressRun::finish() { return stages_->finish(); }

Status validate(const PressOptions& options) {
  LETTERPRESS_TRY(chunking::validate(options.cuts));
  if (options.isolate_depth &&
      (options.keys.ids == nullptr || *options.isolate_depth > stream::kIsolateDepthMax)) {
    return Error(ErrorCode::kInvalidArgument,
                 "mailboxes are kept apart under a key, and at most 64 folders deep");
  }
  return Ok{};
}

Result<PressReport> press(stream::Source& source, index::ChunkIndex& index,
                          const PressOptions& options, stream::Sink& sink) {
  LETTERPRESS_TRY(validate(options));
  PressRun run(source, index, options, sink);
  return run.finish();
}

}  // namespace letterpress::pipeline
