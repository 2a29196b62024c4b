// SPDX-License-Identifier: Apache-2.0
/// Makes a Message out of what somebody wants to say: text, HTML alternative, pictures,
/// attachments, and the header lines of the program it was written with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message.h"
#include "people.h"
#include "prose.h"
#include "random.h"

namespace mailgen {

struct Draft {
  std::uint32_t from = 0;
  std::vector<std::uint32_t> to;  ///< the first half in To, the others in Cc
  std::string list_address;       ///< in place of `to` when not empty
  std::string subject;
  std::int64_t date = 0;
  std::vector<std::string> references;  ///< the message answered is the last
  std::string text;
  std::string html;  ///< empty: text only
  DocumentIndex logo = -1;
  std::vector<DocumentIndex> attachments;
  std::uint8_t columns = 76;
  std::string message_id;
};

std::string new_message_id(Random& random, Client client, std::string_view domain,
                           std::int64_t date);

/// Greeting, new text of about `bytes`, signature; then, or before, `answered` quoted as the client
/// does.
std::string letter_text(Random& random, const Prose& prose, const Topic& topic,
                        const People& people, const Person& from, const Person& to,
                        std::size_t bytes, std::string_view attribution, std::string_view answered);

Message compose(Random& random, const People& people, const Draft& draft,
                const std::vector<Document>& documents);

}  // namespace mailgen
