// SPDX-License-Identifier: Apache-2.0
// Makes a tree of files back, below one folder, without ever writing outside it or over anything.
//
//   LETTERPRESS_TRY_ASSIGN(auto restorer, files::Restorer::open("/srv/restored", {}));
//   LETTERPRESS_TRY_ASSIGN(files::RestoredFile file, restorer->create(entry));   // a kFile
//   LETTERPRESS_TRY(file.write(bytes)); ... LETTERPRESS_TRY(file.finish());
//   LETTERPRESS_TRY(restorer->make(other_entry));                                // anything else
//   LETTERPRESS_TRY_ASSIGN(std::vector<stream::Problem> problems, restorer->finish());
//
//   order of calls:  open (is_there? create | make | rename)* finish
//
// Entries may come in any order; a parent that has no entry yet is made with default permissions.
// A restore that was killed can be taken up with `resume`: see is_there(). A file that is not whole
// has the mode 0200, which tells it from those of others.
//
// An error of create(), make() or a RestoredFile concerns that entry alone: report it and go on. A
// name that exists is an error, never overwritten; no symbolic link is followed below the
// destination, and a path that stream::is_valid_path() refuses is kInvalidArgument.
//
// Folders are writable by their owner until finish(), which does, in this order: the renames, the
// hard links, every `dovecot-uidlist` (written under another name until then, so that no mailbox
// ever shows UIDs of mails that are not there yet), then modes, owners and times of folders,
// deepest first. Nothing is synced to the disk.
//
// Owners are set as root; otherwise one Problem kNote says that they were not, and set-uid and
// set-gid bits of files whose owner differs are dropped. Times: mtime to the nanosecond.
//
// Threads: the Restorer belongs to one thread; different RestoredFiles may be written and finished
// by different threads meanwhile, all before Restorer::finish().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "files/open_folders.h"
#include "stream/entry.h"
#include "stream/source.h"

namespace letterpress::files {

class RestoreTree;
struct OwnerPolicy;

// A file being written. Destroyed unfinished, it is abandoned.
//   order of calls:  write* (finish | abandon)
class RestoredFile {
 public:
  RestoredFile(RestoredFile&&) noexcept = default;
  RestoredFile& operator=(RestoredFile&&) noexcept;
  ~RestoredFile();

  Status write(ByteView bytes) { return file_.write(bytes); }
  // Sets owner, mode and time, and closes it. After an error the file may be there: abandon() it.
  Status finish();
  // Removes it.
  Status abandon();

 private:
  friend class RestoreTree;
  RestoredFile(File file, OpenFolder folder, std::string name, stream::Metadata metadata,
               std::shared_ptr<OwnerPolicy> owners);

  File file_;  // open until finished or abandoned
  OpenFolder folder_;
  std::string name_;
  stream::Metadata metadata_;
  std::shared_ptr<OwnerPolicy> owners_;
};

struct RestoreOptions {
  // Whether the destination may have contents. Its folders are then used, and keep their owner and
  // permissions; its other contents are never touched.
  bool into = false;
  // The destination may have what an earlier restore of the same entries made before it was
  // interrupted: what is whole stays, what is not is made again, and the rest as with `into`, but
  // that folders get their owners, permissions and times.
  bool resume = false;
};

// A file that is there, as an interrupted restore would have left it; or anybody.
struct FoundFile {
  std::uint64_t size_bytes = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

class Restorer {
 public:
  // Makes the destination, and its parents, if absent. kInvalidArgument if it has contents, without
  // `into` and `resume`.
  static Result<std::unique_ptr<Restorer>> open(const std::string& destination,
                                                RestoreOptions options);
  ~Restorer();

  // With `resume`: whether the file is there and whole, with that size and its time. Then it is not
  // to be created; otherwise it is, and what was left of it is gone. Always false without `resume`.
  Result<bool> is_there(const stream::Entry& entry, std::uint64_t size_bytes);
  // The same in two steps, for who learns the size later: find() gives what has the entry's name
  // and time, and keep() says that its size is right, too, and it is not to be created.
  Result<std::optional<FoundFile>> find(const stream::Entry& entry);
  void keep(const FoundFile& found);
  Result<RestoredFile> create(const stream::Entry& entry);  // kFile
  Status make(const stream::Entry& entry);                  // kFolder, kSymlink, kHardLink
  // An entry that was made, or comes later, under `from` gets the name `to`, at finish().
  Status rename(std::string_view from, std::string_view to);
  // How much may wait for finish(): links, renames and folders, with their names. What is beyond it
  // is kLimitExceeded. At any time; without it as much as comes.
  void limit_waiting(std::uint64_t bytes_max) noexcept;
  // Call once. The problems are those of single entries; an error means that nothing more could be
  // done.
  Result<std::vector<stream::Problem>> finish();

 private:
  explicit Restorer(std::unique_ptr<RestoreTree> tree);
  std::unique_ptr<RestoreTree> tree_;
};

}  // namespace letterpress::files
