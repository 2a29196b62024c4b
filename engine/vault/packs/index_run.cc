// SPDX-License-Identifier: Apache-2.0
#include "vault/packs/index_run.h"

#include <algorithm>

#include "base/limits.h"
#include "base/varint.h"
#include "vault/keys/sha256.h"
#include "vault/limits.h"
#include "vault/sealing/sealed_reader.h"
#include "vault/storage/layout.h"
#include "vault/storage/put_in_folder.h"

namespace letterpress::vault {

namespace {

// Several records at a time: those at the borders of a window are read twice.
constexpr std::size_t kRunWindowBytes = 256 * kKiB;
constexpr std::size_t kIdBytes = std::tuple_size_v<IdPrefix>;

Error invalid_run(const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "an index run " + what);
}

std::uint64_t end_block(const PackRef& pack) noexcept {
  return pack.first_block + pack.block_count;
}

Status validate(const IndexRun& run, const std::vector<IndexedChunk>& chunks) {
  if (run.packs.size() > kRunPacksMax || chunks.size() > kRunChunksMax) {
    return Error(ErrorCode::kLimitExceeded,
                 "an index run of " + std::to_string(run.packs.size()) + " packs and " +
                     std::to_string(chunks.size()) + " chunks: it holds at most " +
                     std::to_string(kRunPacksMax) + " and " + std::to_string(kRunChunksMax));
  }
  for (std::size_t i = 0; i < run.packs.size(); ++i) {
    if (!is_valid(run.packs[i])) return invalid_run("with a pack that cannot be");
    if (i > 0 && run.packs[i].first_block < end_block(run.packs[i - 1])) {
      return invalid_run("whose packs are out of order or overlap");
    }
  }
  std::size_t pack = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const Place& place = chunks[i].place;
    while (pack < run.packs.size() && place.block >= end_block(run.packs[pack])) ++pack;
    if (pack == run.packs.size() || place.block < run.packs[pack].first_block ||
        place.ordinal >= kBlockChunksMax) {
      return invalid_run("with a place outside its packs: block " + std::to_string(place.block) +
                         ", ordinal " + std::to_string(place.ordinal));
    }
    if (i > 0 && place == chunks[i - 1].place) {
      return invalid_run("with two chunks at block " + std::to_string(place.block) + ", ordinal " +
                         std::to_string(place.ordinal));
    }
  }
  return Ok{};
}

// Chunks at consecutive ordinals of one block are a stretch. Requires valid, sorted chunks.
Bytes encode(const IndexRun& run, const std::vector<IndexedChunk>& chunks) {
  Bytes out;
  append_varint(out, run.packs.size());
  append_varint(out, chunks.size());
  for (const PackRef& pack : run.packs) append_pack_ref(out, pack);
  Place next{run.packs.empty() ? 0 : run.packs.front().first_block, 0};
  for (std::size_t begin = 0; begin < chunks.size();) {
    const Place place = chunks[begin].place;
    std::size_t end = begin + 1;
    while (end < chunks.size() && chunks[end].place.block == place.block &&
           chunks[end].place.ordinal == chunks[end - 1].place.ordinal + 1) {
      ++end;
    }
    const bool is_same_block = place.block == next.block;
    append_varint(out, place.block - next.block);
    append_varint(out, place.ordinal - (is_same_block ? next.ordinal : 0));
    append_varint(out, end - begin);
    for (std::size_t i = begin; i < end; ++i) append(out, chunks[i].id);
    next = {place.block, chunks[end - 1].place.ordinal + 1};
    begin = end;
  }
  return out;
}

// A payload from front to back, a part of it in memory.
class Window {
 public:
  static Result<Window> open(const SealedReader& reader) {
    LETTERPRESS_TRY_ASSIGN(const std::uint64_t payload_bytes, reader.payload_bytes());
    return Window(reader, payload_bytes);
  }

  std::uint64_t offset() const noexcept { return offset_; }  // in the payload
  bool at_end() const noexcept { return offset_ == payload_bytes_; }
  std::uint64_t remaining() const noexcept { return payload_bytes_ - offset_; }

