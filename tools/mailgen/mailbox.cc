// SPDX-License-Identifier: Apache-2.0
#include "mailbox.h"

#include <fmt/format.h>

#include "calendar.h"

namespace mailgen {

std::vector<Mailbox> make_mailboxes(std::uint64_t seed, const People& people, const Prose& prose) {
  std::vector<Mailbox> mailboxes;
  for (std::uint32_t index = 0; index < people.mailboxes(); ++index) {
    Random random(seed, kMailboxStream, index);
    const std::string& address = people.person(index).address;
    const std::size_t at = address.find('@');
    Mailbox mailbox{address.substr(0, at), address.substr(at + 1), {}};
    const std::string list = fmt::format("Lists.{}", prose.name(random));
    const std::string project = fmt::format("Projects.{}", prose.name(random));
    // The last is "Entwuerfe" with an umlaut in modified UTF-7, a folder that stays empty.
    for (const std::string& name :
         {std::string(), std::string("Sent"), std::string("Drafts"), std::string("Trash"),
          std::string("Junk"), std::string("Archive"), std::string("Archive.2024"),
          std::string("Archive.2025"), list, std::string("Projects"), project,
          std::string("Entw&APw-rfe")}) {
      Folder folder;
      folder.name = name;
      folder.uid_validity = static_cast<std::uint32_t>(kStoreDate - 1'500 * kDaySeconds) +
                            random.below(500'000'000U / 10);
      random.append_letters(32, kHexLetters, folder.guid);
      mailbox.folders.push_back(std::move(folder));
    }
    mailboxes.push_back(std::move(mailbox));
  }
  return mailboxes;
}

}  // namespace mailgen
