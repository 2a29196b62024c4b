// SPDX-License-Identifier: Apache-2.0
#include "vault/salvage/pack_scan.h"

#include <algorithm>
#include <cstring>

#include "base/cancel.h"
#include "base/endian.h"
#include "base/limits.h"

namespace letterpress::vault {
namespace {

constexpr std::uint32_t kScanWindowBytes = static_cast<std::uint32_t>(kMiB);
constexpr std::uint32_t kRecordBytesMax = 65536;
// Kept of a head, and of a record that does not open: copies of it may be all over a disk.
constexpr std::size_t kPlacesMax = 4;
constexpr std::uint8_t kHeadMagic[] = {0x8c, 'L', 'P', 'S', 'E', 'A', 'L', '\n'};
constexpr std::uint8_t kScannedRecordMagic[] = {'L', 'P', 'R', '1'};

template <std::size_t kCount>
bool begins_with(ByteView bytes, const std::uint8_t (&magic)[kCount]) noexcept {
  return bytes.size() >= kSectorBytes && std::memcmp(bytes.data(), magic, kCount) == 0;
}

bool opens(const SealHead& head, std::uint32_t number, Bytes record) {
  return record.size() == head.record_bytes &&
         RecordOpener(head).open(number, record, "").has_value();
}

}  // namespace

// Calls look(bytes from a sector on, its place) for every sector of every image.
template <class Look>
Status PackScan::each_sector(const PackScanOptions& options, Look look) {
  for (std::size_t image = 0; image < images_->count(); ++image) {
    for (std::uint64_t offset = 0; offset < images_->bytes(image); offset += kScanWindowBytes) {
      LETTERPRESS_TRY(check_cancel(options.cancel));
      const Bytes window = images_->read(image, offset, kScanWindowBytes + kRecordBytesMax);
      const std::size_t end = std::min<std::size_t>(window.size(), kScanWindowBytes);
      for (std::size_t at = 0; at < end; at += kSectorBytes) {
        look(ByteView(window).subspan(at), SectorPlace::at(image, offset + at));
      }
      done_bytes_ += end;
      if (options.on_progress) options.on_progress(done_bytes_, 2 * images_->total_bytes());
    }
  }
  return Ok{};
}

void PackScan::take_head(ByteView bytes, SectorPlace place, const Keyring& keys) {
  if (!begins_with(bytes, kHeadMagic)) return;
  Result<SealHead> head =
      open_head(bytes.first(std::min<std::size_t>(bytes.size(), kHeadBytesMax)), keys, "");
  if (!head || head->label.type != FileType::kPack) return;
  const auto [known, is_new] = by_salt_.emplace(head->salt, packs_.size());
  if (is_new) {
    ScatteredPack& pack = packs_.emplace_back();
    pack.head = *std::move(head);
    if (!pack.head.is_locked()) pack.records.resize(pack.head.record_count);
  }
  std::vector<SectorPlace>& heads = packs_[known->second].heads;
  if (heads.size() < kPlacesMax) heads.push_back(place);
}

void PackScan::take_record(ByteView bytes, SectorPlace place) {
  if (!begins_with(bytes, kScannedRecordMagic)) return;
  Salt salt;
  std::copy_n(bytes.begin() + 4, salt.bytes.size(), salt.bytes.begin());
  const auto found = by_salt_.find(salt);
  if (found == by_salt_.end()) return;
  ScatteredPack& pack = packs_[found->second];
  const auto number = load_le<std::uint32_t>(bytes.data() + 20);
  if (number >= pack.records.size() || !pack.records[number].is_nowhere()) return;
  // However many did not open: who plants false ones before it must not hide a whole one.
  const ByteView record = bytes.first(std::min<std::size_t>(bytes.size(), pack.head.record_bytes));
  if (opens(pack.head, number, Bytes(record.begin(), record.end()))) {
    pack.records[number] = place;
    ++pack.found_records;
    cut_.erase({found->second, number});
  } else if (auto& places = cut_[{found->second, number}]; places.size() < kPlacesMax) {
    places.push_back(place);
  }
}

// Where the record may end: where the next one begins, or the hashes behind the last.
std::vector<SectorPlace> PackScan::ends_of(const RecordKey& key) const {
  const ScatteredPack& pack = packs_[key.first];
  std::vector<SectorPlace> ends;
  if (key.second + 1 == pack.records.size()) {
    for (const SectorPlace place : pack.heads) {
      if (place.offset() < pack.head.leaves_bytes()) continue;
      ends.push_back(SectorPlace::at(place.image(), place.offset() - pack.head.leaves_bytes()));
    }
    return ends;
  }
  if (!pack.records[key.second + 1].is_nowhere()) ends.push_back(pack.records[key.second + 1]);
  const auto next = cut_.find({key.first, key.second + 1});
  if (next != cut_.end()) ends.insert(ends.end(), next->second.begin(), next->second.end());
  return ends;
}

Bytes PackScan::read_splice(const Splice& splice, std::uint32_t record_bytes) const {
  Bytes record = images_->read(splice.begin, splice.first_bytes);
  const std::uint32_t rest = record_bytes - splice.first_bytes;
  append(record, images_->read(splice.end.image(), splice.end.offset() - rest, rest));
  return record;
}

bool PackScan::join(const RecordKey& key, SectorPlace begin, SectorPlace end) {
  ScatteredPack& pack = packs_[key.first];
  const std::uint32_t record_bytes = pack.head.record_bytes;
  Bytes first = images_->read(begin, record_bytes);
  first.resize(record_bytes);
  const std::uint64_t before = std::min<std::uint64_t>(end.offset(), record_bytes);
  Bytes last(static_cast<std::size_t>(record_bytes - before));
  append(last, images_->read(end.image(), end.offset() - before, before));
  if (last.size() != record_bytes) return false;
  for (std::uint32_t bytes = kSectorBytes; bytes < record_bytes; bytes += kSectorBytes) {
    Bytes record(first.begin(), first.begin() + bytes);
    record.insert(record.end(), last.begin() + bytes, last.end());
    if (!opens(pack.head, key.second, std::move(record))) continue;
    pack.records[key.second] = begin;
    ++pack.found_records;
    splices_[key] = {begin, end, bytes};
    return true;
  }
  return false;
}

void PackScan::join_cut_records() {
  for (const auto& [key, begins] : cut_) {
    const std::vector<SectorPlace> ends = ends_of(key);
    bool is_joined = false;
    for (const SectorPlace begin : begins) {
      for (const SectorPlace end : ends) {
        is_joined = is_joined || join(key, begin, end);
      }
    }
  }
  cut_.clear();
}

Bytes PackScan::read_record(const ScatteredPack& pack, std::uint32_t number) const {
  if (number >= pack.records.size() || pack.records[number].is_nowhere()) return {};
  const auto index = static_cast<std::size_t>(&pack - packs_.data());
  const auto splice = splices_.find({index, number});
  if (splice != splices_.end()) return read_splice(splice->second, pack.head.record_bytes);
  return images_->read(pack.records[number], pack.head.record_bytes);
}

Result<PackScan> PackScan::run(const Images& images, const Keyring& keys,
                               const PackScanOptions& options) {
  PackScan scan(images);
  LETTERPRESS_TRY(scan.each_sector(
      options, [&](ByteView bytes, SectorPlace place) { scan.take_head(bytes, place, keys); }));
  LETTERPRESS_TRY(scan.each_sector(
      options, [&](ByteView bytes, SectorPlace place) { scan.take_record(bytes, place); }));
  scan.join_cut_records();
  return scan;
}

}  // namespace letterpress::vault
