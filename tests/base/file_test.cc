// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>

namespace letterpress {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "file_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  std::string make(std::string_view name, std::string_view content) {
    auto file = File::open(path(name), O_WRONLY | O_CREAT | O_EXCL);
    EXPECT_TRUE(file);
    EXPECT_TRUE(file->write(as_bytes(content)));
    EXPECT_TRUE(file->close());
    return path(name);
  }

  std::string folder_;
};

bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const std::string name = make("a", "some bytes");
  auto file = File::open(name, O_RDONLY);
  ASSERT_TRUE(file);
  Bytes into(6);
  EXPECT_EQ(*file->read(into), 6U);
  EXPECT_EQ(as_text(into), "some b");
  EXPECT_EQ(*file->read(into), 4U);
  EXPECT_EQ(*file->read(into), 0U);
  EXPECT_EQ(file->stat()->st_size, 10);
}

TEST_F(FileTest, ReadAtDoesNotMoveTheFile) {
  auto file = File::open(make("a", "0123456789"), O_RDONLY);
  ASSERT_TRUE(file);
  Bytes into(4);
  EXPECT_EQ(*file->read_at(8, into), 2U);
  EXPECT_EQ(*file->read_at(3, into), 4U);
  EXPECT_EQ(as_text(into), "3456");
  EXPECT_EQ(*file->read_at(100, into), 0U);
  EXPECT_EQ(*file->read(into), 4U);
  EXPECT_EQ(as_text(into), "0123");
}

// What one read gives of two writes to a pipe.
std::string read_of_pipe(int flags) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, flags), 0);
  File reader(ends[0], "pipe");
  File writer(ends[1], "pipe");
  EXPECT_TRUE(writer.write(as_bytes("abc")));
  EXPECT_TRUE(writer.write(as_bytes("defg")));
  EXPECT_TRUE(writer.close());
  Bytes into(100);
  const std::size_t got = *reader.read(into);
  return std::string(as_text(ByteView(into).first(got)));
}

TEST_F(FileTest, ReadsAPipeUntilItIsFull) { EXPECT_EQ(read_of_pipe(0), "abcdefg"); }

// A pipe of packets gives one of them to each read(2).
TEST_F(FileTest, ReadsOnWhereAReadWasShort) { EXPECT_EQ(read_of_pipe(O_DIRECT), "abcdefg"); }

TEST_F(FileTest, ErrorsNameTheFile) {
  const auto missing = File::open(path("missing"), O_RDONLY);
  ASSERT_FALSE(missing);
  Error error = File::open(path("missing"), O_RDONLY).error().copy();
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(error.message(), path("missing") + ": No such file or directory");
  const Error other = io_error(EACCES, "x");
  EXPECT_EQ(other.code(), ErrorCode::kIo);
  EXPECT_EQ(other.message(), "x: Permission denied");
}

TEST_F(FileTest, OpensBelowAFolder) {
  make("a", "x");
  auto folder = File::open(folder_, O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(folder);
  auto file = File::open_at(folder->descriptor(), "a", O_RDONLY, 0, "the file a");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path(), "the file a");
  EXPECT_EQ(File::open_at(folder->descriptor(), "b", O_RDONLY, 0, "the file b").error().message(),
            "the file b: No such file or directory");
}

TEST_F(FileTest, ClosesItsDescriptorOnce) {
  int descriptor = -1;
  {
    auto file = File::open(make("a", ""), O_RDONLY);
    descriptor = file->descriptor();
    EXPECT_TRUE(is_open(descriptor));
    File moved = std::move(*file);
    EXPECT_FALSE(file->is_open());
    EXPECT_EQ(moved.descriptor(), descriptor);
    EXPECT_TRUE(is_open(descriptor));
  }
  EXPECT_FALSE(is_open(descriptor));
}

TEST_F(FileTest, AssignmentClosesWhatWasOpen) {
  auto first = File::open(make("a", ""), O_RDONLY);
  auto second = File::open(make("b", ""), O_RDONLY);
  const int replaced = first->descriptor();
  const int kept = second->descriptor();
  *first = std::move(*second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(kept));
  EXPECT_TRUE(first->close());
  EXPECT_FALSE(is_open(kept));
  EXPECT_TRUE(first->close());  // nothing left to close
}

TEST_F(FileTest, IsNotInheritedByPrograms) {
  auto file = File::open(make("a", ""), O_RDONLY);
  EXPECT_NE(fcntl(file->descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(FileTest, WriteErrorsAreReported) {
  auto file = File::open(make("a", ""), O_RDONLY);
  const Status status = file->write(as_bytes("x"));
  ASSERT_FALSE(status);
  EXPECT_TRUE(file->write({}));
}

// As on a disk that becomes full: the system takes the first bytes, and none of the others.
TEST_F(FileTest, AWriteThatIsShortGoesOnAndFails) {
  auto file = File::open(path("a"), O_WRONLY | O_CREAT);
  ASSERT_TRUE(file);
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit short_one { 4, before.rlim_max };
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &short_one), 0);
  const Status status = file->write(as_bytes("123456"));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(file->stat()->st_size, 4);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kIo);
}

TEST_F(FileTest, ReadFileGivesAllOrSaysItIsTooLarge) {
  const std::string name = make("a", "12345");
  EXPECT_EQ(as_text(*read_file(name, 5)), "12345");
  const auto larger = read_file(name, 4);
  ASSERT_FALSE(larger);
  EXPECT_EQ(read_file(name, 4).error().code(), ErrorCode::kLimitExceeded);
  EXPECT_EQ(read_file(path("none"), 4).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(read_file(make("empty", ""), 0)->empty());
}

}  // namespace
}  // namespace letterpress
