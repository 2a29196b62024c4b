// SPDX-License-Identifier: Apache-2.0
#include "files/remembered.h"

#include "mail/maildir.h"

namespace letterpress::files {

std::string memory_key(std::string_view entry_path) {
  const std::size_t name_at = entry_path.rfind('/') + 1;  // 0 if there is none: npos + 1
  if (name_at == 0) return std::string(entry_path);
  const std::string_view folder_path = entry_path.substr(0, name_at - 1);
  const std::size_t folder_at = folder_path.rfind('/') + 1;
  if (!mail::is_maildir_mail_folder(folder_path.substr(folder_at))) return std::string(entry_path);
  std::string key(folder_path.substr(0, folder_at));
  key += "cur/";
  key += mail::maildir_base_name(entry_path.substr(name_at));
  return key;
}

}  // namespace letterpress::files
