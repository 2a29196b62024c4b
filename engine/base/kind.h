// SPDX-License-Identifier: Apache-2.0
// What a chunk's bytes are. Blocks hold chunks of one kind. Part of the formats; do not change
// values.
#pragma once

#include <cstdint>
#include <string_view>

namespace letterpress {

enum class Kind : std::uint8_t {
  kHeader = 0,      // header blocks of messages and MIME parts, boundary lines
  kText = 1,        // bodies that people read
  kAttachment = 2,  // decoded base64
  kPlain = 3,       // everything that is not mail
  kRecipe = 4,      // recipes of large entries, and a snapshot's tree
};
inline constexpr std::size_t kKindCount = 5;

constexpr std::string_view kind_name(Kind kind) noexcept {
  constexpr std::string_view names[kKindCount] = {"header", "text", "attachment", "plain",
                                                  "recipe"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace letterpress
