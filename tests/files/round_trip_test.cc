// SPDX-License-Identifier: Apache-2.0
// What a Walker gives, a Restorer makes again: the same tree, told by lstat(2) and the files'
// bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "files/restorer.h"
#include "files/temp_tree.h"
#include "files/walker.h"

namespace letterpress::files::test {
namespace {

using testing::IsEmpty;

Status restore_entry(Restorer& restorer, stream::SourceEntry& entry) {
  if (entry.entry.metadata.type != stream::EntryType::kFile) return restorer.make(entry.entry);
  LETTERPRESS_TRY_ASSIGN(RestoredFile file, restorer.create(entry.entry));
  Bytes buffer(100'000);
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, entry.content->read(buffer));
    if (got == 0) break;
    LETTERPRESS_TRY(file.write(ByteView(buffer).first(got)));
  }
  LETTERPRESS_TRY(entry.content->finish());
  return file.finish();
}

// Copies path to to/NAME.
Status copy(const std::string& path, const std::string& to, bool all_files) {
  LETTERPRESS_TRY_ASSIGN(auto walker,
                         Walker::open({.sources = {{"name", path}}, .all_files = all_files}));
  LETTERPRESS_TRY_ASSIGN(auto restorer, Restorer::open(to, {}));
  while (true) {
    LETTERPRESS_TRY_ASSIGN(auto event, walker->next());
    if (!event) break;
    if (auto* entry = std::get_if<stream::SourceEntry>(&*event)) {
      LETTERPRESS_TRY(restore_entry(*restorer, *entry));
    } else if (auto* moved = std::get_if<stream::Moved>(&*event)) {
      LETTERPRESS_TRY(restorer->rename(moved->from, moved->to));
    } else {
      return Error(ErrorCode::kIo, std::get<stream::Problem>(*event).message);
    }
  }
  LETTERPRESS_TRY_ASSIGN(const auto problems, restorer->finish());
  if (!problems.empty()) return Error(ErrorCode::kIo, problems.front().message);
  return Ok{};
}

// Makes trees of all that there may be, from a seed.
class RandomTree {
 public:
  RandomTree(const TempTree& tree, unsigned seed) : tree_(tree), random_(seed) {}

  void make(const std::string& below, int depth) {
    const auto count = 4 + random_() % 6;
    for (unsigned i = 0; i < count; ++i) make_one(below + "/" + name(), depth);
    if (random_() % 4 == 0) {
      tree_.maildir(below + "/maildir");
      for (int i = 0; i < 5; ++i) {
        tree_.file(below + "/maildir/cur/" + name() + ":2,S", bytes(), 0600);
        tree_.file(below + "/maildir/new/" + name(), bytes(), 0600);
      }
      tree_.file(below + "/maildir/dovecot-uidlist", bytes(), 0600);
    }
    age(below, static_cast<mode_t>(0700 | (random_() & 02077)));
  }

 private:
  void make_one(const std::string& path, int depth) {
    if (tree_.exists(path)) return;
    const auto what = random_() % 10;
    if (what < 2 && depth > 0) {
      tree_.folder(path);
      make(path, depth - 1);
    } else if (what == 2) {
      tree_.symlink(path, name());
      tree_.set_mtime(path, static_cast<std::int64_t>(random_() % 2'000'000'000), 77);
    } else if (what == 3 && !files_.empty()) {
      tree_.hard_link(path, files_[random_() % files_.size()]);
    } else if (what == 4) {
      tree_.folder(path);
      age(path, 0755);
    } else {
      tree_.file(path, bytes());
      age(path, static_cast<mode_t>(random_() & 07777));
      files_.push_back(path);
    }
  }
  void age(const std::string& path, mode_t mode) {
    EXPECT_EQ(::chmod(tree_.path(path).c_str(), mode), 0);
    tree_.set_mtime(path, static_cast<std::int64_t>(random_() % 2'000'000'000),
                    static_cast<long>(random_() % 1'000'000'000));
  }
  std::string name() {
    std::string name(1 + random_() % (random_() % 5 == 0 ? 250 : 12), 'x');
    for (char& c : name) {
      c = static_cast<char>(1 + random_() % 255);
      if (c == '/') c = '.';
    }
    return name == "." || name == ".." ? "dots" : name;
  }
  std::string bytes() {
    std::string bytes(random_() % 50 == 0 ? random_() % 3'000'000 : random_() % 500, 'x');
    for (std::size_t i = 0; i < bytes.size(); i += 97) bytes[i] = static_cast<char>(random_());
    return bytes;
  }

  const TempTree& tree_;
  std::mt19937 random_;
  std::vector<std::string> files_;
};

class RoundTripTest : public testing::TestWithParam<unsigned> {};

TEST_P(RoundTripTest, TheRestoredTreeIsTheSame) {
  if (::geteuid() != 0) GTEST_SKIP() << "the modes of this tree need root to be read";
  const TempTree tree;
  tree.folder("from/name");
  RandomTree(tree, GetParam()).make("from/name", 3);
  const auto before = describe_tree(tree.path("from"));
  const Status copied = copy(tree.path("from/name"), tree.path("to"), true);
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(describe_tree(tree.path("to")), before);
  EXPECT_EQ(describe_tree(tree.path("from")), before);
  ASSERT_GT(before.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTripTest, testing::Range(1U, 21U));

}  // namespace
}  // namespace letterpress::files::test
