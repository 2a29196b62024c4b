// SPDX-License-Identifier: Apache-2.0
// Expected values: tests/golden/locked/recovery.key is frozen, and read by tests/oracle too.
#include "vault/keys/locked_text.h"

#include <gmock/gmock.h>

#include <fstream>

#include "vault/keys/key_files.h"
#include "vault/keys/labelled_text.h"
#include "vault/limits.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

using ::testing::HasSubstr;

const std::string kGoldenLocked = LETTERPRESS_GOLDEN_VAULT "/../locked/recovery.key";
constexpr std::string_view kWords = "correct horse battery staple";
// Fast: what it costs is not what is tested.
constexpr LockCost kCheap{2, 1 * kMiB};

Passphrase passphrase(std::string_view text = kWords) { return take(Passphrase::make(text)); }

LockChance chance() {
  LockChance chance;
  std::iota(chance.salt.begin(), chance.salt.end(), std::uint8_t{0x80});
  std::iota(chance.nonce.begin(), chance.nonce.end(), std::uint8_t{0x90});
  return chance;
}

AskPassphrase answer(std::string text) {
  return [text](const std::string&) { return Passphrase::make(text); };
}

class LockedText : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string locked() const {
    return take(lock_text("recovery key", "the text", {words_, kCheap, nullptr}));
  }
  // The file with one line changed, and a check line that fits.
  static std::string with(const std::string& file, const std::string& label,
                          const std::string& value) {
    constexpr std::string_view kLabels[] = {"holds", "operations", "memory",
                                            "salt",  "nonce",      "box"};
    LabelledText text = take(parse_labelled_text(as_bytes(file), "locked key", kLabels, "file"));
    for (auto& line : text.lines) {
      if (line.first == label) line.second = value;
    }
    return format_labelled_text(text);
  }
  Result<Bytes> unlock(const std::string& file) const {
    return unlock_text(as_bytes(file), words_, "file");
  }

  TemporaryFolder folder_;
  const Passphrase words_ = passphrase();
};

TEST_F(LockedText, IsTheFrozenFileByteForByte) {
  const LockChance golden = chance();
  const KeyLock lock{words_, kCheap, &golden};
  ASSERT_EQ(message_of(write_key_file(path("r"), tiny_recovery(), &lock)), "");
  EXPECT_EQ(take(read_file(path("r"), 10000)), take(read_file(kGoldenLocked, 10000)));
  const RecoveryKey key = take(read_recovery_key(kGoldenLocked, answer(std::string(kWords))));
  EXPECT_EQ(key.root, tiny_recovery().root);
}

TEST_F(LockedText, OpensWithItsPassphraseOnly) {
  const std::string file = locked();
  EXPECT_TRUE(is_locked(as_bytes(file)));
  EXPECT_EQ(as_text(take(unlock(file))), "the text");
  for (const std::string_view wrong : {"x", "correct horse battery stapl", "Correct horse"}) {
    const Result<Bytes> opened = unlock_text(as_bytes(file), passphrase(wrong), "my.key");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(opened.error().message(), HasSubstr("my.key: this is not its passphrase"));
  }
}

TEST_F(LockedText, NeverLooksTheSameTwice) {
  const std::string file = locked();
  EXPECT_NE(file, locked());
  EXPECT_EQ(file.find("the text"), std::string::npos);
  EXPECT_EQ(file.find(to_hex(as_bytes("the text"))), std::string::npos);
}

