// SPDX-License-Identifier: Apache-2.0
// How deep mailboxes were kept apart in a snapshot, as its log entry says (docs/FORMAT.md, "Log
// entry"). Nothing needs it but the next backup, which tells when it does otherwise.
#pragma once

#include <optional>
#include <string>

#include "vault/log/log.h"

namespace letterpress::vault {

LogExtension encode_isolate_depth(unsigned depth);
// Nothing if mailboxes were not kept apart.
std::optional<unsigned> isolate_depth_of(const LogEntry& entry);

// What a user should know about a snapshot that is not made as the one before; empty if it is.
std::string isolate_change(std::optional<unsigned> before, std::optional<unsigned> now);

}  // namespace letterpress::vault
