// SPDX-License-Identifier: Apache-2.0
// Text in JSON as restic's encoder writes it, so that a folder that restic has described is found
// again by its bytes.
//
//   append_json_text(out, "a<b");       // "a\u003cb", with its quotes
//   append_json_name(out, "a\"b");      // "a\\\"b": quoted as Go source first, then as JSON
//
// Pure functions; any bytes. What is not UTF-8 is \xNN in a name, and U+FFFD in a text. Names with
// characters that Go does not print are escaped as Go does it for controls, spaces, formats, and
// private use; unassigned characters stay as they are, which restic reads as well.
#pragma once

#include <string>
#include <string_view>

namespace letterpress::restic {

void append_json_text(std::string& out, std::string_view text);
void append_json_name(std::string& out, std::string_view name);

bool is_utf8(std::string_view text) noexcept;

}  // namespace letterpress::restic
