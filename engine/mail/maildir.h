// SPDX-License-Identifier: Apache-2.0
// What the names in a Maildir mean: "1700000000.M1P2.host,S=4183,W=4290:2,RS" is the mail
// "1700000000.M1P2.host,S=4183,W=4290", replied to and seen.
//
// Pure functions; any thread; no allocation; linear in the name.
#pragma once

#include <string_view>

namespace letterpress::mail {

// Whether a folder of this name holds mails, in a Maildir: `cur` and `new`.
bool is_maildir_mail_folder(std::string_view name) noexcept;

// What stays the same when flags change and when a mail goes from new to cur: the name up to ":2,".
// File systems without ':' have ";2," or "!2," with nothing but letters behind.
std::string_view maildir_base_name(std::string_view file_name) noexcept;

}  // namespace letterpress::mail
