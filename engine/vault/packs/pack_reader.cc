// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/pack_reader.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/endian.h"
#include "base/varint.h"
#include "letterpress/chunk.h"
#include "vault/limits.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

ExpectedLabel label_of(const WriterIdentity& writer, const PackRef& pack) {
  return {.type = FileType::kPack,
          .writer = writer.writer,
          .epoch = writer.epoch,
          .number = pack.first_block,
          .count = pack.block_count};
}

}  // namespace

Result<PackReader> PackReader::open(const Storage& storage, const Keyring& keys,
                                    const WriterIdentity& writer, const PackRef& pack) {
  return open_as(storage, keys, pack.sha256, label_of(writer, pack));
}

Result<PackReader> PackReader::open(const Storage& storage, const Keyring& keys,
                                    const Sha256Digest& name) {
  return open_as(storage, keys, name, {.type = FileType::kPack});
}

Result<PackReader> PackReader::open_as(const Storage& storage, const Keyring& keys,
                                       const Sha256Digest& name, const ExpectedLabel& expected) {
  LETTERPRESS_TRY_ASSIGN(SealedReader sealed,
                         SealedReader::open(storage, pack_path(name), keys, expected));
  PackReader reader(std::move(sealed));
  const SealLabel& label = reader.head().label;
  if (label.count == 0 || label.count > kPackBlocksMax || label.number > kBlockNumberMax ||
      label.count - 1 > kBlockNumberMax - label.number ||
      std::uint64_t{label.count} * kDirectoryEntryBytes > reader.head().capacity_bytes()) {
    return Error(ErrorCode::kCorrupt, reader.reader_.file() + ": its head says that it holds " +
                                          std::to_string(label.count) + " blocks from " +
                                          std::to_string(label.number) + ", which cannot be");
  }
  Status directory = reader.read_directory();
  if (!directory) {
    if (directory.error().code() != ErrorCode::kCorrupt &&
        directory.error().code() != ErrorCode::kIo) {
      return std::move(directory).error();
    }
    reader.directory_damage_ = directory.error().message();
    reader.walk_frames();
  }
  return reader;
}

Status PackReader::read_directory() {
  LETTERPRESS_TRY_ASSIGN(const std::uint64_t payload_bytes, reader_.payload_bytes());
  const std::uint64_t directory_bytes = std::uint64_t{block_count()} * kDirectoryEntryBytes;
  if (directory_bytes > payload_bytes) {
    return Error(ErrorCode::kCorrupt, reader_.file() + ": has no room for its directory");
  }
  const std::uint64_t blocks_end = payload_bytes - directory_bytes;
  LETTERPRESS_TRY_ASSIGN(const Bytes directory, reader_.read(blocks_end, directory_bytes));
  ByteCursor cursor(directory);
  std::vector<Block> blocks(block_count());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].offset = cursor.le<std::uint32_t>();
    blocks[i].bytes = cursor.le<std::uint32_t>();
    if (blocks[i].bytes == 0 || blocks[i].bytes > kEncodedBlockBytesMax ||
        blocks[i].offset < kBlockFrameBytes || blocks[i].offset > blocks_end ||
        blocks[i].bytes > blocks_end - blocks[i].offset) {
      return Error(ErrorCode::kCorrupt, reader_.file() + ": its directory places block " +
                                            std::to_string(first_block() + i) +
                                            " outside the pack");
    }
  }
  blocks_ = std::move(blocks);
  return Ok{};
}

// The block behind a frame, if it is one of this pack's that was not found yet.
std::optional<std::uint64_t> PackReader::framed_block(ByteView frame, std::uint64_t offset,
                                                      Block& block) const {
  ByteCursor cursor(frame);
  const auto magic = cursor.le<std::uint32_t>();
  const auto bytes = cursor.le<std::uint32_t>();
  const auto number = cursor.le<std::uint64_t>();
  const std::uint64_t begin = offset + kBlockFrameBytes;
  const std::uint64_t capacity = head().capacity_bytes();
  if (!cursor.ok() || magic != kBlockFrameMagic || bytes == 0 || bytes > kEncodedBlockBytesMax ||
      number < first_block() || number - first_block() >= block_count() || begin > capacity ||
      bytes > capacity - begin || block_bytes(number) > 0) {
    return std::nullopt;
  }
  block = {begin, bytes};
  return number;
}

