// SPDX-License-Identifier: Apache-2.0
#include "files/file_content.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "files/single_source.h"
#include "files/temp_tree.h"
#include "files/walk_log.h"

namespace letterpress::files::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kLarge = 3 * kMiB;

std::string read_to_end(stream::Content& content) {
  std::string all;
  Bytes buffer(64 * kKiB);
  while (true) {
    const Result<std::size_t> got = content.read(buffer);
    EXPECT_TRUE(got);
    if (!got || *got == 0) return all;
    all += as_text(ByteView(buffer).first(*got));
  }
}

class FileContentTest : public testing::Test {
 protected:
  std::unique_ptr<stream::Content> open(const std::string& name,
                                        Reading reading = Reading::kPlain) {
    auto opened = open_content({AT_FDCWD, tree_.path(name), tree_.path(name)}, reading, &failed_);
    EXPECT_TRUE(opened && *opened);
    return std::move((*opened)->content);
  }
  std::string finish_error(stream::Content& content) {
    const Status status = content.finish();
    return status ? std::string() : status.error().message();
  }
  TempTree tree_;
  bool failed_ = false;
};

TEST_F(FileContentTest, GivesWhatIsThereAtEverySizeAroundTheLimit) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kMiB - 1, kMiB, kMiB + 1, kLarge}) {
    std::string bytes(size, 'a');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
    tree_.file("f", bytes);
    const auto content = open("f");
    EXPECT_EQ(read_to_end(*content), bytes) << size;
    EXPECT_EQ(finish_error(*content), "") << size;
  }
}

TEST_F(FileContentTest, AGrowingFileIsAConsistentPrefix) {
  const std::string begin(kLarge, 'b');
  tree_.file("mbox", begin);
  const auto content = open("mbox");
  tree_.append("mbox", "From someone");
  EXPECT_EQ(read_to_end(*content), begin);
  tree_.append("mbox", "From another");
  EXPECT_EQ(finish_error(*content), "");
}

// A mail is expunged from an mbox, and others come: it is larger, and no prefix of it was read.
TEST_F(FileContentTest, AGrowingFileThatIsRewrittenIsAnError) {
  const std::string begin(kLarge, 'b');
  for (const std::size_t changed_at : {std::size_t{0}, kLarge - 1}) {
    tree_.file("mbox", begin);
    const auto content = open("mbox");
    EXPECT_EQ(read_to_end(*content), begin);
    std::string rewritten = begin + "From someone";
    rewritten[changed_at] = 'c';
    tree_.file("mbox", rewritten);
    EXPECT_THAT(finish_error(*content), HasSubstr("was rewritten")) << changed_at;
  }
}

TEST_F(FileContentTest, AFileThatBecameShorterIsAnErrorThatNamesIt) {
  tree_.file("mbox", std::string(kLarge, 'b'));
  const auto content = open("mbox");
  ASSERT_EQ(::truncate(tree_.path("mbox").c_str(), kMiB), 0);
  EXPECT_EQ(read_to_end(*content).size(), kMiB);
  const std::string error = finish_error(*content);
  EXPECT_THAT(error, HasSubstr(tree_.path("mbox")));
  EXPECT_THAT(error, HasSubstr("while it was read"));
}

TEST_F(FileContentTest, AFileCutAndGrownAgainIsAnError) {
  tree_.file("mbox", std::string(kLarge, 'b'));
  const auto content = open("mbox");
  tree_.file("mbox", std::string(kLarge - 1, 'c'));
  read_to_end(*content);
  EXPECT_THAT(finish_error(*content), HasSubstr("shorter"));
}

TEST_F(FileContentTest, AFileRewrittenInPlaceIsAnError) {
  tree_.file("mbox", std::string(kLarge, 'b'));
  const auto content = open("mbox");
  wait_for_file_clock();
  const int file = ::open(tree_.path("mbox").c_str(), O_WRONLY);
  ASSERT_EQ(::pwrite(file, "X", 1, 100), 1);
  ::close(file);
  EXPECT_EQ(read_to_end(*content).size(), kLarge);
  EXPECT_THAT(finish_error(*content), HasSubstr("rewritten"));
}

