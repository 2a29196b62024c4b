// SPDX-License-Identifier: Apache-2.0
// What is kept of a Maildir that was walked, so as to find what came to it later: a mail that was
// moved from a folder that was walked later into one that had been walked before would be in
// neither.
//
// 8 bytes for each mail. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace letterpress::files {

struct MaildirTrace {
  static constexpr std::int64_t kUnsettled = -1;  // no folder has this time: look again in any case

  std::string entry_path;
  // Of new and cur, in the order of MailFolder, when the last listing of them began.
  std::array<std::int64_t, 2> mtimes_ns{kUnsettled, kUnsettled};
  std::vector<std::uint64_t> known;  // base_name_hash() of every mail that was dealt with, sorted

  bool knows(std::string_view base_name) const noexcept;
  // Whether new and cur of this open folder have the same times as then.
  bool is_unchanged(int maildir) const noexcept;
};

std::uint64_t base_name_hash(std::string_view base_name) noexcept;

}  // namespace letterpress::files
