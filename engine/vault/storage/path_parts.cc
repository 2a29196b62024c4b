// SPDX-License-Identifier: Apache-2.0
#include "vault/storage/path_parts.h"

namespace letterpress::vault {

PathParts split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace letterpress::vault