TEST_F(LockedText, EveryKindOfSecretKeyComesBack) {
  const KeyLock lock{words_, kCheap, nullptr};
  const AskPassphrase ask = answer(std::string(kWords));
  ASSERT_EQ(message_of(write_key_file(path("r"), tiny_recovery(), &lock)), "");
  ASSERT_EQ(message_of(write_key_file(path("i"), tiny_key(), &lock)), "");
  const ReaderKey reader(tiny_recovery().root);
  ASSERT_EQ(message_of(write_key_file(path("p"), reader, &lock)), "");
  EXPECT_EQ(take(read_ingest_key(path("i"), ask)).signing.seed(), tiny_key().signing.seed());
  EXPECT_EQ(take(read_reading_key(path("p"), ask)).reader.secret(), reader.secret());
  EXPECT_EQ(take(read_reading_key(path("r"), ask)).reader.secret(),
            tiny_recovery().reader().secret());
  EXPECT_THAT(message_of(read_ingest_key(path("i"))), HasSubstr("locked with a passphrase"));
}

TEST_F(LockedText, NobodyIsAskedForAKeyOfAnotherKind) {
  const KeyLock lock{words_, kCheap, nullptr};
  ASSERT_EQ(message_of(write_key_file(path("i"), tiny_key(), &lock)), "");
  bool is_asked = false;
  const AskPassphrase ask = [&](const std::string&) {
    is_asked = true;
    return Passphrase::make("x");
  };
  EXPECT_THAT(message_of(read_reading_key(path("i"), ask)), HasSubstr("is a letterpress ingest"));
  ASSERT_EQ(message_of(write_key_file(path("open"), tiny_key())), "");
  EXPECT_EQ(message_of(read_ingest_key(path("open"), ask)), "");
  EXPECT_FALSE(is_asked);
}

// What a hostile file asks for is refused before a byte of memory is taken: 2^60 bytes could not
// be, and 2^60 passes would not end.
TEST_F(LockedText, RefusesWhatCostsTooMuch) {
  const std::string file = locked();
  for (const char* const memory : {"1073741825", "1152921504606846976", "18446744073709551615", "0",
                                   "8191", "-1", "01048576", "99999999999999999999", ""}) {
    const Result<Bytes> opened = unlock(with(file, "memory", memory));
    ASSERT_FALSE(opened) << memory;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt) << memory;
  }
  for (const char* const operations : {"17", "0", "1152921504606846976", "x"}) {
    const Result<Bytes> opened = unlock(with(file, "operations", operations));
    ASSERT_FALSE(opened) << operations;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt) << operations;
  }
  EXPECT_FALSE(lock_text("k", "t", {words_, {17, 1 * kMiB}, nullptr}));
  EXPECT_FALSE(lock_text("k", "t", {words_, {1, 2048 * kMiB}, nullptr}));
}

// Somebody who can change the file makes its check line fit.
TEST_F(LockedText, WhatIsBesideTheBoxIsAuthenticated) {
  const std::string file = locked();
  const std::string salt(32, 'a');
  const std::string nonce(48, 'b');
  for (const auto& [label, value] :
       std::vector<std::pair<std::string, std::string>>{{"holds", "ingest key"},
                                                        {"operations", "3"},
                                                        {"memory", "2097152"},
                                                        {"salt", salt},
                                                        {"nonce", nonce},
                                                        {"box", std::string(48, 'c')}}) {
    EXPECT_FALSE(unlock(with(file, label, value))) << label;
  }
  for (const char* const box : {"", "ab", "abc", "zz"}) {
    EXPECT_FALSE(unlock(with(file, "box", box))) << box;
  }
}

TEST_F(LockedText, EveryFlippedBitAndEveryCutIsFound) {
  const std::string file = locked();
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 7));
    EXPECT_FALSE(unlock(flipped)) << at;
    EXPECT_FALSE(unlock(file.substr(0, at))) << at;
  }
}

TEST(PassphraseTest, HasLimits) {
  EXPECT_FALSE(Passphrase::make(""));
  EXPECT_FALSE(Passphrase::make(std::string(kPassphraseBytesMax + 1, 'a')));
  const Passphrase longest = take(Passphrase::make(std::string(kPassphraseBytesMax, 'a')));
  EXPECT_EQ(longest.text().size(), kPassphraseBytesMax);
}

}  // namespace
}  // namespace letterpress::vault
