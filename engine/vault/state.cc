// SPDX-License-Identifier: Apache-2.0
#include "vault/state.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "hashing/blake3.h"
#include "stream/content_ref.h"

namespace letterpress::vault {
namespace {

// Head: magic 8, vault 16, log sequence 8, log SHA-256 32, slots 8, file bytes 8, salt 16, keyed
// hash 16.
constexpr std::array<std::uint8_t, 8> kStateMagic = {'L', 'P', 'S', 'T', 'A', 'T', 'E', '3'};
constexpr std::size_t kStateHeadBytes = 112;
constexpr std::size_t kLogHeadOffset = 24;
constexpr std::size_t kSlotsOffset = 64;
constexpr std::size_t kSaltOffset = 80;
constexpr std::size_t kHeadTagBytes = 16;
constexpr std::size_t kSlotBytes = 16;  // keyed hash of the key, then offset of the record; 0: free
// A record: length and number, 4 bytes each; that many bytes encrypted; the cipher's tag.
constexpr std::size_t kRecordHeadBytes = 8;

// How much is read at once: of slots, as good as always all that a search looks at; of records,
// more where one is asked for after the other, as a walk does.
constexpr std::uint64_t kSlotsAtOnce = 4;
constexpr std::uint64_t kRecordsBytesMin = 4 * kKiB;
constexpr std::uint64_t kRecordsBytesAhead = 64 * kKiB;

std::uint64_t slot_hash(const HashKey& key, std::string_view name) {
  return load_le<std::uint64_t>(hashing::hash(as_bytes(name), key).bytes.data());
}

Bytes make_head(const VaultId& vault, const LogHead& log, std::uint64_t slots,
                std::uint64_t file_bytes, const Salt& salt, const HashKey& head_key) {
  Bytes head;
  head.reserve(kStateHeadBytes);
  append(head, kStateMagic);
  append(head, vault.bytes);
  append_le(head, log.sequence);
  append(head, log.sha256.bytes);
  append_le(head, slots);
  append_le(head, file_bytes);
  append(head, salt.bytes);
  append(head, ByteView(hashing::hash(head, head_key).bytes).first(kHeadTagBytes));
  return head;
}

HashKey as_hash_key(const Secret& secret) { return {secret.bytes}; }

Secret file_secret(const Secret& key, const Salt& salt) {
  return Secret(hashing::hash(salt.bytes, as_hash_key(key)).bytes);
}

}  // namespace

StateSecrets::StateSecrets(const Secret& key, const Salt& salt)
    : head_key(as_hash_key(derive_secret("letterpress state head", file_secret(key, salt)))),
      slot_key(as_hash_key(derive_secret("letterpress state slots", file_secret(key, salt)))),
      cipher(derive_secret("letterpress state records", file_secret(key, salt))) {}

namespace {

struct StateFile {
  File file;
  std::uint64_t bytes;
  LogHead log;
  std::uint64_t slots;
  StateSecrets secrets;
};

// Nothing if it is not as it was written with this key, for this vault; `why` says so.
std::optional<StateFile> open_file(const std::string& path, const Secret& key, const VaultId& vault,
                                   std::string& why) {
  why = "there is none";
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return std::nullopt;
  why = "it is damaged, or of another vault or key";
  const auto status = file->stat();
  std::array<std::uint8_t, kStateHeadBytes> there;
  const Result<std::size_t> got = file->read_at(0, there);
  if (!status || !got || *got != there.size()) return std::nullopt;
  const auto bytes = static_cast<std::uint64_t>(status->st_size);
  const auto slots = load_le<std::uint64_t>(there.data() + kSlotsOffset);
  Salt salt;
  std::copy_n(there.begin() + kSaltOffset, salt.bytes.size(), salt.bytes.begin());
  LogHead log;
  log.sequence = load_le<std::uint64_t>(there.data() + kLogHeadOffset);
  std::copy_n(there.begin() + kLogHeadOffset + 8, log.sha256.bytes.size(),
              log.sha256.bytes.begin());
  StateSecrets secrets(key, salt);
  if (!std::ranges::equal(there, make_head(vault, log, slots, bytes, salt, secrets.head_key)) ||
      !std::has_single_bit(slots) || slots > (bytes - kStateHeadBytes) / kSlotBytes) {
    return std::nullopt;
  }
  return StateFile{*std::move(file), bytes, log, slots, std::move(secrets)};
}

}  // namespace

std::unique_ptr<State> State::open(const std::string& path, const Secret& key, const VaultId& vault,
                                   const LogHead& head, IsStored is_stored, std::string& why) {
  std::optional<StateFile> found = open_file(path, key, vault, why);
  if (!found) return nullptr;
  if (found->log != head) {
    why = "it belongs to another snapshot of the vault";
    return nullptr;
  }
  return std::unique_ptr<State>(new State(std::move(found->file), found->bytes, found->slots,
                                          std::move(found->secrets), std::move(is_stored)));
}

std::optional<LogHead> State::read_head(const std::string& path, const Secret& key,
                                        const VaultId& vault) {
  std::string why;
  const std::optional<StateFile> found = open_file(path, key, vault, why);
  return found ? std::optional(found->log) : std::nullopt;
}

// This slot and a few behind it; none where the disk does not give them.
ByteView State::read_slots(std::uint64_t slot) {
  const std::uint64_t count = std::min(kSlotsAtOnce, slot_count_ - slot);
  slots_.resize(static_cast<std::size_t>(count) * kSlotBytes);
  const Result<std::size_t> got = file_.read_at(kStateHeadBytes + slot * kSlotBytes, slots_);
  return got && *got == slots_.size() ? ByteView(slots_) : ByteView();
}

// So many bytes; none where the file ends or the disk does not give them.
ByteView State::read_records(std::uint64_t offset, std::uint64_t count) {
  if (offset > file_bytes_ || count > file_bytes_ - offset) return {};
  const std::uint64_t end = records_offset_ + records_.size();
  const bool is_near = offset >= records_offset_ && offset <= end;
  if (!is_near || count > end - offset) {
    const std::uint64_t wanted = std::max(count, is_near ? kRecordsBytesAhead : kRecordsBytesMin);
    records_.resize(static_cast<std::size_t>(std::min(wanted, file_bytes_ - offset)));
    records_offset_ = offset;
    const Result<std::size_t> got = file_.read_at(offset, records_);
    records_.resize(got ? *got : 0);
    if (records_.size() < count) return {};
  }
  return ByteView(records_).subspan(static_cast<std::size_t>(offset - records_offset_),
                                    static_cast<std::size_t>(count));
}

// Nothing if the record is damaged, or that of another key.
std::optional<EntryRecord> State::read_record_at(std::uint64_t offset, std::string_view key) {
  const ByteView head = read_records(offset, kRecordHeadBytes);
  if (head.empty()) return std::nullopt;
  const auto body_bytes = load_le<std::uint32_t>(head.data());
  ByteCursor cursor(read_records(
      offset, kRecordHeadBytes + std::uint64_t{body_bytes} + RecordCipher::kCipherTagBytes));
  const ByteView clear = cursor.take(kRecordHeadBytes);
  const ByteView locked = cursor.take(body_bytes);
  const ByteView tag = cursor.take(RecordCipher::kCipherTagBytes);
  if (!cursor.ok()) return std::nullopt;
  Bytes body(locked.begin(), locked.end());
  if (!secrets_.cipher.decrypt(load_le<std::uint32_t>(clear.data() + 4), clear, body,
                               tag.first<RecordCipher::kCipherTagBytes>())) {
    return std::nullopt;
  }
  ByteCursor body_cursor(body);
  Result<EntryRecord> record = read_record(body_cursor);
  if (!record || files::memory_key(record->entry.path) != key) return std::nullopt;
  return *std::move(record);
}

// What is damaged is not there: its file is read again.
Result<std::optional<files::RememberedFile>> State::find(std::string_view key) {
  const std::uint64_t hash = slot_hash(secrets_.slot_key, key);
  ByteView slots;
  for (std::uint64_t probe = 0; probe < slot_count_; ++probe) {
    if (slots.empty()) slots = read_slots((hash + probe) & (slot_count_ - 1));
    if (slots.empty()) break;
    const ByteView slot = slots.first(kSlotBytes);
    slots = slots.subspan(kSlotBytes);
    const auto offset = load_le<std::uint64_t>(slot.data() + 8);
    if (offset == 0) break;
    if (load_le<std::uint64_t>(slot.data()) != hash) continue;
    std::optional<EntryRecord> record = read_record_at(offset, key);
    if (!record) continue;
    const auto ref = stream::decode_content_ref(record->content);
    if (!ref || !is_stored_(record->content)) break;
    files::RememberedFile found;
    found.content.size_bytes = ref->size_bytes;
    found.size_bytes = ref->size_bytes;
    found.content.content = std::move(record->content);
    found.content.segments = std::move(record->segments);
    found.mtime_ns = record->entry.metadata.mtime_ns;
    found.identity = record->identity;
    return std::optional(std::move(found));
  }
  return std::optional<files::RememberedFile>();
}

Result<StateWriter> StateWriter::create(const std::string& path, const Secret& key,
                                        std::uint64_t count_max) {
  Salt salt;
  LETTERPRESS_TRY(fill_random(salt.bytes));
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  LETTERPRESS_TRY_ASSIGN(File file, File::open(beside, O_RDWR | O_CREAT | O_EXCL, 0600));
  const std::uint64_t slots = std::bit_ceil(std::max<std::uint64_t>(count_max * 2, 16));
  const std::uint64_t bytes = kStateHeadBytes + slots * kSlotBytes;
  // The mapping must never touch a page for which the disk has no room.
  if (const int error = ::posix_fallocate(file.descriptor(), 0, static_cast<off_t>(bytes));
      error != 0) {
    return io_error(error, beside);
  }
  StateWriter writer(std::move(file), path, slots, salt, StateSecrets(key, salt));
  void* mapped =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, writer.file_.descriptor(), 0);
  if (mapped == MAP_FAILED) return io_error(errno, beside);
  writer.table_ = {static_cast<std::uint8_t*>(mapped), static_cast<std::size_t>(bytes)};
  return writer;
}

