// SPDX-License-Identifier: Apache-2.0
// Makes a sealed file whole from copies that may all be damaged, as long as each of its records is
// whole in one of them.
//
//   LETTERPRESS_TRY_ASSIGN(const std::optional<Bytes> file, mend(copies, keys, wanted));
//
// The signed head says what every record's hash is, and stands twice in each copy; so no secret is
// needed, what comes out is what its writer signed, and a file whose head or tail alone is damaged
// is mended from itself. Memory: the file, and a record. Thread-safe as the copies are.
#pragma once

#include <functional>

#include "vault/repair/copies.h"
#include "vault/sealing/sealed_reader.h"

namespace letterpress::vault {

struct WantedFile {
  ExpectedLabel label;
  std::optional<Sha256Digest> sha256 = std::nullopt;  // of the file
  // Has the last word, if there is one.
  std::function<bool(ByteView file)> accepts = nullptr;
};

// Nothing: the copies together do not have it. Copies that cannot be read count as damaged.
Result<std::optional<Bytes>> mend(const std::vector<FileCopy>& copies, const Keyring& keys,
                                  const WantedFile& wanted);

}  // namespace letterpress::vault
