// SPDX-License-Identifier: Apache-2.0
// What a Restorer has made so far, and what it still has to do at the end. See files/restorer.h.
//
// Memory: path and metadata of each folder, paths of each hard link and rename; with `into` or
// `resume` also 16 bytes for each file.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "files/open_folders.h"
#include "files/owner_policy.h"
#include "files/restorer.h"

namespace letterpress::files {

class RestoreTree {
 public:
  RestoreTree(OpenFolders folders, RestoreOptions options);

  Result<bool> is_there(const stream::Entry& entry, std::uint64_t size_bytes);
  Result<std::optional<FoundFile>> find(const stream::Entry& entry);
  void keep(const FoundFile& found);
  Result<RestoredFile> create(const stream::Entry& entry);
  Status make(const stream::Entry& entry);
  Status rename(std::string_view from, std::string_view to);
  std::vector<stream::Problem> finish();
  void limit_waiting(std::uint64_t bytes_max) noexcept { waiting_bytes_max_ = bytes_max; }

 private:
  struct Pair {
    std::string from;
    std::string to;
  };
  struct Location {  // of a name, in its open folder
    OpenFolder folder;
    std::string name;
    int descriptor() const { return folder->file.descriptor(); }
  };

  Result<Location> locate(std::string_view path, OpenFolders::Missing missing);
  Status keep_waiting(std::string_view one, std::string_view other);
  Status make_folder(const stream::Entry& entry);
  Status make_symlink(const stream::Entry& entry);
  Status choose_name_meanwhile(Location& location, const stream::Metadata& metadata) const;
  bool is_same_symlink(const Location& location, const std::string& target) const;
  static bool are_same_file(const Location& a, const Location& b);
  void remember(const struct stat& status);
  static Status move_file(const Location& from, const Location& to, const std::string& shown);
  Result<bool> was_renamed(const Location& from, const Location& to, const std::string& to_path);
  static Result<bool> have_equal_bytes(const Location& a, const Location& b,
                                       const std::string& shown);

  bool is_ours(const struct stat& status) const;
  Status check_is_ours(const Location& location, const std::string& path) const;
  bool was_abandoned(const Pair& held_back);
  void follow_renames();
  const std::string& last_name(const std::string& path) const;
  Status do_rename(const Pair& pair);
  Status do_link(const Pair& pair);
  Status finish_folder(const stream::Entry& entry);
  Error exists_error(std::string_view path) const;
  void report_if_failed(const std::string& path, Status status,
                        std::vector<stream::Problem>& problems) const;

  // Constant after construction.
  RestoreOptions options_;
  std::shared_ptr<OwnerPolicy> owners_;

  OpenFolders folders_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t waiting_bytes_max_ = UINT64_MAX;
  std::vector<stream::Entry> folder_entries_;
  std::vector<Pair> renames_;
  std::vector<Pair> links_;      // from the target to the further name
  std::vector<Pair> held_back_;  // from the name until the end to the final one
  std::vector<Pair> done_renames_;
  std::unordered_map<std::string, std::string> last_names_;  // of what was renamed; by finish()
  // Of files that an interrupted restore had moved already: device and inode.
  std::set<std::pair<std::uint64_t, std::uint64_t>> renamed_before_;
  // Of this run's files that are called as those that are held back are meanwhile.
  std::set<std::pair<std::uint64_t, std::uint64_t>> meanwhile_;
  // With `into` or `resume`: device and inode of each file that was made; sorted by finish().
  std::vector<std::pair<std::uint64_t, std::uint64_t>> inodes_;
};

}  // namespace letterpress::files
