// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "hashing/blake3.h"
#include "vault/layout.h"
#include "vault/sha256.h"
#include "vault/snapshot.h"
#include "vault/snapshot_reader.h"

namespace letterpress::vault {
namespace {

constexpr std::size_t kBlocksNamedMax = 8;

std::string join_blocks(const std::vector<std::uint64_t>& blocks) {
  std::string out;
  for (std::size_t i = 0; i < blocks.size() && i < kBlocksNamedMax; ++i) {
    out += (i == 0 ? "" : ", ") + std::to_string(blocks[i]);
  }
  if (blocks.size() > kBlocksNamedMax) {
    out += " and " + std::to_string(blocks.size() - kBlocksNamedMax) + " more";
  }
  return out;
}

// Passes over a run; only whether it can be read counts.
class Unvisited : public IndexRunVisitor {
 public:
  bool wants(const WriterIdentity&) override { return true; }
  Status on_pack(const PackRef& pack) override {
    packs.push_back(pack);
    return Ok{};
  }
  Status on_chunk(const IndexedChunk&, const PackRef&) override { return Ok{}; }
  std::vector<PackRef> packs;
};

class Verify {
 public:
  Verify(const Vault& vault, const VerifyOptions& options) : vault_(vault), options_(options) {}
  Result<VerifyReport> run();

 private:
  Status check_writer(const WriterId& writer);
  Status check_packs(const std::vector<PackRef>& packs);
  Status check_one_pack(const PackRef& pack);
  Status check_runs(const WriterId& writer, const Chain& chain, std::vector<PackRef>& packs);
  Status check_strangers();
  Status check_deep(const SnapshotList& list);
  Status check_snapshot(const Snapshot& snapshot, const PackSet& packs);
  Status check_ids(const WriterId& writer, const SnapshotList& list);

  void damage(Damage found) {
    ++report_.damage;
    if (options_.on_damage) options_.on_damage(found);
  }
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }
  void advance(std::uint64_t bytes) {
    report_.file_bytes += bytes;
    if (options_.on_progress) options_.on_progress(report_.file_bytes, total_bytes_);
  }
  Status check_cancel() const {
    if (options_.cancel != nullptr && options_.cancel->load()) {
      return Error(ErrorCode::kCancelled, "cancelled");
    }
    return Ok{};
  }

  const Vault& vault_;
  const VerifyOptions& options_;
  VerifyReport report_;
  std::uint64_t total_bytes_ = 0;
  std::set<std::string> known_packs_;  // names
  // Deep: what was found out about each content, by its hash.
  std::unordered_map<std::uint64_t, std::string> contents_;
};

Status Verify::check_one_pack(const PackRef& pack) {
  LETTERPRESS_TRY(check_cancel());
  if (!known_packs_.insert(to_hex(pack.sha256.bytes)).second) return Ok{};
  ++report_.packs;
  LETTERPRESS_TRY_ASSIGN(const PackCheck check, check_pack(vault_.storage(), vault_.id(), pack));
  advance(pack.file_bytes);
  for (const DamagedRange& range : check.damage) {
    const std::string hit =
        check.blocks.empty() ? "no block is lost" : "lost: block " + join_blocks(check.blocks);
    damage({vault_.storage().full_path(pack_path(pack.sha256)),
            {},
            {},
            "bytes " + std::to_string(range.offset) + " to " +
                std::to_string(range.offset + range.count) + ": " + range.what + "; " + hit});
  }
  return Ok{};
}

Status Verify::check_packs(const std::vector<PackRef>& packs) {
  for (const PackRef& pack : packs) {
    LETTERPRESS_TRY(check_one_pack(pack));
  }
  return Ok{};
}

Status Verify::check_runs(const WriterId& writer, const Chain& chain, std::vector<PackRef>& packs) {
  std::map<std::uint64_t, IndexRunRef> logged;
  for (const ChainLink& link : chain.links) {
    for (const IndexRunRef& run : link.entry.index_runs) logged.emplace(run.sequence, run);
  }
  std::set<std::uint64_t> sequences;
  for (const auto& [sequence, run] : logged) sequences.insert(sequence);
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::uint64_t> there,
                         list_index_runs(vault_.storage(), writer));
  sequences.insert(there.begin(), there.end());
  for (const std::uint64_t sequence : sequences) {
    LETTERPRESS_TRY(check_cancel());
    ++report_.index_runs;
    const std::string path = index_folder(writer) + "/" + sequence_name(sequence);
    Unvisited visitor;
    const auto check = [&]() -> Status {
      LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, vault_.storage().size(path));
      LETTERPRESS_TRY_ASSIGN(const Bytes file, vault_.storage().read(path, 0, bytes));
      advance(file.size());
      LETTERPRESS_TRY(read_index_run(vault_.storage(), vault_.id(), writer, sequence, visitor));
      const auto wanted = logged.find(sequence);
      if (wanted != logged.end() && sha256(file) != wanted->second.sha256) {
        return Error(ErrorCode::kCorrupt,
                     "is not the file that the log names: its SHA-256 differs");
      }
      return Ok{};
    };
    if (Status status = check(); !status) {
      damage({vault_.storage().full_path(path),
              {},
              {},
              status.error().message() +
                  "; restores do not need it, but its chunks would be stored again"});
    }
    packs.insert(packs.end(), visitor.packs.begin(), visitor.packs.end());
  }
  return Ok{};
}

