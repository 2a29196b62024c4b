// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/posix_storage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <fstream>
#include <functional>
#include <utility>

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

// Each call fails with its error as often as told, then works.
class FailingCalls final : public PosixCalls {
 public:
  struct Failure {
    int error_number = 0;
    int times = 0;
  };
  Failure create_failure, allocate_failure, write_failure, sync_file_failure, sync_folder_failure,
      link_failure, rename_failure, remove_failure;
  int only_flags = 0;                 // create: only calls that have these flags fail
  std::function<void()> before_name;  // runs before a file gets its final name, once
  int files_created = 0;

  int open(int folder, const char* name, int flags, unsigned mode) override {
    // The flag of O_TMPFILE that is not that of O_DIRECTORY.
    constexpr int kNameless = O_TMPFILE & ~O_DIRECTORY;
    if ((flags & (O_CREAT | kNameless)) == 0) return PosixCalls::open(folder, name, flags, mode);
    if ((flags & only_flags) == only_flags && fails(create_failure)) {
      return -create_failure.error_number;
    }
    if (std::string_view(name) == "name") somebody_else();
    ++files_created;
    return PosixCalls::open(folder, name, flags, mode);
  }
  int allocate(int file, std::uint64_t count) override {
    if (fails(allocate_failure)) return -allocate_failure.error_number;
    return PosixCalls::allocate(file, count);
  }
  std::int64_t write(int file, ByteView bytes) override {
    if (!fails(write_failure)) return PosixCalls::write(file, bytes);
    PosixCalls::write(file, bytes.first(bytes.size() / 2));
    return -write_failure.error_number;
  }
  int sync_file(int file) override {
    if (fails(sync_file_failure)) return -sync_file_failure.error_number;
    return PosixCalls::sync_file(file);
  }
  int sync_folder(int folder) override {
    if (fails(sync_folder_failure)) return -sync_folder_failure.error_number;
    return PosixCalls::sync_folder(folder);
  }
  int link(int file, int folder, const char* name) override {
    somebody_else();
    if (fails(link_failure)) return -link_failure.error_number;
    return PosixCalls::link(file, folder, name);
  }
  int rename_no_replace(int from, const char* from_name, int to, const char* to_name) override {
    somebody_else();
    if (fails(rename_failure)) return -rename_failure.error_number;
    return PosixCalls::rename_no_replace(from, from_name, to, to_name);
  }
  int remove(int folder, const char* name) override {
    if (fails(remove_failure)) return -remove_failure.error_number;
    return PosixCalls::remove(folder, name);
  }

 private:
  void somebody_else() {
    if (before_name) std::exchange(before_name, nullptr)();
  }
  static bool fails(Failure& failure) { return failure.times > 0 && failure.times-- > 0; }
};

