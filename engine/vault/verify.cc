// SPDX-License-Identifier: Apache-2.0
#include "vault/verify.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"
#include "hashing/blake3.h"
#include "vault/sealing/sealed_check.h"
#include "vault/snapshot.h"
#include "vault/snapshot_reader.h"
#include "vault/storage/layout.h"

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
  Status on_pack(const PackRef&) override { return Ok{}; }
  Status on_chunk(const IndexedChunk&, const PackRef&) override { return Ok{}; }
};

std::string text_of(const DamagedRange& range) {
  return "bytes " + std::to_string(range.offset) + " to " +
         std::to_string(range.offset + range.count) + ": " + range.what;
}

class Verify {
 public:
  Verify(const Vault& vault, const VerifyOptions& options)
      : vault_(vault), options_(options), keys_(options.keys ? *options.keys : vault.keyring()) {}
  Result<VerifyReport> run();

 private:
  Status check_writer(const WriterId& writer);
  Status check_one_pack(const LogEntry& by, const PackRef& pack);
  bool is_sound_as_another(const PackRef& pack) const;
  Status check_runs(const WriterId& writer, const Chain& chain);
  struct RunCheck {
    std::vector<std::string> damage;
    std::optional<SealLabel> label;  // of a sound run
  };
  Result<RunCheck> check_one_run(const WriterId& writer, std::uint64_t sequence,
                                 const std::optional<IndexRunRef>& logged);
  Status check_strangers();
  Status check_unused_pack(const std::string& path, const StoredName& file);
  Status check_deep(const SnapshotList& list);
  // What was found out about a content: nothing, if it can be brought back.
  struct Content {
    std::string error;
    std::vector<LostRange> lost;
  };
  // Of one snapshot.
  struct Links {
    std::vector<std::pair<std::string, std::string>> names;  // path, target
    std::set<std::string> lost;
  };
  Status check_snapshot(const Snapshot& snapshot, const PackSet& packs);
  Status check_entry(const Snapshot& snapshot, ContentReader& contents, const EntryRecord& record,
                     Links& links);
  const Content& check_content(ContentReader& contents, ByteView content);
  Status check_ids(const WriterId& writer, const SnapshotList& list);

  void damage(Damage found) {
    ++report_.damage;
    if (options_.on_damage) options_.on_damage(found);
  }
  // A part of a snapshot's tree: entries whose names are not known.
  void tree_damage(const Snapshot& snapshot, const Error& error, std::uint64_t entries) {
    damage({{}, snapshot.name, {}, error.message(), {}, 0, entries});
    report_.lost += entries;
  }
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }
  void advance(std::uint64_t bytes) {
    report_.file_bytes += bytes;
    if (options_.on_progress) options_.on_progress(report_.file_bytes, total_bytes_);
  }

  const Vault& vault_;
  const VerifyOptions& options_;
  const Keyring keys_;
  VerifyReport report_;
  std::uint64_t total_bytes_ = 0;
  std::set<std::string> known_packs_;  // names
  // Who names a pack, and as what: somebody may name one that is not his.
  std::set<std::pair<WriterIdentity, PackRef>> checked_packs_;
  // Deep: each content of the writer and epoch that is being checked, by its hash. Places mean
  // nothing elsewhere.
  std::unordered_map<std::uint64_t, Content> contents_;
};

// A pack that is what its name says and its own head describes, whatever a log says of it.
bool Verify::is_sound_as_another(const PackRef& pack) const {
  const Result<SealedCheck> check =
      check_sealed(vault_.storage(), pack_path(pack.sha256), keys_, {.type = FileType::kPack});
  return check && check->damage.empty() && check->sha256 == pack.sha256;
}

