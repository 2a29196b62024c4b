// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/sealed_check.h"

#include <algorithm>

#include "base/limits.h"
#include "vault/keys/sha256.h"

namespace letterpress::vault {

namespace {

// Goes through a file front to back, whatever is in it.
class Checker {
 public:
  Checker(const Storage& storage, const std::string& path, SealedCheck& out)
      : storage_(storage), path_(path), file_(storage.full_path(path)), out_(out) {}

  Status run(const Keyring& keys, const ExpectedLabel& expected) {
    LETTERPRESS_TRY_ASSIGN(out_.file_bytes, storage_.size(path_));
    Result<FoundHead> found = find_head(storage_, path_, keys, expected, out_.file_bytes);
    if (!found) {
      note(0, out_.file_bytes, found.error().message());
      read_rest(0, [](std::uint64_t, ByteView) {});
    } else {
      out_.head = std::move(found->head);
      if (found->place == HeadPlace::kSecond) note(0, out_.head->head_bytes, found->first_damage);
      check_records();
      check_tail(found->place);
    }
    if (is_readable_) out_.sha256 = sha_.finish();
    std::ranges::stable_sort(out_.damage, {}, &DamagedRange::offset);
    return Ok{};
  }

 private:
  void note(std::uint64_t offset, std::uint64_t count, std::string what) {
    out_.damage.push_back({offset, count, std::move(what)});
  }

  // An unreadable place is damage like any other; what is behind it may still be good.
  Bytes read_or_note(std::uint64_t offset, std::uint64_t count) {
    Result<Bytes> bytes = storage_.read(path_, offset, count);
    if (bytes) {
      sha_.update(*bytes);
      return *std::move(bytes);
    }
    is_readable_ = false;
    note(offset, std::min(count, out_.file_bytes - offset), bytes.error().message());
    return {};
  }

  template <class Take>
  void read_rest(std::uint64_t offset, const Take& take) {
    for (; offset < out_.file_bytes; offset += kMiB) take(offset, read_or_note(offset, kMiB));
  }

  // The hashes of the records that are there as a whole, one behind the other; records that cannot
  // be read have none of the right value.
  void check_records() {
    const SealHead& head = *out_.head;
    first_head_ = read_or_note(0, head.head_bytes);
    const std::uint32_t at_once =
        std::max<std::uint32_t>(1, static_cast<std::uint32_t>(kMiB / head.record_bytes));
    for (std::uint32_t number = 0; number < head.record_count; number += at_once) {
      const std::uint64_t offset = head.record_offset(number);
      if (offset >= out_.file_bytes) break;
      const std::uint32_t count = std::min(at_once, head.record_count - number);
      const Bytes records = read_or_note(offset, std::uint64_t{count} * head.record_bytes);
      append_leaves(leaves_, records, head.record_bytes);
      leaves_.resize(std::size_t{number + count} * kLeafBytes);
    }
  }

  void check_tail(HeadPlace place) {
    const SealHead& head = *out_.head;
    const std::size_t wanted_bytes = std::size_t{head.record_count} * kLeafBytes;
    Bytes tail;
    if (out_.file_bytes > head.tail_offset()) {
      tail = read_or_note(head.tail_offset(), head.leaves_bytes());
    }
    if (out_.file_bytes > head.second_head_offset()) {
      const Bytes second = read_or_note(head.second_head_offset(), head.head_bytes);
      const bool is_whole = second.size() == head.head_bytes;
      if (place == HeadPlace::kFirst && is_whole && second != first_head_) {
        note(head.second_head_offset(), head.head_bytes,
             file_ + ": its second head is damaged: it is not as the first one");
      }
    }
    read_rest(head.file_bytes(), [](std::uint64_t, ByteView) {});
    const bool are_records_good = are_leaves_of(head, leaves_);
    Bytes wanted = tail;
    wanted.resize(std::min(wanted.size(), wanted_bytes));
    const bool is_tail_good = are_leaves_of(head, wanted);
    if (!are_records_good) compare_records(wanted, is_tail_good);
    const bool is_filled = std::all_of(tail.begin() + static_cast<std::ptrdiff_t>(wanted.size()),
                                       tail.end(), [](std::uint8_t byte) { return byte == 0; });
    if (tail.size() == head.leaves_bytes() && (!is_tail_good || !is_filled)) {
      note(head.tail_offset(), head.leaves_bytes(),
           file_ + ": the hashes of its records are damaged: they are not what its head signs");
    }
    if (head.file_bytes() != out_.file_bytes) {
      const std::uint64_t from = std::min(head.file_bytes(), out_.file_bytes);
      const std::uint64_t to = std::max(head.file_bytes(), out_.file_bytes);
      note(from, to - from, size_error(head, out_.file_bytes, file_).message());
    }
  }

