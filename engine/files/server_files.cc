// SPDX-License-Identifier: Apache-2.0
#include "files/server_files.h"

#include <dirent.h>

namespace letterpress::files {
namespace {

constexpr std::string_view kLock = ".lock";

}  // namespace

bool is_server_cache(std::string_view name) noexcept {
  return name == "dovecot.index.cache" || name.starts_with("dovecot.list.index");
}

bool is_maildir_scratch(std::string_view name) noexcept {
  return name.ends_with(kLock) || name.ends_with(".newlock") ||
         (name.starts_with("dovecot") && name.ends_with(".tmp"));
}

bool is_maildir_control(std::string_view name) noexcept {
  return name.starts_with("dovecot") || name == "subscriptions";
}

bool may_be_dotlock(std::string_view name, const NameList& siblings) noexcept {
  if (!name.ends_with(kLock)) return false;
  name.remove_suffix(kLock.size());
  const NameList::Name* locked = siblings.find(name);
  return locked != nullptr && (locked->type == DT_REG || locked->type == DT_UNKNOWN);
}

}  // namespace letterpress::files
