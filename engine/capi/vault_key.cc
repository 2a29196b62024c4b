// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include <memory>

#include "capi/vault_handles.h"

namespace letterpress::capi {

Result<const VaultKey*> key_of(const letterpress_vault_key* given, const char* name) {
  if (given != nullptr && given->key) return &*given->key;
  return Error(ErrorCode::kInvalidArgument,
               std::string(name) +
                   (given == nullptr ? ": the key is NULL" : ": the key could not be opened"));
}

Result<std::vector<VaultKey>> keys_of(const letterpress_vault_key* const* given,
                                      std::size_t count) {
  std::vector<VaultKey> keys;
  if (given == nullptr && count > 0) return invalid_argument("readers is NULL");
  for (std::size_t i = 0; i < count; ++i) {
    LETTERPRESS_TRY_ASSIGN(const VaultKey* key, key_of(given[i], "readers"));
    keys.push_back(*key);
  }
  return keys;
}

namespace {

std::string_view passphrase_of(const char* given) {
  return given == nullptr ? std::string_view() : std::string_view(given);
}

// Gives a text in one call, and overwrites it.
Status give_secret(std::string& text, letterpress_output output, void* user) {
  const Status given = returned(output(
      user, static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()));
  sodium_memzero(text.data(), text.size());
  if (!given) return given.error().copy();
  return Ok{};
}

}  // namespace
}  // namespace letterpress::capi

using letterpress::Error;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;
using letterpress::VaultKey;
using letterpress::capi::invalid_argument;
using letterpress::capi::make_handle;
using letterpress::capi::passphrase_of;
using letterpress::capi::with;

int letterpress_vault_key_make_recovery(letterpress_vault_key** key) {
  return make_handle(key, [](letterpress_vault_key& made) -> Status {
    LETTERPRESS_TRY_ASSIGN(made.key, VaultKey::make_recovery());
    return Ok{};
  });
}

int letterpress_vault_key_make_reader(letterpress_vault_key** key) {
  return make_handle(key, [](letterpress_vault_key& made) -> Status {
    LETTERPRESS_TRY_ASSIGN(made.key, VaultKey::make_reader());
    return Ok{};
  });
}

int letterpress_vault_key_read(const char* path, const char* passphrase,
                               letterpress_vault_key** key) {
  return make_handle(key, [&](letterpress_vault_key& made) -> Status {
    if (path == nullptr) return invalid_argument("path is NULL");
    LETTERPRESS_TRY_ASSIGN(made.key, VaultKey::read(path, passphrase_of(passphrase)));
    return Ok{};
  });
}

int letterpress_vault_key_parse(const void* text, size_t byte_count, const char* passphrase,
                                letterpress_vault_key** key) {
  return make_handle(key, [&](letterpress_vault_key& made) -> Status {
    if (text == nullptr) return invalid_argument("text is NULL");
    LETTERPRESS_TRY_ASSIGN(made.key, VaultKey::parse({static_cast<const char*>(text), byte_count},
                                                     passphrase_of(passphrase)));
    return Ok{};
  });
}

int letterpress_vault_key_get_kind(const letterpress_vault_key* key) {
  return key != nullptr && key->key ? static_cast<int>(key->key->kind()) : -1;
}

int letterpress_vault_key_make_public(const letterpress_vault_key* key,
                                      letterpress_vault_key** public_key) {
  return make_handle(public_key, [&](letterpress_vault_key& made) -> Status {
    LETTERPRESS_TRY_ASSIGN(const VaultKey* secret, letterpress::capi::key_of(key, "key"));
    LETTERPRESS_TRY_ASSIGN(made.key, secret->public_key());
    return Ok{};
  });
}

int letterpress_vault_key_text(letterpress_vault_key* key, const char* passphrase,
                               letterpress_output output, void* user) {
  return with(key, &letterpress_vault_key::key, [&](VaultKey& held) -> Status {
    if (output == nullptr) return invalid_argument("output is NULL");
    LETTERPRESS_TRY_ASSIGN(std::string text, held.text(passphrase_of(passphrase)));
    return letterpress::capi::give_secret(text, output, user);
  });
}

int letterpress_vault_key_write(letterpress_vault_key* key, const char* path,
                                const char* passphrase) {
  return with(key, &letterpress_vault_key::key, [&](VaultKey& held) -> Status {
    if (path == nullptr) return invalid_argument("path is NULL");
    return held.write(path, passphrase_of(passphrase));
  });
}

const char* letterpress_vault_key_error(const letterpress_vault_key* key) {
  return key == nullptr ? "" : key->handle.error_text();
}

void letterpress_vault_key_free(letterpress_vault_key* key) {
  if (key != nullptr && !key->handle.is_running()) delete key;
}
