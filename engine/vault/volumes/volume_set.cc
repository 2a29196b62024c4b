// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/volume_set.h"

#include <algorithm>

#include "base/file.h"
#include "vault/keys/sha256.h"
#include "vault/storage/posix_storage.h"

namespace letterpress::vault {

const Storage* VolumeSet::locate(const std::string& path, std::optional<unsigned> number,
                                 VolumeMask without) const {
  const Storage* found = nullptr;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    if ((without >> i & 1U) != 0) continue;
    const bool is_expected = number && volumes[i].number == number;
    if (found != nullptr && !is_expected) continue;
    if (volumes[i].storage->size(path)) {
      found = volumes[i].storage.get();
      if (is_expected) break;
    }
  }
  return found;
}

const Storage* VolumeSet::locate_member(std::uint64_t stripe, unsigned member,
                                        VolumeMask without) const {
  const std::string path = manifest.member_path(stripe, member);
  return path.empty() ? nullptr : locate(path, manifest.volume_of(stripe, member), without);
}

Result<Bytes> VolumeSet::read_copy(const VolumeFile& file, VolumeMask without) const {
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    if ((without >> i & 1U) != 0) continue;
    Result<Bytes> bytes = volumes[i].storage->read(file.path, 0, file.bytes + 1);
    if (bytes && bytes->size() == file.bytes && sha256(*bytes) == file.sha256) return bytes;
  }
  return Error(ErrorCode::kCorrupt, file.path + ": is damaged or missing on every volume");
}

Result<StripeTags> VolumeSet::check_tags(std::uint64_t stripe, ByteView bytes,
                                         std::string_view file) const {
  LETTERPRESS_TRY_ASSIGN(StripeTags tags, decode_tags(bytes, manifest, stripe, file));
  if (!seal || sha256(bytes) == seal->stripes[stripe]) return tags;
  return Error(ErrorCode::kCorrupt, std::string(file) + ": is not the file that was sealed");
}

std::optional<StripeTags> VolumeSet::read_tags(std::uint64_t stripe, VolumeMask without) const {
  const std::string path = tags_path(stripe);
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    if ((without >> i & 1U) != 0) continue;
    const Result<Bytes> bytes =
        volumes[i].storage->read(path, 0, tags_file_bytes(manifest, stripe) + 1);
    if (!bytes) continue;
    if (Result<StripeTags> tags = check_tags(stripe, *bytes, path)) return *std::move(tags);
  }
  return std::nullopt;
}

std::vector<unsigned> VolumeSet::missing() const {
  std::vector<unsigned> numbers;
  for (unsigned number = 0; number < manifest.counts.all(); ++number) {
    const bool is_there =
        std::ranges::any_of(volumes, [&](const Volume& volume) { return volume.number == number; });
    if (!is_there) numbers.push_back(number);
  }
  return numbers;
}

Result<VolumeManifest> find_set(const Storage& vault, const std::string& name) {
  SetId set;
  if (parse_hex(name, set.bytes)) {
    const Result<Bytes> receipt = vault.read(receipt_path(set), 0, kManifestBytesMax);
    if (receipt) return decode_manifest(*receipt, vault.full_path(receipt_path(set)));
    if (receipt.error().code() != ErrorCode::kNotFound) return receipt.error().copy();
    return Error(ErrorCode::kInvalidArgument,
                 name +
                     ": the vault knows no sealed set of this id; name a folder of one of its "
                     "volumes instead");
  }
  for (const std::string& file : {name + '/' + std::string(kVolumeManifestName), name}) {
    const Result<Bytes> bytes = read_file(file, kManifestBytesMax);
    if (bytes) return decode_manifest(*bytes, file);
  }
  return Error(ErrorCode::kInvalidArgument,
               name + ": is neither the id of a set nor a folder of one of its volumes");
}

std::string volume_name(unsigned number, VolumeCounts counts) {
  return std::to_string(number + 1) + " of " + std::to_string(counts.all());
}

}  // namespace letterpress::vault
