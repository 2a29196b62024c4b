// SPDX-License-Identifier: Apache-2.0
// The property: whatever goes in comes out again, and what came in before costs nothing.
#include <gtest/gtest.h>

#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

// Mail that is broken in the ways in which mail is broken, and what only looks like it.
std::string mangled(Random& random, std::string mail) {
  for (auto i = random() % 20; i > 0 && !mail.empty(); --i) {
    const std::size_t at = random() % mail.size();
    switch (random() % 6) {
      case 0:
        mail[at] = static_cast<char>(random());
        break;
      case 1:
        mail.insert(at, "\r\n");
        break;
      case 2:
        mail.insert(at, "\nFrom x@example.org Mon Nov 23 14:21:00 2026\n");
        break;
      case 3:
        mail.erase(at, random() % 100);
        break;
      case 4:
        mail.insert(at, std::string(random() % 300, static_cast<char>(random())));
        break;
      default:
        mail.insert(at, mail.substr(mail.size() / 2, 500));
        break;
    }
  }
  return mail;
}

std::string made_content(Random& random) {
  switch (random() % 12) {
    case 0:
      return "";
    case 1:
      return random_text(random, 1 + random() % 20);
    case 2:
      return random_text(random, random() % (5 * kMiB));
    case 3:
      return std::string(random() % (3 * kMiB), static_cast<char>(random()));
    case 4:
      return words(random, random() % (3 * kMiB));
    case 5: {
      std::string mbox;
      for (auto i = random() % 600; i > 0; --i) {
        mbox += made_mbox_mail(random, {.text_bytes = random() % 3000,
                                        .attachment_bytes = random() % 8 == 0 ? 40'000U : 0U,
                                        .crlf = random() % 4 == 0});
      }
      return random() % 2 == 0 ? mbox : mangled(random, mbox);
    }
    case 6:
      return made_mail(random, {.attachment_bytes = random() % (4 * kMiB)});
    case 7:
      return std::string(kSmallEntryBytesMax + random() % 3 - 1, 'b');
    default:
      return mangled(random, made_mail(random, {.text_bytes = random() % 9000,
                                                .attachment_bytes = random() % 50'000,
                                                .crlf = random() % 3 == 0}));
  }
}

class PressProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(PressProperty, EverythingRebuildsExactly) {
  Random random(GetParam());
  std::vector<Given> events;
  for (int i = 0; i < 60; ++i) {
    // Some contents come twice.
    const bool again = !events.empty() && random() % 6 == 0;
    events.push_back(file("f/" + std::to_string(1000 + i),
                          again ? events[random() % events.size()].bytes : made_content(random)));
  }
  const RecipeForm form = GetParam() % 2 == 0 ? RecipeForm::kPieces : RecipeForm::kStored;
  const HashKey key = made_key(static_cast<std::uint8_t>(GetParam()));
  const chunking::CutParams cuts =
      GetParam() % 3 == 0 ? chunking::CutParams{512, 2048, 8192} : chunking::CutParams{};
  index::ChunkIndex index;
  std::map<std::uint64_t, stream::Block> stored;
  for (int round = 0; round < 3; ++round) {
    // The last time some have changed, whatever is known of them.
    for (std::size_t i = 0; i < events.size() && round == 2; i += 5) {
      std::string& bytes = events[i].bytes;
      bytes = i % 2 == 0 ? mangled(random, bytes) : bytes + made_content(random);
    }
    MemorySource source(events);
    source.lends = random() % 2 == 0;
    RecordingSink sink(form, &key);
    std::uint64_t first_block = 0;
    for (const auto& [number, block] : stored) {
      Bytes encoded;
      stream::encode_block(block, true, encoded);
      ASSERT_TRUE(sink.blocks.add(encoded));
      first_block = number + 1;
    }
    PressOptions options =
        options_of(form, {&key, &key}, {.new_bytes = (random() % 8 + 1) * kMiB}, first_block);
    options.cuts = cuts;
    options.threads = 3;
    const auto report = press(source, index, options, sink);
    ASSERT_TRUE(report) << report.error().message();
    for (const Given& given : events) {
      EXPECT_TRUE(sink.files.at(given.path) == given.bytes) << given.path;
    }
    if (round == 1) {
      EXPECT_TRUE(sink.stored.empty());
    }
    for (auto& [number, block] : sink.stored) stored.insert_or_assign(number, std::move(block));
    for (std::size_t i = 0; i < events.size() && form == RecipeForm::kStored; ++i) {
      // What is not known is looked up chunk by chunk.
      if (GetParam() % 4 == 1 || (round == 1 && i % 3 == 0)) continue;
      const stream::PressedEntry& last = sink.last_parts.at(events[i].path);
      events[i].known = {last.content, events[i].bytes.size(), last.segments};
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PressProperty, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace letterpress::pipeline
