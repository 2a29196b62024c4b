// SPDX-License-Identifier: Apache-2.0
// Small files that people may open: a title with a version, one labelled value a line, and a check
// line over the lines above (docs/FORMAT.md, "Labelled text").
//
//   letterpress recovery key, version 1
//   vault 000102030405060708090a0b0c0d0e0f
//   check 3a1f...
//
// Pure functions. `file` is used in messages only.
#pragma once

#include <utility>
#include <vector>

#include "letterpress/result.h"
#include "vault/ids.h"

namespace letterpress::vault {

struct LabelledText {
  std::string kind;           // "recovery key"
  std::uint32_t version = 0;  // kFormatVersion
  std::vector<std::pair<std::string, std::string>> lines;
};

// The lines above the check line, title first.
std::string format_lines(const LabelledText& text);
std::string format_labelled_text(const LabelledText& text);

// kInvalidArgument: not a letterpress file, or one of another kind (the message says which).
// kUnsupported: a newer version. kCorrupt: damaged. `kind` and `labels` say what is expected, in
// order; a last label with a star may be there any number of times, or not.
Result<LabelledText> parse_labelled_text(ByteView bytes, std::string_view kind,
                                         std::span<const std::string_view> labels,
                                         std::string_view file);

}  // namespace letterpress::vault
