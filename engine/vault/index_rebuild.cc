// SPDX-License-Identifier: Apache-2.0
#include "vault/index_rebuild.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/cancel.h"
#include "hashing/blake3.h"
#include "vault/limits.h"
#include "vault/log/chain.h"
#include "vault/packs/pack_reader.h"
#include "vault/packs/pack_set.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {
namespace {

// A run is closed behind so many chunks: a quarter of a GiB of mail and more.
constexpr std::size_t kRunChunks = 1U << 18;
constexpr std::size_t kRunPacks = 256;

// What a good run lists.
class PackList : public IndexRunVisitor {
 public:
  bool wants(const WriterIdentity&) override { return true; }
  Status on_pack(const PackRef& pack) override {
    packs.push_back(pack.sha256);
    return Ok{};
  }
  Status on_chunk(const IndexedChunk&, const PackRef&) override { return Ok{}; }
  std::vector<Sha256Digest> packs;
};

class WriterIndex {
 public:
  WriterIndex(Vault& vault, const IndexRebuildOptions& options, const Chain& chain,
              IndexRebuildReport& report)
      : vault_(vault), options_(options), chain_(chain), report_(report) {}

  Status run();

 private:
  Status find_lost_runs();
  void learn_id_key(const WriterIdentity& identity) const;
  Status rebuild(const WriterIdentity& identity);
  PackSet packs_to_list(const WriterIdentity& identity) const;
  Status list_pack(const WriterIdentity& identity, const PackRef& pack, const HashKey& id_key);
  Status close_run();
  Status replace_lost_runs();
  Result<IngestKey> signer(const WriterIdentity& identity, const HashKey& id_key) const;
  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }

  Vault& vault_;
  const IndexRebuildOptions& options_;
  const Chain& chain_;
  IndexRebuildReport& report_;
  std::set<std::uint64_t> lost_runs_;
  std::set<Sha256Digest> listed_;
  std::uint64_t next_sequence_ = 1;
  std::optional<IngestKey> key_;  // of the last identity
  IndexRun open_;
  PackReader::Tools tools_;
};

// What is missing or damaged, of the runs that the log names and of those that are there, and what
// the good ones list.
Status WriterIndex::find_lost_runs() {
  const Storage& storage = vault_.storage();
  LETTERPRESS_TRY_ASSIGN(const KnownRuns runs, list_known_runs(storage, chain_));
  for (const auto& [sequence, logged] : runs) {
    next_sequence_ = std::max(next_sequence_, sequence + 1);
    const std::string path = index_folder(chain_.writer) + '/' + sequence_name(sequence);
    const Result<SealedCheck> check =
        check_sealed(storage, path, options_.keys,
                     {.type = FileType::kIndexRun, .writer = chain_.writer, .number = sequence});
    PackList list;
    const bool is_good = check && check->damage.empty() &&
                         (!logged || logged->sha256 == check->sha256) &&
                         read_index_run(storage, options_.keys, chain_.writer, sequence, list);
    if (!is_good) {
      lost_runs_.insert(sequence);
      continue;
    }
    listed_.insert(list.packs.begin(), list.packs.end());
    const SealLabel& label = check->head->label;
    if (!label.replaces_any()) continue;
    std::erase_if(lost_runs_, [&](std::uint64_t lost) { return label.replaces(lost); });
  }
  report_.lost_runs += lost_runs_.size();
  return Ok{};
}

// Those that the log names for this writer and epoch, and no run lists.
PackSet WriterIndex::packs_to_list(const WriterIdentity& identity) const {
  PackSet packs;
  for (const ChainLink& link : chain_.links) {
    if (link.entry.identity != identity) continue;
    for (const PackRef& pack : link.entry.packs) {
      if (!listed_.contains(pack.sha256)) packs.add(pack);
    }
  }
  return packs;
}

Result<IngestKey> WriterIndex::signer(const WriterIdentity& identity, const HashKey& id_key) const {
  if (options_.ingest && options_.ingest->identity == identity) return *options_.ingest;
  if (!options_.recovery) {
    return Error(ErrorCode::kInvalidArgument,
                 "a reader's key signs no index run: give the recovery.key, or the ingest.key of "
                 "this writer");
  }
  LETTERPRESS_TRY_ASSIGN(const Secret seed, random_secret());
  IngestKey key;
  key.identity = identity;
  key.root = options_.keys.root();
  key.signing = SigningKey(seed);
  key.certificate = certify(options_.recovery->signing(), identity, chain_.links.back().writer_name,
                            key.signing.public_key());
  key.id_key = id_key;
  return key;
}

Status WriterIndex::list_pack(const WriterIdentity& identity, const PackRef& pack,
                              const HashKey& id_key) {
  const Result<PackReader> reader =
      PackReader::open(vault_.storage(), options_.keys, identity, pack);
  if (!reader) {
    note(reader.error().message() + "; what it holds will be stored again");
    report_.damaged_blocks += pack.block_count;
    return Ok{};
  }
  open_.packs.push_back(pack);
  stream::IdKeys id_keys(id_key);
  for (std::uint64_t number = pack.first_block; number < pack.first_block + pack.block_count;
       ++number) {
    LETTERPRESS_TRY(check_cancel(options_.cancel, kRunAgain));
    const Result<stream::OpenBlock> block = reader->open_block(number, tools_);
    if (!block) {
      ++report_.damaged_blocks;
      note(block.error().message() + "; what it holds will be stored again");
      continue;
    }
    for (std::size_t i = 0; i < block->chunk_count(); ++i) {
      IndexedChunk chunk{{}, {number, static_cast<std::uint32_t>(i)}};
      const ChunkId id = hashing::hash(block->chunk(i), id_keys.of(block->mailbox));
      std::copy_n(id.bytes.begin(), chunk.id.size(), chunk.id.begin());
      open_.chunks.push_back(chunk);
    }
  }
  return Ok{};
}

