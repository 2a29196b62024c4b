// SPDX-License-Identifier: Apache-2.0
// Recipes: any bytes, and recipes that were made of the input and then damaged, over a few blocks.
// Invariants: extents cover their step, steps their stretch, within the limits; what is rebuilt is
// whole stretches, and no more than the recipe says; a range is that part of the whole; with
// `lost`, what comes and what is lost together have the length of the recipe, and what comes is the
// same; a recipe that was not damaged gives the bytes that it was made of.
#include <algorithm>

#include "base/limits.h"
#include "damage.h"
#include "made_blocks.h"
#include "require.h"
#include "stream/recipe.h"

namespace {

namespace mail = letterpress::mail;
namespace stream = letterpress::stream;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::Kind;
using letterpress::Ok;
using letterpress::Place;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

constexpr std::size_t kBlocks = 3;
constexpr std::size_t kChunks = 4;
constexpr std::size_t kChunkBytes = 100;

ByteView chunk_bytes(std::size_t block, std::size_t ordinal) {
  static const Bytes all = [] {
    Bytes bytes(kBlocks * kChunks * kChunkBytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(i % 11 == 0 ? '\n' : 'a' + i % 26);
    }
    return bytes;
  }();
  // Chunks of different lengths.
  return ByteView(all).subspan((block * kChunks + ordinal) * kChunkBytes, 40 + 20 * ordinal);
}

letterpress::fuzz::MadeBlocks& blocks() {
  static letterpress::fuzz::MadeBlocks made = [] {
    letterpress::fuzz::MadeBlocks all;
    for (std::size_t block = 0; block < kBlocks; ++block) {
      std::vector<ByteView> chunks;
      for (std::size_t i = 0; i < kChunks; ++i) chunks.push_back(chunk_bytes(block, i));
      all.put(letterpress::fuzz::open_block_of(block, Kind::kText, chunks));
    }
    return all;
  }();
  return made;
}

// The length of what the recipe makes, if it can be read to its end.
std::optional<std::uint64_t> check_reading(ByteView recipe) {
  stream::RecipeReader reader(recipe);
  stream::Stretch stretch;
  stream::RecipeReader::Step step;
  std::vector<stream::RecipeReader::Source> sources;
  std::uint64_t length = 0;
  while (true) {
    const auto more = reader.next_stretch(stretch);
    if (!succeeds(more)) return std::nullopt;
    if (!*more) return length;
    require(stretch.raw_bytes > 0 && stretch.raw_bytes <= letterpress::kSegmentBytesMax);
    std::uint64_t covered = 0;
    while (true) {
      const auto has_step = reader.next_step(step, sources);
      if (!succeeds(has_step)) return std::nullopt;
      if (!*has_step) break;
      std::uint64_t stored = 0;
      for (const auto& source : sources) stored += source.extent.bytes;
      require(stored == step.stored_bytes && step.raw_bytes > 0);
      require(sources.size() <= stream::kStepExtentsMax);
      covered += step.raw_bytes;
    }
    require(covered == stretch.raw_bytes);
    length += covered;
  }
}

void check_rebuilding(ByteView recipe, std::optional<std::uint64_t> length, FuzzInput& input) {
  stream::Rebuilder rebuilder(blocks(), nullptr);
  Bytes whole;
  const auto into = [](Bytes& bytes) {
    return [&bytes](ByteView view) -> Status {
      append(bytes, view);
      return Ok{};
    };
  };
  const bool is_whole = succeeds(rebuilder.rebuild(recipe, into(whole)));
  require(!is_whole || (length && whole.size() == *length));
  Bytes with_gaps;
  const Status gaps = rebuilder.rebuild(recipe, into(with_gaps),
                                        [&](std::uint64_t bytes, const Error& why) -> Status {
                                          require(!why.message().empty());
                                          with_gaps.resize(with_gaps.size() + bytes);
                                          return Ok{};
                                        });
  require(succeeds(gaps) == length.has_value());
  require(!length || with_gaps.size() == *length);
  require(with_gaps.size() >= whole.size() &&
          std::equal(whole.begin(), whole.end(), with_gaps.begin()));
  if (!is_whole) return;
  const std::uint64_t from = input.up_to(whole.size() + 10);
  const std::uint64_t count = input.up_to(whole.size() + 10);
  Bytes part;
  require(succeeds(rebuilder.rebuild_range(recipe, {from, count}, into(part))));
  const std::size_t begin = std::min<std::size_t>(from, whole.size());
  const std::size_t wanted = std::min<std::size_t>(count, whole.size() - begin);
  require(std::ranges::equal(part, ByteView(whole).subspan(begin, wanted)));
}

// A step over one extent or several, which do not touch; appends what it makes.
struct MadeStep {
  stream::RecipeWriter::Step step;
  std::vector<stream::Extent> extents;
};

MadeStep made_step(FuzzInput& input, Bytes& original) {
  MadeStep made;
  Bytes stored;
  const auto count = input.from_to(1, 3);
  std::size_t last_block = kBlocks;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::size_t block = input.size_up_to(kBlocks - 1);
    if (block == last_block) block = (block + 1) % kBlocks;
    last_block = block;
    const std::size_t ordinal = input.size_up_to(kChunks - 1);
    const ByteView chunk = chunk_bytes(block, ordinal);
    const std::size_t offset = input.size_up_to(chunk.size() - 1);
    const std::size_t bytes = 1 + input.size_up_to(chunk.size() - offset - 1);
    append(stored, chunk.subspan(offset, bytes));
    made.extents.push_back({{block, static_cast<std::uint32_t>(ordinal)},
                            static_cast<std::uint32_t>(offset),
                            static_cast<std::uint32_t>(bytes)});
    const bool ends = offset + bytes == chunk.size();
    made.step.end = {block, static_cast<std::uint32_t>(ordinal + (ends ? 1 : 0))};
    made.step.end_offset = static_cast<std::uint32_t>(ends ? 0 : offset + bytes);
  }
  const auto feeds = std::ranges::count(stored, '\n');
  const bool is_crlf = input.flag() && feeds > 0;
  for (const std::uint8_t byte : stored) {
    if (is_crlf && byte == '\n') original.push_back('\r');
    original.push_back(byte);
  }
  made.step.transform = is_crlf ? mail::Transform::kCrlf : mail::Transform::kIdentity;
  made.step.kind = static_cast<Kind>(input.up_to(3));
  made.step.raw_bytes =
      static_cast<std::uint32_t>(stored.size() + static_cast<std::size_t>(is_crlf ? feeds : 0));
  return made;
}

