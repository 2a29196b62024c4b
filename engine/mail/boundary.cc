// SPDX-License-Identifier: Apache-2.0
#include "mail/boundary.h"

#include "base/assert.h"

namespace letterpress::mail {

BoundaryMatch match_boundary(std::string_view line, const Boundary& boundary) noexcept {
  LETTERPRESS_ASSERT(line.starts_with("--"));
  line.remove_prefix(2);
  if (!line.starts_with(boundary.view())) return BoundaryMatch::kNone;
  line.remove_prefix(boundary.size);
  const bool closes = line.starts_with("--");
  if (closes) line.remove_prefix(2);
  // Only blanks may follow.
  const bool is_bare = line.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (!is_bare) return BoundaryMatch::kNone;
  return closes ? BoundaryMatch::kClose : BoundaryMatch::kDelimiter;
}

}  // namespace letterpress::mail
