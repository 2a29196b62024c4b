// SPDX-License-Identifier: Apache-2.0
// A block: chunks of one kind, compressed together. Plain values and their encoding, which streams
// and packs share (docs/STREAM.md, "Block").
#pragma once

#include <vector>

#include "base/bytes.h"
#include "codecs/codec.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"
#include "stream/mailbox.h"

namespace letterpress::stream {

// A block that still takes chunks, or waits to be compressed.
struct RawBlock {
  std::uint64_t number = 0;
  Kind kind = Kind::kPlain;
  bool compressible = true;                // false: stored raw, at memory speed
  std::vector<std::uint32_t> lengths;      // of each chunk, in order
  std::vector<ChunkId> ids;                // as many as lengths
  Bytes bytes;                             // the chunks, one after the other
  std::optional<MailboxTag> mailbox = {};  // whose chunks these are, if mailboxes are kept apart
  bool is_borrowed = false;                // the receiver has the chunks: there are no bytes
};

// A block as it is stored.
struct Block {
  std::uint64_t number = 0;
  Kind kind = Kind::kPlain;
  codecs::Codec codec = codecs::Codec::kRaw;
  std::vector<std::uint32_t> lengths;
  std::vector<ChunkId> ids;  // as many as lengths, or none
  Bytes payload;             // empty if the block is borrowed
  std::optional<MailboxTag> mailbox = {};
  bool is_borrowed = false;  // as in RawBlock
};

Block compress_block(RawBlock&& raw, codecs::BlockCodec& codec);

// Appends the encoded block; its ids are written if `with_ids`.
void encode_block(const Block& block, bool with_ids, Bytes& out);
// The same without the payload, which is what follows.
void encode_block_table(const Block& block, bool with_ids, Bytes& out);

// Appends the body of a frame of borrowed chunks.
void encode_borrowed(const Block& block, Bytes& out);

// A block whose table was checked, but whose payload is still a view into the encoded bytes.
struct BlockView {
  std::uint64_t number = 0;
  Kind kind = Kind::kPlain;
  codecs::Codec codec = codecs::Codec::kRaw;
  std::vector<std::uint32_t> starts;  // of each chunk in the raw bytes, and then their end
  std::vector<ChunkId> ids;           // as many as chunks, or none
  ByteView payload;
  std::optional<MailboxTag> mailbox = {};
  std::size_t raw_bytes() const noexcept { return starts.back(); }
  std::size_t chunk_count() const noexcept { return starts.size() - 1; }
};

// kCorrupt if a field is out of its limits; memory is bounded by the bytes given.
Result<BlockView> decode_block(ByteView encoded);
// The same of borrowed chunks; the payload is empty.
Result<BlockView> decode_borrowed(ByteView encoded);

// A block made whole again, or a part of it: the table of all its chunks, and bytes of some.
struct OpenBlock {
  std::uint64_t number = 0;
  Kind kind = Kind::kPlain;
  std::vector<std::uint32_t> starts;  // of each chunk in the raw bytes, and then their end
  std::uint32_t begin = 0;            // where in the raw bytes `bytes` begins; 0 in a whole block
  UnsetBytes bytes;
  std::optional<MailboxTag> mailbox = {};

  std::size_t chunk_count() const noexcept { return starts.size() - 1; }
  std::size_t raw_bytes() const noexcept { return starts.back(); }
  // The raw bytes from `offset` to where `bytes` ends; none if `bytes` does not have that offset.
  ByteView from(std::uint64_t offset) const noexcept {
    if (offset < begin || offset - begin >= bytes.size()) return {};
    return ByteView(bytes).subspan(static_cast<std::size_t>(offset - begin));
  }
  // Of a whole block.
  ByteView chunk(std::size_t ordinal) const noexcept {
    return ByteView(bytes).subspan(starts[ordinal], starts[ordinal + 1] - starts[ordinal]);
  }
};

// `buffer` is used for its bytes; what it has does not matter.
Result<OpenBlock> open_block(BlockView&& view, codecs::BlockCodec& codec, UnsetBytes buffer = {});

}  // namespace letterpress::stream
