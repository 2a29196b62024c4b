// SPDX-License-Identifier: Apache-2.0
#include "exports/store/chunk_format.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace letterpress::exports {
namespace {

template <class Thing>
Thing* made(Thing* thing) {
  if (thing == nullptr) throw std::bad_alloc();
  return thing;
}

}  // namespace

struct ChunkCoder::Contexts {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const noexcept { EVP_MD_CTX_free(freed); }
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  };
  const EVP_MD* digest;
  int level;
  std::unique_ptr<EVP_MD_CTX, Free> hash{made(EVP_MD_CTX_new())};
  std::unique_ptr<ZSTD_CCtx, Free> compress{made(ZSTD_createCCtx())};
  std::unique_ptr<ZSTD_DCtx, Free> decompress{made(ZSTD_createDCtx())};
  Bytes decompressed = {};
};

ChunkCoder::ChunkCoder(ChunkDigest digest, int level)
    : contexts_(
          new Contexts{digest == ChunkDigest::kSha256 ? EVP_sha256() : EVP_sha512_256(), level}) {}
ChunkCoder::~ChunkCoder() = default;
ChunkCoder::ChunkCoder(ChunkCoder&&) noexcept = default;
ChunkCoder& ChunkCoder::operator=(ChunkCoder&&) noexcept = default;

// libcrypto only fails here for want of memory.
StoreDigest ChunkCoder::digest(ByteView bytes) {
  StoreDigest digest{};
  EVP_MD_CTX* hash = contexts_->hash.get();
  if (EVP_DigestInit_ex(hash, contexts_->digest, nullptr) != 1 ||
      EVP_DigestUpdate(hash, bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(hash, digest.data(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

void ChunkCoder::compress(ByteView bytes, Bytes& out) {
  out.resize(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(contexts_->compress.get(), out.data(), out.size(),
                                             bytes.data(), bytes.size(), contexts_->level);
  // There is room enough, so it is memory that was short.
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  out.resize(size);
}

bool ChunkCoder::is_frame_of(ByteView frame, ByteView bytes) {
  Bytes& decompressed = contexts_->decompressed;
  decompressed.resize(bytes.size());
  // Several frames in one file are read as one, and not by everybody.
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return false;
  const std::size_t size = ZSTD_decompressDCtx(contexts_->decompress.get(), decompressed.data(),
                                               decompressed.size(), frame.data(), frame.size());
  return size == bytes.size() && std::ranges::equal(decompressed, bytes);
}

}  // namespace letterpress::exports