class PosixStorageTest : public ::testing::TestWithParam<CommitMethod> {
 protected:
  std::unique_ptr<PosixStorage> open(CommitMethod method) {
    auto storage = take(PosixStorage::open(folder_.path(), method, calls_));
    EXPECT_EQ(message_of(storage->make_folders({"packs", "packs/3f"})), "");
    return storage;
  }
  std::size_t count_files(const std::string& folder) const {
    const std::filesystem::path path = folder_.path() + '/' + folder;
    if (!std::filesystem::exists(path)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }

  TemporaryFolder folder_;
  FailingCalls calls_;
  const Bytes bytes_ = seeded_bytes(1'200'000, 1);
};

std::string method_name(const ::testing::TestParamInfo<CommitMethod>& method) {
  switch (method.param) {
    case CommitMethod::kTmpfile:
      return "Tmpfile";
    case CommitMethod::kRename:
      return "Rename";
    default:
      return "Exclusive";
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, PosixStorageTest,
                         ::testing::Values(CommitMethod::kTmpfile, CommitMethod::kRename,
                                           CommitMethod::kExclusive),
                         method_name);

TEST_P(PosixStorageTest, PutsFilesThatCanBeReadButNotWritten) {
  const auto storage = open(GetParam());
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  EXPECT_EQ(take(storage->read("packs/3f/name", 0, UINT64_MAX)), bytes_);
  EXPECT_EQ(take(storage->size("packs/3f/name")), bytes_.size());
  EXPECT_EQ(take(storage->read("packs/3f/name", 1'199'999, 100)), Bytes(1, bytes_.back()));
  EXPECT_TRUE(take(storage->read("packs/3f/name", 1'200'001, 100)).empty());
  struct stat status {};
  ASSERT_EQ(::stat((folder_.path() + "/packs/3f/name").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0222U, 0U);
  EXPECT_EQ(count_files("tmp"), 0U);
  EXPECT_EQ(storage->method(), GetParam());
}

TEST_P(PosixStorageTest, NeverOverwrites) {
  const auto storage = open(GetParam());
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  std::vector<Bytes> others = {Bytes(1), bytes_, bytes_, bytes_};
  others[1].back() ^= 1;
  others[2].pop_back();
  others[3].push_back(0);
  for (const Bytes& other : others) {
    const Status status = storage->put_if_absent("packs/3f", "name", other);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(status.error().message(), HasSubstr("packs/3f/name: exists with other bytes"));
  }
  EXPECT_EQ(take(storage->read("packs/3f/name", 0, UINT64_MAX)), bytes_);
  EXPECT_EQ(count_files("packs/3f"), 1U);
  EXPECT_EQ(count_files("tmp"), 0U);
}

TEST_P(PosixStorageTest, FailedFsyncWritesANewFileOnce) {
  const auto storage = open(GetParam());
  calls_.sync_file_failure = {EIO, 1};
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  EXPECT_EQ(calls_.files_created, 2);
  EXPECT_EQ(take(storage->read("packs/3f/name", 0, UINT64_MAX)), bytes_);

  calls_.sync_file_failure = {EIO, 2};
  const Status twice = storage->put_if_absent("packs/3f", "other", bytes_);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), ErrorCode::kIo);
  EXPECT_THAT(twice.error().message(), HasSubstr("packs/3f/other"));
  EXPECT_EQ(count_files("packs/3f"), 1U);
  EXPECT_EQ(count_files("tmp"), 0U);
}

TEST_P(PosixStorageTest, AfterAFailedCallTheFileIsAbsentOrWholeAndAnotherPutSucceeds) {
  using Member = FailingCalls::Failure FailingCalls::*;
  const Member members[] = {&FailingCalls::create_failure,   &FailingCalls::allocate_failure,
                            &FailingCalls::write_failure,    &FailingCalls::sync_folder_failure,
                            &FailingCalls::link_failure,     &FailingCalls::rename_failure,
                            &FailingCalls::sync_file_failure};
  const auto storage = open(GetParam());
  int number = 0;
  for (const Member member : members) {
    for (const int error_number : {EIO, ENOSPC, EDQUOT, EACCES, EROFS}) {
      const std::string name = "file" + std::to_string(number++);
      SCOPED_TRACE(name);
      calls_.*member = {error_number, 2};
      const Status failed = storage->put_if_absent("packs/3f", name, bytes_);
      const bool was_called = (calls_.*member).times < 2;
      EXPECT_EQ(static_cast<bool>(failed), !was_called);
      if (!failed) {
        EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
        EXPECT_THAT(failed.error().message(), HasSubstr(folder_.path()));
        const Result<Bytes> left = storage->read("packs/3f/" + name, 0, UINT64_MAX);
        if (left) {
          EXPECT_EQ(*left, bytes_);
        }
      }
      calls_.*member = {};
      EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", name, bytes_)), "");
      EXPECT_EQ(take(storage->read("packs/3f/" + name, 0, UINT64_MAX)), bytes_);
    }
  }
  EXPECT_EQ(count_files("tmp"), 0U);
}

// Two programs put the same file: the name is free when it is looked for, and taken when it is
// given.
TEST_P(PosixStorageTest, NameThatIsTakenMeanwhileIsNeverReplaced) {
  const auto storage = open(GetParam());
  const std::string path = folder_.path() + "/packs/3f/name";
  for (const bool is_same : {true, false}) {
    calls_.before_name = [&] {
      const Bytes theirs = is_same ? bytes_ : Bytes(3, 7);
      std::ofstream(path).write(as_text(theirs).data(),
                                static_cast<std::streamsize>(theirs.size()));
    };
    const Status put = storage->put_if_absent("packs/3f", "name", bytes_);
    EXPECT_FALSE(calls_.before_name);
    EXPECT_EQ(static_cast<bool>(put), is_same);
    EXPECT_EQ(take(storage->read("packs/3f/name", 0, UINT64_MAX)), is_same ? bytes_ : Bytes(3, 7));
    EXPECT_EQ(count_files("tmp"), 0U);
    std::filesystem::remove(path);
  }
}

TEST_F(PosixStorageTest, SetsAsideUnderANameThatIsFreeWhateverTheFileSystemCan) {
  for (const int no_rename : {0, EINVAL, ENOSYS, EOPNOTSUPP}) {
    SCOPED_TRACE(no_rename);
    const auto storage = open(CommitMethod::kTmpfile);
    for (unsigned number = 1; number <= 2; ++number) {
      const Bytes damaged(number * 1000, static_cast<std::uint8_t>(number));
      EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", damaged)), "");
      calls_.rename_failure = {no_rename, no_rename == 0 ? 0 : 1000};
      EXPECT_EQ(message_of(storage->set_aside("packs/3f/name")), "");
      calls_.rename_failure = {};
      EXPECT_EQ(storage->size("packs/3f/name").error().code(), ErrorCode::kNotFound);
      const std::string aside = "damaged/packs.3f.name." + std::to_string(number);
      EXPECT_EQ(take(storage->read(aside, 0, UINT64_MAX)), damaged);
    }
    std::filesystem::remove_all(folder_.path() + "/damaged");
  }
}

// Of an empty file nothing is kept where it would have to be copied.
TEST_F(PosixStorageTest, EmptyFileGivesWayWithoutACopy) {
  const auto storage = open(CommitMethod::kTmpfile);
  std::ofstream(folder_.path() + "/packs/3f/name").flush();
  calls_.rename_failure = {EINVAL, 1000};
  EXPECT_EQ(message_of(storage->set_aside("packs/3f/name")), "");
  EXPECT_EQ(count_files("packs/3f"), 0U);
  EXPECT_EQ(count_files("damaged"), 0U);
}

TEST_F(PosixStorageTest, SettingAsideThatFailsLeavesTheFile) {
  const auto storage = open(CommitMethod::kTmpfile);
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  calls_.rename_failure = {EIO, 1};
  EXPECT_EQ(storage->set_aside("packs/3f/name").error().code(), ErrorCode::kIo);
  calls_.rename_failure = {EINVAL, 1};
  calls_.remove_failure = {EROFS, 1};
  EXPECT_THAT(message_of(storage->set_aside("packs/3f/name")), HasSubstr("packs/3f/name: "));
  EXPECT_EQ(take(storage->read("packs/3f/name", 0, UINT64_MAX)), bytes_);
  EXPECT_EQ(storage->set_aside("packs/3f/gone").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(storage->set_aside("packs/40/gone").error().code(), ErrorCode::kNotFound);
}

TEST_F(PosixStorageTest, FileThatIsDamagedAgainAndAgainIsSaid) {
  const auto storage = open(CommitMethod::kTmpfile);
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "name", bytes_)), "");
  calls_.rename_failure = {EEXIST, INT_MAX};
  const Status status = storage->set_aside("packs/3f/name");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kLimitExceeded);
  EXPECT_THAT(status.error().message(), HasSubstr("set aside too often"));
  EXPECT_EQ(take(storage->size("packs/3f/name")), bytes_.size());
}

