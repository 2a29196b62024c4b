// SPDX-License-Identifier: Apache-2.0
#include "letterpress/press.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/cancel.h"
#include "base/file.h"
#include "embed/push_source.h"
#include "embed/receiver_sink.h"
#include "files/single_source.h"
#include "files/walker.h"
#include "pipeline/press.h"

namespace letterpress {
namespace {

// Entries without much content wait too: so many at most.
constexpr std::size_t kWaitingEntriesMax = 4096;
// So many blocks at least can follow the first: more than any run makes.
constexpr std::uint64_t kFirstBlockMax = kBlockNumberMax - (std::uint64_t{1} << 40);

PressTotals totals_of(const pipeline::PressTotals& run) {
  PressTotals totals;
  totals.entries = run.entries;
  totals.files = run.files;
  totals.messages = run.messages;
  totals.raw_bytes = run.raw_bytes;
  totals.base64_bytes = run.base64_bytes;
  totals.groups = run.groups;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    const pipeline::PressTotals::OfKind& kind = run.kinds[i];
    totals.kinds[i] = {kind.chunks, kind.chunk_bytes, kind.new_chunks, kind.new_bytes,
                       kind.stored_bytes};
  }
  return totals;
}

PressProblem problem_of(const stream::Problem& problem) {
  return {static_cast<PressProblem::Severity>(problem.severity), problem.path, problem.message};
}

Error wrong_order(const char* call, const char* why) {
  return Error(ErrorCode::kInvalidArgument, std::string(call) + ": " + why);
}

Status check_path(std::string_view path, std::string_view what) {
  if (is_valid_path(path)) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(path) + "' is no " + std::string(what) +
                   ": it must be relative, of at most 16384 bytes, and no component may be empty, "
                   "'.' or '..'");
}

// What the formats take.
Status check_entry(const Entry& entry) {
  const Metadata& metadata = entry.metadata;
  LETTERPRESS_TRY(check_path(entry.path, "path of an entry"));
  if (metadata.mode > 07777) {
    return Error(ErrorCode::kInvalidArgument,
                 entry.path + ": mode must be permission bits only, at most 07777");
  }
  if (!stream::is_valid_target(metadata)) {
    return Error(ErrorCode::kInvalidArgument,
                 entry.path +
                     ": target must be 1 to 16384 bytes of a symlink, the path of an entry "
                     "for a hard link, and empty elsewhere");
  }
  return Ok{};
}

}  // namespace

class Press::Run {
 public:
  Run(PressOptions options, Receiver& receiver);

  // Does one of the calls below. What it throws, and a cancel, end the run.
  template <class Call>
  Status attempt(Call call);

  Status begin_entry(Entry&& entry);
  Status write(ByteView bytes);
  Status end_entry(std::optional<Error> failure);
  Status add_descriptor(Entry&& entry, int descriptor);
  Status add_path(const std::string& name, const std::string& path);
  Status finish(PressTotals& totals);

 private:
  static index::ChunkIndex index_of(std::span<const ChunkId> ids);
  pipeline::PressOptions run_options();
  Status check_between_entries(const char* call) const;
  Status resume();
  Status resume_if_full();
  Status keep(Status status);

  const PressOptions options_;
  embed::ReceiverSink sink_;
  embed::PushSource source_;
  index::ChunkIndex index_;
  const index::ChunkIndex known_;
  const pipeline::PressOptions run_options_;
  pipeline::PressRun run_;
  std::shared_ptr<embed::PushedContent> content_;  // of the open entry
  bool is_in_entry_ = false;
  bool has_finished_ = false;
  std::size_t waiting_bytes_ = 0;  // pushed since the last resume()
  std::optional<Error> failure_;
};

Press::Run::Run(PressOptions options, Receiver& receiver)
    : options_(std::move(options)),
      sink_(receiver),
      known_(index_of(options_.known_ids)),
      run_options_(run_options()),
      run_(source_, index_, run_options_, sink_) {}

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
      sink_.tell([&] { options_.on_progress(totals_of(totals)); });
    };
  }
  if (options_.on_problem) {
    run.on_problem = [this](const stream::Problem& problem) {
      sink_.tell([&] { options_.on_problem(problem_of(problem)); });
    };
  }
  return run;
}

Status Press::Run::keep(Status status) {
  if (!status) failure_ = status.error().copy();
  return status;
}

template <class Call>
Status Press::Run::attempt(Call call) {
  if (failure_) return failure_->copy();
  try {
    LETTERPRESS_TRY(keep(check_cancel(options_.cancel)));
    return call();
  } catch (const std::bad_alloc&) {
    return keep(Error(ErrorCode::kOutOfMemory, "out of memory"));
  } catch (const std::exception& exception) {
    return keep(Error(ErrorCode::kLimitExceeded, exception.what()));
  }
}

Status Press::Run::check_between_entries(const char* call) const {
  if (has_finished_) return wrong_order(call, "finish() was called before");
  if (is_in_entry_) return wrong_order(call, "the entry before it was not ended by end_entry()");
  return Ok{};
}

