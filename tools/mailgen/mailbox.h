// SPDX-License-Identifier: Apache-2.0
/// The store as the server sees it: mailboxes, folders, and one Item a copy. No message bytes here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "people.h"

namespace mailgen {

enum Flag : std::uint16_t {
  kSeen = 1,
  kAnswered = 2,
  kFlagged = 4,
  kDeleted = 8,
  kLabel = 16,
  kWork = 32,
  kNonJunk = 64
};
/// The names of the last three, in the order of their letters a, b, c in Maildir names.
inline constexpr const char* kKeywords[] = {"$Label1", "Work", "NonJunk"};

struct Item {
  std::int64_t date = 0;   ///< INTERNALDATE: a Maildir file's mtime, an mbox's From_ line
  std::int64_t named = 0;  ///< the seconds in the Maildir name; a move makes a new name
  std::uint32_t micros = 0;
  std::uint32_t process = 0;
  std::uint32_t uid = 0;
  std::uint16_t flags = 0;
  bool fresh = false;  ///< in new/, no client has seen it
  bool gone = false;   ///< expunged or moved away today
  std::uint64_t stored_bytes = 0;
  std::uint64_t wire_bytes = 0;
};

/// Every mailbox has the same folders at the same places; some stay empty, as they do.
enum FolderIndex : std::uint32_t {
  kInbox,
  kSent,
  kDrafts,
  kTrash,
  kJunk,
  kArchive,
  kOldArchive,
  kNewArchive,
  kList,
  kProjects,
  kProject,
  kForeign
};

struct Folder {
  std::string name;  ///< "" for INBOX, else as in a Maildir++ name without the first dot
  std::uint32_t uid_validity = 0;
  std::uint32_t next_uid = 1;
  std::uint32_t listed_uid = 1;  ///< the next UID when dovecot-uidlist was last written as a whole
  std::string guid;
  std::vector<Item> items;  ///< in the order of their UIDs
  bool changed = true;      ///< since the last end of a day
  bool rewritten = false;   ///< an item that was there before has changed
};

struct Mailbox {
  std::string user;
  std::string domain;
  std::vector<Folder> folders;
};

std::vector<Mailbox> make_mailboxes(std::uint64_t seed, const People& people, const Prose& prose);

}  // namespace mailgen
