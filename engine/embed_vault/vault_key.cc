// SPDX-License-Identifier: Apache-2.0
#include "embed_vault/held.h"
#include "embed_vault/wall.h"
#include "vault/keys/key_files.h"

namespace letterpress {
namespace {

using embed_vault::walled;

vault::AskPassphrase known_passphrase(std::string_view passphrase) {
  if (passphrase.empty()) return {};
  return [passphrase](const std::string&) { return vault::Passphrase::make(passphrase); };
}

// Calls `use` with what locks a new file: null if there is no passphrase.
template <class Use>
auto with_lock(std::string_view passphrase, Use use) -> decltype(use(nullptr)) {
  if (passphrase.empty()) return use(nullptr);
  LETTERPRESS_TRY_ASSIGN(const vault::Passphrase own, vault::Passphrase::make(passphrase));
  const vault::KeyLock lock{own, {}};
  return use(&lock);
}

}  // namespace

Result<VaultKey> VaultKey::make_recovery() {
  return walled([]() -> Result<VaultKey> {
    vault::VaultId id;
    LETTERPRESS_TRY(vault::fill_random(id.bytes));
    LETTERPRESS_TRY_ASSIGN(vault::RecoveryKey key, vault::make_recovery_key(id));
    return Held::make(std::move(key));
  });
}

Result<VaultKey> VaultKey::make_reader() {
  return walled([]() -> Result<VaultKey> {
    LETTERPRESS_TRY_ASSIGN(const vault::Secret secret, vault::random_secret());
    return Held::make(vault::ReaderKey(secret));
  });
}

Result<VaultKey> VaultKey::read(const std::string& path, std::string_view passphrase) {
  return walled([&]() -> Result<VaultKey> {
    LETTERPRESS_TRY_ASSIGN(vault::AnyKey key,
                           vault::read_any_key(path, known_passphrase(passphrase)));
    return Held::make(std::move(key));
  });
}

Result<VaultKey> VaultKey::parse(std::string_view text, std::string_view passphrase) {
  return walled([&]() -> Result<VaultKey> {
    LETTERPRESS_TRY_ASSIGN(vault::AnyKey key, vault::parse_any_key(as_bytes(text), "the key",
                                                                   known_passphrase(passphrase)));
    return Held::make(std::move(key));
  });
}

// The kinds are in the order of AnyKey.
VaultKey::Kind VaultKey::kind() const noexcept { return static_cast<Kind>(held_->key.index()); }

Result<VaultKey> VaultKey::public_key() const {
  return walled([&]() -> Result<VaultKey> {
    if (const auto* recovery = std::get_if<vault::RecoveryKey>(&held_->key)) {
      return Held::make(vault::VaultPublicKey{recovery->vault, recovery->signing().public_key()});
    }
    if (const auto* reader = std::get_if<vault::ReaderKey>(&held_->key)) {
      return Held::make(reader->public_key());
    }
    if (!vault::is_secret(held_->key)) return *this;
    return Error(ErrorCode::kInvalidArgument, "an ingest key has no public key of its own");
  });
}

Result<std::string> VaultKey::text(std::string_view passphrase) const {
  return walled([&] {
    return with_lock(passphrase,
                     [&](const vault::KeyLock* lock) { return format_key(held_->key, lock); });
  });
}

Status VaultKey::write(const std::string& path, std::string_view passphrase) const {
  return walled([&] {
    return with_lock(passphrase, [&](const vault::KeyLock* lock) {
      return write_key_file(path, held_->key, lock);
    });
  });
}

}  // namespace letterpress
