// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/repository.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "exports/restic/index_file.h"
#include "exports/restic/polynomial.h"
#include "exports/restic/read_json.h"
#include "exports/restic/time_text.h"
#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kKeyFileBytesMax = 64 * 1024;
constexpr int kKeysMax = 20;  // as many as restic tries
constexpr std::size_t kFileNameBytes = 64;

bool is_own_folder(const std::string& name) {
  constexpr std::array<std::string_view, 5> kNames = {"data", "index", "keys", "locks",
                                                      "snapshots"};
  return std::ranges::find(kNames, name) != kNames.end();
}

// The master key, and what it opens. A key that opens, but not the config, is one of an attempt to
// make the repository that another was ahead of.
struct Unlocked {
  BoxKey key;
  std::string config;
};

Result<Unlocked> unlock(const RepositoryFolder& folder, const std::string& password) {
  std::optional<Error> wrong_key;
  LETTERPRESS_TRY_ASSIGN(std::vector<std::string> names, folder.list("keys"));
  std::ranges::sort(names);
  int tried = 0;
  for (const std::string& name : names) {
    if (name.size() != kFileNameBytes || ++tried > kKeysMax) continue;
    LETTERPRESS_TRY_ASSIGN(const Bytes bytes, folder.read("keys/" + name, kKeyFileBytesMax));
    Result<std::optional<BoxKey>> key = open_key_file(as_text(bytes), password);
    if (!key) {
      // One damaged key must not hide another that opens.
      if (names.size() > 1 && key.error().code() == ErrorCode::kCorrupt) continue;
      return Error(key.error().code(),
                   folder.full_path("keys/" + name) + ": " + key.error().message());
    }
    if (!*key) continue;
    Box box(**key);
    Result<std::string> config = get_config(folder, box);
    if (config) return Unlocked{**key, *std::move(config)};
    if (config.error().code() != ErrorCode::kCorrupt) return std::move(config).error();
    wrong_key = std::move(config).error();
  }
  if (wrong_key) return std::move(*wrong_key);
  if (tried == 0) {
    return Error(ErrorCode::kCorrupt, folder.path() + ": has no key: its folder keys is empty");
  }
  return Error(ErrorCode::kInvalidArgument,
               folder.path() + ": the password opens none of the repository's keys");
}

// Pack -> the length of its file.
Result<std::map<BlobId, std::uint64_t>> stored_packs(const RepositoryFolder& folder) {
  std::map<BlobId, std::uint64_t> packs;
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> inner, folder.list("data"));
  for (const std::string& two : inner) {
    if (two.size() != 2) continue;
    LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> names, folder.list("data/" + two));
    for (const std::string& name : names) {
      BlobId id;
      if (name.size() != kFileNameBytes || !vault::parse_hex(name, id.bytes)) continue;
      LETTERPRESS_TRY_ASSIGN(packs[id], folder.size("data/" + two + "/" + name));
    }
  }
  return packs;
}

// Whether a repository can be made here: nothing is here, or what an interrupted attempt left.
Result<bool> is_free(const RepositoryFolder& folder) {
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> names, folder.list("."));
  if (!std::ranges::all_of(names, is_own_folder)) return false;
  LETTERPRESS_TRY_ASSIGN(const auto packs, stored_packs(folder));
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> indexes, folder.list("index"));
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> snapshots, folder.list("snapshots"));
  return packs.empty() && indexes.empty() && snapshots.empty();
}

}  // namespace

Result<std::unique_ptr<Repository>> Repository::open(const RepositoryOptions& options) {
  if (options.password.empty()) {
    return Error(ErrorCode::kInvalidArgument, "an empty password opens no restic repository");
  }
  Result<RepositoryFolder> folder = RepositoryFolder::open(*options.files, options.path);
  if (!folder && folder.error().code() != ErrorCode::kNotFound) return std::move(folder).error();
  if (!folder) return create(options);
  LETTERPRESS_TRY_ASSIGN(const bool has_config, folder->has(kConfigName));
  if (has_config) return open_existing(options, *std::move(folder));
  LETTERPRESS_TRY_ASSIGN(const bool may_create, is_free(*folder));
  if (may_create) return create(options);
  return Error(ErrorCode::kInvalidArgument,
               options.path +
                   ": is neither a restic repository, which has a file config, nor an "
                   "empty folder");
}

