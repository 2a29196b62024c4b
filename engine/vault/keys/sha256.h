// SPDX-License-Identifier: Apache-2.0
// SHA-256 of bytes that come in pieces: the names of packs, the links of the log.
//
//   Sha256 sha;
//   sha.update(head);
//   sha.update(records);
//   const Sha256Digest name = sha.finish();      // once, at the end
//
// Not thread-safe. Uses OpenSSL, which picks the CPU's own instructions: about 1.8 GB/s.
#pragma once

#include <memory>

#include "vault/ids.h"

namespace letterpress::vault {

class Sha256 {
 public:
  Sha256();
  void update(ByteView bytes);
  Sha256Digest finish();

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> context_;
};

Sha256Digest sha256(ByteView bytes);

}  // namespace letterpress::vault
