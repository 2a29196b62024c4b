// SPDX-License-Identifier: Apache-2.0
// The user's patterns for what is not taken.
//
//   *      any bytes but '/'          ?      one byte but '/'
//   **     any bytes                  **/    any number of folders, also none
//   [a-z]  one byte of a set          [!a-z] one byte that is not; neither is ever '/'
//   \x     the byte x itself          An unclosed [ is the byte [.
//
// A pattern without '/' is compared with the name of each entry ("*.tmp"). One with '/' is compared
// with the end of the entry's path, from the start of some component ("user/Trash" leaves out
// mail/user/Trash); with a '/' in front, with the whole path ("/mail/user"). A '/' at the end
// restricts it to folders. Bytes, not characters; upper and lower case differ. Immutable once
// filled; O(pattern x path) each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace letterpress::files {

class Excludes {
 public:
  Excludes() = default;
  explicit Excludes(const std::vector<std::string>& patterns);

  bool empty() const noexcept { return patterns_.empty(); }
  bool match(std::string_view entry_path, bool is_folder) const noexcept;

 private:
  struct Pattern {
    std::string glob;
    bool has_slash;
    bool anchored;
    bool folders_only;
  };
  std::vector<Pattern> patterns_;
};

// Whether the whole text matches the pattern, as described above.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace letterpress::files
