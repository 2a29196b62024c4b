// SPDX-License-Identifier: Apache-2.0
#include "mail/maildir.h"

#include <algorithm>

namespace letterpress::mail {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_maildir_mail_folder(std::string_view name) noexcept {
  return name == "cur" || name == "new";
}

std::string_view maildir_base_name(std::string_view file_name) noexcept {
  if (const std::size_t colon = file_name.find(":2,"); colon != file_name.npos) {
    return file_name.substr(0, colon);
  }
  // A base name may hold ';' and '!' itself, so these count only where they look like flags to the
  // end.
  for (const std::string_view separator : {";2,", "!2,"}) {
    const std::size_t at = file_name.rfind(separator);
    if (at == file_name.npos) continue;
    const std::string_view flags = file_name.substr(at + separator.size());
    if (std::all_of(flags.begin(), flags.end(), is_letter)) return file_name.substr(0, at);
  }
  return file_name;
}

}  // namespace letterpress::mail
