// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/sha256.h"

#include <openssl/evp.h>

#include <new>

namespace letterpress::vault {

namespace {

EVP_MD_CTX* as_digest_context(void* context) noexcept { return static_cast<EVP_MD_CTX*>(context); }

// libcrypto fails at SHA-256 only for want of memory.
void require_digest(bool succeeded) {
  if (!succeeded) throw std::bad_alloc();
}

}  // namespace

void Sha256::Free::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(as_digest_context(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require_digest(context_ &&
                 EVP_DigestInit_ex(as_digest_context(context_.get()), EVP_sha256(), nullptr) == 1);
}

void Sha256::update(ByteView bytes) {
  require_digest(EVP_DigestUpdate(as_digest_context(context_.get()), bytes.data(), bytes.size()) ==
                 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require_digest(
      EVP_DigestFinal_ex(as_digest_context(context_.get()), digest.bytes.data(), nullptr) == 1);
  return digest;
}

Sha256Digest sha256(ByteView bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.finish();
}

}  // namespace letterpress::vault
