// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/host_name.h"

#include <unistd.h>

#include "vault/keys/keys.h"
#include "vault/limits.h"

namespace letterpress::cli {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string writer_name_of_host() {
  const std::string name = host_name().substr(0, vault::kWriterNameBytesMax);
  return vault::is_writer_name(name) ? name : "mail";
}

}  // namespace letterpress::cli
