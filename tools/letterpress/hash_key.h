// SPDX-License-Identifier: Apache-2.0
// The key of a stream's ids and digests, from the file that --hash-key names.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress::cli {

void add_hash_key(CLI::App& app, std::string& path);
// Nothing if no file was named. kInvalidArgument if it has not exactly the bytes of a key.
Result<std::optional<HashKey>> read_hash_key(const std::string& path);

}  // namespace letterpress::cli
