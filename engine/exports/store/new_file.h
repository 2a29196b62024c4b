// SPDX-License-Identifier: Apache-2.0
// A file that appears under its name when it is whole, in place of what had the name before.
//
//   LETTERPRESS_TRY_ASSIGN(NewFile file, NewFile::create(path, 0644));
//   LETTERPRESS_TRY(file.write(bytes));
//   LETTERPRESS_TRY(file.commit(NewFile::Lasting::kYes));   // without, nothing is left
//
// Until then it is beside its place as .NAME.PID-NUMBER.part; a program that was killed leaves
// that. Not thread-safe; any number of them at a time.
#pragma once

#include <string>

#include "base/file.h"

namespace letterpress::exports {

class NewFile {
 public:
  // kYes: the bytes are on the disk before the name is there, and the name too afterwards. kNo:
  // whoever made it syncs the file system before it relies on it.
  enum class Lasting : bool { kNo, kYes };

  static Result<NewFile> create(const std::string& path, unsigned mode);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&& other) noexcept;
  ~NewFile();  // removes it, unless it was committed

  Status write(ByteView bytes) { return file_.write(bytes); }
  // Over what was written; the position stays.
  Status write_at(std::uint64_t offset, ByteView bytes);
  Status commit(Lasting lasting);

 private:
  NewFile(File file, std::string part) : file_(std::move(file)), part_(std::move(part)) {}

  File file_;         // says the name that it gets
  std::string part_;  // what it is called until then; empty: it is no more
};

// The folder, and those above it that are not there.
Status make_folders(const std::string& path, unsigned mode);
// Everything that was written to the file system of this folder is on the disk.
Status sync_file_system(const std::string& folder);

}  // namespace letterpress::exports
