// SPDX-License-Identifier: Apache-2.0
// The handles of the vault's C interface.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "capi/handle.h"
#include "letterpress/snapshot.h"
#include "letterpress_vault.h"

struct letterpress_vault_key {
  letterpress::capi::Handle handle;
  std::optional<letterpress::VaultKey> key;
};

struct letterpress_vault {
  letterpress::capi::Handle handle;
  std::atomic<bool> cancel = false;
  std::optional<letterpress::Vault> vault;
  std::string id;
};

namespace letterpress::capi {

// Makes a handle and does with it what opens it. `*out` is set also on an error.
template <class Made, class Call>
int make_handle(Made** out, Call call) noexcept {
  if (out == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  *out = new (std::nothrow) Made;
  if (*out == nullptr) return LETTERPRESS_OUT_OF_MEMORY;
  return (*out)->handle.run([&] { return call(**out); });
}

// Does a call with what a handle has; `member` is empty if it could not be opened.
template <class Given, class Member, class Call>
int with(Given* given, Member member, Call call) noexcept {
  if (given == nullptr) return LETTERPRESS_INVALID_ARGUMENT;
  return given->handle.run([&]() -> Status {
    if (!(given->*member)) return invalid_argument("the handle could not be opened");
    return call(*(given->*member));
  });
}

// What another handle has that is only an argument.
Result<const VaultKey*> key_of(const letterpress_vault_key* given, const char* name);
Result<const Vault*> vault_of(const letterpress_vault* given);
// All of them are opened.
Result<std::vector<VaultKey>> keys_of(const letterpress_vault_key* const* given, std::size_t count);
// kInvalidArgument if `given` is NULL, or one of them.
Result<std::vector<std::string>> texts_of(const char* const* given, std::size_t count,
                                          const char* name);
inline std::string text_of(const char* given) { return given == nullptr ? "" : given; }

}  // namespace letterpress::capi
