// SPDX-License-Identifier: Apache-2.0
// Trees of real files for tests: made, changed and looked at with plain system calls, never with
// the code under test.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace letterpress::files::test {

// A folder of its own, removed with all its contents at the end. Every call fails the test on
// error.
class TempTree {
 public:
  enum class On : bool { kMemory, kDisk };

  // In memory (where the system has that) it is fast; on disk, names are listed in the order of a
  // hash.
  explicit TempTree(On where = On::kMemory);
  ~TempTree();
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::string& root() const { return root_; }
  std::string path(std::string_view below) const { return root_ + "/" + std::string(below); }

  // All make the folders above.
  void file(std::string_view below, std::string_view content = {}, mode_t mode = 0644) const;
  void folder(std::string_view below, mode_t mode = 0755) const;
  void symlink(std::string_view below, const std::string& target) const;
  void hard_link(std::string_view below, std::string_view target) const;
  void maildir(std::string_view below) const;  // cur, new, tmp

  void rename(std::string_view from, std::string_view to) const;
  void remove(std::string_view below) const;
  void append(std::string_view below, std::string_view content) const;
  void set_mtime(std::string_view below, std::int64_t seconds, long ns) const;
  struct stat status(std::string_view below) const;
  bool exists(std::string_view below) const;
  std::string read(std::string_view below) const;

 private:
  void make_parents(std::string_view below) const;
  std::string root_;
};

// What a tree is, to compare two: for each path below `root` a line with type, mode, owner, mtime,
// link text, the content, and the first path with the same inode. Times of the root itself are left
// out.
std::map<std::string, std::string> describe_tree(const std::string& root);

// Returns when the clock that files get their times from has moved on: a file that was made before
// is then found unchanged by a walk that remembers it, and a change from now on has another time.
void wait_for_file_clock();

// Permissions mean nothing to root: for as long as it lives, such a process acts as another user,
// who owns the tree. Does nothing for other users.
class WithoutRoot {
 public:
  explicit WithoutRoot(const TempTree& tree);
  ~WithoutRoot();
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

 private:
  bool was_root_;
};

}  // namespace letterpress::files::test
