// SPDX-License-Identifier: Apache-2.0
#include "vault/drill.h"

#include <algorithm>
#include <random>
#include <set>

#include "base/cancel.h"
#include "pipeline/ordered_work.h"
#include "vault/restore.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kDrillBatchFiles = 16;

struct DrillFile {
  std::string path;
  Bytes content;
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
  std::string failure;
};

// Files of one mailbox.
struct DrillBatch {
  std::size_t mailbox = 0;
  std::vector<DrillFile> files;
};

std::string mailbox_of(std::string_view path) {
  const auto folder_of = [](std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == name.npos ? name : name.substr(0, slash);
  };
  const std::string_view folder = folder_of(path);
  const bool is_maildir = folder != path && (folder.ends_with("/cur") || folder.ends_with("/new"));
  return std::string(is_maildir ? folder_of(folder) : folder);
}

class Drill {
 public:
  Drill(SnapshotReader& reader, const DrillOptions& options) : reader_(reader), options_(options) {}

  Result<DrillReport> run() {
    LETTERPRESS_TRY(choose());
    LETTERPRESS_TRY(pipeline::do_ordered<DrillBatch>(
        options_.threads, {.make = [this] { return make_batch(); },
                           .work = [this](DrillBatch& batch) { return fill(batch); },
                           .take = [this](DrillBatch& batch) { take(batch); }}));
    return std::move(report_);
  }

 private:
  void note_lost(const std::string& path, const std::string& message) {
    ++report_.lost;
    if (options_.on_lost) options_.on_lost(path, message);
  }

  // Looks at every entry, and draws.
  Status choose() {
    std::set<std::string> found;
    if (Status status = reader_.seek(""); !status) note_lost("", status.error().message());
    EntryRecord record;
    while (true) {
      LETTERPRESS_TRY(check_cancel(options_.cancel));
      const Result<bool> has = reader_.next(record);
      if (!has) {
        note_lost("", has.error().message());
        continue;
      }
      if (!*has) break;
      if (record.entry.metadata.type == stream::EntryType::kFile) {
        found.insert(mailbox_of(record.entry.path));
      }
    }
    report_.all_mailboxes = found.size();
    std::vector<std::string> names(found.begin(), found.end());
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(options_.sample, names.size()));
    // The standard's shuffle differs between libraries; its generator does not.
    std::mt19937_64 random(options_.seed);
    for (std::size_t i = 0; i < count; ++i) {
      std::swap(names[i], names[i + static_cast<std::size_t>(random() % (names.size() - i))]);
    }
    names.resize(count);
    std::ranges::sort(names);
    for (std::string& name : names) report_.mailboxes.push_back({std::move(name)});
    return Ok{};
  }

  Result<std::unique_ptr<DrillBatch>> make_batch() {
    auto batch = std::make_unique<DrillBatch>();
    EntryRecord record;
    while (mailbox_ < report_.mailboxes.size()) {
      LETTERPRESS_TRY(check_cancel(options_.cancel));
      const std::string& name = report_.mailboxes[mailbox_].path;
      batch->mailbox = mailbox_;
      if (!is_in_mailbox_) {
        is_in_mailbox_ = true;
        if (Status sought = reader_.seek(name); !sought) note_lost(name, sought.error().message());
      }
      const Result<bool> has = reader_.next(record);
      if (!has) continue;  // choose() has told
      if (*has && is_below(record.entry.path, name)) {
        const bool is_ours = record.entry.metadata.type == stream::EntryType::kFile &&
                             mailbox_of(record.entry.path) == name;
        if (!is_ours) continue;
        batch->files.push_back({std::move(record.entry.path), std::move(record.content), 0, 0, {}});
        if (batch->files.size() >= kDrillBatchFiles) return batch;
        continue;
      }
      ++mailbox_;
      is_in_mailbox_ = false;
      if (!batch->files.empty()) return batch;
    }
    return std::unique_ptr<DrillBatch>();
  }

  Status fill(DrillBatch& batch) {
    ContentReader contents = reader_.make_content_reader();
    for (DrillFile& file : batch.files) {
      LETTERPRESS_TRY(check_cancel(options_.cancel));
      const std::unique_ptr<DrillWatcher> watcher = options_.watch ? options_.watch() : nullptr;
      const Status read = contents.read(file.content, [&](ByteView bytes) -> Status {
        file.bytes += bytes.size();
        if (watcher != nullptr) watcher->on_bytes(bytes);
        return Ok{};
      });
      if (!read) {
        file.failure = read.error().message();
      } else if (watcher != nullptr) {
        file.messages = watcher->count_messages();
      }
    }
    return Ok{};
  }

  void take(const DrillBatch& batch) {
    DrilledMailbox& mailbox = report_.mailboxes[batch.mailbox];
    for (const DrillFile& file : batch.files) {
      if (!file.failure.empty()) {
        ++mailbox.lost;
        note_lost(file.path, file.failure);
        continue;
      }
      ++mailbox.files;
      mailbox.messages += file.messages;
      mailbox.bytes += file.bytes;
      ++report_.files;
      report_.messages += file.messages;
      report_.bytes += file.bytes;
    }
    if (options_.on_progress) options_.on_progress(report_.bytes);
  }

  SnapshotReader& reader_;
  const DrillOptions& options_;
  std::size_t mailbox_ = 0;  // the one whose files are handed out
  bool is_in_mailbox_ = false;
  DrillReport report_;
};

}  // namespace

Result<DrillReport> drill(const Vault& vault, const PackSet& packs, const LogEntry& snapshot,
                          const Keyring& keys, const DrillOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const auto reader, SnapshotReader::open(vault, packs, snapshot, keys));
  return Drill(*reader, options).run();
}

}  // namespace letterpress::vault
