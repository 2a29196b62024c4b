// SPDX-License-Identifier: Apache-2.0
// The C interface in wrong hands: each call that can be noticed to be wrong gets an error with a
// text, and each callback that fails ends what called it and has its number given back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "letterpress.h"

namespace {

using ::testing::HasSubstr;

// Fails in one of its callbacks.
struct Failing {
  std::string at;
  int code = -99;
  int calls_after = 0;
  bool has_failed = false;

  int answer(const std::string& name) {
    if (has_failed) ++calls_after;
    if (name != at) return 0;
    has_failed = true;
    return code;
  }
};

Failing& failing_of(void* user) { return *static_cast<Failing*>(user); }

letterpress_receiver failing_receiver(Failing& failing) {
  letterpress_receiver receiver = {};
  receiver.struct_size = sizeof receiver;
  receiver.user = &failing;
  receiver.find_stored = [](void* user, const letterpress_id*, size_t, letterpress_place*) {
    return failing_of(user).answer("find_stored");
  };
  receiver.put_block = [](void* user, const letterpress_block*) {
    return failing_of(user).answer("put_block");
  };
  receiver.put_borrowed = [](void* user, const letterpress_borrowed*) {
    return failing_of(user).answer("put_borrowed");
  };
  receiver.put_part = [](void* user, const letterpress_part*) {
    return failing_of(user).answer("put_part");
  };
  receiver.end_group = [](void* user) { return failing_of(user).answer("end_group"); };
  return receiver;
}

class Misuse : public ::testing::Test {
 protected:
  ~Misuse() override { letterpress_press_free(press_); }

  int open(Failing& failing, const letterpress_press_options* options = nullptr) {
    letterpress_press_free(press_);
    const letterpress_receiver receiver = failing_receiver(failing);
    return letterpress_press_open(options, &receiver, &press_);
  }
  static letterpress_entry entry(const char* path) {
    letterpress_entry entry = {};
    entry.struct_size = sizeof entry;
    entry.path = path;
    return entry;
  }
  int push(const char* path) {
    const letterpress_entry named = entry(path);
    int code = letterpress_press_begin_entry(press_, &named);
    if (code == 0) code = letterpress_press_write(press_, "text", 4);
    if (code == 0) code = letterpress_press_end_entry(press_);
    return code;
  }
  static letterpress_press_options with_blocks_from(std::uint64_t number) {
    letterpress_press_options options = {};
    options.struct_size = sizeof options;
    options.first_block_number = number;
    return options;
  }
  void expect_refused(int code, const char* says) {
    EXPECT_EQ(code, LETTERPRESS_INVALID_ARGUMENT);
    EXPECT_THAT(letterpress_press_error(press_), HasSubstr(says));
  }

