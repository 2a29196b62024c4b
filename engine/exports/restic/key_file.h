// SPDX-License-Identifier: Apache-2.0
// A restic key file: the repository's master key, locked with a password by scrypt.
//
//   LETTERPRESS_TRY_ASSIGN(std::string json, make_key_file(master, password, {...}));
//   LETTERPRESS_TRY_ASSIGN(auto master, open_key_file(as_text(bytes), password));
//
// Pure functions but for the salt. At the default cost, both take about half a second and 32 MiB,
// as in restic.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exports/restic/box.h"

namespace letterpress::restic {

struct KeyOrigin {
  std::string created;  // RFC 3339
  std::string user;
  std::string host;
};

// What restic settles on, as a rule, when it measures the machine.
struct ScryptCost {
  std::uint64_t n = 32768;
  std::uint32_t r = 8;
  std::uint32_t p = 6;
};

Result<std::string> make_key_file(const BoxKey& master, std::string_view password,
                                  const KeyOrigin& origin, const ScryptCost& cost = {});

// Nothing if the password is another. kCorrupt: it is no key file; kLimitExceeded: its scrypt
// parameters want more than 1 GiB, or pass over more than 4 GiB in all.
Result<std::optional<BoxKey>> open_key_file(std::string_view json, std::string_view password);

}  // namespace letterpress::restic
