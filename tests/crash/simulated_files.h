// SPDX-License-Identifier: Apache-2.0
// A file system in memory that knows what a power cut would leave of it: the bytes of a file are
// unsynced until sync_file(), the names in a folder until sync_folder(). crash_states.h makes every
// state that may be found after a cut out of the journal.
//
//   SimulatedFiles files({.has_tmpfile = false});   // a FAT: PosixStorage falls back
//   auto storage = PosixStorage::open("vault", CommitMethod::kProbe, files);
//
// Contents are shared between copies, so a copy is cheap. Thread-safe, as FileSystem says.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "vault/storage/file_system.h"

namespace letterpress::vault {

using SharedBytes = std::shared_ptr<const Bytes>;

class SimulatedFiles final : public FileSystem {
 public:
  // What the file system can do, and what goes wrong with it.
  struct Options {
    bool has_tmpfile = true;
    bool has_rename_no_replace = true;
    // The syncs of these numbers, counted from 0, say that they succeeded and do nothing.
    std::set<std::size_t> swallowed_syncs = {};
    // These fail with EIO and what they should have written is lost, though it can still be read:
    // no later sync writes it.
    std::set<std::size_t> failed_syncs = {};
  };

  using Inode = std::size_t;
  static constexpr Inode kRoot = 0;
  static constexpr Inode kNone = SIZE_MAX;

  struct Event {
    enum class What : std::uint8_t { kName, kBytes, kSyncFile, kSyncFolder, kLost };
    What what;
    Inode inode;             // the file; of kName, kSyncFolder: the folder
    std::string name = {};   // kName
    Inode named = kNone;     // kName: what the name now stands for
    SharedBytes bytes = {};  // kBytes: all of the file
  };

  SimulatedFiles() : SimulatedFiles(Options()) {}
  explicit SimulatedFiles(Options options);
  SimulatedFiles(const SimulatedFiles& other);
  SimulatedFiles& operator=(const SimulatedFiles&) = delete;

  // For tests that build a state by hand: everything is durable.
  void put(const std::string& path, SharedBytes bytes);  // null: a folder
  // Null: no such file.
  SharedBytes find(const std::string& path) const;
  // Every path with its file, null for folders.
  std::map<std::string, SharedBytes> tree() const;

  // Since the start, or since forget_journal() said that all is durable.
  const std::vector<Event>& journal() const noexcept { return journal_; }
  const std::vector<std::map<std::string, Inode>>& durable_folders() const { return durable_; }
  const std::vector<SharedBytes>& durable_files() const { return durable_files_; }
  void forget_journal();
  bool is_folder(Inode inode) const { return nodes_[inode].is_folder; }
  std::size_t sync_count() const noexcept { return syncs_.size(); }
  std::size_t events_before_sync(std::size_t sync) const { return syncs_[sync]; }
  std::size_t open_count() const noexcept { return open_.size(); }

  int open(int folder, const char* name, int flags, unsigned mode) override;
  void close(int file) override;
  int allocate(int file, std::uint64_t count) override;
  std::int64_t write(int file, ByteView bytes) override;
  std::int64_t read_at(int file, std::uint64_t offset, std::span<std::uint8_t> into) override;
  int status(int file, FileStatus& status) override;
  int status_at(int folder, const char* name, FileStatus& status) override;
  int list(int folder, std::vector<std::string>& names) override;
  int sync_file(int file) override;
  int sync_folder(int folder) override;
  int link(int file, int folder, const char* name) override;
  int rename_no_replace(int from, const char* from_name, int to, const char* to_name) override;
  int remove(int folder, const char* name) override;
  int make_folder(int folder, const char* name, unsigned mode) override;

 private:
  struct Node {
    bool is_folder = false;
    SharedBytes bytes = std::make_shared<const Bytes>();
    std::map<std::string, Inode> names = {};
  };
  struct Open {
    Inode inode;
    std::size_t offset = 0;
  };
  // The folder that a path's last name is in, and that name.
  struct Location {
    Inode folder = kNone;
    std::string name = {};
    int error = 0;
    Inode inode = kNone;
  };

  Location locate(int folder, std::string_view path) const;
  Inode add_node(bool is_folder);
  void name(Inode folder, const std::string& name, Inode inode);
  int sync(int file, Event::What what);
  FileStatus status_of(Inode inode) const;

  Options options_;
  mutable std::mutex mutex_;  // guards everything below
  std::vector<Node> nodes_;
  std::map<int, Open> open_;
  int next_descriptor_ = 100;
  std::vector<Event> journal_;
  std::vector<std::map<std::string, Inode>> durable_;  // names, when the journal was forgotten
  std::vector<SharedBytes> durable_files_;
  std::vector<std::size_t> syncs_;  // events before each
};

}  // namespace letterpress::vault