  letterpress_press* press_ = nullptr;
};

TEST_F(Misuse, EachCallbackThatFailsEndsTheRun) {
  for (const char* at : {"find_stored", "put_block", "put_part", "end_group"}) {
    for (const int code : {-99, 12345, int{LETTERPRESS_CORRUPT}}) {
      Failing failing = {at, code};
      const letterpress_press_options options = with_blocks_from(1);
      ASSERT_EQ(open(failing, &options), 0);
      ASSERT_EQ(push("a"), 0);
      EXPECT_EQ(letterpress_press_finish(press_, nullptr), code) << at;
      EXPECT_THAT(letterpress_press_error(press_), HasSubstr(std::to_string(code))) << at;
      EXPECT_EQ(push("b"), code) << at;
      EXPECT_EQ(letterpress_press_add_path(press_, "c", "/"), code) << at;
      EXPECT_EQ(letterpress_press_finish(press_, nullptr), code) << at;
      EXPECT_TRUE(failing.has_failed);
      EXPECT_EQ(failing.calls_after, 0) << at;
    }
  }
}

TEST_F(Misuse, NothingMayBeCalledAfterFinish) {
  Failing fine;
  ASSERT_EQ(open(fine), 0);
  ASSERT_EQ(push("a"), 0);
  ASSERT_EQ(letterpress_press_finish(press_, nullptr), 0);
  const letterpress_entry named = entry("b");
  expect_refused(letterpress_press_begin_entry(press_, &named), "finish() was called");
  expect_refused(letterpress_press_write(press_, "x", 1), "write()");
  expect_refused(letterpress_press_end_entry(press_), "end_entry()");
  expect_refused(letterpress_press_fail_entry(press_, "why"), "begin_entry()");
  expect_refused(letterpress_press_add_descriptor(press_, &named, 0), "finish() was called");
  expect_refused(letterpress_press_add_path(press_, "b", "/"), "finish() was called");
  expect_refused(letterpress_press_finish(press_, nullptr), "finish() was called");
}

TEST_F(Misuse, AResultThatWasNotSetUpDoesNotEndTheRun) {
  Failing fine;
  ASSERT_EQ(open(fine), 0);
  ASSERT_EQ(push("a"), 0);
  letterpress_totals totals = {};
  expect_refused(letterpress_press_finish(press_, &totals), "totals");
  ASSERT_EQ(push("b"), 0);
  totals.struct_size = sizeof totals;
  EXPECT_EQ(letterpress_press_finish(press_, &totals), 0);
  EXPECT_EQ(totals.entries, 2U);
}

TEST_F(Misuse, NothingMayBeAddedInsideAnEntry) {
  Failing fine;
  ASSERT_EQ(open(fine), 0);
  const letterpress_entry named = entry("a");
  ASSERT_EQ(letterpress_press_begin_entry(press_, &named), 0);
  expect_refused(letterpress_press_add_descriptor(press_, &named, 0), "end_entry");
  expect_refused(letterpress_press_add_path(press_, "b", "/"), "end_entry");
  ASSERT_EQ(letterpress_press_end_entry(press_), 0);
  expect_refused(letterpress_press_add_path(press_, "../b", "/"), "'../b'");
  const letterpress_entry up = entry("../a");
  expect_refused(letterpress_press_add_descriptor(press_, &up, 0), "'../a'");
  letterpress_entry folder = entry("folder");
  folder.type = LETTERPRESS_FOLDER;
  expect_refused(letterpress_press_add_descriptor(press_, &folder, 0), "only files");
  expect_refused(letterpress_press_add_descriptor(press_, nullptr, 0), "entry is NULL");
  EXPECT_EQ(letterpress_press_finish(press_, nullptr), 0);
}

TEST_F(Misuse, OptionsOutOfTheirRange) {
  Failing fine;
  letterpress_press_options options = with_blocks_from(0);
  options.level = 20;
  expect_refused(open(fine, &options), "level");
  options = with_blocks_from(UINT64_MAX);
  expect_refused(open(fine, &options), "first_block_number");
  options = with_blocks_from(0);
  options.known_count = 1;
  expect_refused(open(fine, &options), "known_ids is NULL");
  const letterpress_entry named = entry("a");
  expect_refused(letterpress_press_begin_entry(press_, &named), "could not be opened");
  expect_refused(letterpress_press_finish(press_, nullptr), "could not be opened");
}

// A struct of a header to come: one field more.
template <class Struct>
struct Newer {
  Struct known = {};
  std::uint64_t field = 1;
  Newer() { known.struct_size = sizeof *this; }
};

TEST_F(Misuse, EachStructMayBeNewer) {
  Failing fine;
  Newer<letterpress_receiver> receiver;
  receiver.known = failing_receiver(fine);
  receiver.known.struct_size = sizeof receiver;
  EXPECT_EQ(letterpress_press_open(nullptr, &receiver.known, &press_), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_press_error(press_), HasSubstr("receiver: a field is set"));
  letterpress_press_free(press_);
  receiver.field = 0;
  EXPECT_EQ(letterpress_press_open(nullptr, &receiver.known, &press_), 0);
  Newer<letterpress_press_options> options;
  EXPECT_EQ(open(fine, &options.known), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_press_error(press_), HasSubstr("options: a field is set"));
  Newer<letterpress_rebuild_options> rebuilding;
  letterpress_rebuild* rebuild = nullptr;
  EXPECT_EQ(letterpress_rebuild_open(&rebuilding.known, &rebuild), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("options: a field is set"));
  letterpress_rebuild_free(rebuild);
  Newer<letterpress_stream_output_options> writing;
  letterpress_stream_output* output = nullptr;
  EXPECT_EQ(letterpress_stream_output_open(&writing.known, &output), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_stream_output_error(output), HasSubstr("options: a field is set"));
  letterpress_stream_output_free(output);
  Newer<letterpress_stream_input_options> reading;
  letterpress_stream_input* input = nullptr;
  EXPECT_EQ(letterpress_stream_input_open(&reading.known, &input), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_stream_input_error(input), HasSubstr("options: a field is set"));
  letterpress_stream_input_free(input);
}

TEST_F(Misuse, StructsOfTheFirstHeaderAreStillTaken) {
  Failing fine;
  letterpress_receiver receiver = failing_receiver(fine);
  receiver.struct_size = offsetof(letterpress_receiver, put_borrowed);
  letterpress_press_options options = with_blocks_from(0);
  options.struct_size = offsetof(letterpress_press_options, known_ids);
  options.known_count = 7;  // is behind what the caller knows
  ASSERT_EQ(letterpress_press_open(&options, &receiver, &press_), 0);
  ASSERT_EQ(push("a"), 0);
  EXPECT_EQ(letterpress_press_finish(press_, nullptr), 0);
}

int no_block(void* /*user*/, std::uint64_t /*number*/, letterpress_buffer* /*block*/) { return 0; }

int any_output(void* /*user*/, const std::uint8_t* /*bytes*/, size_t /*count*/) { return 0; }

TEST(MisuseOfRebuild, IsRefused) {
  letterpress_rebuild_options options = {};
  options.struct_size = sizeof options;
  letterpress_rebuild* rebuild = nullptr;
  EXPECT_EQ(letterpress_rebuild_open(&options, &rebuild), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("get_block is needed"));
  EXPECT_EQ(letterpress_rebuild_range(rebuild, nullptr, 0, 0, 0, any_output, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("could not be opened"));
  letterpress_rebuild_free(rebuild);
  options.get_block = no_block;
  ASSERT_EQ(letterpress_rebuild_open(&options, &rebuild), 0);
  EXPECT_EQ(letterpress_rebuild_range(rebuild, nullptr, 1, 0, 1, any_output, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("NULL"));
  EXPECT_EQ(letterpress_rebuild_range(rebuild, nullptr, 0, 0, 1, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  letterpress_recipe recipe = {1, nullptr, 5};
  EXPECT_EQ(letterpress_rebuild_range(rebuild, &recipe, 1, 0, 1, any_output, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("recipe's bytes are NULL"));
  // A callback that gives no block, and says that it did.
  std::uint8_t bytes[21] = {1};
  bytes[17] = 0x3c;
  recipe = {1, bytes, sizeof bytes};
  EXPECT_EQ(letterpress_rebuild_range(rebuild, &recipe, 1, 0, 1, any_output, nullptr),
            LETTERPRESS_CORRUPT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("block 0"));
  letterpress_rebuild_free(rebuild);
}

}  // namespace
