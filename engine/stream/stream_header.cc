// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_header.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/endian.h"
#include "base/limits.h"
#include "hashing/blake3.h"
#include "stream/frame.h"

namespace letterpress::stream {
namespace {

constexpr std::uint8_t kHashBlake3 = 1;
constexpr std::uint8_t kHashBlake3Keyed = 2;

}  // namespace

std::uint64_t key_check_of(const HashKey& key) noexcept {
  return load_le<std::uint64_t>(hashing::hash(key.bytes).bytes.data());
}

Bytes encode_stream_header(const StreamHeader& header) {
  Bytes out(kStreamMagic.begin(), kStreamMagic.end());
  append_le(out, kStreamVersion);
  out.push_back(header.is_keyed ? kHashBlake3Keyed : kHashBlake3);
  out.push_back(0);
  append_le(out, header.key_check);
  append_le(out, header.chunk_bytes_min);
  append_le(out, header.chunk_bytes_avg);
  append_le(out, header.chunk_bytes_max);
  return out;
}

Result<StreamHeader> decode_stream_header(ByteView body) {
  ByteCursor cursor(body);
  const ByteView magic = cursor.take(kStreamMagic.size());
  if (!cursor.ok() || !std::equal(magic.begin(), magic.end(), kStreamMagic.begin())) {
    return Error(ErrorCode::kCorrupt, "this is not a letterpress stream");
  }
  const auto version = cursor.le<std::uint16_t>();
  if (version != kStreamVersion) {
    return Error(ErrorCode::kUnsupported, "stream version " + std::to_string(version) +
                                              "; this program reads version " +
                                              std::to_string(kStreamVersion));
  }
  StreamHeader header;
  const auto hash = cursor.le<std::uint8_t>();
  const auto flags = cursor.le<std::uint8_t>();
  header.key_check = cursor.le<std::uint64_t>();
  header.chunk_bytes_min = cursor.le<std::uint32_t>();
  header.chunk_bytes_avg = cursor.le<std::uint32_t>();
  header.chunk_bytes_max = cursor.le<std::uint32_t>();
  if (!cursor.ok() || !cursor.at_end()) {
    return Error(ErrorCode::kCorrupt, "stream header has a wrong length");
  }
  if ((hash != kHashBlake3 && hash != kHashBlake3Keyed) || flags != 0) {
    return Error(ErrorCode::kUnsupported, "stream needs a feature that this version lacks");
  }
  header.is_keyed = hash == kHashBlake3Keyed;
  if (header.chunk_bytes_min > header.chunk_bytes_avg ||
      header.chunk_bytes_avg > header.chunk_bytes_max || header.chunk_bytes_max > kChunkBytesMax ||
      (!header.is_keyed && header.key_check != 0)) {
    return Error(ErrorCode::kCorrupt, "stream header has a field out of its limits");
  }
  return header;
}

}  // namespace letterpress::stream
