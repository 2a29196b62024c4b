// SPDX-License-Identifier: Apache-2.0
/// HTML as mail programs and newsletter systems write it, and quoted-printable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "people.h"
#include "prose.h"
#include "random.h"

namespace mailgen {

/// Appends `text` (LF lines) in quoted-printable.
void append_quoted_printable(std::string_view text, std::string& out);

/// A plain message as the HTML alternative that `client` makes of it; "> " lines become a block
/// quote.
std::string html_of(Client client, std::string_view plain);

/// A newsletter: the template's frame, the issue's articles, links with the reader's own tokens.
/// The same seed, template and issue give the same articles whoever reads.
std::string newsletter_html(std::uint64_t seed, const Prose& prose, std::uint64_t design,
                            std::uint64_t issue, Random& reader);

}  // namespace mailgen
