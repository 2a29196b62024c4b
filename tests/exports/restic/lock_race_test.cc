// SPDX-License-Identifier: Apache-2.0
// The property: of two who lock a repository at the same time, at least one sees the other.
#include "exports/restic/lock.h"

#include <gtest/gtest.h>

#include "crash/faulty_files.h"
#include "exports/restic/unpacked_file.h"
#include "files/temp_tree.h"
#include "vault/storage/posix_calls.h"

namespace letterpress::restic {
namespace {

class LockRace : public ::testing::Test {
 protected:
  LockRace() : path_(tree_.path("repo")), box_(*random_box_key()) {
    EXPECT_TRUE(RepositoryFolder::create(vault::PosixCalls::system(), path_));
  }

  RepositoryFolder folder(vault::FileSystem& files) const {
    return *RepositoryFolder::open(files, path_);
  }
  void remove_locks() {
    RepositoryFolder all = folder(vault::PosixCalls::system());
    const Result<std::vector<std::string>> names = all.list("locks");
    ASSERT_TRUE(names);
    for (const std::string& name : *names) {
      EXPECT_TRUE(all.remove("locks/" + name));
    }
  }

  files::test::TempTree tree_;
  const std::string path_;
  Box box_;
};

TEST_F(LockRace, WhoLocksMeanwhileIsSeenOrSeesOurs) {
  vault::RecordingFiles counting(vault::PosixCalls::system());
  std::size_t calls = 0;
  {
    RepositoryFolder ours = folder(counting);
    const Result<Lock> lock = Lock::take(ours, box_, {"host", "user", 1, 0, 0});
    ASSERT_TRUE(lock);
    calls = counting.calls().size();
  }
  ASSERT_GT(calls, 10U);
  bool is_ever_seen = false;
  for (std::size_t call = 0; call < calls; ++call) {
    vault::RecordingFiles files(vault::PosixCalls::system());
    bool sees_ours = false;
    files.before(call, [&] {
      RepositoryFolder theirs = folder(vault::PosixCalls::system());
      ASSERT_TRUE(put_unpacked(theirs, box_, "locks", R"({"exclusive":true,"pid":7})"));
      sees_ours = theirs.list("locks")->size() > 1;
    });
    {
      RepositoryFolder ours = folder(files);
      const Result<Lock> lock = Lock::take(ours, box_, {"host", "user", 1, 0, 0});
      EXPECT_TRUE(!lock || sees_ours) << "before call " << call;
      is_ever_seen = is_ever_seen || !lock;
    }
    remove_locks();
  }
  EXPECT_TRUE(is_ever_seen);
}

}  // namespace
}  // namespace letterpress::restic
