// SPDX-License-Identifier: Apache-2.0
// The files that a salvage reads: packs, raw images of disks, disks. Bytes that cannot be read are
// zeros, so that one bad sector costs a sector.
//
//   Images images;
//   LETTERPRESS_TRY(images.add("/dev/sdb"));          // a file, a disk, or a folder with files
//   const Bytes bytes = images.read(SectorPlace::at(0, 4096), 65536);
//
// Not thread-safe. Memory: the paths. Keeps a few files open.
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace letterpress::vault {

inline constexpr std::uint32_t kSectorBytes = 512;

// Where a sector is, in 8 bytes: which image, and how far in it.
struct SectorPlace {
  std::uint64_t value = UINT64_MAX;  // nowhere

  static SectorPlace at(std::size_t image, std::uint64_t offset) noexcept {
    return {std::uint64_t{image} << kSectorBits | offset / kSectorBytes};
  }
  bool is_nowhere() const noexcept { return value == UINT64_MAX; }
  std::size_t image() const noexcept { return static_cast<std::size_t>(value >> kSectorBits); }
  std::uint64_t offset() const noexcept {
    return (value & ((std::uint64_t{1} << kSectorBits) - 1)) * kSectorBytes;
  }
  friend bool operator==(const SectorPlace&, const SectorPlace&) = default;

 private:
  static constexpr unsigned kSectorBits = 38;  // 128 TiB in an image; 64 million images
};

class Images {
 public:
  // kNotFound, kIo. Links are not followed, and what is neither file, disk nor folder is left out.
  Status add(const std::string& path);

  std::size_t count() const noexcept { return images_.size(); }
  std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  std::uint64_t bytes(std::size_t image) const noexcept { return images_[image].bytes; }
  const std::string& path(std::size_t image) const noexcept { return images_[image].path; }
  // Of sectors that a disk did not give.
  std::uint64_t unreadable_bytes() const noexcept { return unreadable_bytes_; }

  // Fewer bytes only at the end of the image.
  Bytes read(std::size_t image, std::uint64_t offset, std::uint64_t count) const;
  Bytes read(SectorPlace place, std::uint64_t count) const {
    return read(place.image(), place.offset(), count);
  }

 private:
  struct Image {
    std::string path;
    std::uint64_t bytes = 0;
  };
  Status add_file(const std::string& path);
  const File* open(std::size_t image) const;

  std::vector<Image> images_;
  std::uint64_t total_bytes_ = 0;
  mutable std::uint64_t unreadable_bytes_ = 0;
  mutable std::list<std::pair<std::size_t, File>> open_;  // newest first
};

}  // namespace letterpress::vault
