// SPDX-License-Identifier: Apache-2.0
#include "letterpress/rebuild.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "stream/block_cache.h"
#include "stream/rebuilder.h"

namespace letterpress {

Result<std::vector<std::uint8_t>> block_of_chunks(
    std::uint64_t number, std::span<const std::span<const std::uint8_t>> chunks) {
  stream::Block block;
  block.number = number;
  for (const ByteView chunk : chunks) {
    if (chunk.empty() || chunk.size() > kChunkBytesMax ||
        block.payload.size() + chunk.size() > kBlockBytesMax) {
      break;
    }
    block.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    append(block.payload, chunk);
  }
  if (number > kBlockNumberMax || chunks.empty() || chunks.size() > kBlockChunksMax ||
      block.lengths.size() != chunks.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 "a block has a number below 2^48 - 1, 1 to 65536 chunks of 1 to 65536 bytes, and "
                 "at most 4 MiB of them");
  }
  Bytes encoded;
  stream::encode_block(block, false, encoded);
  return encoded;
}

// The embedder's blocks, checked and opened.
class Rebuild::Blocks final : public stream::BlockProvider {
 public:
  Blocks(GetBlock get_block, std::size_t cache_bytes)
      : get_block_(std::move(get_block)), cache_(cache_bytes) {}

  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override {
    if (auto held = cache_.find({number})) return held;
    LETTERPRESS_TRY_ASSIGN(const Bytes encoded, get_block_(number));
    Result<stream::OpenBlock> opened = open(number, encoded);
    if (!opened) {
      return std::move(opened).error().while_doing("block " + std::to_string(number));
    }
    return cache_.put({number}, *std::move(opened));
  }

 private:
  Result<stream::OpenBlock> open(std::uint64_t number, ByteView encoded) {
    LETTERPRESS_TRY_ASSIGN(stream::BlockView view, stream::decode_block(encoded));
    if (view.number != number) {
      return Error(ErrorCode::kCorrupt, "it says that it is block " + std::to_string(view.number));
    }
    return stream::open_block(std::move(view), codec_, cache_.take_spare());
  }

  GetBlock get_block_;
  stream::BlockCache cache_;
  codecs::BlockCodec codec_;
};

class Rebuild::State {
 public:
  State(GetBlock get_block, RebuildOptions options)
      : options_(std::move(options)),
        blocks_(std::move(get_block), options_.cache_bytes),
        rebuilder_(blocks_, options_.digest_key ? &*options_.digest_key : nullptr) {}

  Status range(std::span<const Part> parts, std::uint64_t from, std::uint64_t count,
               const Output& output) {
    for (const Part& part : parts) {
      if (count == 0) return Ok{};
      if (part.raw_bytes <= from) {
        from -= part.raw_bytes;
        continue;
      }
      const std::uint64_t wanted = std::min(part.raw_bytes - from, count);
      std::uint64_t given = 0;
      LETTERPRESS_TRY(rebuilder_.rebuild_range(part.recipe, {from, wanted}, [&](ByteView bytes) {
        given += bytes.size();
        return output(bytes);
      }));
      if (given != wanted) {
        return Error(ErrorCode::kCorrupt, "a recipe makes " + std::to_string(from + given) +
                                              " bytes of the " + std::to_string(part.raw_bytes) +
                                              " that its part has");
      }
      from = 0;
      count -= given;
    }
    return Ok{};
  }

 private:
  const RebuildOptions options_;
  Blocks blocks_;
  stream::Rebuilder rebuilder_;
};

Rebuild::Rebuild(GetBlock get_block, RebuildOptions options)
    : state_(std::make_unique<State>(std::move(get_block), std::move(options))) {}
Rebuild::Rebuild(Rebuild&&) noexcept = default;
Rebuild& Rebuild::operator=(Rebuild&&) noexcept = default;
Rebuild::~Rebuild() = default;

Status Rebuild::whole(std::span<const Part> parts, const Output& output) {
  return state_->range(parts, 0, UINT64_MAX, output);
}

Status Rebuild::range(std::span<const Part> parts, std::uint64_t from, std::uint64_t count,
                      const Output& output) {
  return state_->range(parts, from, count, output);
}

}  // namespace letterpress