TEST(PosixCalls, FileSystemWithoutReservingIsNoError) {
  // A file of the kernel's own, which has no room to reserve.
  PosixCalls& calls = PosixCalls::system();
  const int file = calls.open(AT_FDCWD, "/proc/self/comm", O_RDWR, 0);
  ASSERT_GE(file, 0);
  EXPECT_EQ(::fallocate(file, 0, 0, 10), -1);
  EXPECT_EQ(errno, EOPNOTSUPP);
  EXPECT_EQ(calls.allocate(file, 10), 0);
  calls.close(file);
  EXPECT_EQ(calls.allocate(-1, 10), -EBADF);
}

TEST(PosixCalls, GiveTheErrorOfTheSystem) {
  PosixCalls& calls = PosixCalls::system();
  std::vector<std::string> names;
  FileSystem::FileStatus status;
  EXPECT_EQ(calls.list(-1, names), -EBADF);
  EXPECT_EQ(calls.status(-1, status), -EBADF);
  EXPECT_EQ(calls.status_at(AT_FDCWD, "/no/such/folder", status), -ENOENT);
  EXPECT_EQ(calls.sync_file(-1), -EBADF);
}

TEST_F(PosixStorageTest, TakesTheBestMethodThatWorksAndSaysSo) {
  const auto best = open(CommitMethod::kProbe);
  EXPECT_EQ(best->method(), CommitMethod::kProbe);
  EXPECT_EQ(message_of(best->put_if_absent("packs/3f", "a", bytes_)), "");
  EXPECT_EQ(best->method(), CommitMethod::kTmpfile);
  EXPECT_THAT(best->describe(), HasSubstr("O_TMPFILE"));

  calls_.only_flags = O_TMPFILE;
  calls_.create_failure = {EOPNOTSUPP, 1000};
  const auto without_tmpfile = open(CommitMethod::kProbe);
  EXPECT_EQ(message_of(without_tmpfile->put_if_absent("packs/3f", "b", bytes_)), "");
  EXPECT_EQ(without_tmpfile->method(), CommitMethod::kRename);
  EXPECT_THAT(without_tmpfile->describe(), HasSubstr("tmp/"));

  calls_.rename_failure = {EINVAL, 1000};
  const auto without_both = open(CommitMethod::kProbe);
  EXPECT_EQ(message_of(without_both->put_if_absent("packs/3f", "c", bytes_)), "");
  EXPECT_EQ(without_both->method(), CommitMethod::kExclusive);
  EXPECT_THAT(without_both->describe(), HasSubstr("cut short"));
  const int tries_left = calls_.rename_failure.times;
  EXPECT_EQ(message_of(without_both->put_if_absent("packs/3f", "d", bytes_)), "");
  EXPECT_EQ(calls_.rename_failure.times, tries_left);  // probed once
  for (const char* name : {"a", "b", "c", "d"}) {
    EXPECT_EQ(take(best->read(std::string("packs/3f/") + name, 0, UINT64_MAX)), bytes_);
  }
  EXPECT_EQ(count_files("tmp"), 0U);
}

