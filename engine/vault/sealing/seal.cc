// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/seal.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "hashing/blake3.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

constexpr std::array<std::uint8_t, 4> kRecordMagic = {'L', 'P', 'R', '1'};
constexpr std::uint32_t kFlagLastRecord = 1;
// Records whose leaves are hashed together: enough to fill the lanes, few enough to be in the
// cache.
constexpr std::size_t kLeavesAtOnceBytes = 256 * kKiB;

std::array<std::uint8_t, kTagBytes> clear_tag(ByteView record) noexcept {
  std::array<std::uint8_t, kTagBytes> tag;
  const ChunkId digest = hashing::hash(record.first(record.size() - kTagBytes));
  std::copy_n(digest.bytes.begin(), kTagBytes, tag.begin());
  return tag;
}

// Goes through pieces as if they were one.
class PieceReader {
 public:
  explicit PieceReader(std::span<const ByteView> pieces) : rest_(pieces) {}

  // The next `count` bytes, or what is left.
  void append_to(Bytes& out, std::size_t count) {
    while (count > 0 && !rest_.empty()) {
      const ByteView piece = rest_.front().subspan(offset_);
      const ByteView taken = piece.first(std::min(count, piece.size()));
      append(out, taken);
      count -= taken.size();
      offset_ += taken.size();
      if (taken.size() == piece.size()) {
        rest_ = rest_.subspan(1);
        offset_ = 0;
      }
    }
  }

 private:
  std::span<const ByteView> rest_;
  std::size_t offset_ = 0;  // in the first piece
};

// The error of one record, with its place in the file.
Error record_error(const SealHead& head, std::uint32_t number, std::string_view file,
                   std::string_view what) {
  const std::uint64_t offset = head.record_offset(number);
  return Error(ErrorCode::kCorrupt, std::string(file) + ": record " + std::to_string(number) +
                                        " (bytes " + std::to_string(offset) + " to " +
                                        std::to_string(offset + head.record_bytes - 1) + ") " +
                                        std::string(what));
}

Bytes record_header(const SealHead& head, std::uint32_t number) {
  Bytes out;
  out.reserve(kRecordHeaderBytes);
  append(out, kRecordMagic);
  append(out, head.salt.bytes);
  append_le(out, number);
  append_le(out, number + 1 == head.record_count ? kFlagLastRecord : 0U);
  append_le(out, std::uint32_t{0});
  return out;
}

// Closes the last record of `file`, whose header and part are there.
void close_record(const SealHead& head, std::uint32_t number, std::span<std::uint8_t> record,
                  RecordCipher* cipher) {
  if (cipher == nullptr) {
    std::ranges::copy(clear_tag(record), record.end() - kTagBytes);
    return;
  }
  cipher->encrypt(number, ByteView(record).first(kRecordHeaderBytes),
                  record.subspan(kRecordHeaderBytes, head.record_payload_bytes()),
                  record.last<kTagBytes>());
}

// Appends all records and gives their leaves.
Bytes append_records(const SealHead& head, std::span<const ByteView> payload,
                     std::uint64_t payload_bytes, Bytes& file) {
  std::optional<RecordCipher> cipher;
  if (head.record_key) cipher.emplace(*head.record_key);
  Bytes leaves;
  leaves.reserve(static_cast<std::size_t>(head.leaves_bytes()));
  PieceReader pieces(payload);
  std::size_t hashed = file.size();
  for (std::uint32_t number = 0; number < head.record_count; ++number) {
    const std::size_t begin = file.size();
    append(file, record_header(head, number));
    pieces.append_to(file, head.record_payload_bytes());
    file.resize(begin + head.record_bytes);
    const bool is_last = number + 1 == head.record_count;
    if (is_last)
      store_le(file.data() + file.size() - kTagBytes - kPayloadLengthBytes, payload_bytes);
    close_record(head, number, std::span(file).subspan(begin), cipher ? &*cipher : nullptr);
    if (is_last || file.size() - hashed >= kLeavesAtOnceBytes) {
      append_leaves(leaves, ByteView(file).subspan(hashed), head.record_bytes);
      hashed = file.size();
    }
  }
  return leaves;
}

Result<std::vector<ReaderSlot>> lock_for_all(const IngestKey& key, const Secret& file_key) {
  std::vector<ReaderSlot> slots;
  for (const ReaderPublicKey& reader : key.readers) {
    LETTERPRESS_TRY_ASSIGN(slots.emplace_back(), lock_for(reader, file_key, key.id_key));
  }
  return slots;
}

}  // namespace

