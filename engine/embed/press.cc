// SPDX-License-Identifier: Apache-2.0
#include "letterpress/press.h"

#include <utility>

#include "embed/press_values.h"
#include "embed/push_front.h"
#include "embed/receiver_sink.h"
#include "files/walker.h"
#include "pipeline/press.h"

namespace letterpress {
namespace {

// So many blocks at least can follow the first: more than any run makes.
constexpr std::uint64_t kFirstBlockMax = kBlockNumberMax - (std::uint64_t{1} << 40);

}  // namespace

class Press::Run {
 public:
  Run(PressOptions options, Receiver& receiver);

  embed::PushFront& front() noexcept { return front_; }
  Status add_path(const std::string& name, const std::string& path);
  Status finish(PressTotals& totals);

 private:
  static index::ChunkIndex index_of(std::span<const ChunkId> ids);
  pipeline::PressOptions run_options();
  Status resume();

  const PressOptions options_;
  embed::ReceiverSink sink_;
  embed::PushFront front_;
  index::ChunkIndex index_;
  const index::ChunkIndex known_;
  const pipeline::PressOptions run_options_;
  pipeline::PressRun run_;
};

Press::Run::Run(PressOptions options, Receiver& receiver)
    : options_(std::move(options)),
      sink_(receiver),
      front_(options_.cancel),
      known_(index_of(options_.known_ids)),
      run_options_(run_options()),
      run_(front_.source(), index_, run_options_, sink_) {
  front_.drive([this] { return run_.burst_bytes(); }, [this] { return resume(); });
}

// Their places do not count.
index::ChunkIndex Press::Run::index_of(std::span<const ChunkId> ids) {
  index::ChunkIndex index;
  for (const ChunkId& id : ids) index.insert(id, Place{});
  return index;
}

pipeline::PressOptions Press::Run::run_options() {
  pipeline::PressOptions run;
  run.level = options_.level;
  run.threads = options_.threads;
  run.in_callers_arena = options_.in_callers_arena;
  run.block_chunks_max = options_.single_chunks ? 1 : kBlockChunksMax;
  run.first_block_number = options_.first_block_number;
  run.keys.ids = options_.id_key ? &*options_.id_key : nullptr;
  run.keys.digests = options_.digest_key ? &*options_.digest_key : nullptr;
  run.cancel = options_.cancel;
  if (known_.size() > 0) run.receiver_has = &known_;
  if (options_.first_block_number > 0) {
    run.find_stored = [this](auto ids, auto places) { return sink_.find_stored(ids, places); };
  }
  if (options_.on_progress) {
    run.on_progress = [this](const pipeline::PressTotals& totals) {
      sink_.tell([&] { options_.on_progress(embed::totals_of(totals)); });
    };
  }
  if (options_.on_problem) {
    run.on_problem = [this](const stream::Problem& problem) {
      sink_.tell([&] { options_.on_problem(embed::problem_of(problem)); });
    };
  }
  return run;
}

Status Press::Run::resume() {
  LETTERPRESS_TRY(run_.resume());
  return sink_.told();
}

Status Press::Run::add_path(const std::string& name, const std::string& path) {
  LETTERPRESS_TRY(front_.check_between_entries("add_path()"));
  LETTERPRESS_TRY(embed::check_path(name, "name"));
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<files::Walker> walker,
                         files::Walker::open({.sources = {{name, path}}}));
  return front_.add_source(std::move(walker));
}

Status Press::Run::finish(PressTotals& totals) {
  LETTERPRESS_TRY(front_.finish());
  Result<pipeline::PressReport> report = run_.finish();
  if (!report) return front_.keep(std::move(report).error());
  LETTERPRESS_TRY(front_.keep(sink_.told()));
  totals = embed::totals_of(report->totals);
  totals.next_block_number = report->next_block_number;
  return Ok{};
}

Press::Press(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Press::Press(Press&&) noexcept = default;
Press& Press::operator=(Press&&) noexcept = default;
Press::~Press() = default;

Result<Press> Press::open(PressOptions options, Receiver& receiver) {
  LETTERPRESS_TRY(embed::check_level(options.level));
  if (options.first_block_number > kFirstBlockMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "first_block_number must be at most " + std::to_string(kFirstBlockMax));
  }
  return Press(std::make_unique<Run>(std::move(options), receiver));
}

Status Press::begin_entry(Entry entry) {
  return run_->front().attempt([&] { return run_->front().begin_entry(std::move(entry)); });
}
Status Press::write(std::span<const std::uint8_t> bytes) {
  return run_->front().attempt([&] { return run_->front().write(bytes); });
}
Status Press::end_entry() {
  return run_->front().attempt([&] { return run_->front().end_entry(std::nullopt); });
}
Status Press::fail_entry(const Error& why) {
  return run_->front().attempt([&] { return run_->front().end_entry(why.copy()); });
}
Status Press::add_descriptor(Entry entry, int descriptor) {
  return run_->front().attempt(
      [&] { return run_->front().add_descriptor(std::move(entry), descriptor); });
}
Status Press::add_path(const std::string& name, const std::string& path) {
  return run_->front().attempt([&] { return run_->add_path(name, path); });
}
Status Press::status() {
  return run_->front().attempt([]() -> Status { return Ok{}; });
}
Result<PressTotals> Press::finish() {
  PressTotals totals;
  LETTERPRESS_TRY(run_->front().attempt([&] { return run_->finish(totals); }));
  return totals;
}

}  // namespace letterpress
