// SPDX-License-Identifier: Apache-2.0
#include "vault/sealing/record_cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/endian.h"

namespace letterpress::vault {

namespace {

EVP_CIPHER_CTX* as_cipher_context(void* context) noexcept {
  return static_cast<EVP_CIPHER_CTX*>(context);
}

// libcrypto fails at AES-GCM of a good size only for want of memory.
void require_cipher(bool succeeded) {
  if (!succeeded) throw std::bad_alloc();
}

}  // namespace

void RecordCipher::Free::operator()(void* context) const noexcept {
  EVP_CIPHER_CTX_free(as_cipher_context(context));
}

RecordCipher::RecordCipher(const Secret& record_key) : context_(EVP_CIPHER_CTX_new()) {
  require_cipher(context_ && EVP_CipherInit_ex(as_cipher_context(context_.get()), EVP_aes_256_gcm(),
                                               nullptr, record_key.bytes.data(), nullptr, 1) == 1);
}

void* RecordCipher::begin(std::uint32_t number, ByteView clear_header, bool encrypts) {
  std::array<std::uint8_t, 12> nonce{};
  store_le(nonce.data(), number);
  int done = 0;
  EVP_CIPHER_CTX* const context = as_cipher_context(context_.get());
  require_cipher(
      EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), encrypts ? 1 : 0) == 1 &&
      EVP_CipherUpdate(context, nullptr, &done, clear_header.data(),
                       static_cast<int>(clear_header.size())) == 1);
  return context;
}

void RecordCipher::encrypt(std::uint32_t number, ByteView clear_header,
                           std::span<std::uint8_t> part,
                           std::span<std::uint8_t, kCipherTagBytes> tag) {
  EVP_CIPHER_CTX* const context = as_cipher_context(begin(number, clear_header, true));
  int done = 0;
  require_cipher(
      EVP_CipherUpdate(context, part.data(), &done, part.data(), static_cast<int>(part.size())) ==
          1 &&
      EVP_CipherFinal_ex(context, tag.data(), &done) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kCipherTagBytes, tag.data()) == 1);
}

bool RecordCipher::decrypt(std::uint32_t number, ByteView clear_header, ByteView part,
                           std::span<const std::uint8_t, kCipherTagBytes> tag,
                           std::span<std::uint8_t> to) {
  EVP_CIPHER_CTX* const context = as_cipher_context(begin(number, clear_header, false));
  std::array<std::uint8_t, kCipherTagBytes> expected;
  std::copy(tag.begin(), tag.end(), expected.begin());
  int done = 0;
  require_cipher(
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kCipherTagBytes, expected.data()) == 1);
  return EVP_CipherUpdate(context, to.data(), &done, part.data(), static_cast<int>(part.size())) ==
             1 &&
         EVP_CipherFinal_ex(context, expected.data(), &done) == 1;
}

}  // namespace letterpress::vault
