// SPDX-License-Identifier: Apache-2.0
// Reads blocks from a pack, and finds damage in it.
//
//   LETTERPRESS_TRY_ASSIGN(PackReader reader, PackReader::open(storage, keys, writer, pack));
//   LETTERPRESS_TRY_ASSIGN(const Bytes encoded, reader.read_block(pack.first_block));
//
// The storage must outlive the reader. After open() a reader does not change: read_block() may be
// called from many threads. Memory: 16 bytes a block. open() reads the head and the directory, at
// most 3 reads; if the directory is damaged it looks for the blocks' frames instead, and finds
// every block whose frame is whole. Errors are kCorrupt for damage and name the pack.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "stream/block.h"
#include "vault/packs/pack.h"
#include "vault/sealing/sealed_check.h"

namespace letterpress::vault {

struct PackCheck;

// Large buffers have whole huge pages where the system gives them: a new small page costs
// microseconds.
inline constexpr std::size_t kHugePageBytes = 2 * kMiB;

class PackReader {
 public:
  // A pack that a log entry or an index run of `writer` names: it must be of the same writer and
  // epoch, and hold the blocks that they say.
  static Result<PackReader> open(const Storage& storage, const Keyring& keys,
                                 const WriterIdentity& writer, const PackRef& pack);
  // A pack of which only the name is known.
  static Result<PackReader> open(const Storage& storage, const Keyring& keys,
                                 const Sha256Digest& name);

  std::string file() const { return reader_.file(); }
  // As its own head says.
  const SealHead& head() const noexcept { return reader_.head(); }
  std::uint64_t first_block() const noexcept { return head().label.number; }
  std::uint32_t block_count() const noexcept { return head().label.count; }

  // The encoded block, as it was appended. kInvalidArgument: a number of another pack.
  Result<Bytes> read_block(std::uint64_t number) const;

  // How long the encoded block is; 0 if it cannot be found or is of another pack.
  std::uint32_t block_bytes(std::uint64_t number) const noexcept;
  // At most `count` bytes of the encoded block, from `offset`, which is not behind its end.
  Result<Bytes> read_block_part(std::uint64_t number, std::uint32_t offset,
                                std::uint32_t count) const;
  // The same into a buffer that is there; what it has room for lies in the block. `scratch`: see
  // SealedReader::read_into().
  Status read_block_into(std::uint64_t number, std::uint32_t offset, std::span<std::uint8_t> into,
                         UnsetBytes& scratch) const;

  // A part of an encoded block.
  struct BlockRange {
    std::uint32_t begin;
    std::uint32_t end;
  };
  // What of the block the records have that have some of `range`: it costs as much to read.
  BlockRange whole_records(std::uint64_t number, BlockRange range) const noexcept;

  // What opening a block needs, kept for the next one.
  struct Tools {
    codecs::BlockCodec codec{};
    UnsetBytes encoded;
    UnsetBytes scratch;  // of SealedReader::read_into()
  };
  // A buffer for that many raw bytes.
  using TakeBuffer = std::function<UnsetBytes(std::size_t bytes)>;
  // The block of that number, read, checked and decompressed. kCorrupt also where another block
  // lies in its place: a place means this one.
  Result<stream::OpenBlock> open_block(std::uint64_t number, Tools& tools,
                                       const TakeBuffer& take_buffer = nullptr) const;

  // Why the directory could not be used; empty if it was.
  const std::string& directory_damage() const noexcept { return directory_damage_; }

 private:
  friend Result<PackCheck> check_pack(const Storage& storage, const Keyring& keys,
                                      const WriterIdentity& writer, const PackRef& pack);
  struct Block {
    std::uint64_t offset = 0;  // in the payload, behind its frame
    std::uint32_t bytes = 0;   // 0: not found
  };

  explicit PackReader(SealedReader reader) : reader_(std::move(reader)) {}
  static Result<PackReader> open_as(const Storage& storage, const Keyring& keys,
                                    const Sha256Digest& name, const ExpectedLabel& expected);
  Status read_directory();
  void walk_frames();
  Result<const Block*> find_block(std::uint64_t number) const;
  std::optional<std::uint64_t> framed_block(ByteView frame, std::uint64_t offset,
                                            Block& block) const;
  std::uint64_t find_frame(std::uint64_t at) const;

  SealedReader reader_;
  std::vector<Block> blocks_;
  std::string directory_damage_;
};

// What verify says of one pack.
struct PackCheck {
  std::vector<DamagedRange> damage;  // of the file, in order; empty: the pack is sound
  // Those that cannot be read, in order. Of a pack that the keyring does not open, and that is not
  // gone as a whole, it is not known: none, and `is_locked`.
  std::vector<std::uint64_t> blocks;
  bool is_locked = false;
};

// Reads the whole file: every record, the SHA-256 against the name, and with a key the directory. A
// missing file is damage as well, and takes all its blocks. An error only if the storage itself
// fails.
Result<PackCheck> check_pack(const Storage& storage, const Keyring& keys,
                             const WriterIdentity& writer, const PackRef& pack);

}  // namespace letterpress::vault
