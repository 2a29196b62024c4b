// SPDX-License-Identifier: Apache-2.0
// A key file that needs a passphrase: the text of another key file, encrypted
// (docs/FORMAT.md, "Locked keys"). Argon2id makes the key, which costs time and memory on purpose.
//
//   LETTERPRESS_TRY_ASSIGN(std::string file, lock_text("recovery key", text, passphrase, {}));
//   if (is_locked(bytes)) {
//     LETTERPRESS_TRY_ASSIGN(Bytes text, unlock_text(bytes, passphrase, path));
//   }
//
// Pure but for the system's random numbers; any thread. Cost of both: what LockCost says, by
// default 256 MiB for about a second.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/limits.h"
#include "vault/keys/passphrase.h"

namespace letterpress::vault {

// What one guess costs. Kept in the file; limits: kLockOperationsMax, kLockMemoryBytesMax.
struct LockCost {
  std::uint64_t operations = 3;  // passes over the memory
  std::uint64_t memory_bytes = 256 * kMiB;
};

// What of a locked file is random; tests choose it.
struct LockChance {
  std::array<std::uint8_t, 16> salt{};
  std::array<std::uint8_t, 24> nonce{};
};

// How a new key file is locked. `passphrase` outlives it.
struct KeyLock {
  const Passphrase& passphrase;
  LockCost cost;
  const LockChance* chance = nullptr;
};

bool is_locked(ByteView file);

// `kind` is that of the text. kInvalidArgument: a cost out of its limits. kOutOfMemory.
Result<std::string> lock_text(std::string_view kind, std::string_view text, const KeyLock& lock);

// What kind of key a locked file says it holds. Errors as unlock_text(), before any is unlocked.
Result<std::string> locked_kind(ByteView file, const std::string& path);

// kInvalidArgument: the passphrase is not that of the file. kCorrupt: damaged, or a cost beyond the
// limits, which is refused before any memory is taken. kOutOfMemory: the machine has not as much
// memory as the file asks for.
Result<Bytes> unlock_text(ByteView file, const Passphrase& passphrase, const std::string& path);

}  // namespace letterpress::vault
