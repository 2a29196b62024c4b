// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/key_file.h"

#include <gtest/gtest.h>

namespace letterpress::restic {
namespace {

constexpr ScryptCost kCheap = {.n = 16, .r = 1, .p = 1};

TEST(KeyFile, OpensWithItsPasswordOnly) {
  const Result<BoxKey> master = random_box_key();
  ASSERT_TRUE(master);
  const Result<std::string> json =
      make_key_file(*master, "secret", {"2026-11-27T08:03:34Z", "user \xff", "host \"a\""}, kCheap);
  ASSERT_TRUE(json);
  const Result<std::optional<BoxKey>> opened = open_key_file(*json, "secret");
  ASSERT_TRUE(opened);
  ASSERT_TRUE(*opened);
  EXPECT_EQ((*opened)->encrypt, master->encrypt);
  EXPECT_EQ((*opened)->mac_k, master->mac_k);
  EXPECT_EQ((*opened)->mac_r, master->mac_r);
  const Result<std::optional<BoxKey>> refused = open_key_file(*json, "Secret");
  ASSERT_TRUE(refused);
  EXPECT_FALSE(*refused);
}

// Made by restic 0.14.0, `restic init` with the password "pw".
TEST(KeyFile, OpensOneOfRestics) {
  constexpr std::string_view kKey =
      R"({"created":"2026-11-27T08:03:34.842706276Z","username":"root","hostname":"vm","k)"
      R"(df":"scrypt","N":32768,"r":8,"p":6,"salt":"lSEVklnMGUtXz6LHcArutKjBKOCjQZ+inXtaj)"
      R"(CR0OR1xuYmdupLdNL8mWB8S+jJXfNaSGjUTwT8JSJ33AWq2+Q==","data":"n73l69IZdugK6spiWzJ)"
      R"(K/j9Hax8xuMMg3U3PPVU5n6mVVctmY5LRlTtNPe1D66LrRkYOtjqZh4tvFS4E7ZIhg/PNMPOWi+ff6qB)"
      R"(RpjeWejFJoCXHRzZmjnmucBZDPMGi9jNlIeQORYBtbh3FpCGgyXY5G3zW6u+rsrQ6JUh3ZfE7momS1/R)"
      R"(hfgiS6VPGchNVkiAb4J7+0JffSNoyU9tSUQ=="})";
  const Result<std::optional<BoxKey>> opened = open_key_file(kKey, "pw");
  ASSERT_TRUE(opened);
  EXPECT_TRUE(*opened);
}

TEST(KeyFile, RefusesWhatIsNone) {
  const Result<BoxKey> master = random_box_key();
  ASSERT_TRUE(master);
  const Result<std::string> made = make_key_file(*master, "pw", {"", "", ""}, kCheap);
  ASSERT_TRUE(made);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string json = *made;
    const std::size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return json.replace(at, from.size(), to);
  };
  for (const std::string& json :
       {std::string(), std::string("[]"), std::string("{}"), made->substr(0, 200),
        changed("\"N\":16", "\"N\":15"), changed("\"N\":16", "\"N\":-16"),
        changed("\"r\":1", "\"r\":0"), changed("\"salt\":\"", "\"salt\":\"!"),
        changed("\"salt\":\"", "\"salt\":\"AAAA"), changed("\"data\":\"", "\"data\":7,\"x\":\"")}) {
    const auto opened = open_key_file(json, "pw");
    ASSERT_FALSE(opened) << json;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorrupt) << json;
  }
  const auto greedy = open_key_file(changed("\"N\":16", "\"N\":1073741824"), "pw");
  ASSERT_FALSE(greedy);
  EXPECT_EQ(greedy.error().code(), ErrorCode::kLimitExceeded);
  // Little memory, but an hour's work.
  std::string slow_key = changed("\"N\":16", "\"N\":1048576");
  slow_key.replace(slow_key.find("\"p\":1"), 5, "\"p\":1024");
  const auto slow = open_key_file(slow_key, "pw");
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code(), ErrorCode::kLimitExceeded);
  const auto other = open_key_file(changed("scrypt", "argon2"), "pw");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace letterpress::restic
