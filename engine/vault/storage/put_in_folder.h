// SPDX-License-Identifier: Apache-2.0
// put_if_absent() into a folder that may be gone, or that a copy of the vault left out because it
// was empty: it is made again.
#pragma once

#include <string>

#include "vault/storage/storage.h"

namespace letterpress::vault {

Status put_in_folder(Storage& storage, const std::string& folder, const std::string& name,
                     ByteView bytes);

}  // namespace letterpress::vault
