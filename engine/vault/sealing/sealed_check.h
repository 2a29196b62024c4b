// SPDX-License-Identifier: Apache-2.0
// Finds all damage of a sealed file, without a secret key.
//
//   LETTERPRESS_TRY_ASSIGN(const SealedCheck check, check_sealed(storage, path, keys, expected));
//   for (const DamagedRange& range : check.damage) ...
//
// Every record is compared with its hash in the tail, whose hash the signed head has. Where the
// tail is gone, records that the keyring opens are checked by their tags; others are as doubtful as
// the file, and not listed. Thread-safe as its storage. Memory: a MiB and 32 bytes a record.
#pragma once

#include "vault/sealing/sealed_reader.h"

namespace letterpress::vault {

struct DamagedRange {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t count = 0;
  std::string what;
};

// What a look at every byte of a sealed file found.
struct SealedCheck {
  std::optional<SealHead> head;        // if one of both is good and as expected
  std::optional<Sha256Digest> sha256;  // of the file, if every byte could be read
  std::uint64_t file_bytes = 0;
  std::vector<DamagedRange> damage;  // in order; empty: the file is sound
};

// An error only if the file is not there or cannot be opened.
Result<SealedCheck> check_sealed(const Storage& storage, const std::string& path,
                                 const Keyring& keys, const ExpectedLabel& expected);

// SHA-256 and length of any file, in bounded memory.
struct FileDigest {
  Sha256Digest sha256;
  std::uint64_t bytes = 0;
};
Result<FileDigest> digest_file(const Storage& storage, const std::string& path);

}  // namespace letterpress::vault
