// SPDX-License-Identifier: Apache-2.0
// A storage's path, as put_if_absent() wants it: folder and name.
#pragma once

#include <string>

namespace letterpress::vault {

struct PathParts {
  std::string folder;  // "." for the top
  std::string name;
};

PathParts split_path(const std::string& path);

}  // namespace letterpress::vault
