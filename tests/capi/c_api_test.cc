// SPDX-License-Identifier: Apache-2.0
// The C interface: what comes back, and what it says to those who call it wrongly. The programs in
// tests/examples use it from C and from Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "letterpress.h"
#include "letterpress/result.h"

namespace {

using ::testing::HasSubstr;

struct Memory {
  std::map<std::uint64_t, std::string> blocks;
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::string>>> entries;
  std::string path;
  std::vector<std::string> problems;
  letterpress_press* press = nullptr;
  int block_result = 0;
  int result_inside = 0;
};

std::string text_of(const std::uint8_t* bytes, std::size_t count) {
  std::string text(count, '\0');
  if (count > 0) std::memcpy(text.data(), bytes, count);
  return text;
}

Memory& memory_of(void* user) { return *static_cast<Memory*>(user); }

letterpress_receiver receiver_for(Memory& memory) {
  letterpress_receiver receiver = {};
  receiver.struct_size = sizeof receiver;
  receiver.user = &memory;
  receiver.put_block = [](void* user, const letterpress_block* block) {
    memory_of(user).blocks[block->number] = text_of(block->bytes, block->byte_count);
    return memory_of(user).block_result;
  };
  receiver.put_part = [](void* user, const letterpress_part* part) {
    Memory& held = memory_of(user);
    if (part->is_first != 0) held.path = part->entry->path;
    held.entries[held.path].emplace_back(part->raw_bytes,
                                         text_of(part->recipe, part->recipe_bytes));
    return 0;
  };
  receiver.end_group = [](void* user) {
    Memory& held = memory_of(user);
    held.result_inside = letterpress_press_end_entry(held.press);
    letterpress_press_free(held.press);  // does nothing here
    return 0;
  };
  receiver.on_problem = [](void* user, int severity, const char* path, const char* message) {
    memory_of(user).problems.push_back(std::to_string(severity) + ' ' + path + ' ' + message);
  };
  return receiver;
}

letterpress_entry entry_named(const char* path) {
  letterpress_entry entry = {};
  entry.struct_size = sizeof entry;
  entry.path = path;
  return entry;
}

class CApiTest : public ::testing::Test {
 protected:
  ~CApiTest() override { letterpress_press_free(store_.press); }

  void open() {
    const letterpress_receiver receiver = receiver_for(store_);
    ASSERT_EQ(letterpress_press_open(nullptr, &receiver, &store_.press), 0);
  }
  int begin(const char* path) {
    const letterpress_entry entry = entry_named(path);
    return letterpress_press_begin_entry(store_.press, &entry);
  }
  int push(const char* path, const std::string& content) {
    if (const int code = begin(path); code != 0) return code;
    if (const int code = letterpress_press_write(store_.press, content.data(), content.size());
        code != 0) {
      return code;
    }
    return letterpress_press_end_entry(store_.press);
  }
  // What a call said that must be LETTERPRESS_INVALID_ARGUMENT.
  std::string refused(int code) {
    EXPECT_EQ(code, LETTERPRESS_INVALID_ARGUMENT);
    return letterpress_press_error(store_.press);
  }

  Memory store_;
};

struct Rebuilding {
  Memory* store;
  std::string out = {};
  int block_result = 0;
  int output_result = 0;

  int range(const std::string& path, std::uint64_t from, std::uint64_t count) {
    letterpress_rebuild_options options = {};
    options.struct_size = sizeof options;
    options.user = this;
    options.get_block = [](void* user, std::uint64_t number, letterpress_buffer* block) {
      auto& self = *static_cast<Rebuilding*>(user);
      if (self.block_result != 0) return self.block_result;
      const std::string& bytes = self.store->blocks.at(number);
      return letterpress_buffer_set(block, bytes.data(), bytes.size());
    };
    std::vector<letterpress_recipe> recipes;
    for (const auto& [raw_bytes, recipe] : store->entries.at(path)) {
      letterpress_recipe one = {raw_bytes, nullptr, recipe.size()};
      one.bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(recipe.data()));
      recipes.push_back(one);
    }
    letterpress_rebuild* rebuild = nullptr;
    int code = letterpress_rebuild_open(&options, &rebuild);
    if (code == 0) {
      code = letterpress_rebuild_range(
          rebuild, recipes.data(), recipes.size(), from, count,
          [](void* user, const std::uint8_t* bytes, std::size_t byte_count) {
            static_cast<Rebuilding*>(user)->out += text_of(bytes, byte_count);
            return static_cast<Rebuilding*>(user)->output_result;
          },
          this);
    }
    error = letterpress_rebuild_error(rebuild);
    letterpress_rebuild_free(rebuild);
    return code;
  }