Status Verify::check_writer(const WriterId& writer) {
  LETTERPRESS_TRY_ASSIGN(const Chain chain, read_chain(vault_.storage(), vault_.id(), writer));
  for (const ChainProblem& problem : chain.problems) {
    damage({vault_.storage().full_path(log_folder(writer) + "/" +
                                       sequence_name(problem.first_sequence)),
            {},
            {},
            problem.message});
  }
  for (const std::string& stranger : chain.strangers) note(stranger + ": is no log entry");
  report_.snapshots += chain.links.size();
  std::vector<PackRef> packs;
  for (const ChainLink& link : chain.links) {
    packs.insert(packs.end(), link.entry.packs.begin(), link.entry.packs.end());
  }
  LETTERPRESS_TRY(check_packs(packs));
  std::vector<PackRef> run_packs;
  LETTERPRESS_TRY(check_runs(writer, chain, run_packs));
  return check_packs(run_packs);
}

// Packs that neither a log entry nor an index run names: left by a run that was killed in between.
Status Verify::check_strangers() {
  const std::string top(kPacksFolder);
  LETTERPRESS_TRY_ASSIGN(const auto folders, vault_.storage().list(top));
  for (const StoredName& folder : folders) {
    const std::string path = top + "/" + folder.name;
    if (!folder.is_folder) {
      note(vault_.storage().full_path(path) + ": does not belong here");
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto files, vault_.storage().list(path));
    for (const StoredName& file : files) {
      if (known_packs_.contains(file.name)) continue;
      LETTERPRESS_TRY(check_cancel());
      LETTERPRESS_TRY_ASSIGN(const Bytes bytes,
                             vault_.storage().read(path + "/" + file.name, 0, file.size_bytes));
      advance(bytes.size());
      const std::string full = vault_.storage().full_path(path + "/" + file.name);
      if (to_hex(sha256(bytes).bytes) == file.name) {
        note(full + ": no snapshot uses it; left by a backup that was interrupted");
      } else {
        damage({full, {}, {}, "its SHA-256 is not its name; no snapshot uses it"});
      }
    }
  }
  return Ok{};
}

Status Verify::check_snapshot(const Snapshot& snapshot, const PackSet& packs) {
  Result<std::unique_ptr<SnapshotReader>> opened =
      SnapshotReader::open(vault_, packs, snapshot.entry, *options_.recovery);
  if (!opened) return std::move(opened).error();
  SnapshotReader& reader = **opened;
  std::set<std::string> lost;
  std::vector<std::pair<std::string, std::string>> links;  // path, target
  if (Status status = reader.seek(""); !status) {
    damage({{}, snapshot.name, {}, status.error().message()});
  }
  EntryRecord record;
  while (true) {
    LETTERPRESS_TRY(check_cancel());
    const Result<bool> has = reader.next(record);
    if (!has) {
      damage({{}, snapshot.name, {}, has.error().message()});
      continue;
    }
    if (!*has) break;
    if (record.entry.metadata.type == stream::EntryType::kHardLink) {
      links.emplace_back(record.entry.path, record.entry.metadata.target);
    }
    if (record.entry.metadata.type != stream::EntryType::kFile) continue;
    // Most contents are those of the snapshot before: each is brought back once.
    const std::uint64_t key = load_le<std::uint64_t>(hashing::hash(record.content).bytes.data());
    auto known = contents_.find(key);
    if (known == contents_.end()) {
      const Status status =
          reader.read_content(record.content, [](ByteView) -> Status { return Ok{}; });
      known = contents_.emplace(key, status ? std::string() : status.error().message()).first;
      ++report_.entries;
    }
    if (!known->second.empty()) {
      damage({{}, snapshot.name, record.entry.path, known->second});
      lost.insert(record.entry.path);
    }
  }
  for (const auto& [path, target] : links) {
    const Result<std::optional<EntryRecord>> found = reader.find(target);
    if (found && *found && !lost.contains(target)) continue;
    damage({{}, snapshot.name, path, "is another name of " + target + ", which is lost"});
  }
  return Ok{};
}

