// SPDX-License-Identifier: Apache-2.0
#include "stream/block.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "base/varint.h"

namespace letterpress::stream {
namespace {

constexpr std::uint8_t kFlagIds = 1;
constexpr std::uint8_t kFlagMailbox = 2;

Error corrupt_block(std::uint64_t number, std::string_view what) {
  return Error(ErrorCode::kCorrupt, "block " + std::to_string(number) + ": " + std::string(what));
}

// Reads the number of chunks and their lengths.
Status read_lengths(ByteCursor& cursor, BlockView& view) {
  const std::uint64_t count = cursor.varint();
  if (count == 0 || count > kBlockChunksMax || count > cursor.remaining()) {
    return corrupt_block(view.number, "chunk count is out of range");
  }
  view.starts.reserve(static_cast<std::size_t>(count) + 1);
  std::uint64_t end = 0;
  view.starts.push_back(0);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t length = cursor.varint();
    if (!cursor.ok() || length == 0 || length > kChunkBytesMax) {
      return corrupt_block(view.number, "a chunk length is out of range");
    }
    end += length;
    if (end > kBlockBytesMax) return corrupt_block(view.number, "is larger than a block may be");
    view.starts.push_back(static_cast<std::uint32_t>(end));
  }
  return Ok{};
}

Status read_ids(ByteCursor& cursor, BlockView& view) {
  const std::size_t count = view.chunk_count();
  const ByteView ids = cursor.take(count * sizeof(ChunkId::bytes));
  if (!cursor.ok()) return corrupt_block(view.number, "its ids are cut short");
  view.ids.resize(count);
  std::memcpy(view.ids.data(), ids.data(), ids.size());
  return Ok{};
}

}  // namespace

Block compress_block(RawBlock&& raw, codecs::BlockCodec& codec) {
  Block block{raw.number,         raw.kind, codecs::Codec::kRaw, std::move(raw.lengths),
              std::move(raw.ids), {},       raw.mailbox,         raw.is_borrowed};
  if (raw.is_borrowed) return block;
  if (raw.compressible) {
    block.codec = codec.compress(raw.kind, raw.bytes, block.payload);
  } else {
    block.payload = std::move(raw.bytes);
    // It may wait in a pack with thousands of others, each with room for a whole block.
    if (block.payload.capacity() > 2 * block.payload.size()) block.payload.shrink_to_fit();
  }
  return block;
}

void encode_block_table(const Block& block, bool with_ids, Bytes& out) {
  append_varint(out, block.number);
  out.push_back(static_cast<std::uint8_t>(block.kind));
  out.push_back(static_cast<std::uint8_t>(block.codec));
  out.push_back(
      static_cast<std::uint8_t>((with_ids ? kFlagIds : 0) | (block.mailbox ? kFlagMailbox : 0)));
  append_varint(out, block.lengths.size());
  for (const std::uint32_t length : block.lengths) append_varint(out, length);
  if (with_ids) {
    for (const ChunkId& id : block.ids) append(out, id.bytes);
  }
  if (block.mailbox) append(out, block.mailbox->bytes);
}

void encode_block(const Block& block, bool with_ids, Bytes& out) {
  encode_block_table(block, with_ids, out);
  append(out, block.payload);
}

Result<BlockView> decode_block(ByteView encoded) {
  ByteCursor cursor(encoded);
  BlockView view;
  view.number = cursor.varint();
  const auto kind = cursor.le<std::uint8_t>();
  const auto codec = cursor.le<std::uint8_t>();
  const auto flags = cursor.le<std::uint8_t>();
  if (!cursor.ok() || view.number > kBlockNumberMax) {
    return corrupt_block(view.number, "its head is cut short");
  }
  if (kind >= kKindCount || codec > 1 || (flags & ~(kFlagIds | kFlagMailbox)) != 0) {
    return Error(ErrorCode::kUnsupported, "block " + std::to_string(view.number) +
                                              ": has a kind, codec or flag that this version does "
                                              "not know");
  }
  view.kind = static_cast<Kind>(kind);
  view.codec = static_cast<codecs::Codec>(codec);
  LETTERPRESS_TRY(read_lengths(cursor, view));
  if ((flags & kFlagIds) != 0) {
    LETTERPRESS_TRY(read_ids(cursor, view));
  }
  if ((flags & kFlagMailbox) != 0) {
    const ByteView tag = cursor.take(sizeof(MailboxTag::bytes));
    if (!cursor.ok()) return corrupt_block(view.number, "its mailbox is cut short");
    std::ranges::copy(tag, view.mailbox.emplace().bytes.begin());
  }
  view.payload = cursor.take(cursor.remaining());
  return view;
}

void encode_borrowed(const Block& block, Bytes& out) {
  append_varint(out, block.number);
  out.push_back(static_cast<std::uint8_t>(block.kind));
  append_varint(out, block.lengths.size());
  for (const std::uint32_t length : block.lengths) append_varint(out, length);
  for (const ChunkId& id : block.ids) append(out, id.bytes);
}

Result<BlockView> decode_borrowed(ByteView encoded) {
  ByteCursor cursor(encoded);
  BlockView view;
  view.number = cursor.varint();
  const auto kind = cursor.le<std::uint8_t>();
  if (!cursor.ok() || view.number > kBlockNumberMax) {
    return corrupt_block(view.number, "its head is cut short");
  }
  if (kind >= kKindCount) {
    return Error(ErrorCode::kUnsupported, "block " + std::to_string(view.number) +
                                              ": has a kind that this version does not know");
  }
  view.kind = static_cast<Kind>(kind);
  LETTERPRESS_TRY(read_lengths(cursor, view));
  LETTERPRESS_TRY(read_ids(cursor, view));
  if (!cursor.at_end()) return corrupt_block(view.number, "has bytes left over");
  return view;
}

Result<OpenBlock> open_block(BlockView&& view, codecs::BlockCodec& codec, UnsetBytes buffer) {
  OpenBlock block;
  block.bytes = std::move(buffer);
  block.number = view.number;
  block.kind = view.kind;
  block.mailbox = view.mailbox;
  const std::size_t raw_bytes = view.raw_bytes();
  if (Status status = codec.decompress(view.codec, view.payload, raw_bytes, block.bytes); !status) {
    return std::move(status).error().while_doing("block " + std::to_string(view.number));
  }
  block.starts = std::move(view.starts);
  return block;
}

}  // namespace letterpress::stream