  // Which records are not as they were. `wanted` are the hashes that the tail has, maybe not all.
  void compare_records(ByteView wanted, bool is_tail_good) {
    const SealHead& head = *out_.head;
    const std::size_t damage_before = out_.damage.size();
    for (std::uint32_t number = 0; number < leaves_.size() / kLeafBytes; ++number) {
      const std::uint64_t offset = head.record_offset(number);
      if (offset >= out_.file_bytes) break;
      if (std::ranges::any_of(out_.damage, [&](const DamagedRange& range) {
            return range.offset <= offset && offset < range.offset + range.count;
          })) {
        continue;
      }
      const std::size_t at = std::size_t{number} * kLeafBytes;
      const bool is_known = at + kLeafBytes <= wanted.size();
      if (is_known && std::ranges::equal(wanted.subspan(at, kLeafBytes),
                                         ByteView(leaves_).subspan(at, kLeafBytes))) {
        continue;
      }
      // Without a good hash, the tag decides if there is a key; without one too, what is said of a
      // hash that differs may be said of the hash.
      if (!is_tail_good && (head.is_locked() ? !is_known : opens(number))) continue;
      note_record(number);
    }
    // The tail is damaged or gone, nothing opens the records: some of them are not what was signed.
    if (!is_tail_good && out_.damage.size() == damage_before &&
        out_.file_bytes >= head.tail_offset()) {
      note(head.head_bytes, head.tail_offset() - head.head_bytes,
           file_ + ": some of its records are damaged; which, the recovery key tells");
    }
  }

  bool opens(std::uint32_t number) const {
    const SealHead& head = *out_.head;
    Result<Bytes> record = storage_.read(path_, head.record_offset(number), head.record_bytes);
    return record && RecordOpener(head).open(number, *record, file_);
  }

  void note_record(std::uint32_t number) {
    const SealHead& head = *out_.head;
    const std::uint64_t offset = head.record_offset(number);
    const std::uint64_t end = std::min(offset + head.record_bytes, out_.file_bytes);
    note(offset, end - offset,
         file_ + ": record " + std::to_string(number) + " (bytes " + std::to_string(offset) +
             " to " + std::to_string(end - 1) +
             ") is damaged: its hash is not the one that was signed");
  }

  const Storage& storage_;
  const std::string& path_;
  const std::string file_;
  SealedCheck& out_;
  Sha256 sha_;
  Bytes first_head_;
  Bytes leaves_;  // of the records as they are
  bool is_readable_ = true;
};

}  // namespace

Result<SealedCheck> check_sealed(const Storage& storage, const std::string& path,
                                 const Keyring& keys, const ExpectedLabel& expected) {
  SealedCheck check;
  LETTERPRESS_TRY(Checker(storage, path, check).run(keys, expected));
  return check;
}

Result<FileDigest> digest_file(const Storage& storage, const std::string& path) {
  Sha256 sha;
  std::uint64_t offset = 0;
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const Bytes part, storage.read(path, offset, kMiB));
    if (part.empty()) break;
    sha.update(part);
    offset += part.size();
  }
  return FileDigest{sha.finish(), offset};
}

}  // namespace letterpress::vault
