// SPDX-License-Identifier: Apache-2.0
#include "codecs/codec.h"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <span>

#include "base/limits.h"

namespace letterpress::codecs {
namespace {

// Matches may come from anywhere in a block; zstd's own levels up to 8 look back 2 MiB.
constexpr int kWindowLog = 22;
static_assert(kBlockBytesMax == std::size_t{1} << kWindowLog);

// How a kind of bytes is compressed at a level, 0 where zstd's own value for the level stays. All
// were measured: docs/BENCHMARKING.md, "Compression".
struct Tuning {
  int level = 0;
  int min_match = 0;
  int search_log = 0;
};

Tuning tuning_of(Kind kind, int level) {
  // From here to there zstd searches in rows of hashes, where the shortest match that it looks for
  // decides more than anything else.
  constexpr int kRowLevelMin = 5;
  constexpr int kRowLevelMax = 12;
  Tuning tuning{.level = level};
  const bool is_prose = kind == Kind::kHeader || kind == Kind::kText;
  // Words and lines repeat: a closer search pays, and matches of 5 bytes hide longer ones.
  if (is_prose) tuning.level += 2;
  // Recipes are few bytes, full of random ones.
  if (kind == Kind::kRecipe) tuning.level += 3;
  tuning.level = std::min(tuning.level, kLevelMax);
  if (tuning.level < kRowLevelMin || tuning.level > kRowLevelMax) return tuning;
  if (is_prose) {
    tuning.min_match = 6;
    if (tuning.level == kRowLevelMin) tuning.search_log = 4;
  }
  if (kind == Kind::kRecipe) tuning.min_match = 4;
  return tuning;
}

}  // namespace

struct BlockCodec::Contexts {
  explicit Contexts(int chosen_level)
      : compress(ZSTD_createCCtx()), decompress(ZSTD_createDCtx()), level(chosen_level) {
    if (compress == nullptr || decompress == nullptr) throw std::bad_alloc();
    // Blocks carry their own lengths and are compared after decompression; a frame needs neither.
    ZSTD_CCtx_setParameter(compress, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_checksumFlag, 0);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_windowLog, kWindowLog);
  }
  ~Contexts() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  void tune(Kind kind) const {
    const Tuning tuning = tuning_of(kind, level);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_compressionLevel, tuning.level);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_minMatch, tuning.min_match);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_searchLog, tuning.search_log);
  }
  void make_room(std::size_t raw_bytes) {
    if (raw_bytes <= raw_bytes_max) return;
    raw_bytes_max = std::max(raw_bytes, kBlockBytesMax);
    compressed = std::make_unique_for_overwrite<std::uint8_t[]>(ZSTD_compressBound(raw_bytes_max));
    check = std::make_unique_for_overwrite<std::uint8_t[]>(raw_bytes_max);
  }

  ZSTD_CCtx* compress;
  ZSTD_DCtx* decompress;
  int level;
  // Of compress(). Not cleared before they are written.
  std::unique_ptr<std::uint8_t[]> compressed;
  std::unique_ptr<std::uint8_t[]> check;
  std::size_t raw_bytes_max = 0;  // for which there is room
};

namespace {

Status decompress_frame(ZSTD_DCtx* context, ByteView stored, std::span<std::uint8_t> out) {
  // One frame, no more: what a format does not allow must not hide behind it.
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) {
    return Error(ErrorCode::kCorrupt, "block does not decompress: it is not one zstd frame");
  }
  const std::size_t size =
      ZSTD_decompressDCtx(context, out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) {
    return Error(ErrorCode::kCorrupt,
                 std::string("block does not decompress: ") + ZSTD_getErrorName(size));
  }
  if (size != out.size()) {
    return Error(ErrorCode::kCorrupt, "block decompresses to " + std::to_string(size) +
                                          " bytes, its table says " + std::to_string(out.size()));
  }
  return Ok{};
}

template <class Buffer>
Status decompress_to(ZSTD_DCtx* context, Codec codec, ByteView stored, std::size_t raw_bytes,
                     Buffer& out) {
  if (codec == Codec::kRaw) {
    if (stored.size() != raw_bytes) {
      return Error(ErrorCode::kCorrupt, "raw block has " + std::to_string(stored.size()) +
                                            " bytes, its table says " + std::to_string(raw_bytes));
    }
    out.clear();
    append(out, stored);
    return Ok{};
  }
  if (codec != Codec::kZstd) return Error(ErrorCode::kUnsupported, "unknown block codec");
  if (out.capacity() < raw_bytes) out = Buffer();  // else what it has would be copied
  out.resize(raw_bytes);
  return decompress_frame(context, stored, out);
}

}  // namespace

BlockCodec::BlockCodec(int level)
    : contexts_(std::make_unique<Contexts>(std::clamp(level, kLevelMin, kLevelMax))) {}
BlockCodec::~BlockCodec() = default;
BlockCodec::BlockCodec(BlockCodec&&) noexcept = default;

Codec BlockCodec::compress(Kind kind, ByteView raw, Bytes& out) {
  contexts_->tune(kind);
  contexts_->make_room(raw.size());
  const std::uint8_t* const compressed = contexts_->compressed.get();
  const std::span check(contexts_->check.get(), raw.size());
  const std::size_t size = ZSTD_compress2(contexts_->compress, contexts_->compressed.get(),
                                          ZSTD_compressBound(raw.size()), raw.data(), raw.size());
  if (ZSTD_isError(size) == 0 && size < raw.size()) {
    out.assign(compressed, compressed + size);
    // Memory that flips a bit, or a defect in the compressor, must not reach the disk.
    if (decompress_frame(contexts_->decompress, out, check) && std::ranges::equal(raw, check)) {
      return Codec::kZstd;
    }
  }
  out.assign(raw.begin(), raw.end());
  return Codec::kRaw;
}

Status BlockCodec::decompress(Codec codec, ByteView stored, std::size_t raw_bytes, Bytes& out) {
  return decompress_to(contexts_->decompress, codec, stored, raw_bytes, out);
}

Status BlockCodec::decompress(Codec codec, ByteView stored, std::size_t raw_bytes,
                              UnsetBytes& out) {
  return decompress_to(contexts_->decompress, codec, stored, raw_bytes, out);
}

}  // namespace letterpress::codecs