// The next offset from `at` on that looks like a frame of a block that was not found yet. Reads
// forward, record by record; a frame may lie across two of them.
std::uint64_t PackReader::find_frame(std::uint64_t at) const {
  const std::uint64_t capacity = head().capacity_bytes();
  const std::uint32_t part_bytes = head().record_payload_bytes();
  Bytes magic;
  append_le(magic, kBlockFrameMagic);
  while (at < capacity) {
    const std::uint64_t record_end = std::min((at / part_bytes + 1) * part_bytes, capacity);
    const std::uint64_t window_end =
        std::min<std::uint64_t>(record_end + kBlockFrameBytes + kVarintBytesMax, capacity);
    Result<Bytes> window = reader_.read(at, window_end - at);
    if (!window) window = reader_.read(at, record_end - at);
    for (auto found = window ? window->begin() : Bytes::iterator(); window;) {
      found = std::search(found, window->end(), magic.begin(), magic.end());
      if (found == window->end()) break;
      const auto offset = static_cast<std::size_t>(found - window->begin());
      // Bytes of a mail may look like a frame: the block behind a real one says its number too.
      Block block;
      const ByteView frame = ByteView(*window).subspan(offset);
      const auto number = framed_block(frame, at + offset, block);
      ByteCursor behind(frame.subspan(std::min<std::size_t>(frame.size(), kBlockFrameBytes)));
      if (number && behind.varint() == *number && behind.ok()) return at + offset;
      ++found;
    }
    at = record_end;
  }
  return capacity;
}

// From frame to frame; where one is damaged, to the next that is whole.
void PackReader::walk_frames() {
  blocks_.assign(block_count(), Block{});
  for (std::uint64_t at = 0; at < head().capacity_bytes();) {
    const Result<Bytes> frame = reader_.read(at, kBlockFrameBytes);
    Block block;
    const auto number = frame ? framed_block(*frame, at, block) : std::nullopt;
    if (number) {
      blocks_[static_cast<std::size_t>(*number - first_block())] = block;
      at = block.offset + block.bytes;
    } else {
      at = find_frame(at + 1);
    }
  }
}

std::uint32_t PackReader::block_bytes(std::uint64_t number) const noexcept {
  if (number < first_block() || number - first_block() >= blocks_.size()) return 0;
  return blocks_[static_cast<std::size_t>(number - first_block())].bytes;
}

Result<Bytes> PackReader::read_block(std::uint64_t number) const {
  return read_block_part(number, 0, kEncodedBlockBytesMax);
}

Result<const PackReader::Block*> PackReader::find_block(std::uint64_t number) const {
  if (number < first_block() || number - first_block() >= blocks_.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 reader_.file() + ": does not hold block " + std::to_string(number) + ", only " +
                     std::to_string(block_count()) + " from " + std::to_string(first_block()));
  }
  const Block& block = blocks_[static_cast<std::size_t>(number - first_block())];
  if (block.bytes > 0) return &block;
  return Error(ErrorCode::kCorrupt, directory_damage_)
      .while_doing("block " + std::to_string(number) + " cannot be found");
}

Result<Bytes> PackReader::read_block_part(std::uint64_t number, std::uint32_t offset,
                                          std::uint32_t count) const {
  LETTERPRESS_TRY_ASSIGN(const Block* block, find_block(number));
  Result<Bytes> bytes =
      reader_.read(block->offset + offset, std::min(count, block->bytes - offset));
  if (bytes) return bytes;
  return std::move(bytes).error().while_doing("reading block " + std::to_string(number));
}

Status PackReader::read_block_into(std::uint64_t number, std::uint32_t offset,
                                   std::span<std::uint8_t> into, UnsetBytes& scratch) const {
  LETTERPRESS_TRY_ASSIGN(const Block* block, find_block(number));
  Status status = reader_.read_into(block->offset + offset, into, scratch);
  if (status) return status;
  return std::move(status).error().while_doing("reading block " + std::to_string(number));
}