Status Verify::check_one_pack(const LogEntry& by, const PackRef& pack) {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  if (!checked_packs_.emplace(by.identity, pack).second) return Ok{};
  if (known_packs_.insert(to_hex(pack.sha256.bytes)).second) {
    ++report_.packs;
    advance(pack.file_bytes);
  }
  LETTERPRESS_TRY_ASSIGN(const PackCheck check,
                         check_pack(vault_.storage(), keys_, by.identity, pack));
  if (!check.damage.empty() && is_sound_as_another(pack)) {
    const std::string entry = log_folder(by.identity.writer) + '/' + sequence_name(by.sequence);
    damage({vault_.storage().full_path(entry),
            {},
            {},
            "names pack " + to_hex(pack.sha256.bytes) +
                " as what it is not: another writer's, or with other blocks; the pack is sound"});
    return Ok{};
  }
  std::string hit = "; no block is lost";
  if (!check.blocks.empty()) hit = "; lost: block " + join_blocks(check.blocks);
  if (check.is_locked) {
    const std::uint64_t last = pack.first_block + pack.block_count - 1;
    hit = "; it holds blocks " + std::to_string(pack.first_block) + " to " + std::to_string(last) +
          ": --key says which are lost";
  }
  for (const DamagedRange& range : check.damage) {
    damage({vault_.storage().full_path(pack_path(pack.sha256)), {}, {}, text_of(range) + hit});
  }
  return Ok{};
}

Result<Verify::RunCheck> Verify::check_one_run(const WriterId& writer, std::uint64_t sequence,
                                               const std::optional<IndexRunRef>& logged) {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  ++report_.index_runs;
  RunCheck found;
  const std::string path = index_folder(writer) + "/" + sequence_name(sequence);
  const Result<SealedCheck> check =
      check_sealed(vault_.storage(), path, keys_,
                   {.type = FileType::kIndexRun, .writer = writer, .number = sequence});
  if (!check) {
    found.damage.push_back(check.error().message());
    return found;
  }
  advance(check->file_bytes);
  for (const DamagedRange& range : check->damage) found.damage.push_back(text_of(range));
  if (!check->damage.empty()) return found;
  if (logged && check->sha256 != logged->sha256) {
    found.damage.emplace_back("is not the file that the log names: its SHA-256 differs");
  }
  if (!check->head->is_locked()) {
    Unvisited visitor;
    if (Status read = read_index_run(vault_.storage(), keys_, writer, sequence, visitor); !read) {
      found.damage.push_back(read.error().message());
    }
  }
  if (found.damage.empty()) found.label = check->head->label;
  return found;
}

Status Verify::check_runs(const WriterId& writer, const Chain& chain) {
  LETTERPRESS_TRY_ASSIGN(const KnownRuns runs, list_known_runs(vault_.storage(), chain));
  std::map<std::uint64_t, std::vector<std::string>> damaged;
  for (const auto& [sequence, logged] : runs) {
    LETTERPRESS_TRY_ASSIGN(RunCheck check, check_one_run(writer, sequence, logged));
    if (!check.damage.empty()) damaged.emplace(sequence, std::move(check.damage));
    if (!check.label || !check.label->replaces_any()) continue;
    // What it stands for lies before it, and is no loss any more.
    std::erase_if(damaged, [&, by = sequence](const auto& lost) {
      if (!check.label->replaces(lost.first)) return false;
      note(index_folder(writer) + "/" + sequence_name(lost.first) +
           ": is lost; it was replaced by index run " + std::to_string(by));
      return true;
    });
  }
  for (const auto& [sequence, messages] : damaged) {
    const std::string path = index_folder(writer) + "/" + sequence_name(sequence);
    for (const std::string& message : messages) {
      damage({vault_.storage().full_path(path),
              {},
              {},
              message + "; restores do not need it, but its chunks would be stored again: "
                        "letterpress index rebuild"});
    }
  }
  return Ok{};
}

Status Verify::check_writer(const WriterId& writer) {
  LETTERPRESS_TRY_ASSIGN(const Chain chain, read_chain(vault_.storage(), keys_, writer));
  for (const ChainProblem& problem : chain.problems) {
    damage({vault_.storage().full_path(log_folder(writer) + "/" +
                                       sequence_name(problem.first_sequence)),
            {},
            {},
            problem.message});
  }
  for (const std::string& stranger : chain.strangers) note(stranger + ": is no log entry");
  report_.snapshots += chain.links.size();
  for (const ChainLink& link : chain.links) {
    for (const PackRef& pack : link.entry.packs) {
      LETTERPRESS_TRY(check_one_pack(link.entry, pack));
    }
  }
  return check_runs(writer, chain);
}

