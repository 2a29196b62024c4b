// SPDX-License-Identifier: Apache-2.0
/// The MIME structure of a draft: text, HTML alternative, inline logo, attachments.
#pragma once

#include <string>
#include <vector>

#include "composer.h"

namespace mailgen {

/// Fills `body` and returns the message's own Content-Type and Content-Transfer-Encoding lines.
std::string compose_body(Random& random, Client client, const Draft& draft,
                         const std::vector<Document>& documents, std::vector<Piece>& body);

}  // namespace mailgen
