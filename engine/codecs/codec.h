// SPDX-License-Identifier: Apache-2.0
// Compresses and decompresses whole blocks: zstd, or stored raw where that is not larger.
//
//   BlockCodec codec(3);
//   Codec used = codec.compress(kind, bytes, out);   // out replaced
//   Status back = codec.decompress(used, out, bytes.size(), original);
//
// One BlockCodec a thread: it owns zstd contexts of 4 MiB, and once it has compressed, two blocks.
// Output depends on the kind, the bytes and the level only. Decompression takes hostile bytes:
// memory is bounded by `raw_bytes`, which the caller has checked against its limits.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress::codecs {

// Part of the formats; do not change values.
enum class Codec : std::uint8_t { kRaw = 0, kZstd = 1 };

// Measured on the corpora (docs/BENCHMARKING.md, "Compression"): level 3 is where more time stops
// paying. Of attachments and plain bytes it is zstd's level; other kinds are compressed harder.
inline constexpr int kLevelDefault = 3;
inline constexpr int kLevelMin = 1;
inline constexpr int kLevelMax = 19;

class BlockCodec {
 public:
  explicit BlockCodec(int level = kLevelDefault);
  ~BlockCodec();
  BlockCodec(BlockCodec&&) noexcept;

  // Replaces `out`. Every result was decompressed and compared; what would not come back is stored
  // raw.
  Codec compress(Kind kind, ByteView raw, Bytes& out);

  // Replaces `out` with exactly `raw_bytes` bytes, or says kCorrupt and leaves `out` unspecified.
  Status decompress(Codec codec, ByteView stored, std::size_t raw_bytes, Bytes& out);
  Status decompress(Codec codec, ByteView stored, std::size_t raw_bytes, UnsetBytes& out);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace letterpress::codecs
