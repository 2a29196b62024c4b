// SPDX-License-Identifier: Apache-2.0
// Small mails that were written for the seeds of the fuzz targets. In the public domain.
#pragma once

#include <string>
#include <vector>

namespace letterpress::fuzz {

// Single messages, LF at the ends of lines.
std::vector<std::string> seed_mails();
std::string seed_mailbox();  // of all of them
std::string seed_archive();  // a tar of some
std::string with_crlf(const std::string& text);

}  // namespace letterpress::fuzz