class IdCheck : public IndexRunVisitor {
 public:
  IdCheck(const Vault& vault, const SnapshotList& list, const RecoveryKey& recovery)
      : vault_(vault), list_(list), recovery_(recovery) {}

  bool wants(const WriterIdentity& identity) override {
    if (identity_ == identity) return true;
    identity_ = identity;
    key_ = derive_ingest_key(recovery_, identity.writer, identity.epoch).id_key;
    packs_ = list_.packs_of(identity);
    blocks_.emplace(vault_.storage(), vault_.id(), packs_);
    return true;
  }
  Status on_pack(const PackRef&) override { return Ok{}; }
  Status on_chunk(const IndexedChunk& chunk, const PackRef&) override {
    const auto block = blocks_->part(chunk.place.block, chunk.place.ordinal, 0, 1);
    if (!block) return Ok{};  // its pack has been reported
    const bool is_there = chunk.place.ordinal < (*block)->chunk_count();
    ChunkId id;
    if (is_there) {
      const Result<Bytes> bytes = stream::Rebuilder(*blocks_, nullptr).chunk(chunk.place);
      if (!bytes) return Ok{};
      id = hashing::hash(*bytes, key_);
    }
    ++chunks;
    if (!is_there || !std::equal(chunk.id.begin(), chunk.id.end(), id.bytes.begin())) {
      wrong.push_back(chunk.place);
    }
    return Ok{};
  }

  std::uint64_t chunks = 0;
  std::vector<Place> wrong;

 private:
  const Vault& vault_;
  const SnapshotList& list_;
  const RecoveryKey& recovery_;
  std::optional<WriterIdentity> identity_;
  HashKey key_;
  PackSet packs_;
  std::optional<BlockStore> blocks_;
};

Status Verify::check_ids(const WriterId& writer, const SnapshotList& list) {
  IdCheck check(vault_, list, *options_.recovery);
  LETTERPRESS_TRY_ASSIGN(const auto runs, list_index_runs(vault_.storage(), writer));
  for (const std::uint64_t sequence : runs) {
    // A run that cannot be read has been reported.
    if (Status status = read_index_run(vault_.storage(), vault_.id(), writer, sequence, check);
        !status) {
      continue;
    }
    for (const Place& place : std::exchange(check.wrong, {})) {
      damage({vault_.storage().full_path(index_folder(writer) + "/" + sequence_name(sequence)),
              {},
              {},
              "chunk " + std::to_string(place.ordinal) + " of block " +
                  std::to_string(place.block) + " does not have the id that is listed"});
    }
  }
  report_.chunks += check.chunks;
  return Ok{};
}

Status Verify::check_deep(const SnapshotList& list) {
  for (const Snapshot& snapshot : list.snapshots) {
    const PackSet packs = list.packs_of(snapshot.entry.identity);
    LETTERPRESS_TRY(check_snapshot(snapshot, packs));
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_.list_writers());
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY(check_ids(writer, list));
  }
  return Ok{};
}

Result<VerifyReport> Verify::run() {
  LETTERPRESS_TRY_ASSIGN(const SnapshotList list, list_snapshots(vault_));
  for (const Snapshot& snapshot : list.snapshots) {
    for (const PackRef& pack : snapshot.entry.packs) total_bytes_ += pack.file_bytes;
    for (const IndexRunRef& run : snapshot.entry.index_runs) total_bytes_ += run.file_bytes;
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_.list_writers());
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY(check_writer(writer));
  }
  LETTERPRESS_TRY(check_strangers());
  if (options_.recovery) {
    LETTERPRESS_TRY(require_same_vault(options_.recovery->vault, vault_.id(), "the recovery key"));
    LETTERPRESS_TRY(check_deep(list));
  }
  return report_;
}

}  // namespace

Result<VerifyReport> verify(const Vault& vault, const VerifyOptions& options) {
  return Verify(vault, options).run();
}

}  // namespace letterpress::vault
