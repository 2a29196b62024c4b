// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/put_in_folder.h"

#include <vector>

#include "vault/storage/path_parts.h"

namespace letterpress::vault {

Status put_in_folder(Storage& storage, const std::string& folder, const std::string& name,
                     ByteView bytes) {
  Status put = storage.put_if_absent(folder, name, bytes);
  if (put || put.error().code() != ErrorCode::kNotFound) return put;
  std::vector<std::string> missing = {folder};
  for (std::string above = split_path(folder).folder; above != ".";
       above = split_path(above).folder) {
    missing.insert(missing.begin(), above);
  }
  LETTERPRESS_TRY(storage.make_folders(missing));
  return storage.put_if_absent(folder, name, bytes);
}

}  // namespace letterpress::vault