Status Verify::check_unused_pack(const std::string& path, const StoredName& file) {
  LETTERPRESS_TRY(check_cancel(options_.cancel));
  const std::string full = vault_.storage().full_path(path);
  LETTERPRESS_TRY_ASSIGN(const SealedCheck check,
                         check_sealed(vault_.storage(), path, keys_, {.type = FileType::kPack}));
  advance(check.file_bytes);
  for (const DamagedRange& range : check.damage) {
    damage({full, {}, {}, text_of(range) + "; no snapshot uses it"});
  }
  if (!check.damage.empty()) return Ok{};
  if (check.sha256 && to_hex(check.sha256->bytes) == file.name) {
    note(full + ": no snapshot uses it; left by a backup that was interrupted");
  } else {
    damage({full, {}, {}, "its SHA-256 is not its name; no snapshot uses it"});
  }
  return Ok{};
}

// Packs that no log entry names: left by a run that was killed before its own.
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
      LETTERPRESS_TRY(check_unused_pack(path + "/" + file.name, file));
    }
  }
  return Ok{};
}

// What of a damaged content is lost: in order, neighbours as one.
std::vector<LostRange> find_lost(ContentReader& contents, ByteView content) {
  std::vector<LostRange> lost;
  std::uint64_t at = 0;
  const Status read = contents.read_whole_parts(
      content,
      [&](ByteView bytes) -> Status {
        at += bytes.size();
        return Ok{};
      },
      [&](std::uint64_t bytes, const Error&) -> Status {
        const bool continues = !lost.empty() && lost.back().offset + lost.back().bytes == at;
        if (continues) {
          lost.back().bytes += bytes;
        } else {
          lost.push_back({at, bytes});
        }
        at += bytes;
        return Ok{};
      });
  if (!read) lost.clear();
  return lost;
}

const Verify::Content& Verify::check_content(ContentReader& contents, ByteView content) {
  // Most contents are those of the snapshot before: each is brought back once.
  const std::uint64_t key = load_le<std::uint64_t>(hashing::hash(content).bytes.data());
  const auto [known, is_new] = contents_.try_emplace(key, Content{});
  if (!is_new) return known->second;
  ++report_.entries;
  const Status status = contents.read(content, [](ByteView) -> Status { return Ok{}; });
  if (!status) known->second = {status.error().message(), find_lost(contents, content)};
  return known->second;
}

Status Verify::check_entry(const Snapshot& snapshot, ContentReader& contents,
                           const EntryRecord& record, Links& links) {
  const std::string& path = record.entry.path;
  if (record.entry.metadata.type == stream::EntryType::kHardLink) {
    links.names.emplace_back(path, record.entry.metadata.target);
  }
  if (record.entry.metadata.type != stream::EntryType::kFile) return Ok{};
  const Content& content = check_content(contents, record.content);
  if (content.error.empty()) return Ok{};
  const auto ref = stream::decode_content_ref(record.content);
  damage({{}, snapshot.name, path, content.error, content.lost, ref ? ref->size_bytes : 0});
  ++report_.lost;
  links.lost.insert(path);
  return Ok{};
}

