// SPDX-License-Identifier: Apache-2.0
#include "vault/keys.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "vault/labelled_text.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

std::string contents(const std::string& path) {
  const Bytes bytes = take(read_file(path, 10000));
  return std::string(as_text(bytes));
}

void rewrite(const std::string& path, const std::string& text) {
  // A new file: cutting an old one to nothing makes some file systems write it out at once.
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << text;
}

class KeysTest : public ::testing::Test {
 protected:
  KeysTest() {
    recovery_.vault = kTinyIdentity.vault;
    std::iota(recovery_.root.begin(), recovery_.root.end(), std::uint8_t{0x20});
    ingest_ = derive_ingest_key(recovery_, kTinyIdentity.writer, 1);
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/some.key";
  RecoveryKey recovery_;
  IngestKey ingest_;
};

TEST_F(KeysTest, AreReadBack) {
  EXPECT_EQ(message_of(write_key_file(path_, recovery_)), "");
  const RecoveryKey recovery = take(read_recovery_key(path_));
  EXPECT_EQ(recovery.vault, recovery_.vault);
  EXPECT_EQ(recovery.root, recovery_.root);
  const std::string other = folder_.path() + "/other.key";
  EXPECT_EQ(message_of(write_key_file(other, ingest_)), "");
  const IngestKey ingest = take(read_ingest_key(other));
  EXPECT_EQ(ingest.identity, kTinyIdentity);
  EXPECT_EQ(ingest.id_key.bytes, ingest_.id_key.bytes);
}

TEST_F(KeysTest, FilesAreForTheirOwnerOnlyAndNeverOverwritten) {
  EXPECT_EQ(message_of(write_key_file(path_, recovery_)), "");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const std::string before = contents(path_);
  EXPECT_FALSE(write_key_file(path_, ingest_));
  EXPECT_EQ(contents(path_), before);
}

TEST_F(KeysTest, DifferForEveryWriterAndEpoch) {
  EXPECT_NE(derive_ingest_key(recovery_, kTinyIdentity.writer, 2).id_key.bytes,
            ingest_.id_key.bytes);
  EXPECT_NE(derive_ingest_key(recovery_, counting<WriterId>(1), 1).id_key.bytes,
            ingest_.id_key.bytes);
  EXPECT_NE(derive_digest_key(ingest_.id_key).bytes, ingest_.id_key.bytes);
  EXPECT_NE(take(make_recovery_key(kTinyIdentity.vault)).root,
            take(make_recovery_key(kTinyIdentity.vault)).root);
}

TEST_F(KeysTest, EveryChangedByteAndTruncationIsFound) {
  EXPECT_EQ(message_of(write_key_file(path_, ingest_)), "");
  const std::string good = contents(path_);
  const std::string_view labels[] = {"vault", "writer", "epoch", "id-key"};
  ASSERT_TRUE(parse_labelled_text(as_bytes(good), "ingest key", labels, "my.key"));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      std::string bad = good;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ change);
      const auto text = parse_labelled_text(as_bytes(bad), "ingest key", labels, "my.key");
      ASSERT_FALSE(text) << at << " by " << change;
      ASSERT_THAT(text.error().message(), HasSubstr("my.key"));
    }
    rewrite(path_, good.substr(0, at));
    const auto key = read_ingest_key(path_);
    ASSERT_FALSE(key) << at;
    ASSERT_THAT(key.error().message(), HasSubstr(path_));
  }
}

TEST_F(KeysTest, SurviveOtherLineEnds) {
  EXPECT_EQ(message_of(write_key_file(path_, recovery_)), "");
  std::string text = contents(path_);
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.insert(at, "\r");
  rewrite(path_, text);
  EXPECT_EQ(take(read_recovery_key(path_)).root, recovery_.root);
}

TEST_F(KeysTest, ErrorsSayWhatTheFileIs) {
  EXPECT_EQ(read_ingest_key(path_).error().code(), ErrorCode::kNotFound);
  rewrite(path_, "Dear Sir,\n");
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("is not a letterpress ingest key"));
  rewrite(path_, std::string(100000, 'x'));
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("is not a letterpress ingest key"));
  ::unlink(path_.c_str());
  EXPECT_EQ(message_of(write_key_file(path_, recovery_)), "");
  EXPECT_THAT(message_of(read_ingest_key(path_)),
              HasSubstr("is a letterpress recovery key, expected a ingest key"));
  rewrite(path_, format_labelled_text({"ingest key", 2, {{"anything", "new"}}}));
  EXPECT_EQ(read_ingest_key(path_).error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("a newer letterpress"));
  EXPECT_THAT(message_of(require_same_vault(counting<VaultId>(1), counting<VaultId>(2), "my.key")),
              HasSubstr("my.key: is a key of another vault (0102"));
  EXPECT_TRUE(require_same_vault(counting<VaultId>(1), counting<VaultId>(1), "my.key"));
}

TEST_F(KeysTest, RejectsLinesThatDoNotBelong) {
  const auto read_text = [&](const LabelledText& text) {
    rewrite(path_, format_labelled_text(text));
    return message_of(read_recovery_key(path_));
  };
  const std::string id(32, '0');
  const std::string root(64, '0');
  EXPECT_EQ(read_text({"recovery key", 1, {{"vault", id}, {"root", root}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"root", root}, {"vault", id}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"vault", id}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"vault", id}, {"root", root}, {"more", "1"}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"vault", id}, {"root", root + "0"}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"vault", id}, {"root", std::string(64, 'g')}}}), "");
  EXPECT_NE(read_text({"recovery key", 1, {{"vault", id}, {"root", std::string(64, 'A')}}}), "");
  const auto read_epoch = [&](const std::string& epoch) {
    rewrite(path_, format_labelled_text(
                       {"ingest key",
                        1,
                        {{"vault", id}, {"writer", id}, {"epoch", epoch}, {"id-key", root}}}));
    return message_of(read_ingest_key(path_));
  };
  EXPECT_EQ(read_epoch("4294967295"), "");
  for (const char* epoch : {"", "0", "01", "+1", "-1", "1 ", "4294967296"}) {
    EXPECT_NE(read_epoch(epoch), "") << epoch;
  }
}

}  // namespace
}  // namespace letterpress::vault
