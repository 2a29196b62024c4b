// SPDX-License-Identifier: Apache-2.0
// The files of a repository that hold one JSON text each: indexes, snapshots, locks, the config.
//
//   LETTERPRESS_TRY_ASSIGN(std::string id, put_unpacked(folder, box, "snapshots", json));
//   LETTERPRESS_TRY_ASSIGN(std::string text, get_unpacked(folder, box, "index/" + id));
//
// Their name is the SHA-256 of their bytes, which is checked. They are compressed, but for the
// config. Errors name the file: kCorrupt if it is damaged, kLimitExceeded above 1 GiB, of
// the config above 1 MiB.
#pragma once

#include <string>

#include "exports/restic/box.h"
#include "exports/restic/repository_folder.h"

namespace letterpress::restic {

inline constexpr const char* kConfigName = "config";

Result<std::string> put_unpacked(RepositoryFolder& folder, Box& box, const std::string& type,
                                 std::string_view json);
Result<std::string> get_unpacked(const RepositoryFolder& folder, Box& box, const std::string& name);

Status put_config(RepositoryFolder& folder, Box& box, std::string_view json);
Result<std::string> get_config(const RepositoryFolder& folder, Box& box);

}  // namespace letterpress::restic
