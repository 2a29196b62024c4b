// SPDX-License-Identifier: Apache-2.0
#include "letterpress/press.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

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
// Each keeps a descriptor open.
constexpr std::size_t kWaitingDescriptorsMax = 64;

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

Status check_path(std::string_view path) {
  if (is_valid_path(path)) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(path) +
                   "' is no path of an entry: it must be relative, of at most 16384 bytes, and no "
                   "component may be empty, '.' or '..'");
}

}  // namespace

class Press::Run {
 public:
  Run(PressOptions options, Receiver& receiver);

  Status begin_entry(Entry&& entry);
  Status write(ByteView bytes);
  Status end_entry(std::optional<Error> failure);
  Status add_descriptor(Entry&& entry, int descriptor);
  Status add_path(const std::string& name, const std::string& path);
  Result<PressTotals> finish();

 private:
  pipeline::PressOptions run_options();
  Status check_between_entries(const char* call) const;
  Status resume();
  Status resume_if_full();
  Status keep(Status status);
  Error failure() const { return failure_->copy(); }

  const PressOptions options_;
  embed::ReceiverSink sink_;
  embed::PushSource source_;
  index::ChunkIndex index_;
  const pipeline::PressOptions run_options_;
  pipeline::PressRun run_;
  std::shared_ptr<embed::PushedContent> content_;  // of the open entry
  bool is_in_entry_ = false;
  bool has_finished_ = false;
  std::size_t waiting_bytes_ = 0;  // pushed since the last resume()
  std::size_t waiting_descriptors_ = 0;
  std::optional<Error> failure_;
};

Press::Run::Run(PressOptions options, Receiver& receiver)
    : options_(std::move(options)),
      sink_(receiver),
      run_options_(run_options()),
      run_(source_, index_, run_options_, sink_) {}

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
  if (options_.first_block_number > 0) {
    run.find_stored = [this](auto ids, auto places) { return sink_.find_stored(ids, places); };
  }
  if (options_.on_progress) {
    run.on_progress = [this](const pipeline::PressTotals& totals) {
      (void)sink_.guarded([&]() -> Status {
        options_.on_progress(totals_of(totals));
        return Ok{};
      });
    };
  }
  if (options_.on_problem) {
    run.on_problem = [this](const stream::Problem& problem) {
      (void)sink_.guarded([&]() -> Status {
        options_.on_problem(problem_of(problem));
        return Ok{};
      });
    };
  }
  return run;
}

Status Press::Run::keep(Status status) {
  if (!status) failure_ = status.error().copy();
  return status;
}

Status Press::Run::check_between_entries(const char* call) const {
  if (failure_) return failure();
  if (has_finished_) return wrong_order(call, "finish() was called before");
  if (is_in_entry_) return wrong_order(call, "the entry before it was not ended by end_entry()");
  return Ok{};
}

Status Press::Run::resume() {
  waiting_bytes_ = 0;
  waiting_descriptors_ = 0;
  return keep(run_.resume());
}

Status Press::Run::resume_if_full() {
  const bool is_full = waiting_bytes_ >= run_.burst_bytes() ||
                       source_.waiting_entries() >= kWaitingEntriesMax ||
                       waiting_descriptors_ >= kWaitingDescriptorsMax;
  return is_full ? resume() : Status(Ok{});
}

Status Press::Run::begin_entry(Entry&& entry) {
  LETTERPRESS_TRY(check_between_entries("begin_entry()"));
  LETTERPRESS_TRY(check_path(entry.path));
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
  if (failure_) return failure();
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
  if (failure_) return this->failure();
  if (!is_in_entry_) return wrong_order("end_entry()", "begin_entry() must come before");
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
  LETTERPRESS_TRY(check_path(entry.path));
  if (entry.metadata.type != EntryType::kFile) {
    return wrong_order("add_descriptor()", "only files have content");
  }
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return io_error(errno, entry.path);
  stream::SourceEntry pushed;
  pushed.content = std::make_unique<files::DescriptorContent>(File(own, entry.path));
  pushed.entry = std::move(entry);
  source_.add(std::move(pushed));
  ++waiting_descriptors_;
  return resume_if_full();
}

Status Press::Run::add_path(const std::string& name, const std::string& path) {
  LETTERPRESS_TRY(check_between_entries("add_path()"));
  LETTERPRESS_TRY(check_path(name));
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<files::Walker> walker,
                         files::Walker::open({.sources = {{name, path}}}));
  source_.add(std::move(walker));
  return resume();
}

Result<PressTotals> Press::Run::finish() {
  LETTERPRESS_TRY(check_between_entries("finish()"));
  has_finished_ = true;
  source_.end();
  Result<pipeline::PressReport> report = run_.finish();
  if (!report) {
    failure_ = report.error().copy();
    return std::move(report).error();
  }
  PressTotals totals = totals_of(report->totals);
  totals.next_block_number = report->next_block_number;
  return totals;
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
  if (options.first_block_number > kBlockNumberMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "first_block_number must be at most " + std::to_string(kBlockNumberMax));
  }
  return Press(std::make_unique<Run>(std::move(options), receiver));
}

Status Press::begin_entry(Entry entry) { return run_->begin_entry(std::move(entry)); }
Status Press::write(std::span<const std::uint8_t> bytes) { return run_->write(bytes); }
Status Press::end_entry() { return run_->end_entry(std::nullopt); }
Status Press::fail_entry(const Error& why) { return run_->end_entry(why.copy()); }
Status Press::add_descriptor(Entry entry, int descriptor) {
  return run_->add_descriptor(std::move(entry), descriptor);
}
Status Press::add_path(const std::string& name, const std::string& path) {
  return run_->add_path(name, path);
}
Result<PressTotals> Press::finish() { return run_->finish(); }

}  // namespace letterpress
