// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/key_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "vault/keys/labelled_text.h"
#include "vault/limits.h"
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

unsigned mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

class KeyFilesTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  TemporaryFolder folder_;
  const std::string path_ = path("some.key");
};

TEST_F(KeyFilesTest, AreReadBack) {
  EXPECT_EQ(message_of(write_key_file(path("r"), tiny_recovery())), "");
  const RecoveryKey recovery = take(read_recovery_key(path("r")));
  EXPECT_EQ(recovery.vault, kTinyIdentity.vault);
  EXPECT_EQ(recovery.root, tiny_recovery().root);

  EXPECT_EQ(message_of(write_key_file(path("i"), tiny_key())), "");
  const IngestKey ingest = take(read_ingest_key(path("i")));
  EXPECT_EQ(ingest.identity, kTinyIdentity);
  EXPECT_EQ(ingest.id_key.bytes, tiny_key().id_key.bytes);
  EXPECT_EQ(ingest.signing.seed(), tiny_key().signing.seed());
  EXPECT_EQ(ingest.certificate.name, "mail.example.org");
  EXPECT_EQ(ingest.certificate.signature, tiny_key().certificate.signature);
  EXPECT_EQ(ingest.readers, tiny_key().readers);
  EXPECT_EQ(ingest.root, tiny_key().root);

  EXPECT_EQ(message_of(write_key_file(path("p"), VaultPublicKey{kTinyIdentity.vault, ingest.root})),
            "");
  const VaultPublicKey public_key = take(read_vault_public_key(path("p")));
  EXPECT_EQ(public_key.root, ingest.root);
  EXPECT_EQ(public_key.vault, kTinyIdentity.vault);

  const ReaderKey reader(Secret(counting<Sha256Digest>(9).bytes));
  EXPECT_EQ(message_of(write_key_file(path("s"), reader)), "");
  EXPECT_EQ(message_of(write_key_file(path("s.pub"), reader.public_key())), "");
  EXPECT_EQ(take(read_reader_public_key(path("s.pub"))), reader.public_key());
}

TEST_F(KeyFilesTest, ARecoveryKeyAndAReaderKeyRead) {
  const ReaderKey reader(Secret(counting<Sha256Digest>(9).bytes));
  EXPECT_EQ(message_of(write_key_file(path("s"), reader)), "");
  EXPECT_EQ(message_of(write_key_file(path("r"), tiny_recovery())), "");
  const ReadingKey one = take(read_reading_key(path("s")));
  EXPECT_EQ(one.reader.public_key(), reader.public_key());
  EXPECT_FALSE(one.vault);
  const ReadingKey two = take(read_reading_key(path("r")));
  EXPECT_EQ(two.reader.public_key(), tiny_recovery().reader().public_key());
  ASSERT_TRUE(two.vault);
  EXPECT_EQ(two.vault->root, tiny_key().root);
  EXPECT_EQ(message_of(write_key_file(path("i"), tiny_key())), "");
  EXPECT_THAT(message_of(read_reading_key(path("i"))),
              HasSubstr("is a letterpress ingest key, expected a recovery key"));
}

TEST_F(KeyFilesTest, SecretsAreForTheirOwnerOnlyAndNoFileIsOverwritten) {
  EXPECT_EQ(message_of(write_key_file(path_, tiny_recovery())), "");
  EXPECT_EQ(message_of(write_key_file(path("i"), tiny_key())), "");
  const ReaderKey reader(Secret(counting<Sha256Digest>(9).bytes));
  EXPECT_EQ(message_of(write_key_file(path("s"), reader)), "");
  EXPECT_EQ(message_of(write_key_file(path("s.pub"), reader.public_key())), "");
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(mode_of(path("i")), 0600U);
  EXPECT_EQ(mode_of(path("s")), 0600U);
  EXPECT_EQ(mode_of(path("s.pub")) & 0444U, 0400U | (mode_of(path("s.pub")) & 0044U));
  const std::string before = contents(path_);
  EXPECT_FALSE(write_key_file(path_, tiny_key()));
  EXPECT_EQ(contents(path_), before);
}

