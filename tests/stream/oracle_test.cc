// SPDX-License-Identifier: Apache-2.0
// The independent reader (tests/oracle/stream_reader.py) restores what the writer wrote.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "stream/playback.h"
#include "stream/sample_stream.h"

namespace letterpress::stream {
namespace {

namespace fs = std::filesystem;

class StreamOracle : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "stream_oracle.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // The reader's exit code.
  int restore(ByteView stream, const std::string& arguments = "") {
    const std::string_view bytes = as_text(stream);
    std::ofstream(folder_ + "/s.lps", std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    fs::remove_all(folder_ + "/out");
    const std::string command =
        std::string(LETTERPRESS_PYTHON) +
        " -B " LETTERPRESS_SOURCE_DIR "/tests/oracle/stream_reader.py --no-owner " + arguments +
        " --to '" + folder_ + "/out' <'" + folder_ + "/s.lps' 2>'" + folder_ + "/errors'";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string text_of(const std::string& name) {
    const auto bytes = read_file(folder_ + "/" + name, 1 << 30);
    return bytes ? std::string(as_text(*bytes)) : "cannot be read: " + name;
  }

  std::string folder_;
};

TEST_F(StreamOracle, RestoresTheSample) {
  const SampleStream sample = make_sample_stream(20000);
  ASSERT_EQ(restore(sample.bytes), 0) << text_of("errors");
  std::size_t files = 0;
  for (const auto& each : fs::recursive_directory_iterator(folder_ + "/out")) {
    if (each.is_regular_file() && !each.is_symlink()) ++files;
  }
  EXPECT_EQ(files, sample.files.size() + 1);  // and the hard link
  for (const auto& [path, content] : sample.files) EXPECT_EQ(text_of("out/" + path), content);
  EXPECT_EQ(fs::read_symlink(folder_ + "/out/symlink"), "box/3");
  EXPECT_TRUE(fs::equivalent(folder_ + "/out/link", folder_ + "/out/box/3"));
  struct stat status {};
  ASSERT_EQ(::stat((folder_ + "/out/box/2").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1767225600);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123456789);
  ASSERT_EQ(::stat((folder_ + "/out/box").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0750U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1767225600);
}

TEST_F(StreamOracle, FindsDamage) {
  const SampleStream sample = make_sample_stream(0);
  Bytes flipped = sample.bytes;
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_EQ(restore(flipped), 1);
  EXPECT_NE(text_of("errors").find("checksum"), std::string::npos) << text_of("errors");
  EXPECT_EQ(restore(ByteView(sample.bytes).first(sample.bytes.size() - 60)), 1);
  EXPECT_NE(text_of("errors").find("ends before"), std::string::npos) << text_of("errors");
}

TEST_F(StreamOracle, ChecksDigestsUnlessToldNotTo) {
  Frames frames(make_sample_stream(0).bytes);
  // The first block's payload ends in the first headers; its chunk no longer matches id and digest.
  frames.all[1].body.back() ^= 1;
  EXPECT_EQ(restore(frames.sealed()), 1);
  EXPECT_EQ(restore(frames.sealed(), "--no-digests"), 0);
}

}  // namespace
}  // namespace letterpress::stream
