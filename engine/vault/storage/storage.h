// SPDX-License-Identifier: Apache-2.0
// Keeps a vault's files: the seam between the vault and what it lies on. Free of policy: it knows
// neither packs nor logs, only files that appear whole, once, and never change.
//
//   LETTERPRESS_TRY(storage.put_if_absent("packs/3f", name, bytes));   // durable when it returns
//   LETTERPRESS_TRY_ASSIGN(Bytes head, storage.read("packs/3f/" + name, 0, 4096));
//
// Paths are relative to the vault, '/' between components, without "." and "..".
// Threads: the const functions may be called from many threads at once, also during a put; puts and
// make_folders come from one thread at a time.
// Errors: kNotFound (no such file or folder), kIo (the system said no), kCorrupt (what has the name
// is no regular file, or the disk does not give it; see also put_if_absent). Messages name the file
// as the user knows it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::vault {

struct StoredName {
  std::string name;  // in its folder
  bool is_folder = false;
  std::uint64_t size_bytes = 0;  // files only
};

class Storage {
 public:
  virtual ~Storage() = default;

  // What a folder holds, by name. Whatever is neither a regular file nor a folder is left out.
  virtual Result<std::vector<StoredName>> list(const std::string& folder) const = 0;

  virtual Result<std::uint64_t> size(const std::string& path) const = 0;

  // The bytes [offset, offset + count) of a file; fewer only where the file ends before. Memory is
  // bounded by what the file holds, whatever `count` is.
  virtual Result<Bytes> read(const std::string& path, std::uint64_t offset,
                             std::uint64_t count) const = 0;

  // The same into a buffer that is there: gives how many bytes it read, fewer than there is room
  // for only where the file ends.
  virtual Result<std::size_t> read_into(const std::string& path, std::uint64_t offset,
                                        std::span<std::uint8_t> into) const {
    LETTERPRESS_TRY_ASSIGN(const Bytes bytes, read(path, offset, into.size()));
    std::copy(bytes.begin(), bytes.end(), into.begin());
    return bytes.size();
  }

  // Makes the file folder/name. When it succeeds, the file is whole and survives a power cut.
  // A file of that name with the same bytes is success too, after it was made durable again. One
  // with other bytes, or that cannot be read, is kCorrupt, and stays as it is: nothing is ever
  // overwritten. After any other
  // error the file is there whole or not at all, unless describe() says otherwise, and the call may
  // be repeated. `bytes` is not empty; the folder exists.
  virtual Status put_if_absent(const std::string& folder, const std::string& name,
                               ByteView bytes) = 0;

  // Takes a damaged file out of the way, durably, so that a good one can have its name: its bytes
  // stay under damaged/<its path with '.' for '/'>.<number>, a name that was free. kUnsupported:
  // this storage cannot.
  virtual Status set_aside(const std::string& path) {
    return Error(ErrorCode::kUnsupported,
                 full_path(path) + ": this storage takes no file out of the way");
  }

  // Makes folders, durably; those that exist are left alone. A parent comes before its children.
  virtual Status make_folders(const std::vector<std::string>& folders) = 0;

  // One line for people: what this lies on and how a file gets its name there.
  virtual std::string describe() const = 0;

  // A path as the user knows it, for messages.
  virtual std::string full_path(const std::string& path) const = 0;
};

}  // namespace letterpress::vault