Result<stream::OpenBlock> PackReader::open_block(std::uint64_t number, Tools& tools,
                                                 const TakeBuffer& take_buffer) const {
  LETTERPRESS_TRY_ASSIGN(const Block* block, find_block(number));
  if (tools.encoded.capacity() < block->bytes) {
    tools.encoded = UnsetBytes();
    tools.encoded.reserve(std::max<std::size_t>(block->bytes, kHugePageBytes));
  }
  tools.encoded.resize(block->bytes);
  LETTERPRESS_TRY(read_block_into(number, 0, tools.encoded, tools.scratch));
  const auto decode = [&]() -> Result<stream::OpenBlock> {
    LETTERPRESS_TRY_ASSIGN(stream::BlockView view, stream::decode_block(tools.encoded));
    if (view.number != number) {
      return Error(ErrorCode::kCorrupt, "holds block " + std::to_string(view.number) +
                                            " where block " + std::to_string(number) +
                                            " should be");
    }
    if (!view.ids.empty()) {
      return Error(ErrorCode::kCorrupt,
                   "block " + std::to_string(number) + " has ids, which index runs have");
    }
    const std::size_t raw_bytes = view.raw_bytes();
    return stream::open_block(std::move(view), tools.codec,
                              take_buffer ? take_buffer(raw_bytes) : UnsetBytes());
  };
  Result<stream::OpenBlock> decoded = decode();
  if (decoded) return decoded;
  return std::move(decoded).error().while_doing(file());
}

PackReader::BlockRange PackReader::whole_records(std::uint64_t number,
                                                 BlockRange range) const noexcept {
  if (block_bytes(number) == 0) return range;
  const Block& block = blocks_[static_cast<std::size_t>(number - first_block())];
  const std::uint64_t part_bytes = head().record_payload_bytes();
  const std::uint64_t begin = (block.offset + range.begin) / part_bytes * part_bytes;
  const std::uint64_t end = (block.offset + range.end + part_bytes - 1) / part_bytes * part_bytes;
  return {static_cast<std::uint32_t>(std::max(begin, block.offset) - block.offset),
          static_cast<std::uint32_t>(std::min(end, block.offset + block.bytes) - block.offset)};
}

namespace {

void note_all_blocks(const PackRef& pack, PackCheck& check) {
  for (std::uint32_t i = 0; i < pack.block_count; ++i) {
    check.blocks.push_back(pack.first_block + i);
  }
}

// Whether two ranges [begin, end) have a byte in common.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;
};
bool overlap(const Range& a, const Range& b) noexcept { return a.begin < b.end && b.begin < a.end; }

// The part of the file that the records of a payload range take.
Range records_of(const SealHead& head, std::uint64_t offset, std::uint64_t count) noexcept {
  const std::uint64_t part_bytes = head.record_payload_bytes();
  return {head.record_offset(offset / part_bytes),
          head.record_offset((offset + count - 1) / part_bytes + 1)};
}

}  // namespace

Result<PackCheck> check_pack(const Storage& storage, const Keyring& keys,
                             const WriterIdentity& writer, const PackRef& pack) {
  PackCheck check;
  const std::string path = pack_path(pack.sha256);
  Result<SealedCheck> sealed = check_sealed(storage, path, keys, label_of(writer, pack));
  if (!sealed) {
    if (sealed.error().code() != ErrorCode::kNotFound &&
        sealed.error().code() != ErrorCode::kCorrupt) {
      return std::move(sealed).error();
    }
    check.damage.push_back({0, pack.file_bytes, sealed.error().message()});
    note_all_blocks(pack, check);
    return check;
  }
  check.damage = std::move(sealed->damage);
  if (check.damage.empty() && sealed->sha256 != pack.sha256) {
    // Every byte is covered by the signature, so it was made for these bytes.
    check.damage.push_back({0, sealed->file_bytes,
                            storage.full_path(path) +
                                ": is sound, but is not the file that its name is the SHA-256 of"});
  }
  if (sealed->head && sealed->head->is_locked()) {
    check.is_locked = true;
    return check;
  }
  Result<PackReader> reader = PackReader::open(storage, keys, writer, pack);
  if (!reader) {
    if (check.damage.empty()) {
      check.damage.push_back({0, sealed->file_bytes, reader.error().message()});
    }
    note_all_blocks(pack, check);
    return check;
  }
  if (check.damage.empty() && !reader->directory_damage().empty()) {
    check.damage.push_back({0, sealed->file_bytes, reader->directory_damage()});
  }
  for (std::size_t i = 0; i < reader->blocks_.size(); ++i) {
    const PackReader::Block& block = reader->blocks_[i];
    const bool is_hit =
        block.bytes == 0 ||
        std::any_of(check.damage.begin(), check.damage.end(), [&](const DamagedRange& damaged) {
          return overlap(records_of(reader->head(), block.offset, block.bytes),
                         {damaged.offset, damaged.offset + damaged.count});
        });
    if (is_hit) check.blocks.push_back(pack.first_block + i);
  }
  return check;
}

}  // namespace letterpress::vault
