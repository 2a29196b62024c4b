// SPDX-License-Identifier: Apache-2.0
// What a volume carries beside the vault's files, so that an empty machine can bring the mail back:
// this program with the libraries that it runs on, its documents, instructions, a script.
#pragma once

#include "vault/volumes/volume_plan.h"

namespace letterpress::cli {

// `public_key`: a vault.pub, or empty. Errors as of reading files; kInvalidArgument: not a
// vault.pub of `vault`.
Result<std::vector<vault::Companion>> volume_companions(const vault::Vault& vault,
                                                        const std::string& public_key);

}  // namespace letterpress::cli
