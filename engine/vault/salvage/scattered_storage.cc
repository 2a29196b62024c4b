// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/scattered_storage.h"

#include <algorithm>

#include "vault/storage/layout.h"

namespace letterpress::vault {

ScatteredStorage::ScatteredStorage(const PackScan& scan) : scan_(scan) {
  for (const ScatteredPack& pack : scan.packs()) by_path_[pack_path(ref_of(pack).sha256)] = &pack;
}

PackRef ScatteredStorage::ref_of(const ScatteredPack& pack) {
  PackRef ref;
  std::ranges::copy(pack.head.salt.bytes, ref.sha256.bytes.begin());
  ref.file_bytes = pack.head.file_bytes();
  ref.first_block = pack.head.label.number;
  ref.block_count = pack.head.label.count;
  return ref;
}

Result<const ScatteredPack*> ScatteredStorage::find(const std::string& path) const {
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) return found->second;
  return Error(ErrorCode::kNotFound, full_path(path) + ": was not found");
}

Result<std::uint64_t> ScatteredStorage::size(const std::string& path) const {
  LETTERPRESS_TRY_ASSIGN(const ScatteredPack* pack, find(path));
  return pack->head.file_bytes();
}

Result<Bytes> ScatteredStorage::read(const std::string& path, std::uint64_t offset,
                                     std::uint64_t count) const {
  LETTERPRESS_TRY_ASSIGN(const ScatteredPack* pack, find(path));
  const SealHead& head = pack->head;
  const std::uint64_t begin = std::min(offset, head.file_bytes());
  const std::uint64_t end = begin + std::min(count, head.file_bytes() - begin);
  Bytes bytes(static_cast<std::size_t>(end - begin));
  const auto put = [&](std::uint64_t at, ByteView part) {
    const std::uint64_t from = std::max(at, begin);
    const std::uint64_t to = std::min(at + part.size(), end);
    if (from >= to) return;
    std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(from - at), to - from,
                bytes.begin() + static_cast<std::ptrdiff_t>(from - begin));
  };
  if (begin < head.head_bytes) put(0, scan_.images().read(pack->heads.front(), head.head_bytes));
  const std::uint64_t records_begin = std::max<std::uint64_t>(begin, head.head_bytes);
  const std::uint64_t records_end = std::min(end, head.tail_offset());
  for (std::uint64_t at = records_begin; at < records_end;) {
    const std::uint64_t number = (at - head.head_bytes) / head.record_bytes;
    put(head.record_offset(number), scan_.read_record(*pack, static_cast<std::uint32_t>(number)));
    at = head.record_offset(number + 1);
  }
  return bytes;
}

Error ScatteredStorage::read_only() const {
  return Error(ErrorCode::kUnsupported, "what was salvaged is only read");
}
Result<std::vector<StoredName>> ScatteredStorage::list(const std::string& folder) const {
  return Error(ErrorCode::kNotFound, full_path(folder) + ": was not found");
}
Status ScatteredStorage::put_if_absent(const std::string&, const std::string&, ByteView) {
  return read_only();
}
Status ScatteredStorage::make_folders(const std::vector<std::string>&) { return read_only(); }
std::string ScatteredStorage::describe() const { return "packs found in pieces"; }
std::string ScatteredStorage::full_path(const std::string& path) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return path;
  const SectorPlace place = found->second->heads.front();
  return scan_.images().path(place.image()) + " at " + std::to_string(place.offset());
}

}  // namespace letterpress::vault
