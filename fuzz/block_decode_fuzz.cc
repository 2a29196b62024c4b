// SPDX-License-Identifier: Apache-2.0
// Decodes any bytes as a block, and blocks that were made of the input and then damaged.
// Invariants: a table that is taken keeps to its limits and says as many bytes as come; what was
// decoded and is encoded again decodes to the same; a block that was not damaged comes back.
#include <algorithm>

#include "base/limits.h"
#include "damage.h"
#include "require.h"
#include "stream/block.h"

namespace {

namespace codecs = letterpress::codecs;
namespace stream = letterpress::stream;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::ChunkId;
using letterpress::Result;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

codecs::BlockCodec& shared_codec() {
  static codecs::BlockCodec codec;
  return codec;
}

stream::Block block_of(const stream::BlockView& view) {
  stream::Block block{view.number, view.kind, view.codec, {}, view.ids, {}, view.mailbox};
  for (std::size_t i = 0; i < view.chunk_count(); ++i) {
    block.lengths.push_back(view.starts[i + 1] - view.starts[i]);
  }
  block.payload.assign(view.payload.begin(), view.payload.end());
  return block;
}

// The bytes of the block; nothing if it is refused.
std::optional<letterpress::UnsetBytes> check(ByteView encoded) {
  Result<stream::BlockView> view = stream::decode_block(encoded);
  if (!letterpress::fuzz::succeeds(view)) return std::nullopt;
  require(view->number <= letterpress::kBlockNumberMax && view->chunk_count() >= 1 &&
          view->chunk_count() <= letterpress::kBlockChunksMax &&
          view->raw_bytes() <= letterpress::kBlockBytesMax);
  require(view->ids.empty() || view->ids.size() == view->chunk_count());
  Bytes again;
  stream::encode_block(block_of(*view), !view->ids.empty(), again);
  const auto second = letterpress::fuzz::take(stream::decode_block(again));
  require(second.number == view->number && second.kind == view->kind &&
          second.codec == view->codec && second.starts == view->starts && second.ids == view->ids &&
          second.mailbox == view->mailbox && std::ranges::equal(second.payload, view->payload));
  const std::size_t raw_bytes = view->raw_bytes();
  Result<stream::OpenBlock> open = stream::open_block(*std::move(view), shared_codec());
  if (!letterpress::fuzz::succeeds(open)) return std::nullopt;
  require(open->bytes.size() == raw_bytes);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < open->chunk_count(); ++i) bytes += open->chunk(i).size();
  require(bytes == raw_bytes);
  return std::move(open->bytes);
}

void check_made(FuzzInput& input) {
  stream::RawBlock raw;
  raw.number = input.up_to(letterpress::kBlockNumberMax);
  raw.kind = static_cast<letterpress::Kind>(input.up_to(letterpress::kKindCount - 1));
  raw.compressible = input.flag();
  if (input.flag()) raw.mailbox.emplace().bytes.fill(static_cast<std::uint8_t>(raw.number));
  const bool has_ids = input.flag();
  const auto chunks = input.from_to(1, 20);
  for (std::uint64_t i = 0; i < chunks; ++i) {
    const std::size_t length = static_cast<std::size_t>(input.from_to(1, 300));
    raw.lengths.push_back(static_cast<std::uint32_t>(length));
    raw.ids.emplace_back().bytes.fill(static_cast<std::uint8_t>(i));
    append(raw.bytes, input.take(length / 2));
    raw.bytes.resize(raw.bytes.size() + length - std::min(raw.bytes.size(), length), 'x');
  }
  std::size_t wanted = 0;
  for (const std::uint32_t length : raw.lengths) wanted += length;
  raw.bytes.resize(wanted, 'y');
  const Bytes original = raw.bytes;
  Bytes encoded;
  stream::encode_block(stream::compress_block(std::move(raw), shared_codec()), has_ids, encoded);
  if (letterpress::fuzz::damage(input, encoded)) {
    static_cast<void>(check(encoded));
    return;
  }
  const auto bytes = check(encoded);
  require(bytes && std::ranges::equal(*bytes, original));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  if (input.flag()) {
    check_made(input);
  } else {
    static_cast<void>(check(input.rest()));
  }
  return 0;
}