void check_made(FuzzInput& input) {
  Bytes recipe;
  Bytes original;
  stream::RecipeWriter writer(recipe);
  const auto stretches = input.from_to(1, 3);
  for (std::uint64_t i = 0; i < stretches; ++i) {
    Bytes raw;
    std::vector<MadeStep> steps;
    const auto step_count = input.from_to(1, 4);
    for (std::uint64_t j = 0; j < step_count; ++j) steps.push_back(made_step(input, raw));
    writer.begin_stretch({raw.size(), stream::digest_of(raw, nullptr)});
    for (MadeStep& made : steps) {
      made.step.extents = made.extents;
      writer.add_step(made.step);
    }
    append(original, raw);
  }
  const bool is_damaged = letterpress::fuzz::damage(input, recipe);
  const auto length = check_reading(recipe);
  require(is_damaged || length == original.size());
  if (!is_damaged) {
    Bytes bytes;
    stream::Rebuilder rebuilder(blocks(), nullptr);
    require(succeeds(rebuilder.rebuild(recipe, [&](ByteView view) -> Status {
      append(bytes, view);
      return Ok{};
    })));
    require(bytes == original);
  }
  check_rebuilding(recipe, length, input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  if (input.flag()) {
    check_made(input);
    return 0;
  }
  const ByteView recipe = input.rest();
  const auto length = check_reading(recipe);
  // Lengths are claims here: a recipe of a few bytes may ask for gigabytes that are lost.
  if (!length || *length < (std::uint64_t{1} << 20)) check_rebuilding(recipe, length, input);
  return 0;
}
