// SPDX-License-Identifier: Apache-2.0
// Content references: any bytes, over chunks of any bytes that name each other as they like, and
// references that the builder made.
// Invariants: a reference that is taken is encoded to what decodes to the same; reading one ends,
// after no more chunks than the file that it claims has bytes; what is given is no longer than the
// claim; read_whole_parts() gives and loses exactly the claim; a reference that the builder made
// gives the recipes that it was made of.
#include <algorithm>

#include "base/limits.h"
#include "fuzz_input.h"
#include "made_blocks.h"
#include "require.h"
#include "vault/content_reader.h"

namespace {

namespace mail = letterpress::mail;
namespace stream = letterpress::stream;
namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Kind;
using letterpress::Ok;
using letterpress::Place;
using letterpress::Result;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

constexpr std::uint64_t kClaimMax = 20'000;

// Counts how often it is asked.
class CountedBlocks : public letterpress::fuzz::MadeBlocks {
 public:
  std::uint64_t asked = 0;
  Result<std::shared_ptr<const stream::OpenBlock>> part(std::uint64_t number, std::uint32_t,
                                                        std::uint64_t, std::size_t) override {
    ++asked;
    return block(number);
  }
};

bool is_same(const stream::ContentRef& a, const stream::ContentRef& b) {
  const auto same = [](const stream::ContentRef::Child& x, const stream::ContentRef::Child& y) {
    return x.place == y.place && x.covered_bytes == y.covered_bytes;
  };
  return a.size_bytes == b.size_bytes && a.depth == b.depth && a.recipe == b.recipe &&
         std::ranges::equal(a.children, b.children, same);
}

void check_given(FuzzInput& input) {
  const std::size_t ref_bytes = input.size_up_to(600);
  const ByteView encoded = input.take(ref_bytes);
  const auto ref = stream::decode_content_ref(encoded);
  if (!succeeds(ref)) return;
  require(is_same(take(stream::decode_content_ref(stream::encode_content_ref(*ref))), *ref));
  // Each chunk is a block, so that all that is asked for is counted.
  CountedBlocks blocks;
  std::uint64_t number = 0;
  for (const ByteView item : letterpress::fuzz::items_of(input.rest())) {
    if (item.empty()) continue;
    const ByteView chunk[] = {item};
    blocks.put(letterpress::fuzz::open_block_of(number++, Kind::kRecipe, chunk));
  }
  if (ref->size_bytes > kClaimMax) return;
  vault::ContentReader reader(blocks, nullptr);
  std::uint64_t given = 0;
  const auto counted = [&](ByteView bytes) -> Status {
    given += bytes.size();
    require(given <= ref->size_bytes);
    return Ok{};
  };
  if (succeeds(reader.read(encoded, counted))) require(given == ref->size_bytes);
  given = 0;
  std::uint64_t lost = 0;
  const Status parts = reader.read_whole_parts(
      encoded, counted, [&](std::uint64_t bytes, const Error& why) -> Status {
        require(!why.message().empty());
        lost += bytes;
        return Ok{};
      });
  if (succeeds(parts)) require(given + lost == ref->size_bytes);
  const auto pass = [](ByteView) -> Status { return Ok{}; };
  static_cast<void>(succeeds(reader.each_recipe(*ref, pass)));
  // Four times through at most four levels of lists, and a step of each byte.
  require(blocks.asked <= 16 * (ref->size_bytes + stream::kContentListMax + 1));
}

void check_built(FuzzInput& input) {
  CountedBlocks blocks;
  std::uint64_t number = 1;
  const auto store = [&](ByteView chunk) {
    const ByteView chunks[] = {chunk};
    blocks.put(letterpress::fuzz::open_block_of(number, Kind::kRecipe, chunks));
    return Place{number++, 0};
  };
  const Bytes text = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
  const Place text_place = store(text);
  stream::ContentRefBuilder builder;
  Bytes original;
  // Enough for lists of lists now and then.
  const auto count = input.up_to(input.up_to(15) == 0 ? 2500 : 30);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto bytes = static_cast<std::uint32_t>(input.from_to(1, text.size()));
    const ByteView raw = ByteView(text).first(bytes);
    const stream::Extent extents[] = {{text_place, 0, bytes}};
    Bytes recipe;
    stream::RecipeWriter writer(recipe);
    writer.begin_stretch({bytes, stream::digest_of(raw, nullptr)});
    writer.add_step(
        {mail::Transform::kIdentity, Kind::kText, bytes, {}, extents, text_place, bytes});
    builder.add_recipe(recipe, bytes, store);
    append(original, raw);
  }
  const Bytes encoded = builder.finish(store);
  vault::ContentReader reader(blocks, nullptr);
  Bytes back;
  take(reader.read(encoded, [&](ByteView bytes) -> Status {
    append(back, bytes);
    return Ok{};
  }));
  require(back == original);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  if (input.up_to(7) == 7) {
    check_built(input);
  } else {
    check_given(input);
  }
  return 0;
}