  std::string error = {};
};

TEST_F(CApiTest, WhatIsPushedComesBack) {
  open();
  const std::string mail = "From: a@example.org\nSubject: x\n\nSome text.\n";
  ASSERT_EQ(push("a", mail), 0);
  ASSERT_EQ(push("empty", ""), 0);
  letterpress_totals totals = {};
  totals.struct_size = sizeof totals;
  ASSERT_EQ(letterpress_press_finish(store_.press, &totals), 0);
  EXPECT_EQ(totals.struct_size, sizeof totals);
  EXPECT_EQ(totals.entries, 2U);
  EXPECT_EQ(totals.raw_bytes, mail.size());
  EXPECT_EQ(totals.messages, 1U);
  EXPECT_EQ(totals.next_block_number, store_.blocks.size());
  Rebuilding rebuilding = {.store = &store_};
  EXPECT_EQ(rebuilding.range("a", 0, UINT64_MAX), 0);
  EXPECT_EQ(rebuilding.out, mail);
  rebuilding.out.clear();
  EXPECT_EQ(rebuilding.range("a", 6, 13), 0);
  EXPECT_EQ(rebuilding.out, "a@example.org");
  rebuilding.out.clear();
  EXPECT_EQ(rebuilding.range("empty", 0, UINT64_MAX), 0);
  EXPECT_EQ(rebuilding.out, "");
}