void append_leaves(Bytes& leaves, ByteView records, std::uint32_t record_bytes) {
  std::vector<ByteView> views;
  for (std::size_t at = 0; at < records.size(); at += record_bytes) {
    views.push_back(records.subspan(at, std::min<std::size_t>(record_bytes, records.size() - at)));
  }
  std::vector<ChunkId> digests(views.size());
  hashing::hash_many(views, nullptr, digests.data());
  for (const ChunkId& digest : digests) append(leaves, ByteView(digest.bytes).first(kLeafBytes));
}

bool are_leaves_of(const SealHead& head, ByteView leaves) {
  return leaves.size() == std::size_t{head.record_count} * kLeafBytes &&
         hashing::hash(leaves) == head.leaves;
}

Result<Bytes> seal(const SealLabel& label, const IngestKey& key, std::span<const ByteView> payload,
                   const SealChance* chance) {
  std::uint64_t payload_bytes = 0;
  for (const ByteView piece : payload) payload_bytes += piece.size();
  if (payload_bytes > kSealedPayloadBytesMax) {
    return Error(ErrorCode::kLimitExceeded, std::string(file_type_name(label.type)) + " of " +
                                                std::to_string(payload_bytes) +
                                                " bytes: a vault's files hold at most " +
                                                std::to_string(kSealedPayloadBytesMax));
  }
  SealHead head = shape_head(label, payload_bytes);
  SealChance made;
  if (chance == nullptr) {
    LETTERPRESS_TRY(fill_random(made.salt.bytes));
    LETTERPRESS_TRY_ASSIGN(made.file_key, random_secret());
    chance = &made;
  }
  head.salt = chance->salt;
  std::vector<ReaderSlot> slots;
  if (head.method == SealMethod::kReaders) {
    slots = chance->slots;
    if (slots.empty()) {
      LETTERPRESS_TRY_ASSIGN(slots, lock_for_all(key, chance->file_key));
    }
    set_record_key(head, chance->file_key);
  } else if (head.method == SealMethod::kIndexKey) {
    set_record_key(head, derive_index_key(key.id_key));
  }

  Bytes file;
  file.reserve(static_cast<std::size_t>(head.file_bytes()));
  file.resize(head.head_bytes);
  Bytes leaves = append_records(head, payload, payload_bytes, file);
  head.leaves = hashing::hash(leaves);
  leaves.resize(static_cast<std::size_t>(head.leaves_bytes()));
  const Bytes head_bytes = encode_head(head, key, slots);
  std::copy(head_bytes.begin(), head_bytes.end(), file.begin());
  append(file, leaves);
  append(file, head_bytes);
  return file;
}

Result<Bytes> seal(const SealLabel& label, const IngestKey& key, ByteView payload,
                   const SealChance* chance) {
  return seal(label, key, std::span(&payload, 1), chance);
}

RecordOpener::RecordOpener(const SealHead& head) : head_(head) {
  if (head.record_key) cipher_.emplace(*head.record_key);
}

Status RecordOpener::check_header(std::uint32_t number, ByteView record,
                                  std::string_view file) const {
  if (head_.is_locked()) {
    return Error(ErrorCode::kInvalidArgument,
                 std::string(file) + ": is locked, and the key that opens it is not here");
  }
  if (record.size() != head_.record_bytes) return record_error(head_, number, file, "is cut short");
  const Bytes header = record_header(head_, number);
  if (!std::ranges::equal(header, record.first(kRecordHeaderBytes))) {
    return record_error(head_, number, file, "is damaged, or of another place or file");
  }
  return Ok{};
}

Status RecordOpener::open_to(std::uint32_t number, ByteView record, std::string_view file,
                             std::span<std::uint8_t> to) {
  LETTERPRESS_TRY(check_header(number, record, file));
  const ByteView part = record.subspan(kRecordHeaderBytes, head_.record_payload_bytes());
  const bool has_good_tag = cipher_ ? cipher_->decrypt(number, record.first(kRecordHeaderBytes),
                                                       part, record.last<kTagBytes>(), to)
                                    : std::ranges::equal(clear_tag(record), record.last(kTagBytes));
  if (!has_good_tag) {
    return record_error(head_, number, file, "is damaged: its tag does not match");
  }
  if (!cipher_ && to.data() != part.data()) std::memcpy(to.data(), part.data(), part.size());
  return Ok{};
}

Result<ByteView> RecordOpener::open(std::uint32_t number, std::span<std::uint8_t> record,
                                    std::string_view file) {
  const std::size_t part_bytes = head_.record_payload_bytes();
  const bool is_whole = record.size() == head_.record_bytes;
  const auto part = is_whole ? record.subspan(kRecordHeaderBytes, part_bytes) : record;
  LETTERPRESS_TRY(open_to(number, record, file, part));
  return ByteView(part);
}

}  // namespace letterpress::vault
