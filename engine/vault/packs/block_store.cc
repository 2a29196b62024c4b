// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/block_store.h"

#include <algorithm>

namespace letterpress::vault {
namespace {

constexpr std::size_t kOpenPacksMax = 64;
// Smaller blocks are read at once, before it is known whether they are raw.
constexpr std::uint32_t kPagedBytesMin = 512 * kKiB;
// Has the table of every block of attachments.
constexpr std::uint32_t kTableBytesMax = 32 * kKiB;
constexpr std::uint32_t kTableBytesMin = 256;

// The parts of a block, as keys of the cache.
constexpr std::uint32_t kWhole = 0;  // or its table alone, if it is read in parts

bool has_all_bytes(const stream::OpenBlock& block) {
  return block.bytes.size() == block.raw_bytes();
}

}  // namespace

// What the cache holds, or what load() gives, which only one thread is asked for at a time.
template <class Load>
BlockStore::Opened BlockStore::held_or(Key key, Load load) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (auto held = cache_.find(key)) return held;
    if (loading_.insert(key).second) break;
    has_loaded_.wait(lock);
  }
  lock.unlock();
  Result<stream::OpenBlock> opened = load();
  lock.lock();
  loading_.erase(key);
  has_loaded_.notify_all();
  if (!opened) return std::move(opened).error();
  return cache_.put(key, *std::move(opened));
}

Result<BlockStore::Source> BlockStore::source_of(std::uint64_t number) {
  const PackRef* pack = packs_.find(number);
  if (pack == nullptr) {
    return Error(ErrorCode::kCorrupt,
                 "block " + std::to_string(number) + " is in no pack that the log names");
  }
  const std::lock_guard lock(readers_mutex_);
  const auto found =
      std::ranges::find(readers_, pack->first_block,
                        &std::pair<std::uint64_t, std::shared_ptr<const PackReader>>::first);
  if (found != readers_.end()) {
    readers_.splice(readers_.begin(), readers_, found);
  } else {
    LETTERPRESS_TRY_ASSIGN(PackReader opened, PackReader::open(storage_, keys_, writer_, *pack));
    if (readers_.size() == kOpenPacksMax) readers_.pop_back();
    readers_.emplace_front(pack->first_block,
                           std::make_shared<const PackReader>(std::move(opened)));
  }
  return Source{readers_.front().second, pack};
}

// And the buffer of a part that was let go, if that is asked for and there is one.
BlockStore::Tools BlockStore::take_tools(UnsetBytes* window) {
  const std::lock_guard lock(mutex_);
  if (window != nullptr) *window = windows_.take_spare();
  if (idle_tools_.empty()) return Tools();
  Tools tools = std::move(idle_tools_.back());
  idle_tools_.pop_back();
  return tools;
}

// For a block's bytes.
UnsetBytes BlockStore::take_buffer(std::size_t bytes) {
  UnsetBytes buffer;
  {
    const std::lock_guard lock(mutex_);
    buffer = cache_.take_spare();
  }
  if (buffer.capacity() < bytes) {
    buffer = UnsetBytes();
    if (bytes >= kHugePageBytes / 2) buffer.reserve(std::max(bytes, kHugePageBytes));
  }
  return buffer;
}

void BlockStore::give_back(Tools&& tools) {
  const std::lock_guard lock(mutex_);
  idle_tools_.push_back(std::move(tools));
}

Result<stream::OpenBlock> BlockStore::open_whole(std::uint64_t number) {
  LETTERPRESS_TRY_ASSIGN(const Source source, source_of(number));
  Tools tools = take_tools();
  Result<stream::OpenBlock> opened = source.reader->open_block(
      number, tools, [this](std::size_t bytes) { return take_buffer(bytes); });
  give_back(std::move(tools));
  if (opened && late_ != nullptr) late_->put_aside(*opened);
  return opened;
}

// The table of a block that is stored raw; nothing if the block is another one, or damaged there.
Result<std::optional<stream::OpenBlock>> BlockStore::read_table(const Source& source,
                                                                std::uint64_t number) {
  const std::uint32_t encoded_bytes = source.reader->block_bytes(number);
  // A record behind a short table may be damaged, and the table not.
  for (std::uint32_t count = kTableBytesMax; count >= kTableBytesMin; count /= 2) {
    const Result<Bytes> start =
        source.reader->read_block_part(number, 0, std::min(count, encoded_bytes));
    if (!start) continue;
    Result<stream::BlockView> view = stream::decode_block(*start);
    if (view && view->codec == codecs::Codec::kRaw && view->number == number && view->ids.empty() &&
        start->size() - view->payload.size() + view->raw_bytes() == encoded_bytes) {
      return std::optional(
          stream::OpenBlock{number, view->kind, std::move(view->starts), 0, {}, view->mailbox});
    }
    break;
  }
  return std::optional<stream::OpenBlock>();
}