TEST_F(CApiTest, NullIsRefused) {
  EXPECT_EQ(letterpress_press_open(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_press_begin_entry(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_press_write(nullptr, nullptr, 0), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_press_finish(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_rebuild_open(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_rebuild_range(nullptr, nullptr, 0, 0, 0, nullptr, nullptr),
            LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_buffer_set(nullptr, nullptr, 0), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_STREQ(letterpress_press_error(nullptr), "");
  EXPECT_STREQ(letterpress_rebuild_error(nullptr), "");
  letterpress_press_cancel(nullptr);
  letterpress_press_free(nullptr);
  letterpress_rebuild_free(nullptr);

  EXPECT_THAT(refused(letterpress_press_open(nullptr, nullptr, &store_.press)),
              HasSubstr("receiver is NULL"));
  EXPECT_THAT(refused(begin("a")), HasSubstr("could not be opened"));
  letterpress_press_free(store_.press);

  letterpress_receiver receiver = receiver_for(store_);
  receiver.end_group = nullptr;
  EXPECT_THAT(refused(letterpress_press_open(nullptr, &receiver, &store_.press)),
              HasSubstr("end_group"));
  letterpress_press_free(store_.press);

  open();
  EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, nullptr)),
              HasSubstr("entry is NULL"));
  EXPECT_THAT(refused(begin(nullptr)), HasSubstr("path is NULL"));
  EXPECT_THAT(refused(letterpress_press_add_path(store_.press, nullptr, "/")), HasSubstr("NULL"));
  EXPECT_THAT(refused(letterpress_press_fail_entry(store_.press, nullptr)), HasSubstr("NULL"));
  ASSERT_EQ(begin("a"), 0);
  EXPECT_THAT(refused(letterpress_press_write(store_.press, nullptr, 1)), HasSubstr("NULL"));
  EXPECT_EQ(letterpress_press_write(store_.press, nullptr, 0), 0);
}

TEST_F(CApiTest, AWrongOrderIsRefusedAndTheRunGoesOn) {
  open();
  EXPECT_THAT(refused(letterpress_press_write(store_.press, "x", 1)), HasSubstr("begin_entry"));
  EXPECT_THAT(refused(letterpress_press_end_entry(store_.press)), HasSubstr("begin_entry"));
  ASSERT_EQ(begin("a"), 0);
  EXPECT_THAT(refused(begin("b")), HasSubstr("end_entry"));
  EXPECT_THAT(refused(letterpress_press_finish(store_.press, nullptr)), HasSubstr("end_entry"));
  ASSERT_EQ(letterpress_press_write(store_.press, "text", 4), 0);
  ASSERT_EQ(letterpress_press_end_entry(store_.press), 0);
  ASSERT_EQ(letterpress_press_finish(store_.press, nullptr), 0);
  EXPECT_THAT(refused(begin("c")), HasSubstr("finish"));
  EXPECT_THAT(refused(letterpress_press_finish(store_.press, nullptr)), HasSubstr("finish"));
  Rebuilding rebuilding = {.store = &store_};
  EXPECT_EQ(rebuilding.range("a", 0, UINT64_MAX), 0);
  EXPECT_EQ(rebuilding.out, "text");
}

TEST_F(CApiTest, ACallInsideACallbackIsRefused) {
  open();
  ASSERT_EQ(push("a", "text"), 0);
  ASSERT_EQ(letterpress_press_finish(store_.press, nullptr), 0);
  EXPECT_EQ(store_.result_inside, LETTERPRESS_INVALID_ARGUMENT);
}

TEST_F(CApiTest, StructsMayBeNewerAndNotUnset) {
  open();
  // Newer, with nothing set that this version does not know.
  struct {
    letterpress_entry entry;
    std::uint64_t newer;
  } longer = {entry_named("newer"), 0};
  longer.entry.struct_size = sizeof longer;
  ASSERT_EQ(letterpress_press_begin_entry(store_.press, &longer.entry), 0);
  ASSERT_EQ(letterpress_press_end_entry(store_.press), 0);
  struct {
    letterpress_entry entry;
    std::array<std::uint8_t, 3000> newer;
  } longest = {entry_named("newer by far"), {}};
  longest.entry.struct_size = sizeof longest;
  ASSERT_EQ(letterpress_press_begin_entry(store_.press, &longest.entry), 0);
  ASSERT_EQ(letterpress_press_end_entry(store_.press), 0);
  longer.entry.path = "newest";
  longer.newer = 1;
  EXPECT_EQ(letterpress_press_begin_entry(store_.press, &longer.entry), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_press_error(store_.press), HasSubstr("does not have"));
  letterpress_entry entry = entry_named("a");
  entry.type = 77;
  EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, &entry)), HasSubstr("type"));
  for (const std::size_t size : {std::size_t{0}, sizeof(void*), std::size_t{1} << 60}) {
    entry.struct_size = size;
    EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, &entry)),
                HasSubstr("struct_size"));
  }
  // Totals as a newer caller has them: what this version does not know stays.
  struct {
    letterpress_totals totals;
    std::uint64_t newer;
  } longer_totals = {};
  longer_totals.totals.struct_size = sizeof longer_totals;
  ASSERT_EQ(letterpress_press_finish(store_.press, &longer_totals.totals), 0);
  EXPECT_EQ(longer_totals.totals.entries, 2U);
  EXPECT_EQ(longer_totals.newer, 0U);
}

TEST_F(CApiTest, WhatTheFormatsDoNotTakeIsRefused) {
  open();
  letterpress_entry entry = entry_named("a");
  entry.mode = 0100644;
  EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, &entry)), HasSubstr("mode"));
  entry = entry_named("a");
  entry.type = LETTERPRESS_SYMLINK;
  EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, &entry)), HasSubstr("target"));
  entry.type = LETTERPRESS_HARD_LINK;
  entry.target = "../a";
  EXPECT_THAT(refused(letterpress_press_begin_entry(store_.press, &entry)), HasSubstr("target"));
  entry = entry_named("a");
  entry.type = LETTERPRESS_FOLDER;
  ASSERT_EQ(letterpress_press_begin_entry(store_.press, &entry), 0);
  EXPECT_THAT(refused(letterpress_press_fail_entry(store_.press, "why")), HasSubstr("only files"));
  ASSERT_EQ(letterpress_press_end_entry(store_.press), 0);
  ASSERT_EQ(letterpress_press_finish(store_.press, nullptr), 0);
}

