// SPDX-License-Identifier: Apache-2.0
// JSON that somebody else wrote, and may have nested as deep as he liked. Not the ordered kind that
// we write: that copies its members while it grows, and a copy takes stack for each level.
#pragma once

#include <nlohmann/json.hpp>

namespace letterpress::restic {

using ReadJson = nlohmann::json;

}  // namespace letterpress::restic