Result<std::unique_ptr<Repository>> Repository::create(const RepositoryOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const BoxKey key, random_box_key());
  LETTERPRESS_TRY_ASSIGN(
      const std::string key_json,
      make_key_file(key, options.password,
                    {local_time_text(now_ns()), options.holder.user, options.holder.host},
                    options.new_key_cost));
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t polynomial, random_polynomial());
  BlobId id;
  LETTERPRESS_TRY(vault::fill_random(id.bytes));
  std::array<std::uint8_t, 8> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = static_cast<std::uint8_t>(polynomial >> (56 - 8 * i));
  }
  std::string hex = vault::to_hex(digits);
  hex.erase(0, hex.find_first_not_of('0'));
  const Json config = {
      {"version", 2}, {"id", vault::to_hex(id.bytes)}, {"chunker_polynomial", hex}};

  LETTERPRESS_TRY_ASSIGN(RepositoryFolder folder,
                         RepositoryFolder::create(*options.files, options.path));
  std::unique_ptr<Repository> repository(new Repository(std::move(folder), key, true));
  // Whose config it is, its key counts: another program may be making the repository as well, and
  // until there is a config, no key is removed but our own.
  const std::string key_name = vault::to_hex(vault::sha256(as_bytes(key_json)).bytes);
  LETTERPRESS_TRY(repository->folder_.put("keys", key_name, as_bytes(key_json)));
  if (Status put = put_config(repository->folder_, repository->box_, config.dump()); !put) {
    // Nobody's, or ours after all, and only its sync failed.
    const Result<std::string> there = get_config(repository->folder_, repository->box_);
    if (there || there.error().code() != ErrorCode::kCorrupt) return std::move(put).error();
    static_cast<void>(repository->folder_.remove("keys/" + key_name));
    return std::move(put).error().while_doing(
        "another program was faster in making the repository; run it again");
  }
  // Those of other attempts open nothing, but restic would try them first. Their makers may be
  // removing them too.
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::string> keys, repository->folder_.list("keys"));
  for (const std::string& name : keys) {
    if (name != key_name) static_cast<void>(repository->folder_.remove("keys/" + name));
  }
  LETTERPRESS_TRY_ASSIGN(Lock lock,
                         Lock::take(repository->folder_, repository->box_, options.holder));
  repository->lock_ = std::make_unique<Lock>(std::move(lock));
  return repository;
}

Result<std::unique_ptr<Repository>> Repository::open_existing(const RepositoryOptions& options,
                                                              RepositoryFolder folder) {
  LETTERPRESS_TRY_ASSIGN(const Unlocked unlocked, unlock(folder, options.password));
  std::unique_ptr<Repository> repository(new Repository(std::move(folder), unlocked.key, false));
  LETTERPRESS_TRY(repository->require_version_2(unlocked.config));
  LETTERPRESS_TRY_ASSIGN(Lock lock,
                         Lock::take(repository->folder_, repository->box_, options.holder));
  repository->lock_ = std::make_unique<Lock>(std::move(lock));
  LETTERPRESS_TRY(repository->load_index(options));
  return repository;
}

Status Repository::require_version_2(const std::string& text) const {
  const ReadJson config = ReadJson::parse(text, nullptr, false);
  if (!config.is_object() || !config.contains("version") ||
      !config["version"].is_number_unsigned()) {
    return Error(ErrorCode::kCorrupt, folder_.full_path(kConfigName) + ": is no restic config");
  }
  const auto version = config["version"].get<std::uint64_t>();
  if (version == 2) return Ok{};
  if (version == 1) {
    return Error(ErrorCode::kUnsupported,
                 folder_.path() +
                     ": is a repository of version 1, which has no compression; "
                     "restic migrate upgrade_repo_v2 makes it version 2");
  }
  return Error(ErrorCode::kUnsupported, folder_.path() + ": is a repository of version " +
                                            std::to_string(version) +
                                            "; this program knows version 2");
}

Status Repository::load_index(const RepositoryOptions& options) {
  LETTERPRESS_TRY_ASSIGN(const auto packs, stored_packs(folder_));
  LETTERPRESS_TRY_ASSIGN(std::vector<std::string> names, folder_.list("index"));
  std::uint64_t missing = 0;
  const auto take = [&](const IndexedPack& pack) {
    const auto found = packs.find(pack.id);
    if (found == packs.end() || found->second != pack.file_bytes()) {
      ++missing;
      return;
    }
    for (const PackedBlob& blob : pack.blobs) blobs(blob.type).add(blob.id);
  };
  for (const std::string& name : names) {
    if (name.size() != kFileNameBytes) continue;
    Result<std::string> json = get_unpacked(folder_, box_, "index/" + name);
    Status read = Ok{};
    if (json) {
      read = read_index(*json, take);
      if (!read) read = std::move(read).error().while_doing(folder_.full_path("index/" + name));
    } else {
      read = std::move(json).error();
    }
    if (!read) {
      return Error(read.error().code(), read.error().message() +
                                            "; restic rebuild-index makes the index anew from the "
                                            "packs");
    }
  }
  if (missing > 0 && options.on_note) {
    options.on_note(folder_.path() + ": " + std::to_string(missing) +
                    " packs that the index names are missing or have another length: run restic "
                    "rebuild-index. What they held is stored again where the source has it");
  }
  return Ok{};
}

}  // namespace letterpress::restic
