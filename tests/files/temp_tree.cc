// SPDX-License-Identifier: Apache-2.0
#include "files/temp_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace letterpress::files::test {
namespace {

constexpr uid_t kOtherUser = 65534;

void expect_done(int result, const std::string& what) {
  EXPECT_EQ(result, 0) << what << ": " << std::strerror(errno);
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TempTree::TempTree(On where) {
  const char* disk = std::getenv("TMPDIR");
  std::string base = disk != nullptr ? disk : "/tmp";
  if (where == On::kMemory && ::access("/dev/shm", W_OK) == 0) base = "/dev/shm";
  std::string name = base + "/letterpress-test-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  root_ = name;
}

// rm(1) because it removes trees whose paths no single call can name.
TempTree::~TempTree() {
  const std::string remove = "chmod -R u+rwx '" + root_ + "' 2>/dev/null; rm -rf '" + root_ + "'";
  EXPECT_EQ(std::system(remove.c_str()), 0);
}

void TempTree::file(std::string_view below, std::string_view content, mode_t mode) const {
  make_parents(below);
  std::ofstream out(path(below), std::ios::binary);
  out << content;
  out.close();
  EXPECT_TRUE(out.good()) << path(below);
  expect_done(::chmod(path(below).c_str(), mode), path(below));
}

void TempTree::folder(std::string_view below, mode_t mode) const {
  std::filesystem::create_directories(path(below));
  expect_done(::chmod(path(below).c_str(), mode), path(below));
}

void TempTree::symlink(std::string_view below, const std::string& target) const {
  make_parents(below);
  expect_done(::symlink(target.c_str(), path(below).c_str()), path(below));
}

void TempTree::hard_link(std::string_view below, std::string_view target) const {
  make_parents(below);
  expect_done(::link(path(target).c_str(), path(below).c_str()), path(below));
}

void TempTree::maildir(std::string_view below) const {
  for (const char* name : {"/cur", "/new", "/tmp"}) folder(std::string(below) + name, 0700);
}

void TempTree::rename(std::string_view from, std::string_view to) const {
  expect_done(::rename(path(from).c_str(), path(to).c_str()), path(from));
}

void TempTree::remove(std::string_view below) const {
  EXPECT_GT(std::filesystem::remove_all(path(below)), 0U) << path(below);
}

void TempTree::append(std::string_view below, std::string_view content) const {
  std::ofstream out(path(below), std::ios::binary | std::ios::app);
  out << content;
  out.close();
  EXPECT_TRUE(out.good());
}

void TempTree::set_mtime(std::string_view below, std::int64_t seconds, long ns) const {
  const struct timespec times[2] = {{0, UTIME_OMIT}, {seconds, ns}};
  expect_done(::utimensat(AT_FDCWD, path(below).c_str(), times, AT_SYMLINK_NOFOLLOW), path(below));
}

struct stat TempTree::status(std::string_view below) const {
  struct stat status {};
  expect_done(::lstat(path(below).c_str(), &status), path(below));
  return status;
}

bool TempTree::exists(std::string_view below) const {
  struct stat status {};
  return ::lstat(path(below).c_str(), &status) == 0;
}

std::string TempTree::read(std::string_view below) const { return slurp(path(below)); }

void TempTree::make_parents(std::string_view below) const {
  std::filesystem::create_directories(std::filesystem::path(path(below)).parent_path());
}

std::map<std::string, std::string> describe_tree(const std::string& root) {
  std::map<std::string, std::string> result;
  std::map<ino_t, std::string> first_names;
  std::vector<std::string> paths;
  for (const auto& found : std::filesystem::recursive_directory_iterator(root)) {
    paths.push_back(found.path().native());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    struct stat status {};
    expect_done(::lstat(path.c_str(), &status), path);
    std::ostringstream line;
    line << std::oct << status.st_mode << std::dec << " " << status.st_uid << ":" << status.st_gid
         << " " << status.st_mtim.tv_sec << "." << status.st_mtim.tv_nsec;
    const std::string below = path.substr(root.size() + 1);
    if (S_ISLNK(status.st_mode)) line << " -> " << std::filesystem::read_symlink(path).native();
    if (S_ISREG(status.st_mode)) {
      line << " same as " << first_names.emplace(status.st_ino, below).first->second;
      line << " nlink " << status.st_nlink << " content " << slurp(path);
    }
    result[below] = line.str();
  }
  return result;
}

// Newer kernels take some times from the fine clock, which the coarse one follows by up to two
// ticks.
void wait_for_file_clock() {
  struct timespec begin {};
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME, &begin);
  do {
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (std::pair(now.tv_sec, now.tv_nsec) <= std::pair(begin.tv_sec, begin.tv_nsec));
}

WithoutRoot::WithoutRoot(const TempTree& tree) : was_root_(::geteuid() == 0) {
  if (!was_root_) return;
  expect_done(std::system(("chown -R " + std::to_string(kOtherUser) + ":" +
                           std::to_string(kOtherUser) + " '" + tree.root() + "'")
                              .c_str()),
              "chown");
  expect_done(::setegid(kOtherUser), "setegid");
  expect_done(::seteuid(kOtherUser), "seteuid");
}

WithoutRoot::~WithoutRoot() {
  if (!was_root_) return;
  expect_done(::seteuid(0), "seteuid");
  expect_done(::setegid(0), "setegid");
}

}  // namespace letterpress::files::test
