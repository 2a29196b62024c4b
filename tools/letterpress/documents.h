// SPDX-License-Identifier: Apache-2.0
// The documents that a volume carries, as they were when this program was built.
#pragma once

#include <span>
#include <string_view>

namespace letterpress::cli {

struct Document {
  const char* name;
  std::string_view text;
};

// FORMAT.md and STREAM.md.
std::span<const Document> documents();

}  // namespace letterpress::cli
