// SPDX-License-Identifier: Apache-2.0
// Where passphrases come from: --passphrase-file, or somebody at the terminal.
//
//   LETTERPRESS_TRY_ASSIGN(const vault::IngestKey key,
//                          vault::read_ingest_key(path, passphrase_of(console.options())));
#pragma once

#include <optional>

#include "tools/letterpress/console.h"
#include "vault/keys/passphrase.h"

namespace letterpress::cli {

// The first line of the file, without its end. kInvalidArgument: it is empty, or too long.
Result<vault::Passphrase> read_passphrase_file(const std::string& path);

// For keys that exist. kInvalidArgument if there is neither a file nor a terminal.
vault::AskPassphrase passphrase_of(const ProgramOptions& options);

// For a key that is about to be made: from `file`; or asked for twice if `asks`; or none.
Result<std::optional<vault::Passphrase>> new_passphrase(const std::string& file, bool asks,
                                                        const std::string& what);

}  // namespace letterpress::cli
