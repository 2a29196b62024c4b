// SPDX-License-Identifier: Apache-2.0
#include "letterpress/snapshot.h"

#include <utility>

#include "embed/press_values.h"
#include "embed_vault/held.h"
#include "embed_vault/wall.h"
#include "vault/restore.h"

namespace letterpress {
namespace {

using embed_vault::ask;
using embed_vault::tell;
using embed_vault::walled;

std::string without_last_slashes(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

SnapshotEntry entry_of(vault::EntryRecord&& record) {
  SnapshotEntry entry;
  if (const auto ref = stream::decode_content_ref(record.content)) {
    entry.size_bytes = ref->size_bytes;
  }
  entry.entry = std::move(record.entry);
  return entry;
}

Error no_such_path(const std::string& path) {
  return Error(ErrorCode::kNotFound, path + ": the snapshot has no such path");
}

}  // namespace

class Snapshot::Opened {
 public:
  Opened(std::shared_ptr<Vault::Held> vault, vault::Keyring keys, vault::Snapshot snapshot,
         vault::PackSet packs)
      : vault_(std::move(vault)),
        keys_(std::move(keys)),
        snapshot_(std::move(snapshot)),
        packs_(std::move(packs)),
        summary_(embed_vault::summary_of(snapshot_)) {}

  Status open() {
    LETTERPRESS_TRY_ASSIGN(
        reader_, vault::SnapshotReader::open(vault_->opened, packs_, snapshot_.entry, keys_));
    return Ok{};
  }

  const SnapshotSummary& summary() const noexcept { return summary_; }
  Status list(const std::string& top, bool is_recursive,
              const std::function<Status(const SnapshotEntry&)>& take);
  Result<vault::EntryRecord> find(const std::string& path);
  Status read(const std::string& path, stream::Rebuilder::Range range, const Output& output);
  Result<RestoreReport> restore(const RestoreOptions& given);

 private:
  const std::shared_ptr<Vault::Held> vault_;
  const vault::Keyring keys_;
  const vault::Snapshot snapshot_;
  const vault::PackSet packs_;
  const SnapshotSummary summary_;
  std::unique_ptr<vault::SnapshotReader> reader_;
};

Status Snapshot::Opened::list(const std::string& top, bool is_recursive,
                              const std::function<Status(const SnapshotEntry&)>& take) {
  std::optional<Error> damage;
  const auto note = [&](const Error& error) {
    if (!damage) damage = error.copy();
  };
  if (const Status status = reader_->seek(top); !status) note(status.error());
  bool is_found = top.empty();
  vault::EntryRecord record;
  while (true) {
    const Result<bool> has = reader_->next(record);
    if (!has) {
      note(has.error());
      continue;
    }
    const std::string path = record.entry.path;
    if (!*has || !(top.empty() || vault::is_below(path, top))) break;
    const bool is_folder = record.entry.metadata.type == EntryType::kFolder;
    is_found = true;
    const SnapshotEntry entry = entry_of(std::move(record));
    LETTERPRESS_TRY(ask([&] { return take(entry); }));
    if (is_recursive || path == top || !is_folder) continue;
    // Nothing below a folder sorts behind its name and the lowest byte that a name can have.
    if (const Status status = reader_->seek(path + "\x01"); !status) note(status.error());
  }
  if (damage) return std::move(*damage);
  if (!is_found) return no_such_path(top);
  return Ok{};
}

Result<vault::EntryRecord> Snapshot::Opened::find(const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(std::optional<vault::EntryRecord> record, reader_->find(path));
  if (!record) return no_such_path(path);
  return std::move(*record);
}

Status Snapshot::Opened::read(const std::string& path, stream::Rebuilder::Range range,
                              const Output& output) {
  LETTERPRESS_TRY_ASSIGN(vault::EntryRecord record, find(path));
  if (record.entry.metadata.type == EntryType::kHardLink) {
    LETTERPRESS_TRY_ASSIGN(record, find(record.entry.metadata.target));
  }
  if (record.entry.metadata.type != EntryType::kFile) {
    return Error(ErrorCode::kInvalidArgument, path + ": is no file");
  }
  return reader_->read_range(record.content, range, [&](std::span<const std::uint8_t> bytes) {
    return ask([&] { return output(bytes); });
  });
}

Result<RestoreReport> Snapshot::Opened::restore(const RestoreOptions& given) {
  vault::RestoreOptions options;
  options.to = given.to;
  options.into = given.into;
  options.resume = given.resume;
  for (const std::string& path : given.paths) {
    options.paths.push_back(without_last_slashes(path));
  }
  options.threads = given.threads;
  options.in_callers_arena = given.in_callers_arena;
  options.cancel = given.cancel;
  if (given.on_problem) {
    options.on_problem = [&](const stream::Problem& problem) {
      tell([&] { given.on_problem(embed::problem_of(problem)); });
    };
  }
  if (given.on_progress) {
    options.on_progress = [&](std::uint64_t entries, std::uint64_t bytes) {
      tell([&] { given.on_progress(entries, bytes); });
    };
  }
  LETTERPRESS_TRY_ASSIGN(const vault::RestoreReport report,
                         vault::restore(vault_->opened, packs_, snapshot_.entry, keys_, options));
  return RestoreReport{report.entries, report.bytes, report.there, report.damaged, report.unmade};
}

Snapshot::Snapshot(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

Result<Snapshot> Snapshot::open(const Vault& vault, const VaultKey& key, const std::string& name) {
  return walled([&]() -> Result<Snapshot> {
    LETTERPRESS_TRY_ASSIGN(vault::Keyring keys,
                           embed_vault::open_keyring(vault.held_->opened, key.held_->key));
    LETTERPRESS_TRY_ASSIGN(const vault::SnapshotList list,
                           vault::list_snapshots(vault.held_->opened));
    LETTERPRESS_TRY_ASSIGN(const vault::Snapshot* found, list.find(name));
    auto opened = std::make_unique<Opened>(vault.held_, std::move(keys), *found,
                                           list.packs_of(found->entry.identity));
    LETTERPRESS_TRY(opened->open());
    return Snapshot(std::move(opened));
  });
}

const SnapshotSummary& Snapshot::summary() const noexcept { return opened_->summary(); }

Status Snapshot::list(const std::string& path, bool is_recursive,
                      const std::function<Status(const SnapshotEntry&)>& take) {
  return walled([&] { return opened_->list(without_last_slashes(path), is_recursive, take); });
}

Result<SnapshotEntry> Snapshot::find(const std::string& path) {
  return walled([&]() -> Result<SnapshotEntry> {
    LETTERPRESS_TRY_ASSIGN(vault::EntryRecord record, opened_->find(path));
    return entry_of(std::move(record));
  });
}

Status Snapshot::read(const std::string& path, std::uint64_t from, std::uint64_t count,
                      const Output& output) {
  return walled([&] { return opened_->read(path, {from, count}, output); });
}

Result<RestoreReport> Snapshot::restore(const RestoreOptions& options) {
  return walled([&] { return opened_->restore(options); });
}

}  // namespace letterpress
