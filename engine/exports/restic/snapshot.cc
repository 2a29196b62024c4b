// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/snapshot.h"

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/cancel.h"
#include "exports/restic/blob_cutter.h"
#include "exports/restic/blob_maker.h"
#include "exports/restic/entry_order.h"
#include "exports/restic/pack_writer.h"
#include "exports/restic/time_text.h"
#include "exports/restic/tree_writer.h"
#include "pipeline/batcher.h"
#include "pipeline/ordered_work.h"

namespace letterpress::restic {
namespace {

using pipeline::BatchItem;
using Json = nlohmann::ordered_json;

// What one thread works with.
struct Worker {
  Worker(const BoxKey& key, int level) : maker(key, level) {}

  BlobCutter cutter;
  BlobMaker maker;
  std::vector<std::uint32_t> lengths;
};

// A batch on its way, with the blobs of its items in order.
struct BlobBatch {
  struct Blob {
    BlobId id;
    std::uint32_t item = 0;
    bool is_made = false;  // else somebody else has it
    std::size_t box_offset = 0;
    std::size_t box_bytes = 0;
    std::uint64_t raw_bytes = 0;  // as SealedBlob has it
  };

  BlobTable::Owner number = 0;
  pipeline::Batch batch;
  std::vector<Blob> blobs;
  UnsetBytes boxes;
};

// Things that are made once and used again; threads hand them back.
template <class Thing>
class Stock {
 public:
  template <class Make>
  std::unique_ptr<Thing> take(Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (!things_.empty()) {
        std::unique_ptr<Thing> thing = std::move(things_.back());
        things_.pop_back();
        return thing;
      }
    }
    return make();
  }
  void put(std::unique_ptr<Thing> thing) {
    const std::lock_guard lock(mutex_);
    things_.push_back(std::move(thing));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Thing>> things_;
};

class SnapshotRun {
 public:
  SnapshotRun(Repository& repository, stream::Source& source, const SnapshotOptions& options)
      : repository_(repository),
        options_(options),
        batcher_(source, chunking::CutParams{}, nullptr),
        index_(repository.folder(), repository.box()),
        data_(BlobType::kData, repository.folder(), repository.box(), index_),
        trees_(BlobType::kTree, repository.folder(), repository.box(), index_),
        order_(options.spool_folder) {}

  Result<SnapshotReport> run();

 private:
  // What travels: the pipeline owns this, and the batch goes back to the stock.
  struct Travelling {
    std::unique_ptr<BlobBatch> batch;
  };

  Status store_data();
  Result<std::unique_ptr<Travelling>> make();
  Status work(BlobBatch& batch);
  Status make_blobs(BlobBatch& batch, Worker& worker);
  Status take(BlobBatch& batch);
  Status take_item(const BlobBatch& batch, std::uint32_t item, std::size_t& blob);
  void report(const stream::Problem& problem);

  Result<BlobId> store_trees();
  Status store_tree(const TreeBlob::Made& tree, BlobMaker& maker);
  Result<std::string> store_snapshot(const BlobId& tree);

