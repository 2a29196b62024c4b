// SPDX-License-Identifier: Apache-2.0
// The rows that both kinds of index have: u64 end offset, then the digest. Written in pieces.
//
//   IndexRows rows;
//   LETTERPRESS_TRY(rows.add(end, digest, file));
//   LETTERPRESS_TRY(rows.flush(file));             // at the end
//
// Not thread-safe.
#pragma once

#include <algorithm>

#include "base/endian.h"
#include "base/limits.h"
#include "exports/store/chunk_format.h"
#include "exports/store/new_file.h"

namespace letterpress::exports {

inline constexpr std::size_t kIndexRowBytes = 40;

inline std::array<std::uint8_t, kIndexRowBytes> index_row(std::uint64_t end,
                                                          const StoreDigest& digest) noexcept {
  std::array<std::uint8_t, kIndexRowBytes> row{};
  store_le(row.data(), end);
  std::ranges::copy(digest, row.begin() + 8);
  return row;
}

class IndexRows {
 public:
  Status add(std::uint64_t end, const StoreDigest& digest, NewFile& file) {
    append(rows_, index_row(end, digest));
    ++count_;
    return rows_.size() < 64 * kKiB ? Status(Ok{}) : flush(file);
  }
  Status flush(NewFile& file) {
    LETTERPRESS_TRY(file.write(rows_));
    rows_.clear();
    return Ok{};
  }
  std::uint64_t count() const noexcept { return count_; }

 private:
  Bytes rows_;
  std::uint64_t count_ = 0;
};

}  // namespace letterpress::exports