TEST_F(CApiTest, WhatACallbackReturnsComesBackUnchangedAndStays) {
  open();
  store_.block_result = -4711;
  ASSERT_EQ(push("a", "text"), 0);
  EXPECT_EQ(letterpress_press_finish(store_.press, nullptr), -4711);
  EXPECT_THAT(letterpress_press_error(store_.press), HasSubstr("-4711"));
  EXPECT_EQ(begin("b"), -4711);
  EXPECT_EQ(letterpress_press_finish(store_.press, nullptr), -4711);
}

TEST_F(CApiTest, WhatACallbackOfARebuildReturnsEndsThatCallOnly) {
  open();
  ASSERT_EQ(push("a", "text"), 0);
  ASSERT_EQ(letterpress_press_finish(store_.press, nullptr), 0);
  Rebuilding rebuilding = {.store = &store_};
  rebuilding.block_result = -7;
  EXPECT_EQ(rebuilding.range("a", 0, 4), -7);
  rebuilding.block_result = 0;
  rebuilding.output_result = 99;
  EXPECT_EQ(rebuilding.range("a", 0, 4), 99);
  rebuilding.output_result = 0;
  rebuilding.out.clear();
  EXPECT_EQ(rebuilding.range("a", 0, 4), 0);
  EXPECT_EQ(rebuilding.out, "text");
  store_.blocks.begin()->second.back() ^= 1;
  EXPECT_EQ(rebuilding.range("a", 0, 4), LETTERPRESS_CORRUPT);
  EXPECT_THAT(rebuilding.error, HasSubstr("do not match their digest"));
}

TEST_F(CApiTest, CancellingIsSaidByEveryLaterCall) {
  open();
  ASSERT_EQ(push("a", "text"), 0);
  letterpress_press_cancel(store_.press);
  EXPECT_EQ(letterpress_press_finish(store_.press, nullptr), LETTERPRESS_CANCELLED);
  EXPECT_EQ(begin("b"), LETTERPRESS_CANCELLED);
  // Also by those that are wrong in themselves.
  EXPECT_EQ(letterpress_press_begin_entry(store_.press, nullptr), LETTERPRESS_CANCELLED);
  EXPECT_EQ(letterpress_press_write(store_.press, nullptr, 1), LETTERPRESS_CANCELLED);
  EXPECT_TRUE(store_.entries.empty());
}

TEST_F(CApiTest, WhatCannotBeReadIsAProblem) {
  open();
  ASSERT_EQ(begin("a"), 0);
  ASSERT_EQ(letterpress_press_fail_entry(store_.press, "the tape broke"), 0);
  const letterpress_entry entry = entry_named("b");
  EXPECT_EQ(letterpress_press_add_descriptor(store_.press, &entry, -1), LETTERPRESS_IO);
  EXPECT_EQ(letterpress_press_add_path(store_.press, "c", "/nothing/here"), LETTERPRESS_NOT_FOUND);
  ASSERT_EQ(letterpress_press_finish(store_.press, nullptr), 0);
  EXPECT_THAT(store_.problems, ::testing::ElementsAre("2 a the tape broke"));
  EXPECT_TRUE(store_.entries.empty());
}

TEST_F(CApiTest, CodesAreThoseOfTheEngine) {
  using letterpress::ErrorCode;
  const auto is = [](ErrorCode code, letterpress_code c) {
    return static_cast<int>(code) + 1 == static_cast<int>(c);
  };
  EXPECT_TRUE(is(ErrorCode::kInvalidArgument, LETTERPRESS_INVALID_ARGUMENT));
  EXPECT_TRUE(is(ErrorCode::kNotFound, LETTERPRESS_NOT_FOUND));
  EXPECT_TRUE(is(ErrorCode::kCorrupt, LETTERPRESS_CORRUPT));
  EXPECT_TRUE(is(ErrorCode::kUnsupported, LETTERPRESS_UNSUPPORTED));
  EXPECT_TRUE(is(ErrorCode::kLimitExceeded, LETTERPRESS_LIMIT_EXCEEDED));
  EXPECT_TRUE(is(ErrorCode::kIo, LETTERPRESS_IO));
  EXPECT_TRUE(is(ErrorCode::kOutOfMemory, LETTERPRESS_OUT_OF_MEMORY));
  EXPECT_TRUE(is(ErrorCode::kCancelled, LETTERPRESS_CANCELLED));
}

}  // namespace
