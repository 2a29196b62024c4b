// SPDX-License-Identifier: Apache-2.0
// A restic repository that the engine made, as files in memory beside the texts that are sealed in
// them; and a reader of what a snapshot has, from restic's "Design" document.
//
//   RepositoryTexts texts = made_repository().texts;         // change them
//   RepositoryFiles files = made_repository().with(texts);
//   write_files(files, folder);
//   RepositoryReader reader(folder, key);
//   reader.add_index("index/...");
//   const auto contents = reader.read("snapshots/...");      // path -> bytes
#pragma once

#include <sodium.h>
#include <sys/stat.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "exports/restic/index_file.h"
#include "exports/restic/snapshot.h"
#include "made_source.h"
#include "require.h"
#include "vault/keys/sha256.h"
#include "working_folder.h"

namespace letterpress::fuzz {

using RepositoryFiles = std::map<std::string, Bytes>;
using RepositoryJson = nlohmann::ordered_json;

constexpr const char* kMadePassword = "pw";

inline restic::RepositoryOptions repository_options(const std::string& path) {
  return {.path = path,
          .password = kMadePassword,
          .new_key_cost = {.n = 2, .r = 1, .p = 1},
          .holder = {"host", "user", 1, 0, 0}};
}

inline Result<restic::SnapshotReport> add_entries(restic::Repository& repository,
                                                  const std::vector<MadeEntry>& entries,
                                                  const std::string& spool_folder) {
  MadeSource source(entries);
  restic::SnapshotOptions options;
  options.paths = {"/m"};
  options.names_owners = false;
  options.spool_folder = spool_folder;
  options.level = 1;
  options.threads = 1;
  return restic::add_snapshot(repository, source, options);
}

// What is no regular file has its type for its content.
inline RepositoryFiles files_in(const std::string& folder) {
  RepositoryFiles files;
  for (const auto& found : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = found.path().string().substr(folder.size() + 1);
    struct stat status {};
    require(::lstat(found.path().c_str(), &status) == 0);
    Bytes& bytes = files[name];
    if (S_ISREG(status.st_mode)) {
      std::ifstream in(found.path(), std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    } else {
      append_le(bytes, static_cast<std::uint32_t>(status.st_mode));
    }
  }
  return files;
}

inline void write_files(const RepositoryFiles& files, const std::string& folder) {
  for (const auto& [name, bytes] : files) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    require(out.good());
  }
}

struct RepositoryTexts {
  std::string config;
  std::string key;        // as it is in its file
  std::string inner_key;  // what the password opens
  std::string index;
  std::string lock;
  std::string snapshot;
};

class MadeRepository {
 public:
  RepositoryTexts texts;
  restic::BoxKey key;
  const std::vector<MadeEntry> entries = {
      {{.path = "m", .metadata = {.type = stream::EntryType::kFolder}}, {}},
      {{.path = "m/1"}, Bytes(500, 'a')},
      {{.path = "m/2"}, Bytes(700, 'b')},
      {{.path = "m/3", .metadata = {.type = stream::EntryType::kSymlink, .target = "1"}}, {}}};

  MadeRepository() {
    const std::string folder = empty_folder() + "/made";
    const auto repository = take(restic::Repository::open(repository_options(folder)));
    key = repository->key();
    static_cast<void>(take(add_entries(*repository, entries, folder)));
    restic::Box box(key);
    for (const auto& [name, bytes] : files_in(folder)) {
      if (name.starts_with("data/") && name.size() > 64) packs_[name] = bytes;
      if (name.starts_with("keys/")) texts.key = as_text(bytes);
      for (const auto& [inner, text] :
           {std::pair("index/", &texts.index), std::pair("locks/", &texts.lock),
            std::pair("snapshots/", &texts.snapshot)}) {
        if (name.starts_with(inner)) *text = take(get_unpacked(repository->folder(), box, name));
      }
    }
    texts.config = take(get_config(repository->folder(), box));
    open_inner_key();
  }

  // The files that say this. Texts of files but the config's are compressed, or not.
  RepositoryFiles with(const RepositoryTexts& said, bool is_compressed) const {
    RepositoryFiles files = packs_;
    restic::Box box(key);
    take(box.seal(as_bytes(said.config), files["config"]));
    put(files, "index/", said.index, is_compressed);
    put(files, "locks/", said.lock, is_compressed);
    put(files, "snapshots/", said.snapshot, is_compressed);
    files["keys/" + vault::to_hex(vault::sha256(as_bytes(said.key)).bytes)] =
        Bytes(said.key.begin(), said.key.end());
    return files;
  }

