// SPDX-License-Identifier: Apache-2.0
#include "vault/stored_index.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "stream/content_ref.h"
#include "stream/recipe.h"
#include "vault/keys/sha256.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {
namespace {

// The packs that are there, with their sizes.
class PackListing {
 public:
  explicit PackListing(const Storage& storage) : storage_(storage) {}

  Result<bool> has(const PackRef& pack) {
    const std::string name = to_hex(pack.sha256.bytes);
    LETTERPRESS_TRY_ASSIGN(const bool is_marked, has_mark(name));
    if (is_marked) return false;
    const std::string fan_out = name.substr(0, 2);
    auto folder = folders_.find(fan_out);
    if (folder == folders_.end()) {
      std::map<std::string, std::uint64_t> sizes;
      const auto listed = storage_.list(pack_folder(pack.sha256));
      if (!listed && listed.error().code() != ErrorCode::kNotFound) return listed.error().copy();
      if (listed) {
        for (const StoredName& stored : *listed) sizes[stored.name] = stored.size_bytes;
      }
      folder = folders_.emplace(fan_out, std::move(sizes)).first;
    }
    const auto found = folder->second.find(name);
    return found != folder->second.end() && found->second == pack.file_bytes;
  }

 private:
  // Whether a repair has found the pack damaged, and nothing to heal it with.
  Result<bool> has_mark(const std::string& name) {
    if (!marks_) {
      const auto listed = storage_.list(std::string(kSetAsideFolder));
      if (!listed && listed.error().code() != ErrorCode::kNotFound) return listed.error().copy();
      marks_.emplace();
      if (listed) {
        for (const StoredName& stored : *listed) marks_->insert(stored.name);
      }
    }
    return marks_->contains(name);
  }

  const Storage& storage_;
  std::optional<std::set<std::string>> marks_;
  std::map<std::string, std::map<std::string, std::uint64_t>> folders_;
};

class Loader : public IndexRunVisitor {
 public:
  Loader(StoredIndex& stored, PackListing& listing, const WriterIdentity& identity)
      : stored_(stored), listing_(listing), identity_(identity) {}

  // Nothing refers across epochs.
  bool wants(const WriterIdentity& identity) override {
    is_wanted = identity == identity_;
    return is_wanted;
  }

  Status on_pack(const PackRef& pack) override {
    stored_.next_block = std::max(stored_.next_block, pack.first_block + pack.block_count);
    LETTERPRESS_TRY_ASSIGN(const bool is_there, listing_.has(pack));
    if (is_there) {
      stored_.packs.add(pack);
      packs.push_back(pack);
    } else {
      stored_.is_whole = false;
      missing_.insert(pack.first_block);
    }
    return Ok{};
  }
  Status on_chunk(const IndexedChunk& chunk, const PackRef& pack) override {
    if (missing_.contains(pack.first_block)) return Ok{};
    ChunkId id;
    std::copy(chunk.id.begin(), chunk.id.end(), id.bytes.begin());
    stored_.chunks.insert(id, chunk.place);
    return Ok{};
  }

  bool is_wanted = false;
  std::vector<PackRef> packs;  // of the run that was read, those that are there

 private:
  StoredIndex& stored_;
  PackListing& listing_;
  const WriterIdentity identity_;
  std::set<std::uint64_t> missing_;
};

}  // namespace

Result<StoredIndex> load_stored_index(const Vault& vault, const IngestKey& key,
                                      const Chain& chain) {
  const WriterIdentity& identity = key.identity;
  Keyring keys = vault.keyring();
  keys.add(key);
  StoredIndex stored;
  PackListing listing(vault.storage());
  std::set<std::uint64_t> logged_runs;
  std::set<Sha256Digest> logged_packs;
  for (const ChainLink& link : chain.links) {
    // A run that is gone keeps its name: another file under it would not be what the log names.
    for (const IndexRunRef& run : link.entry.index_runs) {
      logged_runs.insert(run.sequence);
      stored.next_run_sequence = std::max(stored.next_run_sequence, run.sequence + 1);
    }
    if (link.entry.identity != identity) continue;
    // Numbers of the log's packs stay used even if every index run is lost.
    for (const PackRef& pack : link.entry.packs) {
      logged_packs.insert(pack.sha256);
      stored.next_block = std::max(stored.next_block, pack.first_block + pack.block_count);
      LETTERPRESS_TRY_ASSIGN(const bool is_there, listing.has(pack));
      stored.is_whole = stored.is_whole && is_there;
    }
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::uint64_t> runs,
                         list_index_runs(vault.storage(), identity.writer));
  for (const std::uint64_t sequence : runs) {
    stored.next_run_sequence = std::max(stored.next_run_sequence, sequence + 1);
    Loader loader(stored, listing, identity);
    const Status read = read_index_run(vault.storage(), keys, identity.writer, sequence, loader);
    // Also those of a run that is damaged further on: chunks found in them will be referred to.
    for (const PackRef& pack : loader.packs) {
      if (logged_packs.insert(pack.sha256).second) stored.unlogged_packs.push_back(pack);
    }
    if (!read) {
      if (read.error().code() == ErrorCode::kOutOfMemory) return read.error().copy();
      stored.notes.push_back(read.error().message() +
                             "; what it lists will be stored again where it is needed");
      continue;
    }
    if (logged_runs.contains(sequence) || !loader.is_wanted) continue;
    const std::string path = index_folder(identity.writer) + "/" + sequence_name(sequence);
    LETTERPRESS_TRY_ASSIGN(const std::uint64_t bytes, vault.storage().size(path));
    LETTERPRESS_TRY_ASSIGN(const Bytes file, vault.storage().read(path, 0, bytes));
    stored.unlogged_runs.push_back({sequence, sha256(file), bytes});
  }
  return stored;
}

bool is_content_stored(ByteView content, const PackSet& packs) {
  const auto ref = stream::decode_content_ref(content);
  if (!ref || ref->depth > 0) return false;
  stream::RecipeReader reader(ref->recipe);
  stream::Stretch stretch;
  stream::RecipeReader::Step step;
  std::vector<stream::RecipeReader::Source> sources;
  while (true) {
    const Result<bool> has_stretch = reader.next_stretch(stretch);
    if (!has_stretch) return false;
    if (!*has_stretch) return true;
    while (true) {
      const Result<bool> has_step = reader.next_step(step, sources);
      if (!has_step) return false;
      if (!*has_step) break;
      for (const auto& source : sources) {
        if (source.is_jump && packs.find(source.extent.place.block) == nullptr) return false;
      }
    }
  }
}

}  // namespace letterpress::vault
