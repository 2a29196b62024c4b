// SPDX-License-Identifier: Apache-2.0
#include "vault/block_store.h"

#include <algorithm>
#include <utility>

namespace letterpress::vault {
namespace {

constexpr std::size_t kReadersMax = 64;

}  // namespace

Result<const PackReader*> BlockStore::reader(const PackRef& pack) {
  const auto found =
      std::ranges::find(readers_, pack.first_block, &std::pair<std::uint64_t, PackReader>::first);
  if (found != readers_.end()) {
    readers_.splice(readers_.begin(), readers_, found);
    return &readers_.front().second;
  }
  LETTERPRESS_TRY_ASSIGN(PackReader opened, PackReader::open(storage_, vault_, pack));
  if (readers_.size() == kReadersMax) readers_.pop_back();
  readers_.emplace_front(pack.first_block, std::move(opened));
  return &readers_.front().second;
}

Result<std::shared_ptr<const stream::OpenBlock>> BlockStore::block(std::uint64_t number) {
  if (auto held = cache_.find(number)) return held;
  const PackRef* pack = packs_.find(number);
  if (pack == nullptr) {
    return Error(ErrorCode::kCorrupt,
                 "block " + std::to_string(number) + " is in no pack that the log names");
  }
  LETTERPRESS_TRY_ASSIGN(const PackReader* reader, this->reader(*pack));
  LETTERPRESS_TRY_ASSIGN(const Bytes encoded, reader->read_block(number));
  const auto open = [&]() -> Result<stream::OpenBlock> {
    LETTERPRESS_TRY_ASSIGN(stream::BlockView view, stream::decode_block(encoded));
    if (view.number != number) {
      return Error(ErrorCode::kCorrupt, "holds block " + std::to_string(view.number) +
                                            " where block " + std::to_string(number) +
                                            " should be");
    }
    return stream::open_block(std::move(view), codec_);
  };
  Result<stream::OpenBlock> opened = open();
  if (!opened) {
    return std::move(opened).error().while_doing("pack " + to_hex(pack->sha256.bytes));
  }
  return cache_.put(*std::move(opened));
}

}  // namespace letterpress::vault
