// SPDX-License-Identifier: Apache-2.0
// What callers of the C interface give, checked and as the C++ interface takes it.
#pragma once

#include <optional>
#include <vector>

#include "letterpress.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress::capi {

// Nothing for NULL.
std::optional<HashKey> key_of(const std::uint8_t* bytes);
std::vector<ChunkId> ids_of(const letterpress_id* ids, std::size_t count);
// Whose callbacks that must be there are.
Result<letterpress_receiver> receiver_of(const letterpress_receiver* given);

}  // namespace letterpress::capi
