// SPDX-License-Identifier: Apache-2.0
// Standard input, output and error, which whoever started the program may have closed, or connected
// to a disk that is full.
#pragma once

#include <string>

#include "letterpress/result.h"

namespace letterpress::cli {

// Call first. What is closed is opened, so that no file of ours gets its number and messages are
// not written into it; using it is an error, as it was.
void open_standard_files();

// To standard error. That it cannot be written stops nothing: the work counts, not the message.
void say(const std::string& text);

// Whether all that was printed to standard output has arrived. Call last.
Status finish_standard_output();

}  // namespace letterpress::cli