Status WriterIndex::close_run() {
  if (open_.packs.empty()) return Ok{};
  const IndexRun run = std::exchange(open_, {});
  LETTERPRESS_TRY_ASSIGN(const IndexRunRef ref,
                         commit_index_run(vault_.storage(), *key_, next_sequence_, run));
  next_sequence_ = ref.sequence + 1;
  ++report_.runs;
  report_.packs += run.packs.size();
  report_.chunks += run.chunks.size();
  return Ok{};
}

Status WriterIndex::rebuild(const WriterIdentity& identity) {
  const PackSet packs = packs_to_list(identity);
  if (packs.by_first_block().empty() && lost_runs_.empty()) return Ok{};
  const std::optional<HashKey> id_key = options_.keys.id_key(identity);
  if (!id_key) {
    return Error(ErrorCode::kInvalidArgument,
                 "this key opens no pack of writer " + to_hex(identity.writer.bytes));
  }
  LETTERPRESS_TRY_ASSIGN(key_, signer(identity, *id_key));
  for (const auto& [first_block, pack] : packs.by_first_block()) {
    LETTERPRESS_TRY(list_pack(identity, pack, *id_key));
    if (open_.chunks.size() >= kRunChunks || open_.packs.size() >= kRunPacks) {
      LETTERPRESS_TRY(close_run());
    }
    if (options_.on_progress) options_.on_progress(pack.file_bytes, 0);
  }
  return close_run();
}

// Only now that everything is listed again.
Status WriterIndex::replace_lost_runs() {
  for (auto lost = lost_runs_.begin(); lost != lost_runs_.end();) {
    const std::uint64_t first = *lost;
    std::uint64_t last = first;
    for (++lost; lost != lost_runs_.end() && *lost == last + 1; ++lost) ++last;
    IndexRun run;
    run.replaces_first = first;
    run.replaces_last = last;
    LETTERPRESS_TRY_ASSIGN(const IndexRunRef ref,
                           commit_index_run(vault_.storage(), *key_, next_sequence_, run));
    next_sequence_ = ref.sequence + 1;
    ++report_.runs;
  }
  return Ok{};
}

// Opening any pack of the writer and epoch gives its id key to the keyring, and with it the index
// key.
void WriterIndex::learn_id_key(const WriterIdentity& identity) const {
  for (const ChainLink& link : chain_.links) {
    if (link.entry.identity != identity) continue;
    for (const PackRef& pack : link.entry.packs) {
      if (options_.keys.id_key(identity)) return;
      static_cast<void>(PackReader::open(vault_.storage(), options_.keys, identity, pack));
    }
  }
}

Status WriterIndex::run() {
  ++report_.writers;
  std::set<WriterIdentity> identities;
  for (const ChainLink& link : chain_.links) identities.insert(link.entry.identity);
  // Before the runs are looked at: one that stays locked would seem to be lost.
  for (const WriterIdentity& identity : identities) learn_id_key(identity);
  LETTERPRESS_TRY(find_lost_runs());
  for (const WriterIdentity& identity : identities) LETTERPRESS_TRY(rebuild(identity));
  if (!key_) return Ok{};
  return replace_lost_runs();
}

bool is_wanted(const Chain& chain, const std::string& name) {
  if (name.empty()) return true;
  return !chain.links.empty() &&
         (chain.links.back().writer_name == name || to_hex(chain.writer.bytes).starts_with(name));
}

}  // namespace

Result<IndexRebuildReport> rebuild_index(Vault& vault, const IndexRebuildOptions& options) {
  LETTERPRESS_TRY(vault.require_own_key(options.keys.vault(), options.keys.root(), "the key"));
  if (!options.keys.reads_packs()) {
    return Error(ErrorCode::kInvalidArgument, "an index is rebuilt with a key that opens packs");
  }
  if (options.recovery) {
    LETTERPRESS_TRY(vault.require_own_key(
        options.recovery->vault, options.recovery->signing().public_key(), "the recovery key"));
  }
  IndexRebuildReport report;
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault.list_writers());
  for (const WriterId& writer : writers) {
    if (!options.recovery && options.ingest && options.ingest->identity.writer != writer) continue;
    LETTERPRESS_TRY_ASSIGN(const Chain chain, read_chain(vault.storage(), vault.keyring(), writer));
    if (!is_wanted(chain, options.writer)) continue;
    LETTERPRESS_TRY(vault.add_writer(writer));
    LETTERPRESS_TRY(WriterIndex(vault, options, chain, report).run());
  }
  if (report.writers == 0 && !options.writer.empty()) {
    return Error(ErrorCode::kNotFound,
                 options.writer + ": no writer of this name has a snapshot in the vault");
  }
  return report;
}

}  // namespace letterpress::vault