TEST_F(PosixStorageTest, LinkThatIsNotSupportedFallsBack) {
  calls_.link_failure = {EPERM, 1};
  const auto storage = open(CommitMethod::kProbe);
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "a", bytes_)), "");
  EXPECT_EQ(storage->method(), CommitMethod::kRename);
}

TEST_F(PosixStorageTest, ForcedMethodThatIsNotSupportedIsAnError) {
  calls_.only_flags = O_TMPFILE;
  calls_.create_failure = {EOPNOTSUPP, 1};
  const auto storage = open(CommitMethod::kTmpfile);
  EXPECT_EQ(storage->put_if_absent("packs/3f", "a", bytes_).error().code(),
            ErrorCode::kUnsupported);
}

TEST_F(PosixStorageTest, ExistingNameDoesNotDecideTheMethod) {
  const auto storage = open(CommitMethod::kProbe);
  std::ofstream(folder_.path() + "/packs/3f/name") << "other";
  EXPECT_FALSE(storage->put_if_absent("packs/3f", "name", bytes_));
  EXPECT_EQ(storage->method(), CommitMethod::kProbe);
}

TEST_F(PosixStorageTest, LeavesTmpOfOthersAlone) {
  std::filesystem::create_directory(folder_.path() + "/tmp");
  std::ofstream(folder_.path() + "/tmp/somebody-elses") << "half a file";
  const auto storage = open(CommitMethod::kRename);
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "a", bytes_)), "");
  EXPECT_EQ(count_files("tmp"), 1U);
}

TEST_F(PosixStorageTest, ListsFilesAndFoldersByName) {
  const auto storage = open(CommitMethod::kProbe);
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "b", Bytes(5))), "");
  EXPECT_EQ(message_of(storage->put_if_absent("packs/3f", "a", Bytes(7))), "");
  std::filesystem::create_directory(folder_.path() + "/packs/3f/folder");
  std::filesystem::create_symlink("a", folder_.path() + "/packs/3f/link");
  ASSERT_EQ(::mkfifo((folder_.path() + "/packs/3f/fifo").c_str(), 0600), 0);
  const std::vector<StoredName> names = take(storage->list("packs/3f"));
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0].name, "a");
  EXPECT_EQ(names[0].size_bytes, 7U);
  EXPECT_EQ(names[1].name, "b");
  EXPECT_TRUE(names[2].is_folder);
  EXPECT_EQ(storage->list("gone").error().code(), ErrorCode::kNotFound);
}

TEST_F(PosixStorageTest, ReadsRegularFilesOnly) {
  const auto storage = open(CommitMethod::kProbe);
  ASSERT_EQ(::mkfifo((folder_.path() + "/packs/fifo").c_str(), 0600), 0);
  std::ofstream(folder_.path() + "/secret") << "text";
  std::filesystem::create_symlink("../secret", folder_.path() + "/packs/link");
  // Damage, and not a failing disk: a verify goes on, and a repair takes it out of the way.
  for (const std::string path : {"packs/fifo", "packs/link", "packs"}) {
    Bytes into(4);
    for (const std::string& message :
         {message_of(storage->read(path, 0, 4)), message_of(storage->read_into(path, 0, into)),
          message_of(storage->size(path))}) {
      EXPECT_EQ(message, folder_.path() + '/' + path + ": is not a regular file");
    }
    EXPECT_EQ(storage->read_into(path, 0, into).error().code(), ErrorCode::kCorrupt) << path;
    EXPECT_EQ(storage->read(path, 0, 4).error().code(), ErrorCode::kCorrupt) << path;
  }
  EXPECT_EQ(storage->read("packs/gone", 0, 1).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(message_of(storage->read("packs/gone", 0, 1)),
              HasSubstr(folder_.path() + "/packs/gone"));
}

TEST_F(PosixStorageTest, MissingFolderIsAnError) {
  const auto storage = open(CommitMethod::kProbe);
  EXPECT_EQ(storage->put_if_absent("packs/40", "a", Bytes(5)).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(PosixStorage::open(folder_.path() + "/gone"));
}

}  // namespace
}  // namespace letterpress::vault
