// SPDX-License-Identifier: Apache-2.0
#include "pipeline/press.h"

#include <gmock/gmock.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <map>
#include <set>
#include <thread>

#include "pipeline/serial_press.h"

namespace letterpress::pipeline {
namespace {

using ::testing::HasSubstr;

// TBB has as many threads as there are processors, unless it is told otherwise.
class PressTest : public ::testing::Test {
 protected:
  oneapi::tbb::global_control threads_{oneapi::tbb::global_control::max_allowed_parallelism, 16};
};

// Groups that end often, so that few bytes have many of them.
PressOptions options_for(unsigned threads, RecipeForm form = RecipeForm::kPieces) {
  PressOptions options = options_of(form, {}, {.new_bytes = 2 * kMiB});
  options.threads = threads;
  return options;
}

std::vector<Given> mixture(unsigned seed, std::size_t bytes_min) {
  Random random(seed);
  std::vector<Given> events;
  std::size_t bytes = 0;
  for (int i = 0; bytes < bytes_min; ++i) {
    const std::string path = "m/" + std::to_string(10000 + i);
    const auto what = random() % 100;
    std::string content;
    if (what < 3) {
      content = random_text(random, random() % (6 * kMiB));
    } else if (what < 5) {
      content = made_mail(random, {.attachment_bytes = random() % (5 * kMiB)});
    } else if (what < 7) {
      for (int j = 0; j < 100; ++j) content += made_mbox_mail(random, {});
    } else if (what < 40) {
      content = made_mail(random, {.attachment_bytes = random() % 30'000, .crlf = what < 15});
    } else if (what < 45) {
      events.push_back(folder(path));
      continue;
    } else if (what < 48 && i > 0) {
      events.push_back(moved("m/" + std::to_string(9999 + i), path));
      continue;
    } else if (what < 55) {
      content = words(random, random() % 3);
    } else {
      content = made_mail(random, {.text_bytes = random() % 5000});
    }
    bytes += content.size();
    events.push_back(file(path, std::move(content)));
  }
  return events;
}

// What a run left behind.
struct Ran {
  std::optional<Error> error;
  PressTotals totals;
};

Ran run_press(stream::Sink& sink, MemorySource& source, const PressOptions& options) {
  index::ChunkIndex index;
  Result<PressReport> report = press(source, index, options, sink);
  if (!report) return {std::move(report).error(), {}};
  return {{}, report->totals};
}

Ran run_press(stream::Sink& sink, const std::vector<Given>& events, const PressOptions& options) {
  MemorySource source(events);
  return run_press(sink, source, options);
}

bool is_prefix(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST_F(PressTest, TheSinkSeesTheSameCallsForAnyNumberOfThreads) {
  const auto events = mixture(1, 16 * kMiB);
  for (const RecipeForm form : {RecipeForm::kPieces, RecipeForm::kStored}) {
    RecordingSink serial(form);
    index::ChunkIndex index;
    press_serially(events, index, options_for(1, form), serial);
    ASSERT_GT(serial.block_numbers.size(), 5U);
    for (const unsigned threads : {1U, 2U, 16U, 0U}) {
      RecordingSink sink(form);
      const Ran ran = run_press(sink, events, options_for(threads, form));
      EXPECT_FALSE(ran.error);
      EXPECT_TRUE(sink.calls == serial.calls) << threads << " threads";
    }
  }
}

TEST_F(PressTest, ASourceThatPausesGivesTheSameCalls) {
  const std::vector<Given> events = mixture(7, 30 * kMiB);
  const PressOptions options = options_for(2);
  RecordingSink expected;
  index::ChunkIndex expected_index;
  press_serially(events, expected_index, options, expected);
  for (const unsigned one_in : {1U, 2U, 50U}) {
    MemorySource source(events);
    Random random(one_in);
    bool goes_on = false;  // after a pause there is one step at least
    source.pauses = [&] { return !std::exchange(goes_on, random() % one_in != 0); };
    RecordingSink sink;
    index::ChunkIndex index;
    PressRun run(source, index, options, sink);
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(run.resume());
    source.pauses = nullptr;
    ASSERT_TRUE(run.finish());
    EXPECT_EQ(sink.calls, expected.calls) << one_in;
  }
}

TEST_F(PressTest, InTheCallersArenaItGivesTheSameCalls) {
  const std::vector<Given> events = mixture(8, 10 * kMiB);
  PressOptions options = options_for(1);
  RecordingSink expected;
  index::ChunkIndex expected_index;
  press_serially(events, expected_index, options, expected);
  options.in_callers_arena = true;
  RecordingSink sink;
  index::ChunkIndex index;
  MemorySource source(events);
  int most_threads = 0;
  source.on_event = [&](std::size_t) {
    most_threads = std::max(most_threads, oneapi::tbb::this_task_arena::max_concurrency());
  };
  oneapi::tbb::task_arena arena(3);
  arena.execute([&] { ASSERT_TRUE(press(source, index, options, sink)); });
  EXPECT_EQ(sink.calls, expected.calls);
  EXPECT_EQ(most_threads, 3);
}

TEST_F(PressTest, OneThreadIsTheCallingThread) {
  const std::vector<Given> events = mixture(9, 5 * kMiB);
  RecordingSink sink;
  index::ChunkIndex index;
  MemorySource source(events);
  std::set<std::thread::id> threads;
  source.on_event = [&](std::size_t) { threads.insert(std::this_thread::get_id()); };
  sink.on_group = [&] { threads.insert(std::this_thread::get_id()); };
  ASSERT_TRUE(press(source, index, options_for(1), sink));
  EXPECT_THAT(threads, ::testing::ElementsAre(std::this_thread::get_id()));
}

TEST_F(PressTest, AChunkThatTheOwnerHasIsNotGivenAgain) {
  const std::vector<Given> events = mixture(10, 10 * kMiB);
  for (const std::size_t chunks_max : {kBlockChunksMax, std::size_t{1}}) {
    PressOptions options = options_for(2);
    options.block_chunks_max = chunks_max;
    RecordingSink sink;
    std::map<ChunkId, Place> places;
    {
      index::ChunkIndex index;
      MemorySource source(events);
      const Result<PressReport> first = press(source, index, options, sink);
      ASSERT_TRUE(first);
      options.first_block_number = first->next_block_number;
    }
    for (const auto& [number, block] : sink.stored) {
      EXPECT_LE(block.ids.size(), chunks_max);
      for (std::uint32_t i = 0; i < block.ids.size(); ++i) places[block.ids[i]] = {number, i};
    }
    options.find_stored = [&](std::span<const ChunkId> ids,
                              std::span<std::optional<Place>> found) -> Status {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (const auto at = places.find(ids[i]); at != places.end()) found[i] = at->second;
      }
      return Ok{};
    };
    RecordingSink again;
    for (const auto& [number, block] : sink.stored) {
      Bytes encoded;
      encode_block(block, false, encoded);
      ASSERT_TRUE(again.blocks.add(encoded));
    }
    index::ChunkIndex index;
    MemorySource source(events);
    ASSERT_TRUE(press(source, index, options, again));
    EXPECT_TRUE(again.stored.empty());
    EXPECT_TRUE(again.files == sink.files);
  }
}

TEST_F(PressTest, AnAnswerThatCannotBeIsRefusedAndAnErrorOfTheOwnerComesBack) {
  const std::vector<Given> events = {file("a", "some bytes")};
  PressOptions options = options_for(1);
  const auto pressed = [&] {
    MemorySource source(events);
    index::ChunkIndex index;
    RecordingSink sink;
    return press(source, index, options, sink);
  };
  options.find_stored = [](auto, std::span<std::optional<Place>> found) -> Status {
    found[0] = Place{0, 0};  // a block of this run
    return Ok{};
  };
  Result<PressReport> report = pressed();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
  options.find_stored = [](auto, auto) -> Status {
    return Error(ErrorCode::kIo, "the database is gone");
  };
  report = pressed();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kIo);
  EXPECT_EQ(report.error().message(), "the database is gone");
}

TEST_F(PressTest, CountsAreThoseOfTheStages) {
  const auto events = mixture(2, 10 * kMiB);
  RecordingSink serial;
  index::ChunkIndex index;
  const PressTotals expected = press_serially(events, index, options_for(1), serial);
  RecordingSink sink;
  const PressTotals totals = run_press(sink, events, options_for(16)).totals;
  EXPECT_EQ(totals.entries, expected.entries);
  EXPECT_EQ(totals.messages, expected.messages);
  EXPECT_EQ(totals.raw_bytes, expected.raw_bytes);
  EXPECT_EQ(totals.groups, sink.block_numbers.size());
  std::array<std::uint64_t, kKindCount> stored{};
  for (const auto& [number, block] : sink.stored) {
    stored[static_cast<std::size_t>(block.kind)] += block.payload.size();
  }
  for (std::size_t i = 0; i < kKindCount; ++i) {
    EXPECT_EQ(totals.kinds[i].stored_bytes, stored[i]) << i;
    EXPECT_EQ(totals.kinds[i].new_bytes, expected.kinds[i].new_bytes) << i;
  }
}

TEST_F(PressTest, AnInsertionCostsLittle) {
  Random random(3);
  std::string mbox;
  while (mbox.size() < 20 * kMiB) mbox += made_mbox_mail(random, {.attachment_bytes = 20'000});
  const std::string plain = random_text(random, 20 * kMiB);
  const std::string mail = made_mbox_mail(random, {.text_bytes = 3000});
  for (const std::string* bytes : {&std::as_const(mbox), &plain}) {
    index::ChunkIndex index;
    for (const bool is_second : {false, true}) {
      const std::vector<Given> events = {file("x", is_second ? mail + *bytes : *bytes)};
      MemorySource source(events);
      RecordingSink sink;
      sink.rebuilds = false;
      const std::uint64_t before = index.size();
      Result<PressReport> report = press(source, index, with_groups({}, before * 1000), sink);
      ASSERT_TRUE(report);
      std::uint64_t new_bytes = 0;
      for (const auto& kind : report->totals.kinds) new_bytes += kind.new_bytes;
      if (is_second) {
        EXPECT_LT(new_bytes, bytes->size() / 20) << (bytes == &mbox);
      }
    }
  }
}

TEST_F(PressTest, AnErrorOfTheSinkEndsTheRunAndIsTheOneGiven) {
  const auto events = mixture(4, 12 * kMiB);
  RecordingSink whole;
  ASSERT_FALSE(run_press(whole, events, options_for(4)).error);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, whole.calls.size() / 2,
                               whole.calls.size() - 2, whole.calls.size() - 1}) {
    RecordingSink sink;
    sink.fails_at_call = at;
    const Ran ran = run_press(sink, events, options_for(4));
    ASSERT_TRUE(ran.error) << at;
    EXPECT_EQ(ran.error->message(), "the sink broke");
    EXPECT_EQ(sink.calls.size(), at);
    EXPECT_TRUE(is_prefix(sink.calls, whole.calls));
  }
}

TEST_F(PressTest, AnErrorOfTheSourceEndsTheRunBehindAPrefix) {
  const auto events = mixture(5, 12 * kMiB);
  RecordingSink whole;
  ASSERT_FALSE(run_press(whole, events, options_for(4)).error);
  for (const std::size_t at : {std::size_t{0}, events.size() / 2, events.size()}) {
    MemorySource source(events);
    source.fails_at_event = at;
    RecordingSink sink;
    const Ran ran = run_press(sink, source, options_for(4));
    ASSERT_TRUE(ran.error) << at;
    EXPECT_EQ(ran.error->message(), "the source broke");
    EXPECT_TRUE(is_prefix(sink.calls, whole.calls));
    EXPECT_LT(sink.calls.size(), whole.calls.size());
  }
}

TEST_F(PressTest, CancellingEndsTheRunBehindAPrefix) {
  const auto events = mixture(6, 12 * kMiB);
  RecordingSink whole;
  ASSERT_FALSE(run_press(whole, events, options_for(4)).error);
  for (const std::size_t at : {std::size_t{0}, events.size() / 3}) {
    std::atomic<bool> cancel = at == 0;
    MemorySource source(events);
    source.on_event = [&](std::size_t event) { cancel = cancel || event == at; };
    RecordingSink sink;
    PressOptions options = options_for(4);
    options.cancel = &cancel;
    const Ran ran = run_press(sink, source, options);
    ASSERT_TRUE(ran.error);
    EXPECT_EQ(ran.error->code(), ErrorCode::kCancelled);
    EXPECT_TRUE(is_prefix(sink.calls, whole.calls));
    EXPECT_LT(sink.calls.size(), whole.calls.size());
  }
}

TEST_F(PressTest, WhatCannotBeReadIsReportedInOrderAndTheRestComesThrough) {
  Random random(7);
  const std::string bytes = random_text(random, 3 * kMiB);
  const std::vector<Given> events = {file("a", "x"), failing("b", "hello", 2),
                                     failing("c", bytes, 2 * kMiB), changing("d", bytes),
                                     file("e", "y")};
  std::vector<std::string> problems;
  PressOptions options = options_for(2);
  options.on_problem = [&](const stream::Problem& problem) {
    EXPECT_EQ(problem.severity, stream::Problem::Severity::kFailed);
    problems.push_back(problem.path);
  };
  std::uint64_t progress = 0;
  options.on_progress = [&](const PressTotals& totals) {
    EXPECT_GE(totals.raw_bytes, progress);
    progress = totals.raw_bytes;
  };
  RecordingSink sink;
  ASSERT_FALSE(run_press(sink, events, options).error);
  EXPECT_THAT(problems, ::testing::ElementsAre("b", "c", "d"));
  EXPECT_THAT(sink.abandoned, ::testing::ElementsAre("c"));
  EXPECT_TRUE(sink.files.at("d") == bytes);
  EXPECT_EQ(sink.files.at("e"), "y");
  EXPECT_FALSE(sink.files.contains("b"));
  EXPECT_GT(progress, bytes.size());
}

TEST_F(PressTest, AReaderThatIsFasterThanTheSinkWaits) {
  constexpr unsigned kThreads = 2;
  std::vector<Given> events;
  Random random(8);
  const std::string content = random_text(random, 20'000);
  std::size_t all_bytes = 0;
  for (int i = 0; i < 4000; ++i) {
    events.push_back(file(std::to_string(i), content));
    all_bytes += content.size();
  }
  // Batches in flight, each of at most 4 MiB, and the one that is being read.
  constexpr std::size_t kAheadMax = (kThreads + 2 + 1) * kBatchBytesMax;
  ASSERT_GT(all_bytes, 3 * kAheadMax);
  MemorySource source(events);
  RecordingSink sink;
  std::size_t ahead = 0;
  sink.on_group = [&] {
    if (sink.block_numbers.size() == 2) {
      // tidy: allow sleep: gives the other stages the time to run ahead if they could
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    std::size_t delivered = 0;
    for (const auto& [path, bytes] : sink.files) delivered += bytes.size();
    ahead = std::max(ahead, static_cast<std::size_t>(source.bytes_read) - delivered);
  };
  PressOptions options = options_for(kThreads);
  options.group.raw_bytes = 1;
  ASSERT_FALSE(run_press(sink, source, options).error);
  EXPECT_LE(ahead, kAheadMax);
  EXPECT_GT(sink.block_numbers.size(), 40U);
}

TEST_F(PressTest, BadCutSizesAreRefused) {
  RecordingSink sink;
  PressOptions options;
  options.cuts.chunk_bytes_max = 1 << 20;
  const Ran ran = run_press(sink, std::vector<Given>{file("a", "x")}, options);
  ASSERT_TRUE(ran.error);
  EXPECT_EQ(ran.error->code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(sink.calls.empty());
}

}  // namespace
}  // namespace letterpress::pipeline
