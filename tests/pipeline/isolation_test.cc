// SPDX-License-Identifier: Apache-2.0
// The property: with an isolate depth no two mailboxes have a block or a chunk id in common,
// whatever they have in common themselves; and everything that holds without it holds with it.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <set>

#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

constexpr unsigned kDepth = 2;
const HashKey kApartIdKey = made_key(3);
const HashKey kApartDigestKey = made_key(90);

// Written out anew: the source and two components below it, or what there is.
std::string mailbox_of(const std::string& path) {
  std::string name;
  int slashes = 0;
  for (const char c : path) {
    slashes += c == '/' ? 1 : 0;
    if (slashes > 2) break;
    name += c;
  }
  return name;
}

// Few contents, so that every mailbox has mail that others have too.
std::vector<std::string> shared_contents(Random& random) {
  std::vector<std::string> contents;
  for (int i = 0; i < 12; ++i) {
    contents.push_back(made_mail(random, {.text_bytes = random() % 6000,
                                          .attachment_bytes = i % 3 == 0 ? random() % 90'000 : 0}));
  }
  std::string mbox;
  while (mbox.size() < 3 * kMiB) mbox += made_mbox_mail(random, {.text_bytes = random() % 9000});
  contents.push_back(mbox);
  contents.push_back(random_text(random, 5 * kMiB));
  contents.push_back("");
  contents.push_back("few\n");
  return contents;
}

std::vector<Given> mailboxes_of(unsigned seed) {
  Random random(seed);
  const std::vector<std::string> contents = shared_contents(random);
  std::vector<Given> events = {folder("m"), file("m/aliases", contents[0]),
                               file("m/domains", contents[0])};
  for (int mailbox = 0; mailbox < 9; ++mailbox) {
    const std::string path = "m/d" + std::to_string(mailbox / 3) + "/u" + std::to_string(mailbox);
    events.push_back(folder(path));
    for (int i = 10; i < 35; ++i) {
      // One of the large ones now and then.
      const std::size_t which = random() % 40 == 0 ? 12 + random() % 2 : random() % 14;
      const std::size_t small = which < 12 ? which : which + 2;
      events.push_back(file(path + "/cur/" + std::to_string(i),
                            contents[which < 12 || random() % 4 == 0 ? which : small]));
      if (random() % 20 == 0) events.push_back(folder(path + "/." + std::to_string(i)));
    }
    // A file of a domain comes between mailboxes, and a mailbox may come twice.
    if (mailbox == 4) events.push_back(file("m/d1/u3/dovecot-uidlist", contents[1]));
    events.push_back(file("m/d1/log" + std::to_string(mailbox), contents[2]));
  }
  return events;
}

PressOptions apart_options(std::optional<unsigned> depth, RecipeForm form, unsigned threads = 3) {
  PressOptions options =
      options_of(form, {&kApartIdKey, &kApartDigestKey}, {.new_bytes = 2 * kMiB});
  options.isolate_depth = depth;
  options.threads = threads;
  return options;
}

// Notes which blocks are asked for.
class WatchedBlocks : public stream::BlockProvider {
 public:
  explicit WatchedBlocks(stream::BlockProvider& blocks) : blocks_(blocks) {}
  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override {
    seen.insert(number);
    return blocks_.block(number);
  }
  std::set<std::uint64_t> seen;

 private:
  stream::BlockProvider& blocks_;
};

Status rebuild_from(stream::Rebuilder& rebuilder, const stream::ContentRef& ref) {
  const auto drop = [](ByteView) -> Status { return Ok{}; };
  if (ref.depth == 0) return rebuilder.rebuild(ref.recipe, drop);
  EXPECT_EQ(ref.depth, 1U);
  for (const stream::ContentRef::Child& child : ref.children) {
    LETTERPRESS_TRY_ASSIGN(const Bytes recipe, rebuilder.chunk(child.place));
    LETTERPRESS_TRY(rebuilder.rebuild(recipe, drop));
  }
  return Ok{};
}

// The blocks of each mailbox: of its files' recipes, and of what they name.
std::map<std::string, std::set<std::uint64_t>> blocks_by_mailbox(RecordingSink& sink) {
  std::map<std::string, std::set<std::uint64_t>> blocks;
  for (const auto& [path, part] : sink.last_parts) {
    if (part.entry.metadata.type != stream::EntryType::kFile) continue;
    WatchedBlocks watched(sink.blocks);
    stream::Rebuilder rebuilder(watched, &kApartDigestKey);
    const auto ref = stream::decode_content_ref(part.content);
    EXPECT_TRUE(ref && rebuild_from(rebuilder, *ref)) << path;
    blocks[mailbox_of(path)].merge(watched.seen);
  }
  return blocks;
}

// How many blocks, and chunk ids, several mailboxes have.
struct Shared {
  std::size_t blocks = 0;
  std::size_t ids = 0;
};

Shared shared_by_mailboxes(RecordingSink& sink) {
  std::map<std::uint64_t, int> users;
  std::map<ChunkId, std::set<std::string>> owners;
  for (const auto& [mailbox, numbers] : blocks_by_mailbox(sink)) {
    for (const std::uint64_t number : numbers) {
      ++users[number];
      for (const ChunkId& id : sink.stored.at(number).ids) owners[id].insert(mailbox);
    }
  }
  Shared shared;
  for (const auto& [number, count] : users) shared.blocks += count > 1 ? 1U : 0U;
  for (const auto& [id, names] : owners) shared.ids += names.size() > 1 ? 1U : 0U;
  return shared;
}

class IsolationTest : public ::testing::Test {
 protected:
  oneapi::tbb::global_control threads_{oneapi::tbb::global_control::max_allowed_parallelism, 16};
};

TEST_F(IsolationTest, MailboxesShareNothing) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const std::vector<Given> events = mailboxes_of(seed);
    for (const bool is_isolated : {false, true}) {
      MemorySource source(events);
      index::ChunkIndex index;
      RecordingSink sink(RecipeForm::kStored, &kApartDigestKey);
      const auto depth = is_isolated ? std::optional(kDepth) : std::nullopt;
      ASSERT_TRUE(press(source, index, apart_options(depth, RecipeForm::kStored), sink));
      for (const Given& given : events) {
        if (given.what != Given::What::kFile) continue;
        EXPECT_TRUE(sink.files.at(given.path) == given.bytes) << given.path;
      }
      const Shared shared = shared_by_mailboxes(sink);
      if (is_isolated) {
        EXPECT_EQ(shared.blocks, 0U) << seed;
        EXPECT_EQ(shared.ids, 0U) << seed;
      } else {
        EXPECT_GT(shared.blocks, 0U) << seed;
        EXPECT_GT(shared.ids, 0U) << seed;
      }
    }
  }
}

// What one mailbox adds does not depend on what another has: this is what an observer measures.
TEST_F(IsolationTest, WhatAMailboxAddsIsTheSameWhateverTheOthersHave) {
  Random random(7);
  const std::string secret = made_mail(random, {.attachment_bytes = 60'000});
  const std::string other = made_mail(random, {.attachment_bytes = 60'000});
  const auto stored_by_guess = [&](std::optional<unsigned> depth, const std::string& held) {
    std::map<std::uint64_t, stream::Block> before;
    const std::vector<Given> victim = {file("m/d/anna/1", held)};
    std::vector<Given> both = victim;
    both.push_back(file("m/d/bert/1", secret));
    std::array<std::uint64_t, 2> bytes{};
    for (std::size_t i = 0; i < 2; ++i) {
      index::ChunkIndex index;
      RecordingSink sink(RecipeForm::kStored, &kApartDigestKey);
      press_serially(i == 0 ? victim : both, index, apart_options(depth, RecipeForm::kStored),
                     sink);
      for (const auto& [number, block] : sink.stored) {
        Bytes encoded;
        stream::encode_block(block, false, encoded);
        bytes[i] += encoded.size();
      }
    }
    return bytes[1] - bytes[0];
  };
  EXPECT_EQ(stored_by_guess(kDepth, secret), stored_by_guess(kDepth, other));
  EXPECT_LT(stored_by_guess({}, secret) + 50'000, stored_by_guess({}, other));
}

TEST_F(IsolationTest, TheSinkSeesTheSameCallsForAnyNumberOfThreads) {
  const std::vector<Given> events = mailboxes_of(4);
  for (const RecipeForm form : {RecipeForm::kPieces, RecipeForm::kStored}) {
    RecordingSink serial(form, &kApartDigestKey);
    index::ChunkIndex index;
    press_serially(events, index, apart_options(kDepth, form), serial);
    ASSERT_GT(serial.block_numbers.size(), 3U);
    for (const unsigned threads : {1U, 2U, 16U}) {
      for (const bool lends : {false, true}) {
        MemorySource source(events);
        source.lends = lends;
        index::ChunkIndex fresh;
        RecordingSink sink(form, &kApartDigestKey);
        ASSERT_TRUE(press(source, fresh, apart_options(kDepth, form, threads), sink));
        EXPECT_TRUE(sink.calls == serial.calls) << threads << " threads";
      }
    }
  }
}

TEST_F(IsolationTest, WhatIsStoredIsFoundAgainByItsMailboxOnly) {
  const std::vector<Given> events = mailboxes_of(5);
  index::ChunkIndex index;
  std::uint64_t next_block = 0;
  std::vector<std::size_t> new_blocks;
  for (const std::optional<unsigned> depth :
       {std::optional(kDepth), std::optional(kDepth), std::optional(1U), std::optional<unsigned>(),
        std::optional(kDepth)}) {
    MemorySource source(events);
    RecordingSink sink(RecipeForm::kStored, &kApartDigestKey);
    sink.rebuilds = false;
    PressOptions options = apart_options(depth, RecipeForm::kStored);
    options.first_block_number = next_block;
    const auto report = press(source, index, options, sink);
    ASSERT_TRUE(report);
    next_block = report->next_block_number;
    new_blocks.push_back(sink.stored.size());
  }
  EXPECT_GT(new_blocks[0], 0U);
  EXPECT_EQ(new_blocks[1], 0U) << "the same again";
  EXPECT_GT(new_blocks[2], 0U) << "another depth";
  EXPECT_GT(new_blocks[3], 0U) << "nothing kept apart";
  EXPECT_EQ(new_blocks[4], 0U) << "as at first";
}

// Else a group of 65,536 files above the depth would not go into a pack.
TEST_F(IsolationTest, AGroupHasABoundedNumberOfBlocks) {
  std::vector<Given> events;
  for (int i = 0; i < 300; ++i) {
    events.push_back(file("m/" + std::to_string(1000 + i), "text " + std::to_string(i) + "\n"));
  }
  PressOptions options = apart_options(kDepth, RecipeForm::kStored);
  options.group.blocks = 100;
  index::ChunkIndex index;
  RecordingSink sink(RecipeForm::kStored, &kApartDigestKey);
  press_serially(events, index, options, sink);
  EXPECT_EQ(sink.stored.size(), 300U);
  ASSERT_EQ(sink.block_numbers.size(), 3U);
  for (const auto& group : sink.block_numbers) EXPECT_EQ(group.size(), 100U);
}

TEST_F(IsolationTest, NeedsAKeyForIds) {
  const std::vector<Given> events = {file("m/a", "x")};
  MemorySource source(events);
  index::ChunkIndex index;
  RecordingSink sink;
  PressOptions options = options_of(RecipeForm::kPieces);
  options.isolate_depth = 1;
  const auto report = press(source, index, options, sink);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace letterpress::pipeline
