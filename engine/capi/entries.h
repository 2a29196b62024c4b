// SPDX-License-Identifier: Apache-2.0
// Entries between their C struct and the C++ one.
#pragma once

#include "letterpress.h"
#include "letterpress/entry.h"
#include "letterpress/result.h"

namespace letterpress::capi {

// kInvalidArgument for NULL, a size that no version had, or a type that is none.
Result<Entry> entry_of(const letterpress_entry* given);
// Valid as long as the entry.
letterpress_entry view_of(const Entry& entry) noexcept;

}  // namespace letterpress::capi