TEST_F(KeyFilesTest, EveryChangedByteAndTruncationIsFound) {
  EXPECT_EQ(message_of(write_key_file(path_, tiny_key())), "");
  const std::string good = contents(path_);
  const std::string_view labels[] = {"vault",   "writer",      "epoch",  "name",   "root",
                                     "signing", "certificate", "id-key", "readers"};
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

TEST_F(KeyFilesTest, SurviveOtherLineEnds) {
  EXPECT_EQ(message_of(write_key_file(path_, tiny_recovery())), "");
  std::string text = contents(path_);
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.insert(at, "\r");
  rewrite(path_, text);
  EXPECT_EQ(take(read_recovery_key(path_)).root, tiny_recovery().root);
}

TEST_F(KeyFilesTest, ErrorsSayWhatTheFileIs) {
  EXPECT_EQ(read_ingest_key(path_).error().code(), ErrorCode::kNotFound);
  rewrite(path_, "Dear Sir,\n");
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("is not a letterpress ingest key"));
  rewrite(path_, std::string(100000, 'x'));
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("is not a letterpress ingest key"));
  ::unlink(path_.c_str());
  EXPECT_EQ(message_of(write_key_file(path_, tiny_recovery())), "");
  EXPECT_THAT(message_of(read_ingest_key(path_)),
              HasSubstr("is a letterpress recovery key, expected a ingest key"));
  rewrite(path_, format_labelled_text({"ingest key", kFormatVersion + 1, {{"anything", "new"}}}));
  EXPECT_EQ(read_ingest_key(path_).error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("a newer letterpress"));
  rewrite(path_, format_labelled_text({"ingest key", 1, {{"anything", "old"}}}));
  EXPECT_THAT(message_of(read_ingest_key(path_)), HasSubstr("an older, unfinished letterpress"));
}

TEST_F(KeyFilesTest, RejectsLinesThatDoNotBelong) {
  const auto read_text = [&](std::vector<std::pair<std::string, std::string>> lines) {
    rewrite(path_, format_labelled_text({"recovery key", kFormatVersion, std::move(lines)}));
    return message_of(read_recovery_key(path_));
  };
  const std::string id(32, '0');
  const std::string root(64, '0');
  EXPECT_EQ(read_text({{"vault", id}, {"root", root}}), "");
  EXPECT_NE(read_text({{"root", root}, {"vault", id}}), "");
  EXPECT_NE(read_text({{"vault", id}}), "");
  EXPECT_NE(read_text({{"vault", id}, {"root", root}, {"more", "1"}}), "");
  EXPECT_NE(read_text({{"vault", id}, {"root", root + "0"}}), "");
  EXPECT_NE(read_text({{"vault", id}, {"root", std::string(64, 'g')}}), "");
  EXPECT_NE(read_text({{"vault", id}, {"root", std::string(64, 'A')}}), "");
}

// A good ingest key with one line changed and its check line made again.
TEST_F(KeyFilesTest, RejectsAnIngestKeyThatItsRootDidNotCertify) {
  EXPECT_EQ(message_of(write_key_file(path_, tiny_key())), "");
  const std::string_view labels[] = {"vault",   "writer",      "epoch",  "name",   "root",
                                     "signing", "certificate", "id-key", "readers"};
  const LabelledText good =
      take(parse_labelled_text(as_bytes(contents(path_)), "ingest key", labels, "f"));
  const auto read_with = [&](std::size_t line, const std::string& value) {
    LabelledText text = good;
    text.lines[line].second = value;
    rewrite(path_, format_labelled_text(text));
    return message_of(read_ingest_key(path_));
  };
  EXPECT_EQ(read_with(0, good.lines[0].second), "");
  EXPECT_THAT(read_with(0, std::string(32, 'a')), HasSubstr("certificate"));
  EXPECT_THAT(read_with(1, std::string(32, 'a')), HasSubstr("certificate"));
  EXPECT_THAT(read_with(2, "2"), HasSubstr("certificate"));
  for (const char* epoch : {"", "0", "01", "+1", "-1", "1 ", "4294967296"}) {
    EXPECT_THAT(read_with(2, epoch), HasSubstr("'epoch'")) << epoch;
  }
  EXPECT_THAT(read_with(3, "another"), HasSubstr("certificate"));
  EXPECT_THAT(read_with(3, ""), HasSubstr("'name'"));
  EXPECT_THAT(read_with(3, std::string(65, 'n')), HasSubstr("'name'"));
  EXPECT_THAT(read_with(4, std::string(64, 'a')), HasSubstr("certificate"));
  EXPECT_THAT(read_with(5, std::string(64, 'a')), HasSubstr("certificate"));
  EXPECT_THAT(read_with(6, std::string(128, 'a')), HasSubstr("certificate"));
  EXPECT_THAT(read_with(7, "00"), HasSubstr("'id-key'"));
  const std::string reader = good.lines[8].second;
  for (const std::string& readers :
       {std::string(), reader + " ", reader + reader, reader + " " + reader, " " + reader}) {
    EXPECT_THAT(read_with(8, readers), HasSubstr("'readers'")) << readers;
  }
  EXPECT_EQ(read_with(8, reader + " " + std::string(64, 'a')), "");
}

}  // namespace
}  // namespace letterpress::vault
