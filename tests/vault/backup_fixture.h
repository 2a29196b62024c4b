// SPDX-License-Identifier: Apache-2.0
// A vault, a tree of mail and everything between them, in one temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "files/temp_tree.h"
#include "vault/backup.h"
#include "vault/keys/key_files.h"
#include "vault/restore.h"
#include "vault/snapshot.h"
#include "vault/vault_fixtures.h"
#include "vault/verify.h"

namespace letterpress::vault {

using files::test::describe_tree;
using files::test::TempTree;

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    take(Vault::init(vault_path_, keys_));
    key_ = take(read_ingest_key(keys_ + "/ingest.key"));
    recovery_ = take(read_recovery_key(keys_ + "/recovery.key"));
    mail_.folder("mail");
  }

  void write(const std::string& path, const std::string& content) const {
    mail_.file("mail/" + path, content);
  }

  BackupOptions options() {
    BackupOptions options;
    options.walk.sources = {{"mail", mail_.path("mail")}};
    options.state_folder = state_;
    options.press.threads = 2;
    options.on_note = [this](const std::string& note) { notes_.push_back(note); };
    options.on_problem = [this](const stream::Problem& problem) {
      notes_.push_back(problem.path + ": " + problem.message);
    };
    return options;
  }
  Result<BackupReport> try_backup(const BackupOptions& options) {
    notes_.clear();
    Vault vault = take(Vault::open(vault_path_));
    return backup(vault, key_, options);
  }
  BackupReport backup_now() { return take(try_backup(options())); }

  // What a snapshot gives back, described; empty if it gives nothing.
  std::map<std::string, std::string> restored(const std::string& name = "latest",
                                              std::vector<std::string> paths = {}) {
    TempTree to;
    const Vault vault = take(Vault::open(vault_path_));
    const SnapshotList list = take(list_snapshots(vault));
    const Snapshot* snapshot = take(list.find(name));
    notes_.clear();
    RestoreOptions options;
    options.to = to.path("out");
    options.paths = std::move(paths);
    options.on_problem = [this](const stream::Problem& problem) {
      notes_.push_back(problem.path + ": " + problem.message);
    };
    report_ = take(restore(vault, list.packs_of(snapshot->entry.identity), snapshot->entry,
                           keys(vault), options));
    return describe_tree(to.path("out"));
  }
  std::map<std::string, std::string> original() const {
    auto tree = describe_tree(mail_.root());
    return tree;
  }

  // What the recovery key opens.
  Keyring keys(const Vault& vault) const {
    Keyring keys = vault.keyring();
    keys.add(recovery_.reader());
    return keys;
  }

  std::vector<Damage> damage() {
    std::vector<Damage> found;
    const Vault vault = take(Vault::open(vault_path_));
    VerifyOptions options;
    options.keys = keys(vault);
    options.is_deep = true;
    options.on_damage = [&](const Damage& damage) { found.push_back(damage); };
    options.on_note = [this](const std::string& note) { notes_.push_back(note); };
    verified_ = take(verify(vault, options));
    EXPECT_EQ(verified_.damage, found.size());
    return found;
  }

  // Regular files of the vault and their bytes.
  std::map<std::string, std::string> vault_files() const {
    std::map<std::string, std::string> files;
    for (const auto& found : std::filesystem::recursive_directory_iterator(vault_path_)) {
      if (!found.is_regular_file()) continue;
      std::ifstream in(found.path(), std::ios::binary);
      files[found.path().lexically_relative(vault_path_).native()] = {
          std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    return files;
  }
  std::vector<std::string> files_below(const std::string& folder) const {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : vault_files()) {
      if (path.starts_with(folder)) paths.push_back(path);
    }
    return paths;
  }

  TempTree mail_;
  TempTree place_;
  const std::string vault_path_ = place_.path("vault");
  const std::string keys_ = place_.path("keys");
  const std::string state_ = place_.path("state");
  IngestKey key_;
  RecoveryKey recovery_;
  std::vector<std::string> notes_;
  RestoreReport report_;
  VerifyReport verified_;
};

inline std::string seeded_text(std::size_t count, std::uint64_t seed) {
  return std::string(as_text(seeded_bytes(count, seed)));
}

// A message that nothing else is like.
inline std::string seeded_mail(std::uint64_t seed, std::size_t text_bytes = 600) {
  std::string text;
  for (const std::uint8_t byte : seeded_bytes(text_bytes, seed)) {
    text += byte < 16 ? '\n' : static_cast<char>('a' + byte % 26);
  }
  return "From: anna@example.org\nTo: bert@example.net\nSubject: " + std::to_string(seed) +
         "\nMessage-ID: <" + std::to_string(seed * 7919) + "@example.org>\n\n" + text + "\n";
}

}  // namespace letterpress::vault
