// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as an interchange stream, opens its blocks and rebuilds its entries.
// Checks: no crash, no undefined behaviour; every error has a message.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <variant>

#include "stream/rebuilder.h"
#include "stream/stream_reader.h"

namespace {

using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
namespace stream = letterpress::stream;

class Blocks : public stream::BlockProvider {
 public:
  void put(ByteView encoded) {
    Result<stream::BlockView> view = stream::decode_block(encoded);
    if (!view) return;
    Result<stream::OpenBlock> open = stream::open_block(*std::move(view), codec_);
    if (!open) return;
    const std::uint64_t number = open->number;
    blocks_[number] = std::make_shared<const stream::OpenBlock>(*std::move(open));
  }
  Result<std::shared_ptr<const stream::OpenBlock>> block(std::uint64_t number) override {
    const auto found = blocks_.find(number);
    if (found == blocks_.end()) return Error(ErrorCode::kCorrupt, "no such block");
    return found->second;
  }

 private:
  letterpress::codecs::BlockCodec codec_;
  std::map<std::uint64_t, std::shared_ptr<const stream::OpenBlock>> blocks_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView rest(data, size);
  stream::StreamReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), rest.size());
    std::copy_n(rest.begin(), count, into.begin());
    rest = rest.subspan(count);
    return count;
  });
  if (!reader.read_header()) return 0;
  Blocks blocks;
  stream::Rebuilder rebuilder(blocks, nullptr);
  while (true) {
    Result<stream::StreamEvent> event = reader.next();
    if (!event) {
      if (event.error().message().empty()) std::abort();
      return 0;
    }
    if (std::holds_alternative<stream::StreamEnd>(*event)) return 0;
    if (const auto* block = std::get_if<stream::EncodedBlock>(&*event)) blocks.put(block->bytes);
    if (const auto* record = std::get_if<stream::EntryRecord>(&*event)) {
      static_cast<void>(rebuilder.rebuild(record->recipe, [](ByteView) -> Status { return Ok{}; }));
    }
  }
}
