// SPDX-License-Identifier: Apache-2.0
// Maildir++ as Dovecot keeps it: DIR/<domain>/<user>/{cur,new,tmp}, subfolders with a dot before
// their names.
#include <fcntl.h>
#include <fmt/format.h>

#include <cstdio>
#include <iterator>

#include "failure.h"
#include "store.h"

namespace mailgen {
namespace {

// The part of a name that never changes and that dovecot-uidlist knows the message by.
std::string base_name(const Mailbox& mailbox, const Item& item) {
  return fmt::format("{}.M{}P{}.store.{},S={},W={}", item.named, item.micros, item.process,
                     mailbox.domain, item.stored_bytes, item.wire_bytes);
}

std::string file_name(const Mailbox& mailbox, const Item& item) {
  if (item.fresh) return "new/" + base_name(mailbox, item);
  std::string name = fmt::format("cur/{}:2,", base_name(mailbox, item));
  // Letters come in ASCII order, keywords after flags.
  constexpr std::pair<Flag, char> kLetters[] = {{kFlagged, 'F'}, {kAnswered, 'R'}, {kSeen, 'S'},
                                                {kDeleted, 'T'}, {kLabel, 'a'},    {kWork, 'b'},
                                                {kNonJunk, 'c'}};
  for (const auto& [flag, letter] : kLetters) {
    if ((item.flags & flag) != 0) name.push_back(letter);
  }
  return name;
}

class MaildirStore final : public Store {
 public:
  explicit MaildirStore(std::string root) : root_(std::move(root)) {}

  void create(const std::vector<Mailbox>& mailboxes) override {
    for (const Mailbox& mailbox : mailboxes) {
      for (const Folder& folder : mailbox.folders) {
        for (const char* part : {"cur", "new", "tmp"})
          make_directories(path(mailbox, folder, part));
        if (!folder.name.empty()) write_file(path(mailbox, folder, "maildirfolder"), "", O_TRUNC);
      }
    }
  }

  std::string extra_header(const Item&) const override { return {}; }

  void deliver(const Place& place, std::string_view, std::string_view message) override {
    const std::string file = path(place);
    write_file(file, message, O_EXCL);
    set_file_date(file, place.item.date, place.item.micros);
  }

  void change(const Place& place, const Item& before) override {
    rename_file(path({place.mailbox, place.folder, before}), path(place));
  }

  void remove(const Place& place) override {
    const std::string file = path(place);
    if (std::remove(file.c_str()) != 0) stop_errno("remove", file);
  }

  void move(const Place& from, const Place& to) override { rename_file(path(from), path(to)); }

  void close_day(const std::vector<Mailbox>& mailboxes, std::int64_t date) override {
    for (const Mailbox& mailbox : mailboxes) {
      for (const Folder& folder : mailbox.folders) {
        if (folder.changed) close_folder(mailbox, folder, date);
      }
    }
  }

 private:
  std::string path(const Mailbox& mailbox, const Folder& folder, std::string_view file) const {
    return fmt::format("{}/{}/{}/{}{}{}{}", root_, mailbox.domain, mailbox.user,
                       folder.name.empty() ? "" : ".", folder.name, folder.name.empty() ? "" : "/",
                       file);
  }
  std::string path(const Place& place) const {
    return path(place.mailbox, place.folder, file_name(place.mailbox, place.item));
  }

  static void rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) stop_errno("rename", from);
  }

  // Replaces the file as Dovecot does, by a new one that is renamed into place.
  void write_dated(const std::string& file, std::string_view bytes, std::int64_t date) const {
    write_file(file + ".tmp", bytes, O_TRUNC);
    rename_file(file + ".tmp", file);
    set_file_date(file, date, 0);
  }

  void close_folder(const Mailbox& mailbox, const Folder& folder, std::int64_t date) const {
    // The header's N is the next UID at the last full rewrite, not now: lines after it are
    // appended.
    std::string list =
        fmt::format("3 V{} N{} G{}\n", folder.uid_validity, folder.listed_uid, folder.guid);
    for (const Item& item : folder.items) {
      if (item.gone) continue;
      fmt::format_to(std::back_inserter(list), "{} :{}\n", item.uid, base_name(mailbox, item));
    }
    write_dated(path(mailbox, folder, "dovecot-uidlist"), list, date);
    if (folder.name.empty()) write_subscriptions(mailbox, date);
    std::string keywords;
    for (std::size_t index = 0; index < std::size(kKeywords); ++index) {
      keywords += fmt::format("{} {}\n", index, kKeywords[index]);
    }
    if (!folder.items.empty())
      write_dated(path(mailbox, folder, "dovecot-keywords"), keywords, date);
    if (!folder.name.empty()) set_file_date(path(mailbox, folder, "maildirfolder"), date, 0);
    for (const char* part : {"cur", "new", "tmp", ""})
      set_file_date(path(mailbox, folder, part), date, 0);
    // Making or changing folders touches what is above them.
    set_file_date(fmt::format("{}/{}/{}", root_, mailbox.domain, mailbox.user), date, 0);
    set_file_date(fmt::format("{}/{}", root_, mailbox.domain), date, 0);
    set_file_date(root_, date, 0);
  }

  void write_subscriptions(const Mailbox& mailbox, std::int64_t date) const {
    std::string names;
    for (const FolderIndex index : {kSent, kDrafts, kTrash, kArchive, kList, kProject}) {
      names += mailbox.folders[index].name + "\n";
    }
    write_dated(path(mailbox, mailbox.folders[kInbox], "subscriptions"), names, date);
  }

  std::string root_;
};

}  // namespace

std::unique_ptr<Store> make_maildir_store(std::string root) {
  return std::make_unique<MaildirStore>(std::move(root));
}

}  // namespace mailgen
