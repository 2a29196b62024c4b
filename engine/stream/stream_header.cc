// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_header.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/endian.h"
#include "base/limits.h"
#include "hashing/blake3.h"
#include "stream/entry_codec.h"
#include "stream/frame.h"

namespace letterpress::stream {
namespace {

constexpr std::uint8_t kHashBlake3 = 1;
constexpr std::uint8_t kHashBlake3Keyed = 2;
constexpr std::uint8_t kFlagFields = 1;
constexpr std::uint8_t kFieldNeeds = 1;
constexpr std::size_t kFeatureNameBytesMax = 64;

// A name is printed as it is.
bool is_feature_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kFeatureNameBytesMax &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// Why a stream is refused, if nothing is wrong with it.
Error needs_newer(const std::string& what) {
  return Error(ErrorCode::kUnsupported, "made by a newer version: needs " + what);
}

// The fields behind those of a fixed size. A field of an unknown type is passed over.
Status read_fields(ByteCursor& cursor, StreamHeader& header, Fault& fault) {
  std::string unknown;
  while (!cursor.at_end()) {
    const auto type = cursor.le<std::uint8_t>();
    const std::string_view value = as_text(cursor.take(cursor.varint()));
    if (!cursor.ok() || (type == kFieldNeeds && !is_feature_name(value))) {
      fault = Fault::kBadHeader;
      return Error(ErrorCode::kCorrupt, "a field of the stream's header is damaged");
    }
    if (type != kFieldNeeds) continue;
    if (value == kFeatureBorrowedChunks) {
      header.borrows_chunks = true;
    } else {
      unknown += (unknown.empty() ? "'" : ", '") + std::string(value) + "'";
    }
  }
  if (unknown.empty()) return Ok{};
  fault = Fault::kUnknownFeature;
  return needs_newer("the feature " + unknown + ", which this version does not have");
}

}  // namespace

std::uint64_t key_check_of(const HashKey& key) noexcept {
  return load_le<std::uint64_t>(hashing::hash(key.bytes).bytes.data());
}

std::optional<StreamFault> find_key_fault(const StreamHeader& header,
                                          const std::optional<HashKey>& key) {
  if (header.is_keyed && !key) {
    return StreamFault{Fault::kKeyNeeded, 0, "the stream was made with a key, and needs it"};
  }
  if (header.is_keyed && key_check_of(*key) != header.key_check) {
    return StreamFault{Fault::kWrongKey, 0, "the stream was made with another key"};
  }
  if (!header.is_keyed && key) {
    return StreamFault{Fault::kWrongKey, 0, "the stream was made without a key"};
  }
  return std::nullopt;
}

Bytes encode_stream_header(const StreamHeader& header) {
  Bytes out(kStreamMagic.begin(), kStreamMagic.end());
  append_le(out, kStreamVersion);
  out.push_back(header.is_keyed ? kHashBlake3Keyed : kHashBlake3);
  out.push_back(header.borrows_chunks ? kFlagFields : 0);
  append_le(out, header.key_check);
  append_le(out, header.chunk_bytes_min);
  append_le(out, header.chunk_bytes_avg);
  append_le(out, header.chunk_bytes_max);
  if (header.borrows_chunks) {
    out.push_back(kFieldNeeds);
    append_text(out, kFeatureBorrowedChunks);
  }
  return out;
}

Result<StreamHeader> decode_stream_header(ByteView body, Fault& fault) {
  ByteCursor cursor(body);
  const ByteView magic = cursor.take(kStreamMagic.size());
  fault = Fault::kNotAStream;
  if (!cursor.ok() || !std::equal(magic.begin(), magic.end(), kStreamMagic.begin())) {
    return Error(ErrorCode::kCorrupt, "this is not a letterpress stream");
  }
  fault = Fault::kUnknownVersion;
  const auto version = cursor.le<std::uint16_t>();
  if (version != kStreamVersion) {
    return needs_newer("stream version " + std::to_string(version) +
                       "; this program reads version " + std::to_string(kStreamVersion));
  }
  StreamHeader header;
  const auto hash = cursor.le<std::uint8_t>();
  const auto flags = cursor.le<std::uint8_t>();
  header.key_check = cursor.le<std::uint64_t>();
  header.chunk_bytes_min = cursor.le<std::uint32_t>();
  header.chunk_bytes_avg = cursor.le<std::uint32_t>();
  header.chunk_bytes_max = cursor.le<std::uint32_t>();
  fault = Fault::kUnknownFeature;
  if (hash != kHashBlake3 && hash != kHashBlake3Keyed) {
    return needs_newer("the hash of number " + std::to_string(hash));
  }
  if ((flags & ~kFlagFields) != 0) {
    return needs_newer("the flags " + std::to_string(flags & ~kFlagFields) + " of its header");
  }
  fault = Fault::kBadHeader;
  if (!cursor.ok() || ((flags & kFlagFields) == 0 && !cursor.at_end())) {
    return Error(ErrorCode::kCorrupt, "the stream's header has a wrong length");
  }
  header.is_keyed = hash == kHashBlake3Keyed;
  if (header.chunk_bytes_min > header.chunk_bytes_avg ||
      header.chunk_bytes_avg > header.chunk_bytes_max || header.chunk_bytes_max > kChunkBytesMax ||
      (!header.is_keyed && header.key_check != 0)) {
    return Error(ErrorCode::kCorrupt, "the stream's header has a field out of its limits");
  }
  LETTERPRESS_TRY(read_fields(cursor, header, fault));
  return header;
}

}  // namespace letterpress::stream
