// SPDX-License-Identifier: Apache-2.0
#include "vault/repair/mend.h"

#include <algorithm>

#include "vault/keys/sha256.h"
#include "vault/limits.h"

namespace letterpress::vault {
namespace {

struct MendableHead {
  Bytes bytes;
  SealHead head;
};

bool fits(const SealHead& head, const ExpectedLabel& wanted, const VaultId& vault) {
  const SealLabel& label = head.label;
  return label.type == wanted.type && label.identity.vault == vault &&
         (!wanted.writer || label.identity.writer == *wanted.writer) &&
         (!wanted.epoch || label.identity.epoch == *wanted.epoch) &&
         (!wanted.number || label.number == *wanted.number) &&
         (!wanted.count || label.count == *wanted.count);
}

Bytes read_or_nothing(const FileCopy& copy, std::uint64_t offset, std::uint64_t count) {
  Result<Bytes> bytes = copy.storage->read(copy.path, offset, count);
  if (!bytes || bytes->size() != count) return {};
  return *std::move(bytes);
}

class Mender {
 public:
  Mender(const std::vector<FileCopy>& copies, const Keyring& keys, const WantedFile& wanted)
      : copies_(copies), keys_(keys), wanted_(wanted) {}

  std::optional<Bytes> run() {
    find_heads();
    for (const MendableHead& head : heads_) {
      if (std::optional<Bytes> file = assemble(head)) return file;
    }
    return std::nullopt;
  }

 private:
  // Every good head of every copy, each once.
  void find_heads() {
    for (const FileCopy& copy : copies_) {
      const Result<std::uint64_t> size = copy.storage->size(copy.path);
      if (!size) continue;
      for (const std::uint64_t from_end :
           {*size, std::uint64_t{kHeadBytesMin}, std::uint64_t{kHeadBytesMax}}) {
        if (from_end > *size) continue;
        const Result<Bytes> bytes = copy.storage->read(copy.path, *size - from_end, kHeadBytesMax);
        if (bytes) take_head(*bytes, copy.storage->full_path(copy.path));
      }
    }
  }

  void take_head(ByteView bytes, const std::string& file) {
    Result<SealHead> head = open_head(bytes, keys_, file);
    if (!head || !fits(*head, wanted_.label, keys_.vault())) return;
    const ByteView raw = bytes.first(head->head_bytes);
    if (std::ranges::any_of(heads_, [&](const MendableHead& known) {
          return std::ranges::equal(known.bytes, raw);
        })) {
      return;
    }
    heads_.push_back({Bytes(raw.begin(), raw.end()), *std::move(head)});
  }

  // The hashes that the head signs, from the tail of any copy.
  Bytes find_leaves(const SealHead& head) const {
    for (const FileCopy& copy : copies_) {
      Bytes leaves =
          read_or_nothing(copy, head.tail_offset(), std::uint64_t{head.record_count} * kLeafBytes);
      if (are_leaves_of(head, leaves)) return leaves;
    }
    return {};
  }

  std::optional<Bytes> assemble(const MendableHead& mendable) const {
    const SealHead& head = mendable.head;
    const Bytes leaves = find_leaves(head);
    if (!leaves.empty() || !head.is_locked()) {
      return close(mendable, leaves, copies_);
    }
    // Nothing says which record is good; but all of one copy may be.
    for (const FileCopy& copy : copies_) {
      if (std::optional<Bytes> file = close(mendable, leaves, {copy})) return file;
    }
    return std::nullopt;
  }

  // Head, records, hashes, head: if every record is found, and all are what was signed.
  std::optional<Bytes> close(const MendableHead& mendable, ByteView leaves,
                             const std::vector<FileCopy>& copies) const {
    const SealHead& head = mendable.head;
    Bytes file = mendable.bytes;
    Bytes found_leaves;
    for (std::uint32_t number = 0; number < head.record_count; ++number) {
      const Bytes record = find_record(head, number, leaves, copies);
      if (record.empty()) return std::nullopt;
      append_leaves(found_leaves, record, head.record_bytes);
      append(file, record);
    }
    if (!are_leaves_of(head, found_leaves)) return std::nullopt;
    found_leaves.resize(static_cast<std::size_t>(head.leaves_bytes()));
    append(file, found_leaves);
    append(file, mendable.bytes);
    if (wanted_.sha256 && sha256(file) != *wanted_.sha256) return std::nullopt;
    if (wanted_.accepts && !wanted_.accepts(file)) return std::nullopt;
    return file;
  }

  static Bytes find_record(const SealHead& head, std::uint32_t number, ByteView leaves,
                           const std::vector<FileCopy>& copies) {
    for (const FileCopy& copy : copies) {
      Bytes record = read_or_nothing(copy, head.record_offset(number), head.record_bytes);
      if (record.empty()) continue;
      if (!leaves.empty()) {
        Bytes leaf;
        append_leaves(leaf, record, head.record_bytes);
        if (!std::ranges::equal(leaf,
                                leaves.subspan(std::size_t{number} * kLeafBytes, kLeafBytes))) {
          continue;
        }
      } else if (!head.is_locked()) {
        Bytes opened = record;  // is decrypted in place
        if (!RecordOpener(head).open(number, opened, copy.path)) continue;
      }
      return record;
    }
    return {};
  }

  const std::vector<FileCopy>& copies_;
  const Keyring& keys_;
  const WantedFile& wanted_;
  std::vector<MendableHead> heads_;
};

}  // namespace

Result<std::optional<Bytes>> mend(const std::vector<FileCopy>& copies, const Keyring& keys,
                                  const WantedFile& wanted) {
  return Mender(copies, keys, wanted).run();
}

}  // namespace letterpress::vault
