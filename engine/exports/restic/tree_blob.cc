// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/tree_blob.h"

#include <zstd.h>

#include <new>

#include "vault/keys/sha256.h"

namespace letterpress::restic {

// The text that has left, as its hash and a frame that is still open.
class TreeBlob::Tail {
 public:
  explicit Tail(int level) : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
  }

  void take(std::string_view text, ZSTD_EndDirective end) {
    hash_.update(as_bytes(text));
    raw_bytes_ += text.size();
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::size_t left = 1;
    while (in.pos < in.size || (end == ZSTD_e_end && left != 0)) {
      const std::size_t size = frame_.size();
      frame_.resize(size + ZSTD_CStreamOutSize());
      ZSTD_outBuffer out{frame_.data() + size, frame_.size() - size, 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, end);
      if (ZSTD_isError(left) != 0) throw std::bad_alloc();
      frame_.resize(size + out.pos);
    }
  }
  Made finish() { return {hash_.finish(), {}, frame_, raw_bytes_}; }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  vault::Sha256 hash_;
  Bytes frame_;
  std::uint64_t raw_bytes_ = 0;
};

TreeBlob::TreeBlob(int level) : level_(level), text_(R"({"nodes":[)") {}
TreeBlob::~TreeBlob() = default;
TreeBlob::TreeBlob(TreeBlob&&) noexcept = default;

std::string& TreeBlob::next_node() {
  if (!is_empty_) text_ += ',';
  is_empty_ = false;
  return text_;
}

void TreeBlob::settle() {
  if (text_.size() < kTextBytesMax) return;
  if (tail_ == nullptr) tail_ = std::make_unique<Tail>(level_);
  tail_->take(text_, ZSTD_e_continue);
  text_.clear();
}

TreeBlob::Made TreeBlob::finish() {
  text_ += "]}\n";
  if (tail_ == nullptr) {
    return {vault::sha256(as_bytes(text_)), as_bytes(text_), {}, text_.size()};
  }
  tail_->take(text_, ZSTD_e_end);
  return tail_->finish();
}

}  // namespace letterpress::restic
