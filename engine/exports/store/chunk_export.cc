// SPDX-License-Identifier: Apache-2.0
#include "exports/store/chunk_export.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/cancel.h"
#include "base/endian.h"
#include "exports/store/chunk_folder.h"
#include "exports/store/new_file.h"
#include "pipeline/ordered_work.h"

namespace letterpress::exports {
namespace {

constexpr std::size_t kSeenMax = 1 << 20;

struct StoreBatch {
  CutBatch cut;
  std::vector<StoreDigest> digests;
  StoreTotals totals;
};

struct DigestHash {
  std::size_t operator()(const StoreDigest& digest) const noexcept {
    return static_cast<std::size_t>(load_le<std::uint64_t>(digest.data()));
  }
};

class ChunkExport {
 public:
  ChunkExport(stream::Content& content, const ChunkStore& store, ChunkIndexFile& index,
              const StoreOptions& options)
      : options_(options),
        format_(store.format),
        folder_(store.folder, store.format),
        cutter_(options.cuts, content),
        index_(index) {}

  Status run();
  const StoreTotals& totals() const noexcept { return totals_; }

 private:
  struct Tools {
    ChunkCoder coder;
    Bytes buffer;
  };

  Result<std::unique_ptr<StoreBatch>> make();
  Status work(StoreBatch& batch);
  Status keep(ByteView chunk, const StoreDigest& digest, StoreBatch& batch, Tools& tools);
  void take(const StoreBatch& batch);
  Tools take_tools();
  bool is_first(const StoreDigest& digest);

  const StoreOptions& options_;
  const ChunkFormat& format_;
  const ChunkFolder folder_;
  StreamCutter cutter_;
  ChunkIndexFile& index_;
  StoreTotals totals_;
  // The index said so; written and read in the serial stages, which follow each other.
  std::mutex index_mutex_;
  std::optional<Error> index_error_;
  std::mutex mutex_;
  std::vector<Tools> idle_tools_;
  std::unordered_set<StoreDigest, DigestHash> seen_;  // in this run, as far as it goes
};

ChunkExport::Tools ChunkExport::take_tools() {
  const std::lock_guard lock(mutex_);
  if (idle_tools_.empty()) return {ChunkCoder(format_.digest(), options_.level), {}};
  Tools tools = std::move(idle_tools_.back());
  idle_tools_.pop_back();
  return tools;
}

bool ChunkExport::is_first(const StoreDigest& digest) {
  const std::lock_guard lock(mutex_);
  return seen_.size() >= kSeenMax ? !seen_.contains(digest) : seen_.insert(digest).second;
}

Result<std::unique_ptr<StoreBatch>> ChunkExport::make() {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  {
    const std::lock_guard lock(index_mutex_);
    if (index_error_) return index_error_->copy();
  }
  auto batch = std::make_unique<StoreBatch>();
  LETTERPRESS_TRY_ASSIGN(const bool has, cutter_.next(batch->cut));
  if (!has) batch.reset();
  return batch;
}

Status ChunkExport::keep(ByteView chunk, const StoreDigest& digest, StoreBatch& batch,
                         Tools& tools) {
  if (!is_first(digest)) return Ok{};
  LETTERPRESS_TRY_ASSIGN(const ChunkFolder::Outcome outcome,
                         folder_.keep(digest, chunk, tools.coder, tools.buffer));
  batch.totals.stored_bytes += outcome.file_bytes;
  if (outcome.kept == ChunkFolder::Kept::kMended) ++batch.totals.mended_chunks;
  if (outcome.kept == ChunkFolder::Kept::kWritten) {
    ++batch.totals.new_chunks;
    batch.totals.new_bytes += chunk.size();
  }
  return Ok{};
}

Status ChunkExport::work(StoreBatch& batch) {
  Tools tools = take_tools();
  std::size_t begin = 0;
  for (const std::size_t end : batch.cut.ends) {
    const ByteView chunk = ByteView(batch.cut.bytes).subspan(begin, end - begin);
    begin = end;
    batch.digests.push_back(tools.coder.digest(chunk));
    LETTERPRESS_TRY(keep(chunk, batch.digests.back(), batch, tools));
  }
  const std::lock_guard lock(mutex_);
  idle_tools_.push_back(std::move(tools));
  return Ok{};
}

void ChunkExport::take(const StoreBatch& batch) {
  for (std::size_t i = 0; i < batch.digests.size(); ++i) {
    const Status added = index_.add(totals_.bytes + batch.cut.ends[i], batch.digests[i]);
    if (added) continue;
    const std::lock_guard lock(index_mutex_);
    if (!index_error_) index_error_ = added.error().copy();
  }
  totals_.bytes += batch.cut.bytes.size();
  totals_.chunks += batch.digests.size();
  totals_.new_chunks += batch.totals.new_chunks;
  totals_.new_bytes += batch.totals.new_bytes;
  totals_.stored_bytes += batch.totals.stored_bytes;
  totals_.mended_chunks += batch.totals.mended_chunks;
  if (options_.on_progress) options_.on_progress(totals_.bytes);
}

Status ChunkExport::run() {
  LETTERPRESS_TRY(pipeline::do_ordered<StoreBatch>(
      options_.threads, {.make = [this] { return make(); },
                         .work = [this](StoreBatch& batch) { return work(batch); },
                         .take = [this](StoreBatch& batch) { take(batch); }}));
  if (index_error_) return std::move(*index_error_);
  return folder_.sync();
}

}  // namespace

Result<StoreTotals> export_chunks(stream::Content& content, const ChunkStore& store,
                                  ChunkIndexFile& index, const StoreOptions& options) {
  LETTERPRESS_TRY(validate(options.cuts));
  LETTERPRESS_TRY(make_folders(store.folder, 0755));
  ChunkExport run(content, store, index, options);
  LETTERPRESS_TRY(run.run());
  return run.totals();
}

}  // namespace letterpress::exports
