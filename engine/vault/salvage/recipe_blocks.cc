// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/recipe_blocks.h"

#include "base/byte_cursor.h"

namespace letterpress::vault {
namespace {

// A block's number, kind and codec.
constexpr std::uint32_t kPeekBytes = 16;

}  // namespace

Status RecipeBlocks::each_of_block(const PackReader& reader, std::uint64_t number,
                                   const std::function<Status(Place, ByteView)>& take) {
  const Result<Bytes> start =
      reader.block_bytes(number) == 0
          ? Result<Bytes>(Error(ErrorCode::kCorrupt, reader.directory_damage()))
          : reader.read_block_part(number, 0, kPeekBytes);
  if (!start) {
    ++lost_;
    return Ok{};
  }
  ByteCursor cursor(*start);
  cursor.varint();
  if (cursor.le<std::uint8_t>() != static_cast<std::uint8_t>(Kind::kRecipe) && cursor.ok()) {
    return Ok{};
  }
  const Result<stream::OpenBlock> block = reader.open_block(number, tools_);
  if (!block) {
    ++lost_;
    return Ok{};
  }
  for (std::size_t ordinal = block->chunk_count(); ordinal > 0; --ordinal) {
    LETTERPRESS_TRY(
        take({number, static_cast<std::uint32_t>(ordinal - 1)}, block->chunk(ordinal - 1)));
  }
  return Ok{};
}

Status RecipeBlocks::each_of_pack(const PackRef& pack,
                                  const std::function<Status(Place, ByteView)>& take) {
  const Result<PackReader> reader = PackReader::open(storage_, keys_, writer_, pack);
  if (!reader) {
    lost_ += pack.block_count;
    return Ok{};
  }
  for (std::uint32_t i = pack.block_count; i > 0; --i) {
    LETTERPRESS_TRY(each_of_block(*reader, pack.first_block + i - 1, take));
  }
  return Ok{};
}

Status RecipeBlocks::each(const std::function<Status(Place, ByteView)>& take) {
  lost_ = 0;
  const auto& packs = packs_.by_first_block();
  for (auto pack = packs.rbegin(); pack != packs.rend(); ++pack) {
    LETTERPRESS_TRY(each_of_pack(pack->second, take));
  }
  return Ok{};
}

}  // namespace letterpress::vault
