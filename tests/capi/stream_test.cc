// SPDX-License-Identifier: Apache-2.0
// Streams through the C interface: from a run to bytes and back, the errors of the conformance
// files, and what it says to those who call it wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "letterpress.h"

namespace {

using ::testing::HasSubstr;

std::string golden(const std::string& name) {
  std::ifstream in(LETTERPRESS_SOURCE_DIR "/tests/golden/streams/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string as_string(const std::uint8_t* bytes, std::size_t count) {
  std::string text(count, '\0');
  if (count > 0) std::memcpy(text.data(), bytes, count);
  return text;
}

// Bytes that are written, or read from the front.
struct Pipe {
  std::string bytes;
  std::size_t at = 0;
  int result = 0;
  letterpress_stream_input* input = nullptr;
  int result_inside = 0;
};

int write_pipe(void* user, const std::uint8_t* bytes, std::size_t count) {
  Pipe& pipe = *static_cast<Pipe*>(user);
  pipe.bytes += as_string(bytes, count);
  return pipe.result;
}

int read_pipe(void* user, std::uint8_t* into, std::size_t count, std::size_t* got) {
  Pipe& pipe = *static_cast<Pipe*>(user);
  if (pipe.input != nullptr) {
    pipe.result_inside = letterpress_stream_input_read(pipe.input, nullptr, nullptr);
    letterpress_stream_input_free(pipe.input);  // does nothing here
  }
  *got = std::min(count, pipe.bytes.size() - pipe.at);
  std::memcpy(into, pipe.bytes.data() + pipe.at, *got);
  pipe.at += *got;
  return pipe.result;
}

// What a receiver was given.
struct Given {
  std::map<std::uint64_t, std::string> blocks;
  std::vector<letterpress_id> ids;
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::string>>> parts;
  std::string path;
  std::size_t groups = 0;
  std::size_t borrowed = 0;
  std::string moves;
  int result = 0;
  int calls = 0;
};

Given& given_of(void* user) {
  ++static_cast<Given*>(user)->calls;
  return *static_cast<Given*>(user);
}

letterpress_receiver receiver_into(Given& given) {
  letterpress_receiver receiver = {};
  receiver.struct_size = sizeof receiver;
  receiver.user = &given;
  receiver.put_block = [](void* user, const letterpress_block* block) {
    Given& held = given_of(user);
    held.blocks[block->number] = as_string(block->bytes, block->byte_count);
    held.ids.insert(held.ids.end(), block->ids, block->ids + block->id_count);
    return held.result;
  };
  receiver.put_part = [](void* user, const letterpress_part* part) {
    Given& held = given_of(user);
    if (part->is_first != 0) held.path = part->entry->path;
    held.parts[held.path].emplace_back(part->raw_bytes,
                                       as_string(part->recipe, part->recipe_bytes));
    return held.result;
  };
  receiver.put_moved = [](void* user, const char* from, const char* to) {
    given_of(user).moves += std::string(from) + '>' + to;
    return 0;
  };
  receiver.end_group = [](void* user) {
    ++given_of(user).groups;
    return 0;
  };
  return receiver;
}

int get_given(void* user, std::uint64_t number, letterpress_buffer* buffer) {
  const std::string& block = static_cast<Given*>(user)->blocks.at(number);
  return letterpress_buffer_set(buffer, block.data(), block.size());
}

std::string made_of(Given& given, const std::string& path) {
  letterpress_rebuild_options options = {};
  options.struct_size = sizeof options;
  options.user = &given;
  options.get_block = get_given;
  letterpress_rebuild* rebuild = nullptr;
  EXPECT_EQ(letterpress_rebuild_open(&options, &rebuild), 0);
  std::vector<letterpress_recipe> recipes;
  for (const auto& [raw_bytes, recipe] : given.parts.at(path)) {
    letterpress_recipe one = {raw_bytes, nullptr, recipe.size()};
    one.bytes = static_cast<const std::uint8_t*>(static_cast<const void*>(recipe.data()));
    recipes.push_back(one);
  }
  Pipe out;
  EXPECT_EQ(letterpress_rebuild_range(rebuild, recipes.data(), recipes.size(), 0, UINT64_MAX,
                                      write_pipe, &out),
            0)
      << letterpress_rebuild_error(rebuild);
  letterpress_rebuild_free(rebuild);
  return out.bytes;
}

class CStreamTest : public ::testing::Test {
 protected:
  ~CStreamTest() override {
    letterpress_press_free(press_);
    letterpress_stream_output_free(output_);
    letterpress_stream_input_free(input_);
  }

  int open_output(const std::uint8_t* key = nullptr, int borrows = 0) {
    letterpress_stream_output_options options = {};
    options.struct_size = sizeof options;
    options.user = &pipe_;
    options.write = write_pipe;
    options.key = key;
    options.borrows_chunks = borrows;
    return letterpress_stream_output_open(&options, &output_);
  }
  int open_press(const letterpress_press_options* options = nullptr) {
    letterpress_receiver receiver = {};
    receiver.struct_size = sizeof receiver;
    if (const int code = letterpress_stream_output_receiver(output_, &receiver)) return code;
    return letterpress_press_open(options, &receiver, &press_);
  }
  int push(const char* path, const std::string& content) {
    letterpress_entry entry = {};
    entry.struct_size = sizeof entry;
    entry.path = path;
    int code = letterpress_press_begin_entry(press_, &entry);
    if (code == 0) code = letterpress_press_write(press_, content.data(), content.size());
    if (code == 0) code = letterpress_press_end_entry(press_);
    return code;
  }
  int finish() {
    const int code = letterpress_press_finish(press_, nullptr);
    return code != 0 ? code : letterpress_stream_output_finish(output_);
  }
  int open_input(Pipe& pipe, const std::uint8_t* key = nullptr) {
    letterpress_stream_input_free(input_);
    letterpress_stream_input_options options = {};
    options.struct_size = sizeof options;
    options.user = &pipe;
    options.read = read_pipe;
    options.key = key;
    return letterpress_stream_input_open(&options, &input_);
  }
  int read(Given& given, letterpress_stream_position* position = nullptr) {
    const letterpress_receiver receiver = receiver_into(given);
    return letterpress_stream_input_read(input_, &receiver, position);
  }

  static letterpress_stream_position position_of() {
    letterpress_stream_position position = {};
    position.struct_size = sizeof position;
    return position;
  }

  Pipe pipe_;
  letterpress_stream_output* output_ = nullptr;
  letterpress_press* press_ = nullptr;
  letterpress_stream_input* input_ = nullptr;
};

TEST_F(CStreamTest, WhatGoesInComesOut) {
  const std::string mail = "From: a@example.org\nSubject: x\n\nSome text.\n";
  ASSERT_EQ(open_output(), 0);
  ASSERT_EQ(open_press(), 0);
  ASSERT_EQ(push("a", mail), 0);
  ASSERT_EQ(push("empty", ""), 0);
  ASSERT_EQ(finish(), 0) << letterpress_stream_output_error(output_);
  ASSERT_EQ(open_input(pipe_), 0);
  Given given;
  letterpress_stream_position position = position_of();
  ASSERT_EQ(read(given, &position), 0) << letterpress_stream_input_error(input_);
  EXPECT_EQ(made_of(given, "a"), mail);
  EXPECT_EQ(made_of(given, "empty"), "");
  EXPECT_EQ(position.struct_size, sizeof position);
  EXPECT_EQ(position.bytes, pipe_.bytes.size());
  EXPECT_EQ(position.entries, 2U);
  EXPECT_EQ(position.raw_bytes, mail.size());
  EXPECT_EQ(position.groups, given.groups);
  EXPECT_EQ(position.is_complete, 1);
  EXPECT_EQ(position.error_name, nullptr);
}

TEST_F(CStreamTest, ReadsEntriesOfEachType) {
  Pipe pipe = {.bytes = golden("entry-types.lps")};
  ASSERT_EQ(open_input(pipe), 0);
  Given given;
  ASSERT_EQ(read(given), 0);
  EXPECT_EQ(given.moves, "box/1>box/2");
  EXPECT_EQ(made_of(given, "box/1"), "Subject: hello\n\nHi\n");
}

TEST_F(CStreamTest, KnownChunksAreLeftOutAndPutInAgain) {
  const std::string first(30'000, 'a');
  ASSERT_EQ(open_output(), 0);
  ASSERT_EQ(open_press(), 0);
  ASSERT_EQ(push("a", first), 0);
  ASSERT_EQ(finish(), 0);
  ASSERT_EQ(open_input(pipe_), 0);
  Given given;
  ASSERT_EQ(read(given), 0);
  const std::vector<letterpress_id> known = given.ids;
  ASSERT_FALSE(known.empty());
  letterpress_press_free(press_);
  letterpress_stream_output_free(output_);
  pipe_ = {};

  letterpress_press_options options = {};
  options.struct_size = sizeof options;
  options.known_ids = known.data();
  options.known_count = known.size();
  ASSERT_EQ(open_output(nullptr, 1), 0);
  ASSERT_EQ(open_press(&options), 0);
  ASSERT_EQ(push("a", first), 0);
  ASSERT_EQ(finish(), 0) << letterpress_stream_output_error(output_);
  ASSERT_EQ(open_input(pipe_), 0);
  Given none;
  EXPECT_EQ(read(none), LETTERPRESS_UNSUPPORTED);
  EXPECT_THAT(letterpress_stream_input_error(input_), HasSubstr("left out as known"));
  pipe_.at = 0;
  ASSERT_EQ(open_input(pipe_), 0);
  Given borrower;
  letterpress_receiver receiver = receiver_into(borrower);
  receiver.put_borrowed = [](void* user, const letterpress_borrowed* block) {
    Given& held = given_of(user);
    held.borrowed += block->count;
    EXPECT_EQ(block->lengths[0], 30'000U);
    return 0;
  };
  ASSERT_EQ(letterpress_stream_input_read(input_, &receiver, nullptr), 0)
      << letterpress_stream_input_error(input_);
  EXPECT_EQ(borrower.borrowed, known.size());
  EXPECT_TRUE(borrower.blocks.empty());
}

TEST_F(CStreamTest, ChunksMakeABlock) {
  Given given;
  letterpress_rebuild_options options = {};
  options.struct_size = sizeof options;
  options.user = &given;
  options.get_block = [](void* /*user*/, std::uint64_t number, letterpress_buffer* buffer) {
    static const std::uint8_t one[] = {'o', 'n', 'e'};
    const letterpress_chunk chunks[] = {{one, 3}, {one, 2}};
    EXPECT_EQ(letterpress_buffer_set_chunks(buffer, number, nullptr, 1),
              LETTERPRESS_INVALID_ARGUMENT);
    EXPECT_EQ(letterpress_buffer_set_chunks(buffer, number, chunks, 0),
              LETTERPRESS_INVALID_ARGUMENT);
    const letterpress_chunk missing[] = {{one, 3}, {nullptr, 2}};
    EXPECT_EQ(letterpress_buffer_set_chunks(buffer, number, missing, 2),
              LETTERPRESS_INVALID_ARGUMENT);
    return letterpress_buffer_set_chunks(buffer, number, chunks, 2);
  };
  // As docs/STREAM.md has it: 5 bytes, their digest, identity of kind plain with jump and rest.
  letterpress_rebuild* rebuild = nullptr;
  ASSERT_EQ(letterpress_rebuild_open(&options, &rebuild), 0);
  std::vector<std::uint8_t> recipe = {5};
  recipe.resize(17);
  for (const int byte : {0x3c, 0, 0, 0}) recipe.push_back(static_cast<std::uint8_t>(byte));
  const letterpress_recipe given_recipe = {5, recipe.data(), recipe.size()};
  Pipe out;
  // The digest is not right, and that is the only thing that is not.
  EXPECT_EQ(letterpress_rebuild_range(rebuild, &given_recipe, 1, 0, UINT64_MAX, write_pipe, &out),
            LETTERPRESS_CORRUPT);
  EXPECT_THAT(letterpress_rebuild_error(rebuild), HasSubstr("digest"));
  letterpress_rebuild_free(rebuild);
}

TEST_F(CStreamTest, ConformanceFilesGetTheirErrors) {
  std::istringstream lines(golden("README.md"));
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '|');) {
      cell.erase(0, cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(cell);
    }
    // Those that need no key and borrow nothing, and whose error shows when they are read.
    if (cells.size() < 6 || !cells[1].ends_with(".lps") || !cells[5].empty() ||
        cells[3] == "bad-recipe" || cells[3] == "bad-digest" || cells[3] == "missing-chunk") {
      continue;
    }
    ++rows;
    Pipe pipe = {.bytes = golden(cells[1])};
    ASSERT_EQ(open_input(pipe), 0);
    Given given;
    letterpress_stream_position position = position_of();
    const int code = read(given, &position);
    EXPECT_EQ(code == 0, cells[3].empty()) << cells[1];
    EXPECT_EQ(position.error_name == nullptr ? "" : position.error_name, cells[3]) << cells[1];
    if (code == 0) continue;
    EXPECT_EQ(std::to_string(position.error_offset), cells[4]) << cells[1];
    EXPECT_THAT(letterpress_stream_input_error(input_), HasSubstr("byte " + cells[4] + ":"));
    EXPECT_TRUE(code == LETTERPRESS_CORRUPT || code == LETTERPRESS_UNSUPPORTED) << cells[1];
  }
  EXPECT_GT(rows, 100U);
}

TEST_F(CStreamTest, NullIsRefused) {
  EXPECT_EQ(letterpress_stream_output_open(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_stream_output_receiver(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_stream_output_finish(nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_STREQ(letterpress_stream_output_error(nullptr), "");
  letterpress_stream_output_free(nullptr);
  EXPECT_EQ(letterpress_stream_input_open(nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_EQ(letterpress_stream_input_read(nullptr, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_STREQ(letterpress_stream_input_error(nullptr), "");
  letterpress_stream_input_free(nullptr);

  EXPECT_EQ(letterpress_stream_output_open(nullptr, &output_), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_output_error(output_), HasSubstr("options is NULL"));
  EXPECT_EQ(letterpress_stream_output_finish(output_), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_output_error(output_), HasSubstr("could not be opened"));
  letterpress_stream_output_free(output_);
  letterpress_stream_output_options writing = {};
  writing.struct_size = sizeof writing;
  EXPECT_EQ(letterpress_stream_output_open(&writing, &output_), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_output_error(output_), HasSubstr("write is needed"));
  letterpress_stream_output_free(output_);
  ASSERT_EQ(open_output(), 0);
  EXPECT_EQ(letterpress_stream_output_receiver(output_, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_output_error(output_), HasSubstr("receiver is NULL"));

  letterpress_stream_input_options reading = {};
  reading.struct_size = sizeof reading;
  EXPECT_EQ(letterpress_stream_input_open(&reading, &input_), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_input_error(input_), HasSubstr("read is needed"));
  EXPECT_EQ(letterpress_stream_input_read(input_, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  ASSERT_EQ(open_input(pipe_), 0);
  EXPECT_EQ(letterpress_stream_input_read(input_, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_input_error(input_), HasSubstr("receiver is NULL"));
}

TEST_F(CStreamTest, ReadsOnceAndFinishesOnce) {
  Pipe pipe = {.bytes = golden("hello.lps")};
  ASSERT_EQ(open_input(pipe), 0);
  Given given;
  letterpress_stream_position position = {};
  EXPECT_EQ(read(given, &position), LETTERPRESS_INVALID_ARGUMENT);  // its size is not set
  EXPECT_EQ(given.calls, 0);
  ASSERT_EQ(read(given), 0) << "a wrong call must change nothing";
  EXPECT_EQ(read(given), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_input_error(input_), HasSubstr("called before"));
  ASSERT_EQ(open_output(), 0);
  ASSERT_EQ(letterpress_stream_output_finish(output_), 0);
  EXPECT_EQ(letterpress_stream_output_finish(output_), LETTERPRESS_INVALID_ARGUMENT);
  EXPECT_THAT(letterpress_stream_output_error(output_), HasSubstr("called before"));
  EXPECT_EQ(pipe_.bytes, golden("empty.lps"));
}

TEST_F(CStreamTest, WhatCallbacksReturnComesBackUnchanged) {
  ASSERT_EQ(open_output(), 0);
  ASSERT_EQ(open_press(), 0);
  pipe_.result = -4711;
  ASSERT_EQ(push("a", "text"), 0);
  EXPECT_EQ(letterpress_press_finish(press_, nullptr), -4711);
  EXPECT_EQ(letterpress_stream_output_finish(output_), -4711);
  Pipe pipe = {.bytes = golden("hello.lps")};
  ASSERT_EQ(open_input(pipe), 0);
  Given given;
  given.result = 77;
  letterpress_stream_position position = position_of();
  EXPECT_EQ(read(given, &position), 77);
  EXPECT_EQ(given.calls, 1) << "it was called again";
  EXPECT_EQ(position.error_name, nullptr);
  pipe.at = 0;
  pipe.result = -3;
  ASSERT_EQ(open_input(pipe), 0);
  EXPECT_EQ(read(given), -3);
}

TEST_F(CStreamTest, AnErrorAfterThatOfACallbackHasItsOwnNumber) {
  Pipe pipe = {.bytes = golden("hello.lps"), .result = 77};
  ASSERT_EQ(open_input(pipe), 0);
  Given given;
  EXPECT_EQ(read(given), 77);
  EXPECT_EQ(letterpress_stream_input_read(input_, nullptr, nullptr), LETTERPRESS_INVALID_ARGUMENT);
}

TEST_F(CStreamTest, ACallInsideACallbackIsRefused) {
  Pipe pipe = {.bytes = golden("hello.lps")};
  ASSERT_EQ(open_input(pipe), 0);
  pipe.input = input_;
  Given given;
  EXPECT_EQ(read(given), 0);
  EXPECT_EQ(pipe.result_inside, LETTERPRESS_INVALID_ARGUMENT);
}

}  // namespace