// The table of a large block that is stored raw, or of a smaller one that is damaged. Whatever else
// is found, damage too, is left to open_whole().
Result<stream::OpenBlock> BlockStore::open_table_or_whole(std::uint64_t number) {
  LETTERPRESS_TRY_ASSIGN(const Source source, source_of(number));
  const bool is_large = source.reader->block_bytes(number) >= kPagedBytesMin;
  if (!is_large) {
    Result<stream::OpenBlock> whole = open_whole(number);
    if (whole || whole.error().code() != ErrorCode::kCorrupt ||
        source.reader->block_bytes(number) == 0) {
      return whole;
    }
  }
  LETTERPRESS_TRY_ASSIGN(std::optional<stream::OpenBlock> table, read_table(source, number));
  if (table) return *std::move(table);
  return open_whole(number);
}

// Reads the records that have what is wanted of a block's raw bytes.
BlockStore::Opened BlockStore::read_raw(const stream::OpenBlock& table, std::uint32_t at,
                                        std::size_t wanted) {
  LETTERPRESS_TRY_ASSIGN(const Source source, source_of(table.number));
  const auto raw_bytes = static_cast<std::uint32_t>(table.raw_bytes());
  const std::uint32_t payload = source.reader->block_bytes(table.number) - raw_bytes;
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(wanted, raw_bytes - at));
  auto range = source.reader->whole_records(table.number, {payload + at, payload + at + count});
  range.begin = std::max(range.begin, payload);  // the first record has the table too
  stream::OpenBlock window{table.number,          table.kind, table.starts,
                           range.begin - payload, {},         table.mailbox};
  const std::size_t bytes = range.end - range.begin;
  Tools tools = take_tools(&window.bytes);
  if (window.bytes.capacity() < bytes) {
    window.bytes = UnsetBytes();
    window.bytes.reserve(std::max(bytes, kWindowBytesMin));
  }
  window.bytes.resize(bytes);
  Status read =
      source.reader->read_block_into(table.number, range.begin, window.bytes, tools.scratch);
  give_back(std::move(tools));
  if (!read) return std::move(read).error();
  const std::lock_guard lock(mutex_);
  return windows_.put({table.number, window.begin}, std::move(window));
}

// A part of a block that is stored raw, with the byte `at`.
BlockStore::Opened BlockStore::raw_part(const stream::OpenBlock& table, std::uint32_t at,
                                        std::size_t wanted) {
  std::shared_ptr<const stream::OpenBlock> last;
  {
    const std::lock_guard lock(mutex_);
    last = windows_.find_up_to({table.number, at});
  }
  if (last != nullptr && !last->from(at).empty()) return last;
  const bool goes_on = last != nullptr && last->begin + last->bytes.size() == at;
  if (goes_on && wanted < kAheadBytes) {
    Opened ahead = read_raw(table, at, kAheadBytes);
    if (ahead || ahead.error().code() != ErrorCode::kCorrupt) return ahead;
  }
  return read_raw(table, at, wanted);
}

BlockStore::Opened BlockStore::block(std::uint64_t number) {
  LETTERPRESS_TRY_ASSIGN(auto opened,
                         held_or({number, kWhole}, [&] { return open_table_or_whole(number); }));
  if (has_all_bytes(*opened)) return opened;
  LETTERPRESS_TRY_ASSIGN(stream::OpenBlock whole, open_whole(number));
  return std::make_shared<const stream::OpenBlock>(std::move(whole));
}

// What the cache holds; null if nothing.
std::shared_ptr<const stream::OpenBlock> BlockStore::held(Key key) {
  const std::lock_guard lock(mutex_);
  return cache_.find(key);
}

BlockStore::Opened BlockStore::part(std::uint64_t number, std::uint32_t ordinal,
                                    std::uint64_t offset, std::size_t wanted) {
  std::shared_ptr<const stream::OpenBlock> opened = held({number, kWhole});
  if (opened == nullptr && late_ != nullptr) {
    if (auto late = late_->find(number, ordinal, offset, wanted)) {
      return std::make_shared<const stream::OpenBlock>(*std::move(late));
    }
  }
  if (opened == nullptr) {
    LETTERPRESS_TRY_ASSIGN(opened,
                           held_or({number, kWhole}, [&] { return open_table_or_whole(number); }));
  }
  if (has_all_bytes(*opened) || ordinal >= opened->chunk_count()) return opened;
  const std::uint64_t at = opened->starts[ordinal] + offset;
  if (at >= opened->raw_bytes()) return opened;
  return raw_part(*opened, static_cast<std::uint32_t>(at), wanted);
}

}  // namespace letterpress::vault
