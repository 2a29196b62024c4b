// SPDX-License-Identifier: Apache-2.0
// Which files a mail server works with: those that a walk leaves out by default, because they are
// made again, and those that it must read with care. Pure functions of names; see files/walker.h
// for the list.
#pragma once

#include <string_view>

#include "files/name_list.h"

namespace letterpress::files {

inline constexpr std::uint64_t kDotlockBytesMax = 1024;

// Anywhere.
bool is_server_cache(std::string_view name) noexcept;

// Beside the mails of a Maildir.
bool is_maildir_scratch(std::string_view name) noexcept;

// Beside the mails of a Maildir: what tells of them, and is rewritten at any time.
bool is_maildir_control(std::string_view name) noexcept;

// Elsewhere: NAME.lock beside a file NAME. It is left out if it is also a regular file of at most
// kDotlockBytesMax, so that a program's own "x.lock" beside "x" stays.
bool may_be_dotlock(std::string_view name, const NameList& siblings) noexcept;

}  // namespace letterpress::files
