// SPDX-License-Identifier: Apache-2.0
// Under which name a source is kept: its last path component, or what --as says.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "files/walker.h"

namespace letterpress::cli {

// `paths` as given; `.` and the like take the folder's real name. `named`: NAME=PATH, from --as.
// `sources` have their names already, and come first.
// kInvalidArgument for two of one name, with the way out.
Result<std::vector<files::WalkSource>> name_sources(const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& named,
                                                    std::vector<files::WalkSource> sources = {});

}  // namespace letterpress::cli
