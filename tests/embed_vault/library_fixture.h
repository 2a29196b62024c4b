// SPDX-License-Identifier: Apache-2.0
// A vault that was made through the public headers only, and a tree of mail beside it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "files/temp_tree.h"
#include "letterpress/snapshot.h"
#include "pipeline/made_mail.h"

namespace letterpress::embed_vault {

using files::test::describe_tree;
using files::test::TempTree;
using Files = std::map<std::string, std::string>;

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message();
}

// The code of an error; a success fails the test.
template <class T>
ErrorCode code_of(const Result<T>& result) {
  if (result) throw std::runtime_error("it succeeded");
  return result.error().code();
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}

class LibraryTest : public ::testing::Test {
 protected:
  BackupOptions options() {
    BackupOptions options;
    options.sources = {"mail"};
    options.state_folder = tree_.path("state");
    options.threads = 2;
    options.on_problem = [this](const PressProblem& problem) {
      problems_.push_back(problem.path + ": " + problem.message);
    };
    return options;
  }

  static Status push(Backup& backup, const std::string& path, const std::string& content,
                     std::size_t piece_bytes = 100'000) {
    LETTERPRESS_TRY(backup.begin_entry({.path = path, .metadata = {.mode = 0600}}));
    for (std::size_t at = 0; at < content.size(); at += piece_bytes) {
      LETTERPRESS_TRY(backup.write(bytes_of(content.substr(at, piece_bytes))));
    }
    return backup.end_entry();
  }

  BackupReport push_all(const Files& files, BackupOptions options,
                        std::size_t piece_bytes = 100'000) {
    Backup backup = take(Backup::open(vault_, ingest_, std::move(options)));
    for (const auto& [path, content] : files) take(push(backup, path, content, piece_bytes));
    return take(backup.finish());
  }

  // A file of the latest snapshot.
  std::string read(const std::string& path, std::uint64_t from = 0,
                   std::uint64_t count = UINT64_MAX) {
    Snapshot snapshot = take(Snapshot::open(vault_, recovery_));
    return read(snapshot, path, from, count);
  }
  static std::string read(Snapshot& snapshot, const std::string& path, std::uint64_t from = 0,
                          std::uint64_t count = UINT64_MAX) {
    std::string out;
    take(snapshot.read(path, from, count, [&](std::span<const std::uint8_t> bytes) -> Status {
      out.append(bytes.begin(), bytes.end());
      return Ok{};
    }));
    return out;
  }

  // The vault's files of a folder, as they lie on disk.
  std::vector<std::string> files_below(const std::string& folder) const {
    std::vector<std::string> found;
    for (const auto& [path, what] : describe_tree(tree_.path("vault/" + folder))) {
      const std::string below = "vault/" + folder + "/" + path;
      if (S_ISREG(tree_.status(below).st_mode)) found.push_back(below);
    }
    return found;
  }

  TempTree tree_;
  VaultKey recovery_ = take(VaultKey::make_recovery());
  Vault vault_ = take(Vault::make(tree_.path("vault"), recovery_));
  VaultKey ingest_ = take(vault_.add_writer("mx1", recovery_));
  std::vector<std::string> problems_;
};

}  // namespace letterpress::embed_vault