  // The key's file that the password opens, and has this in it.
  std::string key_around(const std::string& inner) const {
    Bytes sealed;
    take(restic::Box(password_key_).seal(as_bytes(inner), sealed));
    std::string text(sodium_base64_encoded_len(sealed.size(), sodium_base64_VARIANT_ORIGINAL), 0);
    sodium_bin2base64(text.data(), text.size(), sealed.data(), sealed.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    auto outer = RepositoryJson::parse(texts.key);
    outer["data"] = text;
    return outer.dump();
  }

 private:
  void open_inner_key() {
    const auto outer = RepositoryJson::parse(texts.key);
    const auto bytes_of = [](const std::string& text) {
      Bytes bytes(text.size());
      std::size_t count = 0;
      require(sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr,
                                &count, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0);
      bytes.resize(count);
      return bytes;
    };
    const Bytes salt = bytes_of(outer["salt"]);
    std::array<std::uint8_t, 64> derived{};
    require(crypto_pwhash_scryptsalsa208sha256_ll(as_bytes(std::string_view(kMadePassword)).data(),
                                                  2, salt.data(), salt.size(), 2, 1, 1,
                                                  derived.data(), derived.size()) == 0);
    std::copy_n(derived.begin(), 32, password_key_.encrypt.begin());
    std::copy_n(derived.begin() + 32, 16, password_key_.mac_k.begin());
    std::copy_n(derived.begin() + 48, 16, password_key_.mac_r.begin());
    Bytes plain;
    take(restic::Box(password_key_).open(bytes_of(outer["data"]), plain));
    texts.inner_key = as_text(plain);
  }

  void put(RepositoryFiles& files, const std::string& folder, const std::string& text,
           bool is_compressed) const {
    Bytes plain(text.begin(), text.end());
    if (is_compressed) {
      plain.resize(1 + ZSTD_compressBound(text.size()));
      plain[0] = 2;
      const std::size_t bytes =
          ZSTD_compress(plain.data() + 1, plain.size() - 1, text.data(), text.size(), 1);
      require(ZSTD_isError(bytes) == 0);
      plain.resize(1 + bytes);
    }
    Bytes sealed;
    take(restic::Box(key).seal(plain, sealed));
    const std::string name = vault::to_hex(vault::sha256(sealed).bytes);
    files[folder + name] = std::move(sealed);
  }

  RepositoryFiles packs_;
  restic::BoxKey password_key_;
};

// Made once: what is random in it is the same for all inputs of a process.
inline const MadeRepository& made_repository() {
  static const MadeRepository made;
  return made;
}

class RepositoryReader {
 public:
  RepositoryReader(restic::RepositoryFolder& folder, const restic::BoxKey& key)
      : folder_(folder), box_(key) {}

  // Its blobs must be where it says.
  void add_index(const std::string& name) {
    read_index(name, [&](const restic::IndexedPack& pack) {
      for (const restic::PackedBlob& blob : pack.blobs) rows_[blob.id] = {pack.id, blob};
    });
  }
  // Who wrote it may have lied: a file that needs its blobs may be lost.
  void add_claims(const std::string& name) {
    read_index(name, [&](const restic::IndexedPack& pack) {
      for (const restic::PackedBlob& blob : pack.blobs) claims_.insert(blob.id);
    });
  }

  // The contents by path; nothing for a file that hangs on a claim.
  std::map<std::string, std::optional<Bytes>> read(const std::string& snapshot) {
    const auto json = RepositoryJson::parse(take(get_unpacked(folder_, box_, snapshot)));
    contents_.clear();
    is_whole_ = true;
    read_tree(json["tree"], "");
    return contents_;
  }
  // Whether all folders could be looked into.
  bool is_whole() const noexcept { return is_whole_; }

 private:
  struct Row {
    restic::BlobId pack;
    restic::PackedBlob blob;
  };

  void read_index(const std::string& name,
                  const std::function<void(const restic::IndexedPack&)>& visit) {
    take(restic::read_index(take(get_unpacked(folder_, box_, name)), visit));
  }

  std::optional<Bytes> blob(const std::string& hex, restic::BlobType type) {
    restic::BlobId id;
    require(vault::parse_hex(hex, id.bytes));
    const auto row = rows_.find(id);
    if (row == rows_.end()) {
      require(claims_.contains(id));
      return std::nullopt;
    }
    const std::string pack = vault::to_hex(row->second.pack.bytes);
    const Bytes file =
        take(folder_.read("data/" + pack.substr(0, 2) + "/" + pack, std::uint64_t{1} << 28));
    require(vault::sha256(file) == row->second.pack);
    const restic::PackedBlob& place = row->second.blob;
    require(place.type == type && place.offset + place.sealed_bytes <= file.size());
    Bytes bytes;
    take(box_.open(ByteView(file).subspan(place.offset, place.sealed_bytes), bytes));
    if (place.raw_bytes > 0) {
      Bytes raw(place.raw_bytes);
      require(ZSTD_decompress(raw.data(), raw.size(), bytes.data(), bytes.size()) == raw.size());
      bytes = std::move(raw);
    }
    require(vault::sha256(bytes) == id);
    return bytes;
  }

  void read_tree(const std::string& id, const std::string& path) {
    const std::optional<Bytes> text = blob(id, restic::BlobType::kTree);
    is_whole_ = is_whole_ && text;
    if (!text) return;
    const auto tree = RepositoryJson::parse(as_text(*text));
    for (const auto& node : tree["nodes"]) {
      const std::string inner =
          (path.empty() ? "" : path + "/") + node["name"].template get<std::string>();
      if (node["type"] == "dir") read_tree(node["subtree"], inner);
      if (node["type"] != "file") continue;
      std::optional<Bytes> content = Bytes();
      for (const auto& part : node["content"]) {
        const std::optional<Bytes> bytes = blob(part, restic::BlobType::kData);
        if (bytes && content) append(*content, *bytes);
        if (!bytes) content.reset();
      }
      require(!content || content->size() == node.value("size", std::uint64_t{0}));
      contents_[inner] = std::move(content);
    }
  }

  restic::RepositoryFolder& folder_;
  restic::Box box_;
  std::map<restic::BlobId, Row> rows_;
  std::set<restic::BlobId> claims_;
  std::map<std::string, std::optional<Bytes>> contents_;
  bool is_whole_ = true;
};

}  // namespace letterpress::fuzz
