// SPDX-License-Identifier: Apache-2.0
// Gives a new file its name: whole and with its bytes on the disk, and never over another file.
// That the name lasts takes a sync of the folder, which is the caller's.
//
//   FileCommit commit(files, CommitMethod::kProbe, &vault_folder);
//   LETTERPRESS_TRY_ASSIGN(bool is_new, commit.make({folder, "name", path, bytes, 0444}));
//   LETTERPRESS_TRY(folder.sync_folder());
//
// The best way that works is found by the first file, and kept:
//   tmpfile    a nameless file (O_TMPFILE) in the folder, room reserved so that a full disk shows
//              at once, write, fsync, linkat
//   rename     O_EXCL under tmp/, fsync, renameat2(RENAME_NOREPLACE)
//   exclusive  O_EXCL under the final name, write, fsync. A crash can leave a file that is cut
//              short: its reader must be able to tell.
// A failed fsync is final: the same bytes go into a new file, once. Not thread-safe.
#pragma once

#include "vault/storage/open_file.h"

namespace letterpress::vault {

enum class CommitMethod : std::uint8_t { kProbe, kTmpfile, kRename, kExclusive };

class FileCommit {
 public:
  struct Target {
    const OpenFile& folder;
    const std::string& name;
    std::string path;  // as the user knows it
    ByteView bytes;
    unsigned mode;
  };

  // `method` other than kProbe: this one or an error. tmp/ is made in `root`, which must outlive
  // this; null: nothing is made beside the target, so there is no rename.
  FileCommit(FileSystem& files, CommitMethod method, const OpenFile* root) noexcept
      : files_(files), root_(root), forced_(method), method_(method) {}

  // False: the name was there, and nothing changed. After an error the file is there whole or not
  // at all, but for a crash in `exclusive`. kIo; kUnsupported: the file system has none of these.
  Result<bool> make(const Target& target);

  // kProbe until the first file.
  CommitMethod method() const noexcept { return method_; }

 private:
  enum class Outcome : std::uint8_t { kStored, kExists, kUnsupported, kSyncFailed };

  Result<Outcome> attempt(const Target& target);
  Result<Outcome> attempt_by(CommitMethod method, const Target& target);
  Result<Outcome> attempt_tmpfile(const Target& target);
  Result<Outcome> attempt_rename(const Target& target);
  Result<Outcome> attempt_exclusive(const Target& target);
  Result<Outcome> fill(OpenFile& file, const Target& target);
  int create(int folder, const char* name, int flags, unsigned mode);
  void remove(int folder, const std::string& name);

  FileSystem& files_;
  const OpenFile* const root_;
  const CommitMethod forced_;  // kProbe: none
  CommitMethod method_;        // the best that worked
};

}  // namespace letterpress::vault