TEST_F(FileContentTest, ARenameOrAChangeOfPermissionsIsNoChange) {
  tree_.file("mbox", std::string(kLarge, 'b'));
  const auto content = open("mbox");
  wait_for_file_clock();
  tree_.rename("mbox", "other");
  ASSERT_EQ(::chmod(tree_.path("other").c_str(), 0600), 0);
  read_to_end(*content);
  EXPECT_EQ(finish_error(*content), "");
}

TEST_F(FileContentTest, AReplacedFileIsReadAsItWas) {
  tree_.file("f", std::string(kLarge, 'o'));
  const auto content = open("f");
  tree_.file("new", "n");
  tree_.rename("new", "f");
  EXPECT_EQ(read_to_end(*content), std::string(kLarge, 'o'));
  EXPECT_EQ(finish_error(*content), "");
}

TEST_F(FileContentTest, ASmallFileIsReadAtOnce) {
  tree_.file("f", "old");
  const auto content = open("f");
  tree_.file("f", "new and longer");
  EXPECT_EQ(read_to_end(*content), "old");
  EXPECT_EQ(finish_error(*content), "");
}

TEST_F(FileContentTest, AnAbsentFileIsNoErrorASymbolicLinkIsOne) {
  const auto absent = open_content({AT_FDCWD, tree_.path("no"), "no"}, Reading::kPlain, &failed_);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  tree_.file("f", "x");
  tree_.symlink("link", "f");
  EXPECT_FALSE(open_content({AT_FDCWD, tree_.path("link"), "l"}, Reading::kPlain, &failed_));
}

TEST_F(FileContentTest, AFifoInPlaceOfAFileDoesNotStopTheWalk) {
  ASSERT_EQ(::mkfifo(tree_.path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(open_content({AT_FDCWD, tree_.path("fifo"), "f"}, Reading::kPlain, &failed_));
}

TEST_F(FileContentTest, AVersionThatMayStillChangeInItsClockTickIsNotSettled) {
  wait_for_file_clock();
  tree_.file("f", "x");  // most probably in the same tick as the next line
  const auto early = open_content({AT_FDCWD, tree_.path("f"), "f"}, Reading::kPlain, &failed_);
  wait_for_file_clock();
  const auto late = open_content({AT_FDCWD, tree_.path("f"), "f"}, Reading::kPlain, &failed_);
  ASSERT_TRUE(early && late);
  EXPECT_TRUE((*late)->is_settled);
}

// One version, whole, of a file that is replaced by rename all the time, as Dovecot does with its
// uidlist; and of one that is rewritten in place.
TEST_F(FileContentTest, AControlFileIsOneOfItsVersions) {
  std::atomic<bool> stop = false;
  tree_.file("list", std::string(10, 'a'));
  std::thread server([&] {
    for (int i = 0; !stop; ++i) {
      const std::string version(static_cast<std::size_t>(10 + i % 5000),
                                static_cast<char>('a' + i % 26));
      tree_.file("list.new", version);
      tree_.rename("list.new", "list");
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto content = open("list", Reading::kControl);
    const std::string bytes = read_to_end(*content);
    ASSERT_GE(bytes.size(), 10U);
    EXPECT_EQ(bytes, std::string(bytes.size(), bytes[0]));
    EXPECT_EQ(finish_error(*content), "");
  }
  stop = true;
  server.join();
}

TEST(SingleSource, GivesOneEntryWithTheBytesOfADescriptor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(::write(ends[1], "0123456789", 10), 10);
    }
    ::close(ends[1]);
  });
  stream::Entry entry{"stdin", {}};
  entry.metadata.mode = 0644;
  entry.metadata.mtime_ns = 42;
  WalkLog log(std::make_unique<SingleSource>(
      entry, std::make_unique<DescriptorContent>(File(ends[0], "standard input"))));
  log.run();
  writer.join();
  ASSERT_EQ(log.entries.size(), 1U);
  EXPECT_EQ(log.entries[0].entry.path, "stdin");
  EXPECT_EQ(log.entries[0].entry.metadata, entry.metadata);
  EXPECT_EQ(log.entries[0].content.size(), 10'000U);
  EXPECT_THAT(log.all_problems, IsEmpty());
  EXPECT_FALSE(log.step());
}

}  // namespace
}  // namespace letterpress::files::test
