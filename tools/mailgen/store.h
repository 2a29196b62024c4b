// SPDX-License-Identifier: Apache-2.0
/// Where copies are written: one interface, one class a layout. A store that is replayed has none.
///
/// Order of calls: create, then for each day (deliver* (change | remove | move)* close_day). Any
/// failure ends the program. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox.h"

namespace mailgen {

/// One item of one folder. Valid until the folder's items change.
struct Place {
  const Mailbox& mailbox;
  const Folder& folder;
  const Item& item;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual void create(const std::vector<Mailbox>& mailboxes) = 0;
  /// Header lines that the layout keeps inside the message.
  virtual std::string extra_header(const Item& item) const = 0;
  virtual void deliver(const Place& place, std::string_view envelope_from,
                       std::string_view message) = 0;
  /// `place` has the item as it is now, `before` is as it was.
  virtual void change(const Place& place, const Item& before) = 0;
  virtual void remove(const Place& place) = 0;
  virtual void move(const Place& from, const Place& to) = 0;
  /// Writes what belongs to folders, not messages. `date` becomes the mtime of it and of changed
  /// folders. Items that are gone are still listed.
  virtual void close_day(const std::vector<Mailbox>& mailboxes, std::int64_t date) = 0;
};

std::unique_ptr<Store> make_maildir_store(std::string root);
std::unique_ptr<Store> make_mbox_store(std::string root);

// What both layouts need of the file system.
void make_directories(const std::string& path);
void write_file(const std::string& path, std::string_view bytes, int open_flags);
void set_file_date(const std::string& path, std::int64_t date, std::uint32_t micros);

}  // namespace mailgen