Status Press::Run::resume() {
  waiting_bytes_ = 0;
  LETTERPRESS_TRY(keep(run_.resume()));
  return keep(sink_.told());
}

Status Press::Run::resume_if_full() {
  const bool is_full =
      waiting_bytes_ >= run_.burst_bytes() || source_.waiting_entries() >= kWaitingEntriesMax;
  return is_full ? resume() : Status(Ok{});
}

Status Press::Run::begin_entry(Entry&& entry) {
  LETTERPRESS_TRY(check_between_entries("begin_entry()"));
  LETTERPRESS_TRY(check_entry(entry));
  stream::SourceEntry pushed;
  pushed.entry = std::move(entry);
  if (pushed.entry.metadata.type == EntryType::kFile) {
    content_ = std::make_shared<embed::PushedContent>();
    pushed.content = embed::PushedContent::reader(content_);
  }
  source_.add(std::move(pushed));
  is_in_entry_ = true;
  return Ok{};
}

Status Press::Run::write(ByteView bytes) {
  if (!is_in_entry_) return wrong_order("write()", "begin_entry() must come before");
  if (content_ == nullptr) return wrong_order("write()", "only files have content");
  // A large piece is taken in by and by, so that memory is bounded.
  while (!bytes.empty()) {
    const ByteView now = bytes.first(std::min(bytes.size(), pipeline::kBatchBytesMax));
    content_->write(now);
    waiting_bytes_ += now.size();
    bytes = bytes.subspan(now.size());
    LETTERPRESS_TRY(resume_if_full());
  }
  return Ok{};
}

Status Press::Run::end_entry(std::optional<Error> failure) {
  if (!is_in_entry_) return wrong_order("end_entry()", "begin_entry() must come before");
  if (failure && content_ == nullptr) {
    return wrong_order("fail_entry()", "only files have content that can fail; use end_entry()");
  }
  is_in_entry_ = false;
  if (const auto content = std::exchange(content_, nullptr)) {
    if (failure) {
      content->fail(std::move(*failure));
    } else {
      content->end();
    }
  }
  return resume_if_full();
}

Status Press::Run::add_descriptor(Entry&& entry, int descriptor) {
  LETTERPRESS_TRY(check_between_entries("add_descriptor()"));
  LETTERPRESS_TRY(check_entry(entry));
  if (entry.metadata.type != EntryType::kFile) {
    return wrong_order("add_descriptor()", "only files have content");
  }
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return io_error(errno, entry.path);
  stream::SourceEntry pushed;
  pushed.content = std::make_unique<files::DescriptorContent>(File(own, entry.path));
  pushed.entry = std::move(entry);
  source_.add(std::move(pushed));
  return resume();  // reads it, so that the caller can go on with it
}

Status Press::Run::add_path(const std::string& name, const std::string& path) {
  LETTERPRESS_TRY(check_between_entries("add_path()"));
  LETTERPRESS_TRY(check_path(name, "name"));
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<files::Walker> walker,
                         files::Walker::open({.sources = {{name, path}}}));
  source_.add(std::move(walker));
  return resume();
}

Status Press::Run::finish(PressTotals& totals) {
  LETTERPRESS_TRY(check_between_entries("finish()"));
  has_finished_ = true;
  source_.end();
  Result<pipeline::PressReport> report = run_.finish();
  if (!report) return keep(std::move(report).error());
  LETTERPRESS_TRY(keep(sink_.told()));
  totals = totals_of(report->totals);
  totals.next_block_number = report->next_block_number;
  return Ok{};
}

Press::Press(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Press::Press(Press&&) noexcept = default;
Press& Press::operator=(Press&&) noexcept = default;
Press::~Press() = default;

Result<Press> Press::open(PressOptions options, Receiver& receiver) {
  if (options.level < codecs::kLevelMin || options.level > codecs::kLevelMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "level must be from 1 to 19, not " + std::to_string(options.level));
  }
  if (options.first_block_number > kFirstBlockMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "first_block_number must be at most " + std::to_string(kFirstBlockMax));
  }
  return Press(std::make_unique<Run>(std::move(options), receiver));
}

Status Press::begin_entry(Entry entry) {
  return run_->attempt([&] { return run_->begin_entry(std::move(entry)); });
}
Status Press::write(std::span<const std::uint8_t> bytes) {
  return run_->attempt([&] { return run_->write(bytes); });
}
Status Press::end_entry() {
  return run_->attempt([&] { return run_->end_entry(std::nullopt); });
}
Status Press::fail_entry(const Error& why) {
  return run_->attempt([&] { return run_->end_entry(why.copy()); });
}
Status Press::add_descriptor(Entry entry, int descriptor) {
  return run_->attempt([&] { return run_->add_descriptor(std::move(entry), descriptor); });
}
Status Press::add_path(const std::string& name, const std::string& path) {
  return run_->attempt([&] { return run_->add_path(name, path); });
}
Result<PressTotals> Press::finish() {
  PressTotals totals;
  LETTERPRESS_TRY(run_->attempt([&] { return run_->finish(totals); }));
  return totals;
}

}  // namespace letterpress
