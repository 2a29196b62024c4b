// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/blob_maker.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <new>

#include "codecs/probe.h"

namespace letterpress::restic {
namespace {

void require_context(bool succeeded) {
  if (!succeeded) throw std::bad_alloc();
}

}  // namespace

struct BlobMaker::Contexts {
  Contexts(const BoxKey& key, int level)
      : box(key),
        hash(EVP_MD_CTX_new()),
        algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
        compress(ZSTD_createCCtx()),
        decompress(ZSTD_createDCtx()) {
    require_context(hash != nullptr && algorithm != nullptr && compress != nullptr &&
                    decompress != nullptr);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_checksumFlag, 0);  // the box has its own
  }
  ~Contexts() {
    EVP_MD_CTX_free(hash);
    EVP_MD_free(algorithm);
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  // Empty if it does not get smaller.
  ByteView compressed(ByteView bytes) {
    if (codecs::looks_incompressible(bytes)) return {};
    frame.resize(std::max(frame.size(), ZSTD_compressBound(bytes.size())));
    const std::size_t size =
        ZSTD_compress2(compress, frame.data(), frame.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0 || size >= bytes.size()) return {};
    // Memory that flips a bit, or a defect in the compressor, must not reach the disk.
    check.resize(std::max(check.size(), bytes.size()));
    const std::size_t back =
        ZSTD_decompressDCtx(decompress, check.data(), bytes.size(), frame.data(), size);
    if (back != bytes.size() || !std::equal(bytes.begin(), bytes.end(), check.begin())) return {};
    return ByteView(frame).first(size);
  }

  Box box;
  EVP_MD_CTX* hash;
  EVP_MD* algorithm;
  ZSTD_CCtx* compress;
  ZSTD_DCtx* decompress;
  UnsetBytes frame;
  UnsetBytes check;
};

BlobMaker::BlobMaker(const BoxKey& key, int level)
    : contexts_(std::make_unique<Contexts>(key, level)) {}
BlobMaker::~BlobMaker() = default;
BlobMaker::BlobMaker(BlobMaker&&) noexcept = default;

BlobId BlobMaker::id_of(ByteView bytes) {
  BlobId id;
  require_context(EVP_DigestInit_ex2(contexts_->hash, contexts_->algorithm, nullptr) == 1 &&
                  EVP_DigestUpdate(contexts_->hash, bytes.data(), bytes.size()) == 1 &&
                  EVP_DigestFinal_ex(contexts_->hash, id.bytes.data(), nullptr) == 1);
  return id;
}

Result<std::uint64_t> BlobMaker::seal(ByteView bytes, UnsetBytes& out) {
  const ByteView compressed = contexts_->compressed(bytes);
  LETTERPRESS_TRY(contexts_->box.seal(compressed.empty() ? bytes : compressed, out));
  return compressed.empty() ? std::uint64_t{0} : std::uint64_t{bytes.size()};
}

}  // namespace letterpress::restic
