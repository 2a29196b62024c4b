// SPDX-License-Identifier: Apache-2.0
#include "capi/entries.h"

#include "capi/handle.h"
#include "capi/structs.h"

namespace letterpress::capi {

Result<Entry> entry_of(const letterpress_entry* given) {
  LETTERPRESS_TRY_ASSIGN(const letterpress_entry known, known_part_of(given, "entry"));
  if (known.path == nullptr) return invalid_argument("entry: path is NULL");
  if (known.type < LETTERPRESS_FILE || known.type > LETTERPRESS_HARD_LINK) {
    return invalid_argument("entry: type is no letterpress_type");
  }
  Entry entry;
  entry.path = known.path;
  entry.metadata.type = static_cast<EntryType>(known.type);
  entry.metadata.mode = known.mode;
  entry.metadata.user_id = known.user_id;
  entry.metadata.group_id = known.group_id;
  entry.metadata.mtime_ns = known.mtime_ns;
  if (known.target != nullptr) entry.metadata.target = known.target;
  return entry;
}

letterpress_entry view_of(const Entry& entry) noexcept {
  return {sizeof(letterpress_entry),
          entry.path.c_str(),
          static_cast<int>(entry.metadata.type),
          entry.metadata.mode,
          entry.metadata.user_id,
          entry.metadata.group_id,
          entry.metadata.mtime_ns,
          entry.metadata.target.c_str()};
}

}  // namespace letterpress::capi
