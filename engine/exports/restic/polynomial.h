// SPDX-License-Identifier: Apache-2.0
// The polynomial over GF(2) that a restic repository cuts files by. letterpress does not cut by it;
// restic refuses a repository whose polynomial is not irreducible.
//
// Pure functions but for the random numbers. A polynomial is a bit mask: bit n is x^n.
#pragma once

#include <cstdint>

#include "letterpress/result.h"

namespace letterpress::restic {

// For degrees of 1 to 63.
bool is_irreducible(std::uint64_t polynomial) noexcept;

// Of degree 53, as restic chooses them.
Result<std::uint64_t> random_polynomial();

}  // namespace letterpress::restic
