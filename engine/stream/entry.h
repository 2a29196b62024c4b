// SPDX-License-Identifier: Apache-2.0
// Entries, and the order of their paths.
#pragma once

#include <string_view>

#include "letterpress/entry.h"

namespace letterpress::stream {

using letterpress::Entry;
using letterpress::EntryType;
using letterpress::is_valid_path;
using letterpress::Metadata;

// Whether the target is what its type takes: text for a symlink, a path for a hard link, and
// nothing elsewhere.
bool is_valid_target(const Metadata& metadata) noexcept;

// Orders paths so that a folder's contents follow it directly: '/' sorts before every other byte.
// Negative, zero or positive, as memcmp.
int compare_paths(std::string_view a, std::string_view b) noexcept;

}  // namespace letterpress::stream