  Repository& repository_;
  const SnapshotOptions& options_;
  pipeline::Batcher batcher_;
  IndexWriter index_;
  PackWriter data_;
  PackWriter trees_;
  EntryOrder order_;
  Stock<BlobBatch> batches_;
  Stock<Worker> workers_;
  BlobTable::Owner next_batch_ = 1;
  std::mutex failure_mutex_;
  std::optional<Error> failure_;  // of take(), which can return none
  BlobList open_file_;            // what came of a file that has not ended
  SnapshotReport report_;
};

Result<SnapshotReport> SnapshotRun::run() {
  LETTERPRESS_TRY(store_data());
  LETTERPRESS_TRY_ASSIGN(const BlobId tree, store_trees());
  LETTERPRESS_TRY(index_.flush());
  LETTERPRESS_TRY(repository_.lock().require_held());
  LETTERPRESS_TRY_ASSIGN(report_.id, store_snapshot(tree));
  report_.new_data_blobs = data_.blobs();
  report_.new_tree_blobs = trees_.blobs();
  report_.packs = data_.packs() + trees_.packs();
  report_.pack_bytes = data_.bytes() + trees_.bytes();
  return report_;
}

Status SnapshotRun::store_data() {
  LETTERPRESS_TRY(pipeline::do_ordered<Travelling>(
      options_.threads, {.make = [this] { return make(); },
                         .work = [this](Travelling& item) { return work(*item.batch); },
                         .take =
                             [this](Travelling& item) {
                               if (Status taken = take(*item.batch); !taken) {
                                 const std::lock_guard lock(failure_mutex_);
                                 if (!failure_) failure_ = std::move(taken).error();
                               }
                               batches_.put(std::move(item.batch));
                             }}));
  if (failure_) return std::move(*failure_);
  return data_.close();
}

Result<std::unique_ptr<SnapshotRun::Travelling>> SnapshotRun::make() {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  {
    const std::lock_guard lock(failure_mutex_);
    if (failure_) return failure_->copy();
  }
  auto batch = batches_.take([] { return std::make_unique<BlobBatch>(); });
  batch->batch.clear();
  batch->blobs.clear();
  batch->boxes.clear();
  batch->number = next_batch_++;
  LETTERPRESS_TRY_ASSIGN(const bool more, batcher_.next(batch->batch));
  if (!more) return std::unique_ptr<Travelling>();
  return std::make_unique<Travelling>(Travelling{std::move(batch)});
}

Status SnapshotRun::work(BlobBatch& batch) {
  std::unique_ptr<Worker> worker =
      workers_.take([this] { return std::make_unique<Worker>(repository_.key(), options_.level); });
  Status made = make_blobs(batch, *worker);
  workers_.put(std::move(worker));
  return made;
}

Status SnapshotRun::make_blobs(BlobBatch& batch, Worker& worker) {
  BlobTable& table = repository_.blobs(BlobType::kData);
  for (std::uint32_t item = 0; item < batch.batch.items.size(); ++item) {
    ByteView raw = batch.batch.items[item].raw;
    worker.lengths.clear();
    worker.cutter.cut(batch.batch, batch.batch.items[item], worker.lengths);
    for (const std::uint32_t length : worker.lengths) {
      const ByteView bytes = raw.first(length);
      raw = raw.subspan(length);
      BlobBatch::Blob blob{.id = worker.maker.id_of(bytes), .item = item};
      blob.is_made = table.claim(blob.id, batch.number);
      if (blob.is_made) {
        blob.box_offset = batch.boxes.size();
        LETTERPRESS_TRY_ASSIGN(blob.raw_bytes, worker.maker.seal(bytes, batch.boxes));
        blob.box_bytes = batch.boxes.size() - blob.box_offset;
      }
      batch.blobs.push_back(blob);
    }
  }
  return Ok{};
}

Status SnapshotRun::take(BlobBatch& batch) {
  {
    const std::lock_guard lock(failure_mutex_);
    if (failure_) return Ok{};
  }
  LETTERPRESS_TRY(repository_.lock().refresh_if_old());
  BlobTable& table = repository_.blobs(BlobType::kData);
  for (const BlobBatch::Blob& blob : batch.blobs) {
    ++report_.blobs;
    if (!blob.is_made || !table.settle(blob.id, batch.number)) continue;
    const ByteView box = ByteView(batch.boxes).subspan(blob.box_offset, blob.box_bytes);
    LETTERPRESS_TRY(data_.add({blob.id, box, blob.raw_bytes}));
  }
  std::size_t blob = 0;
  for (std::uint32_t item = 0; item < batch.batch.items.size(); ++item) {
    LETTERPRESS_TRY(take_item(batch, item, blob));
  }
  if (options_.on_progress) options_.on_progress(report_.raw_bytes, report_.entries);
  return Ok{};
}

// `blob`: the first of this item, and afterwards of the next.
Status SnapshotRun::take_item(const BlobBatch& batch, std::uint32_t at, std::size_t& blob) {
  const BatchItem& item = batch.batch.items[at];
  if (const auto* problem = std::get_if<stream::Problem>(&item.event)) {
    report(*problem);
    return Ok{};
  }
  if (const auto* moved = std::get_if<stream::Moved>(&item.event)) {
    return order_.rename(moved->from, moved->to);
  }
  const auto& source = std::get<stream::SourceEntry>(item.event);
  if (item.is_first) {
    open_file_.size_bytes = 0;
    open_file_.ids.clear();
  }
  open_file_.size_bytes += item.raw.size();
  report_.raw_bytes += item.raw.size();
  for (; blob < batch.blobs.size() && batch.blobs[blob].item == at; ++blob) {
    append(open_file_.ids, batch.blobs[blob].id.bytes);
  }
  if (!item.is_last || item.is_abandoned) return Ok{};
  ++report_.entries;
  if (source.entry.metadata.type == stream::EntryType::kFile) ++report_.files;
  stream::SourceEntry::Identity identity = source.identity;
  // It changed while it was read: restic is to read it again.
  if (item.is_unsettled) identity.ctime_ns = 0;
  return order_.add(source.entry, identity, open_file_);
}

void SnapshotRun::report(const stream::Problem& problem) {
  if (problem.severity != stream::Problem::Severity::kNote) ++report_.problems;
  if (options_.on_problem) options_.on_problem(problem);
}

Result<BlobId> SnapshotRun::store_trees() {
  BlobMaker maker(repository_.key(), options_.level);
  TreeWriter::Options tree_options;
  tree_options.level = options_.level;
  tree_options.names_owners = options_.names_owners;
  tree_options.made_up = {.type = stream::EntryType::kFolder,
                          .mode = 0755,
                          .user_id = options_.user_id,
                          .group_id = options_.group_id,
                          .mtime_ns = options_.time_ns};
  TreeWriter writer(std::move(tree_options),
                    [&](const TreeBlob::Made& tree) { return store_tree(tree, maker); });
  const auto fail = [&](const std::string& path, std::string why) {
    report({stream::Problem::Severity::kFailed, "/" + path, std::move(why)});
  };
  LETTERPRESS_TRY(order_.drain(
      [&](const OrderedEntry& entry) -> Status {
        LETTERPRESS_TRY(check_cancel(options_.cancel));
        Node node;
        node.metadata = &entry.metadata;
        node.identity = entry.identity;
        node.size_bytes = entry.content.size_bytes;
        node.links = entry.links;
        node.content = entry.content.ids;
        Status added = writer.add(entry.path, node);
        if (added || added.error().code() != ErrorCode::kInvalidArgument) return added;
        fail(entry.path, added.error().message());
        return Ok{};
      },
      [&](const std::string& path) {
        fail(path, "is a further name of a file that could not be read");
      }));
  LETTERPRESS_TRY_ASSIGN(const BlobId root, writer.finish());
  LETTERPRESS_TRY(trees_.close());
  return root;
}

Status SnapshotRun::store_tree(const TreeBlob::Made& tree, BlobMaker& maker) {
  LETTERPRESS_TRY(repository_.lock().refresh_if_old());
  BlobTable& table = repository_.blobs(BlobType::kTree);
  if (table.has(tree.id)) return Ok{};
  UnsetBytes box;
  std::uint64_t raw_bytes = tree.raw_bytes;
  if (tree.frame.empty()) {
    LETTERPRESS_TRY_ASSIGN(raw_bytes, maker.seal(tree.text, box));
  } else {
    LETTERPRESS_TRY(repository_.box().seal(tree.frame, box));
  }
  LETTERPRESS_TRY(trees_.add({tree.id, box, raw_bytes}));
  table.add(tree.id);
  return Ok{};
}

Result<std::string> SnapshotRun::store_snapshot(const BlobId& tree) {
  Json snapshot = {{"time", local_time_text(options_.time_ns)},
                   {"tree", vault::to_hex(tree.bytes)},
                   {"paths", options_.paths},
                   {"hostname", options_.host},
                   {"username", options_.user}};
  if (options_.user_id != 0) snapshot["uid"] = options_.user_id;
  if (options_.group_id != 0) snapshot["gid"] = options_.group_id;
  if (!options_.tags.empty()) snapshot["tags"] = options_.tags;
  return put_unpacked(repository_.folder(), repository_.box(), "snapshots",
                      snapshot.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Result<SnapshotReport> add_snapshot(Repository& repository, stream::Source& source,
                                    const SnapshotOptions& options) {
  return SnapshotRun(repository, source, options).run();
}

}  // namespace letterpress::restic
