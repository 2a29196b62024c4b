// SPDX-License-Identifier: Apache-2.0
// The lines of the vault head, shared by vault.cc and vault_init.cc (docs/FORMAT.md, "Vault head").
#pragma once

#include "vault/labelled_text.h"

namespace letterpress::vault {

inline constexpr std::string_view kHeadKind = "vault";
inline constexpr std::string_view kHeadLabels[] = {"id", "created"};

// "2026-11-23T14:21:00Z" from seconds since 1970.
std::string format_time(std::int64_t seconds);

}  // namespace letterpress::vault
