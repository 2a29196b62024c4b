// SPDX-License-Identifier: Apache-2.0
// The interface of embedders, against a store in memory.
#include "letterpress/press.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/bytes.h"
#include "embed/map_store.h"
#include "letterpress/version.h"
#include "pipeline/made_mail.h"

namespace letterpress::embed {
namespace {

using pipeline::made_mail;
using pipeline::made_mbox_mail;
using pipeline::Random;
using pipeline::random_text;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

Files some_mail(unsigned seed) {
  Random random(seed);
  Files files;
  for (int i = 0; i < 120; ++i) {
    files["m/" + std::to_string(1000 + i)] =
        made_mail(random, {.attachment_bytes = random() % 60'000});
  }
  std::string mbox;
  while (mbox.size() < 9'000'000) mbox += made_mbox_mail(random, {.attachment_bytes = 20'000});
  files["m/0-mbox"] = mbox;
  files["m/1-plain"] = random_text(random, 6'000'000);
  files["m/2-empty"] = "";
  return files;
}

Status push(Press& press, const std::string& path, const std::string& content,
            std::size_t piece_bytes) {
  LETTERPRESS_TRY(press.begin_entry({.path = path, .metadata = {.mode = 0600}}));
  auto rest = as_bytes(content);
  while (!rest.empty()) {
    const auto piece = rest.first(std::min(rest.size(), piece_bytes));
    LETTERPRESS_TRY(press.write(piece));
    rest = rest.subspan(piece.size());
  }
  return press.end_entry();
}

Result<PressTotals> push_all(const Files& files, PressOptions options, Receiver& store,
                             std::size_t piece_bytes = 100'000) {
  LETTERPRESS_TRY_ASSIGN(Press press, Press::open(std::move(options), store));
  for (const auto& [path, content] : files) {
    LETTERPRESS_TRY(push(press, path, content, piece_bytes));
  }
  return press.finish();
}

Files rebuilt(MapStore& store, RebuildOptions options = {}) {
  Files files;
  Rebuild rebuild = store.rebuild(std::move(options));
  for (const auto& [path, parts] : store.entries) {
    const Status status = rebuild.whole(store.parts(path), into(files[path]));
    EXPECT_TRUE(status) << path << ": " << status.error().message();
  }
  return files;
}

TEST(Press, WhatIsPushedComesBack) {
  const Files files = some_mail(1);
  MapStore store;
  const Result<PressTotals> totals = push_all(files, {}, store);
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->entries, files.size());
  EXPECT_GT(totals->messages, files.size());
  EXPECT_GT(totals->base64_bytes, 1'000'000U);
  EXPECT_EQ(totals->next_block_number, store.blocks.size());
  EXPECT_TRUE(rebuilt(store) == files);
}

TEST(Press, ThePiecesAndTheThreadsDoNotMatter) {
  Files files = some_mail(2);
  MapStore expected;
  ASSERT_TRUE(push_all(files, {.threads = 1}, expected, 1 << 30));
  for (const std::size_t piece_bytes : {std::size_t{777}, std::size_t{65'536}}) {
    for (const unsigned threads : {1U, 2U, 5U}) {
      MapStore store;
      ASSERT_TRUE(push_all(files, {.threads = threads}, store, piece_bytes));
      EXPECT_TRUE(store.calls == expected.calls) << piece_bytes << ' ' << threads;
    }
  }
}

TEST(Press, OneThreadIsTheCallersOwn) {
  MapStore store;
  std::map<std::thread::id, int> threads;
  store.on_call = [&]() -> Status {
    ++threads[std::this_thread::get_id()];
    return Ok{};
  };
  ASSERT_TRUE(push_all(some_mail(3), {.threads = 1, .first_block_number = 1}, store));
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_GT(threads[std::this_thread::get_id()], 100);
}

TEST(Press, TheReceiverIsCalledByOneThreadAtATime) {
  MapStore store;
  std::atomic<int> inside = 0;
  int most = 0;
  store.on_call = [&]() -> Status {
    most = std::max(most, ++inside);
    std::this_thread::yield();
    --inside;
    return Ok{};
  };
  ASSERT_TRUE(push_all(some_mail(4), {.threads = 4, .first_block_number = 1}, store));
  EXPECT_EQ(most, 1);
}

TEST(Press, WhatIsStoredIsNotGivenAgain) {
  const Files files = some_mail(5);
  for (const bool single_chunks : {false, true}) {
    MapStore store;
    Result<PressTotals> totals = push_all(files, {.single_chunks = single_chunks}, store);
    ASSERT_TRUE(totals);
    EXPECT_EQ(store.asked, 0U);  // nothing can be stored yet
    const std::size_t blocks = store.blocks.size();
    EXPECT_EQ(store.places.size() == blocks, single_chunks);
    store.entries.clear();
    totals = push_all(
        files, {.single_chunks = single_chunks, .first_block_number = totals->next_block_number},
        store);
    ASSERT_TRUE(totals);
    EXPECT_GT(store.asked, 0U);
    EXPECT_EQ(store.blocks.size(), blocks);
    EXPECT_TRUE(rebuilt(store) == files);
  }
}

TEST(Press, KeysChangeIdsAndDigests) {
  const Files files = {{"a", "some text"}};
  HashKey key;
  key.bytes[0] = 1;
  MapStore plain;
  MapStore keyed;
  ASSERT_TRUE(push_all(files, {}, plain));
  ASSERT_TRUE(push_all(files, {.id_key = key, .digest_key = key}, keyed));
  EXPECT_NE(plain.places.begin()->first, keyed.places.begin()->first);
  EXPECT_TRUE(rebuilt(keyed, {.digest_key = key}) == files);
  std::string content;
  Rebuild without_key = keyed.rebuild();
  const Status status = without_key.whole(keyed.parts("a"), into(content));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(content, "");
}

class PressFilesTest : public ::testing::Test {
 protected:
  PressFilesTest() { std::filesystem::create_directories(folder_); }
  ~PressFilesTest() override { std::filesystem::remove_all(folder_); }
  void write(const Files& files) {
    for (const auto& [path, content] : files) {
      std::filesystem::create_directories((folder_ / path).parent_path());
      std::ofstream(folder_ / path, std::ios::binary) << content;
    }
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                        ("letterpress_embed_" + std::to_string(::getpid()));
};

TEST_F(PressFilesTest, PathsAndDescriptorsGiveWhatIsThere) {
  const Files files = some_mail(6);
  write(files);
  MapStore store;
  Result<Press> press = Press::open({}, store);
  ASSERT_TRUE(press);
  ASSERT_TRUE(press->add_path("mail", folder_ / "m"));
  for (int i = 0; i < 100; ++i) {  // more than wait at a time
    const int descriptor = ::open((folder_ / "m/0-mbox").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_TRUE(press->add_descriptor({.path = "fd/" + std::to_string(i)}, descriptor));
    ::close(descriptor);
  }
  ASSERT_TRUE(press->finish());
  Files expected;
  for (const auto& [path, content] : files) expected["mail/" + path.substr(2)] = content;
  expected["mail"] = "";
  for (int i = 0; i < 100; ++i) expected["fd/" + std::to_string(i)] = files.at("m/0-mbox");
  EXPECT_TRUE(rebuilt(store) == expected);
}

TEST_F(PressFilesTest, APathThatIsNotThereIsAnErrorAndTheRunGoesOn) {
  MapStore store;
  Result<Press> press = Press::open({}, store);
  ASSERT_TRUE(press);
  const Status status = press->add_path("mail", folder_ / "nothing");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(push(*press, "a", "text", 10));
  ASSERT_TRUE(press->finish());
  EXPECT_TRUE(rebuilt(store) == Files({{"a", "text"}}));
}

TEST(Press, AnEntryWhoseSourceFailsIsAbandonedAndNamed) {
  Random random(7);
  for (const std::size_t bytes : {std::size_t{1000}, std::size_t{9'000'000}}) {
    MapStore store;
    std::vector<std::string> problems;
    Result<Press> press =
        Press::open({.on_problem =
                         [&](const PressProblem& problem) {
                           problems.push_back(problem.path + ": " + problem.message);
                         }},
                    store);
    ASSERT_TRUE(press);
    ASSERT_TRUE(push(*press, "a", "text", 10));
    ASSERT_TRUE(press->begin_entry({.path = "b"}));
    ASSERT_TRUE(press->write(as_bytes(random_text(random, bytes))));
    ASSERT_TRUE(press->fail_entry(Error(ErrorCode::kIo, "the tape broke")));
    ASSERT_TRUE(push(*press, "c", "more", 10));
    ASSERT_TRUE(press->finish());
    EXPECT_TRUE(rebuilt(store) == Files({{"a", "text"}, {"c", "more"}}));
    EXPECT_THAT(problems, ::testing::ElementsAre("b: the tape broke"));
  }
}

TEST(Press, ErrorsOfTheReceiverComeBackUnchangedAndStay) {
  const Files files = some_mail(8);
  MapStore whole;
  ASSERT_TRUE(push_all(files, {.threads = 2}, whole));
  for (std::size_t fails_at = 0; fails_at < whole.calls.size(); fails_at += 17) {
    MapStore store;
    std::size_t calls = 0;
    store.on_call = [&]() -> Status {
      if (calls++ == fails_at) return Error(ErrorCode::kLimitExceeded, "the quota is used up");
      return Ok{};
    };
    Result<Press> press = Press::open({.threads = 2}, store);
    ASSERT_TRUE(press);
    Status status = Ok{};
    for (const auto& [path, content] : files) {
      status = push(*press, path, content, 1'000'000);
      if (!status) break;
    }
    const Result<PressTotals> totals = press->finish();
    ASSERT_FALSE(totals);
    EXPECT_EQ(totals.error().message(), "the quota is used up");
    EXPECT_EQ(totals.error().code(), ErrorCode::kLimitExceeded);
    EXPECT_EQ(calls, fails_at + 1);  // it was not called again
    EXPECT_FALSE(press->begin_entry({.path = "z"}));
  }
}

TEST(Press, AnExceptionOfTheReceiverIsAnError) {
  MapStore store;
  store.on_call = []() -> Status { throw std::runtime_error("oops"); };
  const Result<PressTotals> totals = push_all({{"a", "text"}}, {}, store);
  ASSERT_FALSE(totals);
  EXPECT_THAT(totals.error().message(), HasSubstr("oops"));
}

TEST(Press, WhatIsNoExceptionOfTheStandardLibraryIsAnErrorToo) {
  MapStore store;
  store.on_call = []() -> Status { throw 1; };
  EXPECT_FALSE(push_all({{"a", "text"}}, {}, store));
}

TEST(Press, WhatTheOwnersReportThrowsEndsTheRun) {
  MapStore store;
  Result<Press> press = Press::open(
      {.on_problem = [](const PressProblem&) { throw std::runtime_error("no room"); }}, store);
  ASSERT_TRUE(press);
  ASSERT_TRUE(press->begin_entry({.path = "a"}));
  ASSERT_TRUE(press->fail_entry(Error(ErrorCode::kIo, "the tape broke")));
  const Result<PressTotals> totals = press->finish();
  ASSERT_FALSE(totals);
  EXPECT_THAT(totals.error().message(), HasSubstr("no room"));
}

TEST(Press, APartNamesTheBlocksThatItNeeds) {
  const Files files = some_mail(13);
  MapStore store;
  ASSERT_TRUE(push_all(files, {}, store));
  for (const auto& [path, parts] : store.entries) {
    std::set<std::uint64_t> named;
    for (const PressedPart& part : parts) named.insert(part.blocks.begin(), part.blocks.end());
    std::set<std::uint64_t> asked;
    Rebuild rebuild([&](std::uint64_t number) -> Result<std::vector<std::uint8_t>> {
      asked.insert(number);
      return store.blocks.at(number);
    });
    std::string content;
    ASSERT_TRUE(rebuild.whole(store.parts(path), into(content)));
    EXPECT_EQ(asked, named) << path;
  }
}

TEST(Press, ADescriptorHasBeenReadWhenTheCallReturns) {
  MapStore store;
  Result<Press> press = Press::open({}, store);
  ASSERT_TRUE(press);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "some text", 9), 9);
  ::close(ends[1]);
  ASSERT_TRUE(press->add_descriptor({.path = "a"}, ends[0]));
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
  ASSERT_TRUE(press->finish());
  EXPECT_TRUE(rebuilt(store) == Files({{"a", "some text"}}));
}

TEST(Press, CallsInTheWrongOrderAreRefusedAndChangeNothing) {
  MapStore store;
  Result<Press> press = Press::open({}, store);
  ASSERT_TRUE(press);
  const std::string text = "text";
  EXPECT_FALSE(press->write(as_bytes(text)));
  EXPECT_FALSE(press->end_entry());
  EXPECT_FALSE(press->begin_entry({.path = "../a"}));
  EXPECT_FALSE(press->begin_entry({.path = ""}));
  ASSERT_TRUE(press->begin_entry({.path = "a"}));
  EXPECT_FALSE(press->begin_entry({.path = "b"}));
  EXPECT_FALSE(press->add_descriptor({.path = "b"}, 0));
  EXPECT_FALSE(press->add_path("b", "/"));
  EXPECT_FALSE(press->finish());
  ASSERT_TRUE(press->write(as_bytes(text)));
  ASSERT_TRUE(press->end_entry());
  ASSERT_TRUE(press->begin_entry({.path = "folder", .metadata = {.type = EntryType::kFolder}}));
  EXPECT_FALSE(press->write(as_bytes(text)));
  ASSERT_TRUE(press->end_entry());
  ASSERT_TRUE(press->finish());
  EXPECT_FALSE(press->finish());
  EXPECT_FALSE(press->begin_entry({.path = "c"}));
  EXPECT_TRUE(rebuilt(store) == Files({{"a", "text"}, {"folder", ""}}));
}

TEST(Press, OptionsOutOfRangeAreRefused) {
  MapStore store;
  EXPECT_FALSE(Press::open({.level = 0}, store));
  EXPECT_FALSE(Press::open({.level = 20}, store));
  EXPECT_FALSE(Press::open({.first_block_number = kBlockNumberMax + 1}, store));
}

TEST(Press, CancellingEndsTheRun) {
  MapStore store;
  std::atomic<bool> cancel = true;
  const Result<PressTotals> totals = push_all(some_mail(9), {.cancel = &cancel}, store);
  ASSERT_FALSE(totals);
  EXPECT_EQ(totals.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(store.entries.empty());
}

TEST(Rebuild, ARangeIsThatPartOfTheWhole) {
  const Files files = some_mail(10);
  MapStore store;
  ASSERT_TRUE(push_all(files, {}, store));
  Rebuild rebuild = store.rebuild({.cache_bytes = 0});
  Random random(10);
  for (const auto& [path, content] : files) {
    for (int i = 0; i < 8; ++i) {
      const std::size_t from = random() % (content.size() + 2);
      const std::size_t count = random() % (i < 4 ? 3000 : content.size() + 2);
      std::string range;
      ASSERT_TRUE(rebuild.range(store.parts(path), from, count, into(range)));
      EXPECT_TRUE(range == (from < content.size() ? content.substr(from, count) : ""))
          << path << ' ' << from << ' ' << count;
    }
  }
}

TEST(Rebuild, ARangeAsksForNoBlockOfWhatLiesBefore) {
  const Files files = some_mail(11);
  MapStore store;
  ASSERT_TRUE(push_all(files, {.single_chunks = true}, store));
  const std::string& mbox = files.at("m/0-mbox");
  std::size_t blocks = 0;
  Rebuild rebuild([&](std::uint64_t number) -> Result<std::vector<std::uint8_t>> {
    ++blocks;
    return store.blocks.at(number);
  });
  std::string range;
  ASSERT_TRUE(rebuild.range(store.parts("m/0-mbox"), mbox.size() - 1000, 1000, into(range)));
  EXPECT_TRUE(range == mbox.substr(mbox.size() - 1000));
  EXPECT_LT(blocks, 20U);
}

TEST(Rebuild, DamageIsNamedAndNoWrongByteComes) {
  const Files files = some_mail(12);
  MapStore store;
  ASSERT_TRUE(push_all(files, {}, store));
  Random random(12);
  for (int i = 0; i < 40; ++i) {
    MapStore damaged = store;
    auto block = damaged.blocks.begin();
    std::advance(block, static_cast<std::ptrdiff_t>(random() % damaged.blocks.size()));
    std::uint8_t& byte = block->second[random() % block->second.size()];
    byte = static_cast<std::uint8_t>(byte ^ 1U << random() % 8);
    Rebuild rebuild = damaged.rebuild();
    std::size_t failures = 0;
    for (const auto& [path, content] : files) {
      std::string got;
      const Status status = rebuild.whole(damaged.parts(path), into(got));
      EXPECT_TRUE(content.starts_with(got)) << path;
      EXPECT_EQ(status.has_value(), got == content) << path;
      if (!status) ++failures;
    }
    EXPECT_GT(failures, 0U) << "block " << block->first;
  }
}

TEST(Rebuild, NeverMoreThanThePartsHave) {
  MapStore store;
  ASSERT_TRUE(push_all({{"a", "some text"}}, {}, store));
  std::vector<Rebuild::Part> parts = store.parts("a");
  parts[0].raw_bytes = 4;  // the recipe makes 9
  std::string got;
  ASSERT_TRUE(store.rebuild().whole(parts, into(got)));
  EXPECT_EQ(got, "some");
  parts[0].raw_bytes = 10;
  got.clear();
  const Status status = store.rebuild().whole(parts, into(got));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
}

TEST(Rebuild, ABlockThatIsNotThereIsTheStoresError) {
  MapStore store;
  ASSERT_TRUE(push_all({{"a", "text"}}, {}, store));
  store.blocks.clear();
  std::string got;
  const Status status = store.rebuild().whole(store.parts("a"), into(got));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(status.error().message(), "no block 0");
}

TEST(Version, IsThatOfTheHeaders) {
  EXPECT_EQ(version(), std::to_string(kVersionMajor) + '.' + std::to_string(kVersionMinor) + '.' +
                           std::to_string(kVersionPatch));
}

}  // namespace
}  // namespace letterpress::embed
