// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/box.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <new>

#include "vault/ids.h"

namespace letterpress::restic {
namespace {

// The bits of r that Poly1305 does not have.
constexpr std::array<std::uint8_t, 16> kClamp = {0xff, 0xff, 0xff, 0x0f, 0xfc, 0xff, 0xff, 0x0f,
                                                 0xfc, 0xff, 0xff, 0x0f, 0xfc, 0xff, 0xff, 0x0f};
constexpr std::size_t kIvsAtOnce = 64;
// OpenSSL counts in int.
constexpr std::size_t kStepBytes = std::size_t{1} << 30;

// libcrypto fails at AES only for want of memory.
void require_cipher(bool succeeded) {
  if (!succeeded) throw std::bad_alloc();
}

}  // namespace

BoxKey::~BoxKey() {
  sodium_memzero(encrypt.data(), encrypt.size());
  sodium_memzero(mac_k.data(), mac_k.size());
  sodium_memzero(mac_r.data(), mac_r.size());
}

Result<BoxKey> random_box_key() {
  BoxKey key;
  LETTERPRESS_TRY(vault::fill_random(key.encrypt));
  LETTERPRESS_TRY(vault::fill_random(key.mac_k));
  LETTERPRESS_TRY(vault::fill_random(key.mac_r));
  for (std::size_t i = 0; i < kClamp.size(); ++i) key.mac_r[i] &= kClamp[i];
  return key;
}

struct Box::State {
  explicit State(const BoxKey& key)
      : mac_r(key.mac_r), stream(EVP_CIPHER_CTX_new()), block(EVP_CIPHER_CTX_new()) {
    EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
    poly1305 = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    require_cipher(stream != nullptr && block != nullptr && poly1305 != nullptr);
    require_cipher(
        EVP_EncryptInit_ex(stream, EVP_aes_256_ctr(), nullptr, key.encrypt.data(), nullptr) == 1);
    require_cipher(
        EVP_EncryptInit_ex(block, EVP_aes_128_ecb(), nullptr, key.mac_k.data(), nullptr) == 1);
    require_cipher(EVP_CIPHER_CTX_set_padding(block, 0) == 1);
    for (std::size_t i = 0; i < kClamp.size(); ++i) mac_r[i] &= kClamp[i];
  }
  ~State() {
    EVP_CIPHER_CTX_free(stream);
    EVP_CIPHER_CTX_free(block);
    EVP_MAC_CTX_free(poly1305);
    sodium_memzero(mac_r.data(), mac_r.size());
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status next_iv(std::uint8_t* iv) {
    if (ivs_left == 0) {
      LETTERPRESS_TRY(vault::fill_random(ivs));
      ivs_left = kIvsAtOnce;
    }
    std::copy_n(ivs.data() + --ivs_left * kBoxIvBytes, kBoxIvBytes, iv);
    return Ok{};
  }

  // CTR is its own inverse.
  void crypt(const std::uint8_t* iv, ByteView from, std::uint8_t* to) {
    require_cipher(EVP_EncryptInit_ex(stream, nullptr, nullptr, nullptr, iv) == 1);
    while (!from.empty()) {
      const ByteView step = from.first(std::min(from.size(), kStepBytes));
      int written = 0;
      require_cipher(
          EVP_EncryptUpdate(stream, to, &written, step.data(), static_cast<int>(step.size())) == 1);
      to += step.size();
      from = from.subspan(step.size());
    }
  }

  std::array<std::uint8_t, kBoxTagBytes> tag_of(const std::uint8_t* iv, ByteView ciphertext) {
    std::array<std::uint8_t, 32> one_time_key{};
    std::copy(mac_r.begin(), mac_r.end(), one_time_key.begin());
    int written = 0;
    require_cipher(EVP_EncryptUpdate(block, one_time_key.data() + 16, &written, iv, kBoxIvBytes) ==
                   1);
    std::array<std::uint8_t, kBoxTagBytes> tag{};
    std::size_t tag_bytes = 0;
    require_cipher(EVP_MAC_init(poly1305, one_time_key.data(), one_time_key.size(), nullptr) == 1 &&
                   EVP_MAC_update(poly1305, ciphertext.data(), ciphertext.size()) == 1 &&
                   EVP_MAC_final(poly1305, tag.data(), &tag_bytes, tag.size()) == 1);
    return tag;
  }

  std::array<std::uint8_t, 16> mac_r;
  EVP_CIPHER_CTX* stream;
  EVP_CIPHER_CTX* block;
  EVP_MAC_CTX* poly1305;
  std::array<std::uint8_t, kIvsAtOnce * kBoxIvBytes> ivs{};
  std::size_t ivs_left = 0;
};

Box::Box(const BoxKey& key) : state_(std::make_unique<State>(key)) {}
Box::~Box() = default;
Box::Box(Box&&) noexcept = default;

template <class Buffer>
Status Box::seal_into(ByteView plain, Buffer& out) {
  const std::size_t begin = out.size();
  out.resize(begin + plain.size() + kBoxExtraBytes);
  std::uint8_t* const iv = out.data() + begin;
  LETTERPRESS_TRY(state_->next_iv(iv));
  state_->crypt(iv, plain, iv + kBoxIvBytes);
  const auto tag = state_->tag_of(iv, {iv + kBoxIvBytes, plain.size()});
  std::copy(tag.begin(), tag.end(), iv + kBoxIvBytes + plain.size());
  return Ok{};
}

Status Box::seal(ByteView plain, Bytes& out) { return seal_into(plain, out); }
Status Box::seal(ByteView plain, UnsetBytes& out) { return seal_into(plain, out); }

Status Box::open(ByteView sealed, Bytes& out) {
  if (sealed.size() < kBoxExtraBytes) return Error(ErrorCode::kCorrupt, "is too short");
  const ByteView ciphertext = sealed.subspan(kBoxIvBytes, sealed.size() - kBoxExtraBytes);
  const auto tag = state_->tag_of(sealed.data(), ciphertext);
  if (sodium_memcmp(tag.data(), sealed.data() + sealed.size() - kBoxTagBytes, kBoxTagBytes) != 0) {
    return Error(ErrorCode::kCorrupt, "does not have its right authentication tag");
  }
  out.resize(ciphertext.size());
  state_->crypt(sealed.data(), ciphertext, out.data());
  return Ok{};
}

}  // namespace letterpress::restic