StateWriter::StateWriter(File file, std::string path, std::uint64_t slot_count, const Salt& salt,
                         StateSecrets secrets)
    : file_(std::move(file)),
      path_(std::move(path)),
      slot_count_(slot_count),
      salt_(salt),
      secrets_(std::move(secrets)),
      offset_(kStateHeadBytes + slot_count * kSlotBytes) {}

StateWriter::StateWriter(StateWriter&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      slot_count_(other.slot_count_),
      salt_(other.salt_),
      secrets_(std::move(other.secrets_)),
      record_count_(other.record_count_),
      table_(std::exchange(other.table_, {})),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)) {}

StateWriter::~StateWriter() {
  if (!table_.empty()) ::munmap(table_.data(), table_.size());
  if (file_.is_open()) ::unlink(file_.path().c_str());  // never committed
}

Status StateWriter::add(const EntryRecord& record) {
  if (record.entry.metadata.type != stream::EntryType::kFile) return Ok{};
  const std::uint64_t offset = offset_ + buffer_.size();
  Bytes body;
  append_record(body, record);
  Bytes clear;
  append_le(clear, static_cast<std::uint32_t>(body.size()));
  append_le(clear, record_count_);
  std::array<std::uint8_t, RecordCipher::kCipherTagBytes> tag;
  secrets_.cipher.encrypt(record_count_, clear, body, tag);
  ++record_count_;
  append(buffer_, clear);
  append(buffer_, body);
  append(buffer_, tag);
  const std::uint64_t hash = slot_hash(secrets_.slot_key, files::memory_key(record.entry.path));
  for (std::uint64_t at = hash;; ++at) {
    std::uint8_t* slot = table_.data() + kStateHeadBytes + (at & (slot_count_ - 1)) * kSlotBytes;
    if (load_le<std::uint64_t>(slot + 8) != 0) continue;
    store_le(slot, hash);
    store_le(slot + 8, offset);
    break;
  }
  if (buffer_.size() >= kMiB) return flush();
  return Ok{};
}

Status StateWriter::flush() {
  const std::uint64_t at = offset_;
  offset_ += buffer_.size();
  if (::lseek(file_.descriptor(), static_cast<off_t>(at), SEEK_SET) < 0) {
    return io_error(errno, file_.path());
  }
  LETTERPRESS_TRY(file_.write(buffer_));
  buffer_.clear();
  return Ok{};
}

Status StateWriter::commit(const VaultId& vault, const LogHead& head) {
  LETTERPRESS_TRY(flush());
  const Bytes bytes = make_head(vault, head, slot_count_, offset_, salt_, secrets_.head_key);
  std::copy(bytes.begin(), bytes.end(), table_.begin());
  if (::msync(table_.data(), table_.size(), MS_SYNC) != 0) return io_error(errno, file_.path());
  LETTERPRESS_TRY(file_.sync());
  const std::string beside = file_.path();
  LETTERPRESS_TRY(file_.close());
  if (::rename(beside.c_str(), path_.c_str()) != 0) return io_error(errno, path_);
  return Ok{};
}

}  // namespace letterpress::vault
