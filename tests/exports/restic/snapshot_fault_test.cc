// SPDX-License-Identifier: Apache-2.0
// Every call to the file system fails in turn while a snapshot is made: there is an error and no
// snapshot, and the next run succeeds. Whether restic finds nothing wrong is restic_errors_test.py.
#include <gtest/gtest.h>

#include <filesystem>

#include "crash/faulty_files.h"
#include "exports/restic/snapshot.h"
#include "files/temp_tree.h"
#include "files/walker.h"

namespace letterpress::restic {
namespace {

using vault::FaultyFiles;
using Lasts = FaultyFiles::Lasts;

class SnapshotFault : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.file("mail/a", "first mail");
    tree_.file("mail/b", "second mail");
    tree_.hard_link("mail/c", "mail/a");
  }

  Result<SnapshotReport> run(vault::FileSystem& files) const {
    LETTERPRESS_TRY_ASSIGN(const auto repository,
                           Repository::open({.path = path(),
                                             .password = "pw",
                                             .new_key_cost = {.n = 16, .r = 1, .p = 1},
                                             .holder = {"host", "user", 1, 0, 0},
                                             .files = &files}));
    LETTERPRESS_TRY_ASSIGN(const auto walker,
                           files::Walker::open({.sources = {{"mail", tree_.path("mail")}}}));
    SnapshotOptions options;
    options.paths = {"/mail"};
    options.spool_folder = tree_.root();
    options.threads = 1;
    return add_snapshot(*repository, *walker, options);
  }
  std::string path() const { return tree_.path("repo"); }
  std::size_t count(const std::string& folder) const {
    std::size_t files = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path() + "/" + folder, error)) {
      if (entry.is_regular_file()) ++files;
    }
    return files;
  }

  files::test::TempTree tree_;
};

TEST_F(SnapshotFault, LeavesNoSnapshotAndTheNextRunSucceeds) {
  FaultyFiles counting(vault::PosixCalls::system());
  ASSERT_TRUE(run(counting));
  const std::size_t calls = counting.calls().size();
  ASSERT_GT(calls, 50U);
  for (const int error : {ENOSPC, EIO}) {
    for (const Lasts lasts : {Lasts::kOnce, Lasts::kEverything}) {
      for (std::size_t call = 0; call < calls; ++call) {
        std::filesystem::remove_all(path());
        FaultyFiles faulty(vault::PosixCalls::system());
        faulty.fail({.call = call, .error_number = error, .lasts = lasts});
        const Result<SnapshotReport> failed = run(faulty);
        const std::string where =
            std::to_string(error) + " at " + std::to_string(call) + " " + counting.calls()[call];
        // A call that fails once may be tried again, or be one whose answer does not matter.
        // The last two give the lock back. Runs differ by a folder or two: packs have random names.
        if (lasts == Lasts::kEverything && faulty.calls().size() > call + 2) {
          EXPECT_FALSE(failed) << where;
        }
        if (!failed) {
          EXPECT_FALSE(failed.error().message().empty());
        }
        // The name may be there if only the last sync failed; then what it names is there too.
        EXPECT_LE(count("snapshots"), 1U) << where;
        const std::size_t before = count("snapshots");
        const Result<SnapshotReport> again = run(vault::PosixCalls::system());
        ASSERT_TRUE(again) << where << ": " << again.error().message();
        EXPECT_EQ(count("snapshots"), before + 1);
      }
    }
  }
}

}  // namespace
}  // namespace letterpress::restic
