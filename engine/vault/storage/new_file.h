// SPDX-License-Identifier: Apache-2.0
// One file outside a vault, such as a key, made whole and durable under a name that was free.
#pragma once

#include "letterpress/result.h"
#include "vault/storage/file_system.h"

namespace letterpress::vault {

// After an error the file is not there, unless the disk does not even take its removal back: then
// the message says so. kIo, also for a name that is taken. Two fsyncs.
Status make_new_file(FileSystem& files, const std::string& path, unsigned mode, ByteView bytes);

// Whether a name is taken, by whatever it may be.
Result<bool> is_there(FileSystem& files, const std::string& path);

// The folder of a path: "." if it has none.
std::string folder_of(const std::string& path);

}  // namespace letterpress::vault
