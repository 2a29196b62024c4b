// SPDX-License-Identifier: Apache-2.0
#include "codecs/codec.h"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <span>

#include "base/limits.h"

namespace letterpress::codecs {

namespace {

// Matches may come from anywhere in a block; zstd's own levels look back 2 MiB at most.
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

// Bytes that are not set before they are written, and stay allocated from block to block.
class Scratch {
 public:
  std::span<std::uint8_t> of_size(std::size_t bytes) {
    if (bytes > capacity_) {
      bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
      capacity_ = bytes;
    }
    return {bytes_.get(), bytes};
  }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
};

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

  bool comes_back(ByteView compressed, ByteView raw) {
    const std::span<std::uint8_t> back = check.of_size(raw.size());
    const std::size_t size = ZSTD_decompressDCtx(decompress, back.data(), back.size(),
                                                 compressed.data(), compressed.size());
    return size == raw.size() && std::equal(raw.begin(), raw.end(), back.begin());
  }

  ZSTD_CCtx* compress;
  ZSTD_DCtx* decompress;
  int level;
  Scratch frame;
  Scratch check;
};

BlockCodec::BlockCodec(int level)
    : contexts_(std::make_unique<Contexts>(std::clamp(level, kLevelMin, kLevelMax))) {}
BlockCodec::~BlockCodec() = default;
BlockCodec::BlockCodec(BlockCodec&&) noexcept = default;

Codec BlockCodec::compress(Kind kind, ByteView raw, Bytes& out) {
  contexts_->tune(kind);
  const std::span<std::uint8_t> room = contexts_->frame.of_size(ZSTD_compressBound(raw.size()));
  const std::size_t size =
      ZSTD_compress2(contexts_->compress, room.data(), room.size(), raw.data(), raw.size());
  if (ZSTD_isError(size) == 0 && size < raw.size()) {
    const ByteView frame = room.first(size);
    // Memory that flips a bit, or a defect in the compressor, must not reach the disk.
    if (contexts_->comes_back(frame, raw)) {
      out.assign(frame.begin(), frame.end());
      return Codec::kZstd;
    }
  }
  out.assign(raw.begin(), raw.end());
  return Codec::kRaw;
}

Status BlockCodec::decompress(Codec codec, ByteView stored, std::size_t raw_bytes, Bytes& out) {
  if (codec == Codec::kRaw) {
    if (stored.size() != raw_bytes) {
      return Error(ErrorCode::kCorrupt, "raw block has " + std::to_string(stored.size()) +
                                            " bytes, its table says " + std::to_string(raw_bytes));
    }
    out.assign(stored.begin(), stored.end());
    return Ok{};
  }
  if (codec != Codec::kZstd) return Error(ErrorCode::kUnsupported, "unknown block codec");
  // One frame, no more: what a format does not allow must not hide behind it.
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) {
    return Error(ErrorCode::kCorrupt, "block does not decompress: it is not one zstd frame");
  }
  out.resize(raw_bytes);
  const std::size_t size = ZSTD_decompressDCtx(contexts_->decompress, out.data(), out.size(),
                                               stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) {
    return Error(ErrorCode::kCorrupt,
                 std::string("block does not decompress: ") + ZSTD_getErrorName(size));
  }
  if (size != raw_bytes) {
    return Error(ErrorCode::kCorrupt, "block decompresses to " + std::to_string(size) +
                                          " bytes, its table says " + std::to_string(raw_bytes));
  }
  return Ok{};
}

}  // namespace letterpress::codecs