  // The next `count` bytes, at most kRunWindowBytes, or what is left if that is less.
  Result<ByteView> peek(std::size_t count) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, remaining()));
    if (bytes_.size() - at_ < count) {
      LETTERPRESS_TRY_ASSIGN(
          bytes_, reader_.read(offset_, std::min<std::uint64_t>(kRunWindowBytes, remaining())));
      at_ = 0;
    }
    return ByteView(bytes_).subspan(at_, count);
  }
  void skip(std::size_t count) noexcept {
    at_ += count;
    offset_ += count;
  }

 private:
  Window(const SealedReader& reader, std::uint64_t payload_bytes) noexcept
      : reader_(reader), payload_bytes_(payload_bytes) {}

  const SealedReader& reader_;
  std::uint64_t payload_bytes_;
  std::uint64_t offset_ = 0;
  Bytes bytes_;
  std::size_t at_ = 0;
};

class RunReader {
 public:
  RunReader(const SealedReader& reader, Window& window, IndexRunVisitor& visitor) noexcept
      : file_(reader.file()), window_(window), visitor_(visitor) {}

  Status run() {
    std::uint64_t pack_count = 0;
    LETTERPRESS_TRY(read_fields({&pack_count, &chunks_left_}));
    LETTERPRESS_TRY(read_packs(pack_count));
    if (chunks_left_ > kRunChunksMax || chunks_left_ > window_.remaining() / kIdBytes) {
      return corrupt("counts more chunks than there can be");
    }
    if (!packs_.empty()) next_.block = packs_.front().first_block;
    for (bool is_first = true; chunks_left_ > 0; is_first = false) {
      LETTERPRESS_TRY(read_stretch(is_first));
    }
    if (!window_.at_end()) return corrupt("goes on after its last chunk");
    return Ok{};
  }

 private:
  Error corrupt(const std::string& what) const {
    return Error(ErrorCode::kCorrupt, file_ + ": the index run " + what + " (offset " +
                                          std::to_string(window_.offset()) + " of its payload)");
  }

  Status read_fields(std::initializer_list<std::uint64_t*> fields) {
    LETTERPRESS_TRY_ASSIGN(const ByteView bytes, window_.peek(fields.size() * kVarintBytesMax));
    ByteCursor cursor(bytes);
    for (std::uint64_t* field : fields) *field = cursor.varint();
    if (!cursor.ok()) return corrupt("is cut short or has a number that is too large");
    window_.skip(cursor.offset());
    return Ok{};
  }

  Status read_packs(std::uint64_t pack_count) {
    if (pack_count > kRunPacksMax) return corrupt("counts more packs than there can be");
    for (std::uint64_t i = 0; i < pack_count; ++i) {
      LETTERPRESS_TRY_ASSIGN(const ByteView bytes, window_.peek(kPackRefBytesMax));
      ByteCursor cursor(bytes);
      const PackRef pack = read_pack_ref(cursor);
      if (!cursor.ok() || !is_valid(pack))
        return corrupt("is cut short or has a pack that cannot be");
      if (!packs_.empty() && pack.first_block < end_block(packs_.back())) {
        return corrupt("has packs that are out of order or overlap");
      }
      window_.skip(cursor.offset());
      packs_.push_back(pack);
      LETTERPRESS_TRY(visitor_.on_pack(pack));
    }
    return Ok{};
  }

