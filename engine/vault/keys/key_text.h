// SPDX-License-Identifier: Apache-2.0
// What the files of keys hold (docs/FORMAT.md, "Keys"): keys to text and back, without a file.
//
//   LETTERPRESS_TRY_ASSIGN(std::string text, format_key(AnyKey(recovery), lock));
//   const WipeAtEnd wipe(text);
//   LETTERPRESS_TRY_ASSIGN(const AnyKey key, parse_any_key(as_bytes(text), "the key", ask));
//
// A secret one may be locked with a passphrase: then parsing it asks for it. Buffers on the way
// are overwritten; the text that is given back is the caller's to wipe. Free functions; any thread.
// Parsing: kInvalidArgument (not a key, another kind of key, or a locked one without its
// passphrase); kUnsupported (made by another version); kCorrupt (damaged). `name` is for messages.
#pragma once

#include <optional>
#include <variant>

#include "vault/keys/keys.h"
#include "vault/keys/locked_text.h"

namespace letterpress::vault {

// What others need to check who wrote a vault.
struct VaultPublicKey {
  VaultId vault;
  VerifyKey root;
};

using AnyKey = std::variant<RecoveryKey, IngestKey, ReaderKey, ReaderPublicKey, VaultPublicKey>;

// "recovery key", "ingest key", ...
std::string_view kind_of(const AnyKey& key) noexcept;
// Whether others must not see it.
bool is_secret(const AnyKey& key) noexcept;

// `lock` is for secret keys; null: not locked. Errors as of lock_text().
Result<std::string> format_key(const AnyKey& key, const KeyLock* lock = nullptr);

// Of the kind that is wanted.
template <class Key>
Result<Key> parse_key(ByteView text, const std::string& name, const AskPassphrase& ask = {});
// Of any kind.
Result<AnyKey> parse_any_key(ByteView text, const std::string& name, const AskPassphrase& ask = {});

// A recovery key or a reader key: what `restore` takes.
struct ReadingKey {
  ReaderKey reader;
  std::optional<VaultPublicKey> vault;  // whose it is; a reader key may be of several vaults
};
Result<ReadingKey> parse_reading_key(ByteView text, const std::string& name,
                                     const AskPassphrase& ask = {});
ReadingKey reading_key_of(const RecoveryKey& key);

}  // namespace letterpress::vault