Status Verify::check_snapshot(const Snapshot& snapshot, const PackSet& packs) {
  Result<std::unique_ptr<SnapshotReader>> opened =
      SnapshotReader::open(vault_, packs, snapshot.entry, keys_);
  if (!opened) {
    if (opened.error().code() == ErrorCode::kInvalidArgument) return std::move(opened).error();
    const Result<TreeRoot> root = decode_tree_root(snapshot.entry.root);
    tree_damage(snapshot, opened.error(), root ? root->entries : 0);
    return Ok{};
  }
  SnapshotReader& reader = **opened;
  ContentReader contents = reader.make_content_reader();  // its buffer is for all files
  Links links;
  std::uint64_t lost_before = 0;
  if (Status status = reader.seek(""); !status) {
    tree_damage(snapshot, status.error(), reader.lost_entries());
    lost_before = reader.lost_entries();
  }
  EntryRecord record;
  while (true) {
    LETTERPRESS_TRY(check_cancel(options_.cancel));
    const Result<bool> has = reader.next(record);
    if (!has) {
      tree_damage(snapshot, has.error(), reader.lost_entries() - lost_before);
      lost_before = reader.lost_entries();
      continue;
    }
    if (!*has) break;
    LETTERPRESS_TRY(check_entry(snapshot, contents, record, links));
  }
  for (const auto& [path, target] : links.names) {
    const Result<std::optional<EntryRecord>> found = reader.find(target);
    if (found && *found && !links.lost.contains(target)) continue;
    damage({{}, snapshot.name, path, "is another name of " + target + ", which is lost"});
    ++report_.lost;
  }
  return Ok{};
}

class IdCheck : public IndexRunVisitor {
 public:
  IdCheck(const Vault& vault, const SnapshotList& list, const Keyring& keys)
      : vault_(vault), list_(list), keys_(keys) {}

  bool wants(const WriterIdentity& identity) override {
    if (identity_ == identity) return true;
    const std::optional<HashKey> key = keys_.id_key(identity);
    if (!key) return false;  // none of its packs can be opened; they have been reported
    identity_ = identity;
    id_keys_.emplace(*key);
    packs_ = list_.packs_of(identity);
    blocks_.emplace(vault_.storage(), keys_, identity, packs_);
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
      id = hashing::hash(*bytes, id_keys_->of((*block)->mailbox));
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
  const Keyring& keys_;
  std::optional<WriterIdentity> identity_;
  std::optional<stream::IdKeys> id_keys_;
  PackSet packs_;
  std::optional<BlockStore> blocks_;
};

Status Verify::check_ids(const WriterId& writer, const SnapshotList& list) {
  IdCheck check(vault_, list, keys_);
  LETTERPRESS_TRY_ASSIGN(const auto runs, list_index_runs(vault_.storage(), writer));
  for (const std::uint64_t sequence : runs) {
    // A run that cannot be read has been reported.
    if (Status status = read_index_run(vault_.storage(), keys_, writer, sequence, check); !status) {
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
  std::map<WriterIdentity, std::vector<const Snapshot*>> by_writer;
  for (const Snapshot& snapshot : list.snapshots) {
    by_writer[snapshot.entry.identity].push_back(&snapshot);
  }
  for (const auto& [identity, snapshots] : by_writer) {
    const PackSet packs = list.packs_of(identity);
    contents_.clear();
    for (const Snapshot* snapshot : snapshots) {
      LETTERPRESS_TRY(check_snapshot(*snapshot, packs));
    }
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_.list_writers());
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY(check_ids(writer, list));
  }
  return Ok{};
}

Result<VerifyReport> Verify::run() {
  LETTERPRESS_TRY(check_cancel(options_.cancel));  // of an empty vault it is not asked again
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
  if (options_.witness) {
    LETTERPRESS_TRY_ASSIGN(const auto missing, find_missing(vault_, *options_.witness));
    for (const MissingHead& head : missing) damage({head.file, {}, {}, head.message});
  }
  if (options_.is_deep) {
    LETTERPRESS_TRY(check_deep(list));
  }
  return report_;
}

}  // namespace

Result<VerifyReport> verify(const Vault& vault, const VerifyOptions& options) {
  if (options.keys) {
    LETTERPRESS_TRY(vault.require_own_key(options.keys->vault(), options.keys->root(), "the key"));
  }
  if (options.witness) {
    LETTERPRESS_TRY(
        vault.require_own_key(options.witness->vault, options.witness->root, "the witness"));
  }
  if (options.is_deep && (!options.keys || !options.keys->reads_packs())) {
    return Error(ErrorCode::kInvalidArgument, "a deep check needs a key that opens packs");
  }
  return Verify(vault, options).run();
}

}  // namespace letterpress::vault