  Status read_stretch(bool is_first) {
    std::uint64_t block_step = 0;
    std::uint64_t ordinal_step = 0;
    std::uint64_t count = 0;
    LETTERPRESS_TRY(read_fields({&block_step, &ordinal_step, &count}));
    // A step of nothing would go on where the stretch before ended: writers make that one stretch.
    if (!is_first && block_step == 0 && ordinal_step == 0) return corrupt("has a needless stretch");
    if (block_step > 0) next_.ordinal = 0;
    if (block_step > kBlockNumberMax - next_.block || ordinal_step >= kBlockChunksMax ||
        count == 0 || count > chunks_left_ ||
        next_.ordinal + ordinal_step + count > kBlockChunksMax) {
      return corrupt("has a place that cannot be");
    }
    next_.block += block_step;
    next_.ordinal += static_cast<std::uint32_t>(ordinal_step);
    while (pack_ < packs_.size() && next_.block >= end_block(packs_[pack_])) ++pack_;
    if (pack_ == packs_.size() || next_.block < packs_[pack_].first_block) {
      return corrupt("places a chunk in block " + std::to_string(next_.block) +
                     ", outside its packs");
    }
    chunks_left_ -= count;
    while (count > 0) {
      const auto ids =
          static_cast<std::size_t>(std::min<std::uint64_t>(count, kRunWindowBytes / kIdBytes));
      LETTERPRESS_TRY(read_ids(ids));
      count -= ids;
    }
    return Ok{};
  }

  Status read_ids(std::size_t count) {
    LETTERPRESS_TRY_ASSIGN(const ByteView bytes, window_.peek(count * kIdBytes));
    if (bytes.size() < count * kIdBytes) return corrupt("is cut short");
    for (std::size_t i = 0; i < count; ++i) {
      IndexedChunk chunk{{}, next_};
      const ByteView id = bytes.subspan(i * kIdBytes, kIdBytes);
      std::copy(id.begin(), id.end(), chunk.id.begin());
      LETTERPRESS_TRY(visitor_.on_chunk(chunk, packs_[pack_]));
      ++next_.ordinal;
    }
    window_.skip(bytes.size());
    return Ok{};
  }

  const std::string file_;
  Window& window_;
  IndexRunVisitor& visitor_;
  std::vector<PackRef> packs_;
  std::size_t pack_ = 0;  // the one that has next_
  Place next_;
  std::uint64_t chunks_left_ = 0;
};

}  // namespace

Result<IndexRunRef> commit_index_run(Storage& storage, const IngestKey& key, std::uint64_t sequence,
                                     const IndexRun& run, const SealChance* chance) {
  std::vector<IndexedChunk> chunks = run.chunks;
  std::sort(chunks.begin(), chunks.end(),
            [](const IndexedChunk& a, const IndexedChunk& b) { return a.place < b.place; });
  LETTERPRESS_TRY(validate(run, chunks));
  if (sequence < 1 || sequence > kSequenceMax) return invalid_run("with a sequence out of range");
  const SealLabel label{.type = FileType::kIndexRun,
                        .identity = key.identity,
                        .number = sequence,
                        .replaces_first = run.replaces_first,
                        .replaces_last = run.replaces_last};
  LETTERPRESS_TRY_ASSIGN(const Bytes file, seal(label, key, encode(run, chunks), chance));
  LETTERPRESS_TRY(
      put_in_folder(storage, index_folder(key.identity.writer), sequence_name(sequence), file));
  return IndexRunRef{sequence, sha256(file), file.size()};
}

Status read_index_run(const Storage& storage, const Keyring& keys, const WriterId& writer,
                      std::uint64_t sequence, IndexRunVisitor& visitor) {
  LETTERPRESS_TRY_ASSIGN(
      const SealedReader reader,
      SealedReader::open(storage, index_folder(writer) + '/' + sequence_name(sequence), keys,
                         {.type = FileType::kIndexRun, .writer = writer, .number = sequence}));
  if (!visitor.wants(reader.head().label.identity)) return Ok{};
  LETTERPRESS_TRY_ASSIGN(Window window, Window::open(reader));
  return RunReader(reader, window, visitor).run();
}

Result<std::vector<std::uint64_t>> list_index_runs(const Storage& storage, const WriterId& writer) {
  Result<std::vector<StoredName>> names = storage.list(index_folder(writer));
  std::vector<std::uint64_t> sequences;
  if (!names && names.error().code() == ErrorCode::kNotFound) return sequences;
  if (!names) return std::move(names).error();
  for (const StoredName& name : *names) {
    const auto sequence = parse_sequence_name(name.name);
    if (sequence && !name.is_folder) sequences.push_back(*sequence);
  }
  return sequences;
}

}  // namespace letterpress::vault
