// SPDX-License-Identifier: Apache-2.0
// Makes entries of what lies under the names that a walk comes upon.
//
// Keeps what concerns the walk as a whole: which inodes have had a name already, and what an
// earlier walk remembers. Not thread-safe. Memory: about 100 bytes and a path for each inode with
// several names, until its last name was seen.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "files/remembered.h"
#include "stream/source.h"

namespace letterpress::files {

// What a file is to the mail server; decides how it is read, and what counts as unchanged.
enum class Role : std::uint8_t {
  kPlain,
  kMail,  // in the cur or new of a Maildir: its bytes never change, so ctime (renames, links) says
          // nothing
  kControl,  // beside them: rewritten by the server at any time
};

// A name in an open folder.
struct FoundName {
  int folder;  // a descriptor, or AT_FDCWD
  std::string name;
  std::string_view entry_path;  // of the name itself
  std::string shown_path;       // as the user knows it
};

struct Gone {};  // the name was there and is not any more
using Taken = std::variant<stream::SourceEntry, stream::Problem, Gone>;

// A Problem kFailed. An error's own mention of the path is dropped from the message.
stream::Problem failed(std::string shown_path, std::string message);
stream::Problem failed(std::string shown_path, const Error& error);
stream::Problem vanished(std::string shown_path);

class EntryReader {
 public:
  EntryReader(Remembered* remembered, bool read_all)
      : remembered_(remembered), read_all_(read_all) {}

  // Nothing if the name is gone.
  static Result<std::optional<struct stat>> look(int folder, const std::string& name,
                                                 const std::string& shown_path);

  // An entry of whatever it is but a folder. `status` is what look() gave. An error ends the walk.
  Result<Taken> take(const FoundName& found, const struct stat& status, Role role);

  static stream::SourceEntry folder_entry(std::string_view entry_path, const struct stat& status);

  // The path under which this file was already taken, if it has several names.
  const std::string* first_path(const struct stat& status);
  // An entry for a further name. Requires first_path(status).
  stream::SourceEntry further_name(std::string_view entry_path, const struct stat& status);
  // The taken entry with this inode has another path now.
  void note_moved(std::uint64_t device, std::uint64_t inode, std::string_view to);

 private:
  using InodeKey = std::pair<std::uint64_t, std::uint64_t>;  // device, inode
  struct FirstName {
    std::string path;
    std::uint64_t names_left;
    std::uint64_t size_bytes;
    std::int64_t mtime_ns;
  };

  Result<Taken> take_file(const FoundName& found, const struct stat& status, Role role);
  static Result<Taken> take_symlink(const FoundName& found, const struct stat& status);
  void forget_failed();

  // Constant after construction.
  Remembered* remembered_;
  bool read_all_;

  std::map<InodeKey, FirstName> first_names_;
  InodeKey last_file_{};              // the one whose content was given out last
  bool last_content_failed_ = false;  // set by that content
};

}  // namespace letterpress::files
