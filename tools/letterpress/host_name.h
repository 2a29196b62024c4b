// SPDX-License-Identifier: Apache-2.0
// What this machine calls itself.
#pragma once

#include <string>

namespace letterpress::cli {

// Empty if it has no name.
std::string host_name();
// The host's name as one that a writer can have.
std::string writer_name_of_host();

}  // namespace letterpress::cli
