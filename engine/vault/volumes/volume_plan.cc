// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/volume_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "vault/keys/sha256.h"
#include "vault/log/chain.h"
#include "vault/sealing/sealed_check.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

// Of log entries that are gone in a row so many are named.
constexpr std::uint64_t kGapNamesMax = 1000;

class Plan {
 public:
  Plan(const Vault& vault, const PlanOptions& options) : vault_(vault), options_(options) {}

  Result<VolumeManifest> run() {
    LETTERPRESS_TRY(check_counts(options_.counts));
    manifest_.vault = vault_.id();
    manifest_.counts = options_.counts;
    manifest_.created_s = options_.created_s;
    if (options_.set) {
      manifest_.set = *options_.set;
    } else {
      LETTERPRESS_TRY(fill_random(manifest_.set.bytes));
    }
    if (options_.since) {
      LETTERPRESS_TRY(take_since(*options_.since));
    }
    LETTERPRESS_TRY(add_copy(std::string(kVaultHeadName)));
    // Logs before packs: what an entry names was there before it.
    LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault_.list_writers());
    for (const WriterId& writer : writers) {
      LETTERPRESS_TRY(add_log(writer));
    }
    LETTERPRESS_TRY(check_since());
    for (const WriterId& writer : writers) {
      LETTERPRESS_TRY(add_runs(writer));
    }
    LETTERPRESS_TRY(add_packs());
    find_lacking();
    for (const Companion& companion : options_.companions) {
      LETTERPRESS_TRY(add_companion(companion));
    }
    manifest_.lacking.assign(lacking_.begin(), lacking_.end());
    return std::move(manifest_);
  }

 private:
  Status take_since(const VolumeManifest& since) {
    if (since.vault != vault_.id()) {
      return Error(ErrorCode::kInvalidArgument, "the set " + to_hex(since.set.bytes) +
                                                    " is of another vault (" +
                                                    to_hex(since.vault.bytes) + ")");
    }
    manifest_.since = since.set;
    lacked_.insert(since.lacking.begin(), since.lacking.end());
    for (const VolumeFile& file : since.packs) covered_.insert(file.path);
    for (const VolumeFile& file : since.copies) {
      const PathKind kind = kind_of_path(file.path);
      if (kind == PathKind::kIndex) covered_.insert(file.path);
      const bool is_sound = !lacked_.contains(file.path);
      if (kind == PathKind::kLog && is_sound) seen_logs_.emplace(file.path, file.sha256);
    }
    return Ok{};
  }

  // A vault that was rolled back, or written anew, does not go on from the set.
  Status check_since() const {
    std::map<std::string, Sha256Digest> there;
    for (const VolumeFile& file : manifest_.copies) there.emplace(file.path, file.sha256);
    for (const auto& [path, digest] : seen_logs_) {
      const auto found = there.find(path);
      if (found != there.end() && found->second == digest) continue;
      return Error(ErrorCode::kInvalidArgument,
                   vault_.storage().full_path(path) +
                       ": is not as the earlier set has it: the vault was rolled back or its log "
                       "was written anew. Look into it first (letterpress verify); a set without "
                       "--since takes the vault as it is now");
    }
    return Ok{};
  }

  Status add_copy(const std::string& path) {
    LETTERPRESS_TRY_ASSIGN(const FileDigest digest, digest_file(vault_.storage(), path));
    if (digest.bytes == 0) {
      note(vault_.storage().full_path(path) + ": is empty and was left out");
      return Ok{};
    }
    manifest_.copies.push_back({path, digest.bytes, digest.sha256});
    return Ok{};
  }

  Status add_log(const WriterId& writer) {
    LETTERPRESS_TRY_ASSIGN(const Chain chain,
                           read_chain(vault_.storage(), vault_.keyring(), writer));
    Result<std::vector<StoredName>> names = vault_.storage().list(log_folder(writer));
    if (!names && names.error().code() == ErrorCode::kNotFound) return Ok{};
    if (!names) return std::move(names).error();
    std::uint64_t last = 0;
    for (const StoredName& name : *names) {
      const auto sequence = parse_sequence_name(name.name);
      if (name.is_folder || !sequence) continue;
      last = std::max(last, *sequence);
      LETTERPRESS_TRY(add_copy(log_folder(writer) + '/' + name.name));
    }
    // A vault restored from such a set would give that entry's number to another one.
    if (chain.head.sequence > last) {
      return Error(
          ErrorCode::kInvalidArgument,
          vault_.storage().full_path(log_folder(writer)) + '/' +
              sequence_name(chain.head.sequence) +
              ": a repair has moved it to damaged/ and was stopped; run letterpress repair "
              "again, then write the volumes");
    }
    for (const ChainProblem& problem : chain.problems) {
      note(problem.message);
      if (problem.what == ChainProblem::What::kUnlinked) continue;
      const std::uint64_t last_named =
          std::min(problem.last_sequence, problem.first_sequence + kGapNamesMax - 1);
      for (std::uint64_t gone = problem.first_sequence; gone <= last_named; ++gone) {
        lacking_.insert(log_folder(writer) + '/' + sequence_name(gone));
      }
    }
    for (const ChainLink& link : chain.links) take_entry(writer, link.entry);
    return Ok{};
  }

  void take_entry(const WriterId& writer, const LogEntry& entry) {
    // The set before lists what it has; what the ones before that have, the log they saw tells.
    const bool is_covered =
        options_.since && options_.since->since &&
        seen_logs_.contains(log_folder(writer) + '/' + sequence_name(entry.sequence));
    const auto take = [&](std::string path) {
      if (is_covered && !lacked_.contains(path)) covered_.insert(path);
      named_.insert(std::move(path));
    };
    for (const PackRef& pack : entry.packs) take(pack_path(pack.sha256));
    for (const IndexRunRef& run : entry.index_runs) {
      take(index_folder(writer) + '/' + sequence_name(run.sequence));
    }
  }

  Status add_runs(const WriterId& writer) {
    Result<std::vector<StoredName>> names = vault_.storage().list(index_folder(writer));
    if (!names && names.error().code() == ErrorCode::kNotFound) return Ok{};
    if (!names) return std::move(names).error();
    for (const StoredName& name : *names) {
      const std::string path = index_folder(writer) + '/' + name.name;
      if (name.is_folder || !parse_sequence_name(name.name) || covered_.contains(path)) continue;
      LETTERPRESS_TRY(add_copy(path));
    }
    return Ok{};
  }

  Status add_packs() {
    std::vector<VolumeFile>& packs = manifest_.packs;
    LETTERPRESS_TRY(find_marks());
    LETTERPRESS_TRY_ASSIGN(const auto folders, vault_.storage().list(std::string(kPacksFolder)));
    for (const StoredName& folder : folders) {
      if (!folder.is_folder) continue;
      const std::string top = std::string(kPacksFolder) + '/' + folder.name;
      LETTERPRESS_TRY_ASSIGN(const auto files, vault_.storage().list(top));
      for (const StoredName& file : files) {
        VolumeFile pack{top + '/' + file.name, file.size_bytes, {}};
        if (file.is_folder || kind_of_path(pack.path) != PathKind::kPack) continue;
        parse_hex(file.name, pack.sha256.bytes);
        if (covered_.contains(pack.path)) continue;
        if (marked_.contains(pack.path) && !is_sound(pack)) {
          lacking_.insert(pack.path);
          note(vault_.storage().full_path(pack.path) +
               ": is damaged, and letterpress repair found no copy that heals it; it was left out");
          continue;
        }
        LETTERPRESS_TRY_ASSIGN(const bool is_whole, is_wanted(pack));
        if (is_whole) packs.push_back(std::move(pack));
      }
    }
    order_packs(packs);
    return Ok{};
  }

  void find_lacking() {
    std::set<std::string> had = covered_;
    for (const VolumeFile& file : manifest_.packs) had.insert(file.path);
    for (const VolumeFile& file : manifest_.copies) had.insert(file.path);
    for (const std::string& path : named_) {
      if (had.contains(path) || !lacking_.insert(path).second) continue;
      note(vault_.storage().full_path(path) + ": is missing, though the log names it");
    }
  }

  Status find_marks() {
    const auto names = vault_.storage().list(std::string(kSetAsideFolder));
    if (!names && names.error().code() == ErrorCode::kNotFound) return Ok{};
    if (!names) return names.error().copy();
    Sha256Digest pack;
    for (const StoredName& name : *names) {
      if (parse_hex(name.name, pack.bytes)) marked_.insert(pack_path(pack));
    }
    return Ok{};
  }

  bool is_sound(const VolumeFile& pack) const {
    const Result<FileDigest> digest = digest_file(vault_.storage(), pack.path);
    return digest && digest->sha256 == pack.sha256 && digest->bytes <= kPackFileBytesMax;
  }

  // A pack that nobody names was perhaps never finished.
  Result<bool> is_wanted(const VolumeFile& pack) const {
    if (named_.contains(pack.path) || is_sound(pack)) return true;
    note(vault_.storage().full_path(pack.path) +
         ": is no whole pack, and no snapshot uses it; it was left out");
    return false;
  }

  Status add_companion(const Companion& companion) {
    if (kind_of_path(companion.path) != PathKind::kCompanion || companion.bytes.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   companion.path +
                       ": cannot go on a volume: its name is not plain, or it is "
                       "empty");
    }
    manifest_.copies.push_back({companion.path, companion.bytes.size(), sha256(companion.bytes)});
    return Ok{};
  }

  void note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }

  const Vault& vault_;
  const PlanOptions& options_;
  VolumeManifest manifest_;
  std::map<std::string, Sha256Digest> seen_logs_;  // by the set before
  std::set<std::string> lacked_;                   // VolumeManifest::lacking of the set before
  std::set<std::string> lacking_;                  // and of this one
  std::set<std::string> covered_;                  // packs and runs that sets before have
  std::set<std::string> named_;                    // packs and runs that the log names
  std::set<std::string> marked_;                   // packs that a repair could not heal
};

}  // namespace

Result<VolumeManifest> plan_volumes(const Vault& vault, const PlanOptions& options) {
  return Plan(vault, options).run();
}

}  // namespace letterpress::vault
