// SPDX-License-Identifier: Apache-2.0
#include "codecs/codec.h"

#include <zstd.h>

#include <algorithm>
#include <new>

namespace letterpress::codecs {

struct BlockCodec::Contexts {
  explicit Contexts(int chosen_level)
      : compress(ZSTD_createCCtx()), decompress(ZSTD_createDCtx()), level(chosen_level) {
    if (compress == nullptr || decompress == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(compress, ZSTD_c_compressionLevel, level);
    // Blocks carry their own lengths and are compared after decompression; a frame needs neither.
    ZSTD_CCtx_setParameter(compress, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_checksumFlag, 0);
  }
  ~Contexts() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  ZSTD_CCtx* compress;
  ZSTD_DCtx* decompress;
  int level;
  Bytes check;
};

BlockCodec::BlockCodec(int level)
    : contexts_(std::make_unique<Contexts>(std::clamp(level, kLevelMin, kLevelMax))) {}
BlockCodec::~BlockCodec() = default;
BlockCodec::BlockCodec(BlockCodec&&) noexcept = default;

Codec BlockCodec::compress(ByteView raw, Bytes& out) {
  out.resize(ZSTD_compressBound(raw.size()));
  const std::size_t size =
      ZSTD_compress2(contexts_->compress, out.data(), out.size(), raw.data(), raw.size());
  if (ZSTD_isError(size) == 0 && size < raw.size()) {
    out.resize(size);
    // Memory that flips a bit, or a defect in the compressor, must not reach the disk.
    if (decompress(Codec::kZstd, out, raw.size(), contexts_->check) &&
        std::equal(raw.begin(), raw.end(), contexts_->check.begin())) {
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
