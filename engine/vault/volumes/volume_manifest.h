// SPDX-License-Identifier: Apache-2.0
// What a volume set has: which files, which of them are on every volume, and how packs and parity
// make stripes (docs/FORMAT.md, "Volumes"). The same file on every volume, written first.
//
//   stripe s:  packs s * k .. s * k + k - 1 of the manifest are its data members 0 .. k - 1; its
//              parity members k .. k + m - 1 are as long as its longest pack
//
// Packs come by falling length, so that those of a stripe are about equally long: all parity of a
// set is at most m / k of its packs, and m times its longest pack. Plain values; pure functions.
#pragma once

#include <optional>

#include "vault/keys/labelled_text.h"
#include "vault/volumes/stripe_code.h"
#include "vault/volumes/volume_files.h"

namespace letterpress::vault {

// Part of the format.
inline constexpr std::size_t kPieceBytes = 64 * 1024;
inline constexpr std::uint64_t kPackFileBytesMax = 128 * 1024 * 1024;
inline constexpr std::uint64_t kManifestBytesMax = 1024 * 1024 * 1024;
inline constexpr std::uint64_t kStripesMax = 100'000'000;

struct VolumeFile {
  std::string path;
  std::uint64_t bytes = 0;
  Sha256Digest sha256;
  friend bool operator==(const VolumeFile&, const VolumeFile&) = default;
};

struct VolumeManifest {
  SetId set;
  VaultId vault;
  std::int64_t created_s = 0;  // since 1970, UTC
  std::optional<SetId> since;  // the set that this one goes on from
  VolumeCounts counts;
  // Packs, index runs and log entries, by path, that the log tells of and that neither this set nor
  // any that it goes on from has whole: the vault had lost them. A later set takes what came back.
  std::vector<std::string> lacking;
  std::vector<VolumeFile> copies;  // on every volume
  std::vector<VolumeFile> packs;   // on one volume each, in the order of stripes

  std::uint64_t stripe_count() const noexcept {
    return (packs.size() + counts.data - 1) / counts.data;
  }
  // The pack that is a data member; null for one that is not there: it counts as zeros.
  const VolumeFile* pack(std::uint64_t stripe, unsigned member) const noexcept {
    const std::uint64_t at = stripe * counts.data + member;
    return member < counts.data && at < packs.size() ? &packs[at] : nullptr;
  }
  std::uint64_t stripe_bytes(std::uint64_t stripe) const noexcept;  // of its longest member
  std::uint64_t member_bytes(std::uint64_t stripe, unsigned member) const noexcept;
  // Where the file of a member is on its volume; empty for one that is not there.
  std::string member_path(std::uint64_t stripe, unsigned member) const;
  // Which volume a writer puts it on, and back.
  unsigned volume_of(std::uint64_t stripe, unsigned member) const noexcept {
    return static_cast<unsigned>((member + stripe) % counts.all());
  }
  unsigned member_on(std::uint64_t stripe, unsigned volume) const noexcept {
    return static_cast<unsigned>((volume + counts.all() - stripe % counts.all()) % counts.all());
  }
  friend bool operator==(const VolumeManifest&, const VolumeManifest&) = default;
};

// Puts the packs in the order that a writer chooses.
void order_packs(std::vector<VolumeFile>& packs);

std::string encode_manifest(const VolumeManifest& manifest);
// Takes any bytes. Errors as of parse_labelled_text().
Result<VolumeManifest> decode_manifest(ByteView bytes, std::string_view file);

// Which volume this is. A text of its own, because the manifest is the same on all.
struct VolumeLabel {
  SetId set;
  VaultId vault;
  unsigned number = 0;  // from 0; people count from 1, and so does the file
  VolumeCounts counts;
  friend bool operator==(const VolumeLabel&, const VolumeLabel&) = default;
};
std::string encode_label(const VolumeLabel& label);
Result<VolumeLabel> decode_label(ByteView bytes, std::string_view file);

// That the set was rebuilt without some volumes, and came out as it was: written last.
struct VolumeSeal {
  SetId set;
  Sha256Digest manifest;
  std::int64_t sealed_s = 0;
  std::vector<unsigned> without;      // volumes, from 0
  std::vector<Sha256Digest> stripes;  // SHA-256 of each tags file
  friend bool operator==(const VolumeSeal&, const VolumeSeal&) = default;
};
std::string encode_seal(const VolumeSeal& seal);
Result<VolumeSeal> decode_seal(ByteView bytes, std::string_view file);

}  // namespace letterpress::vault
