// SPDX-License-Identifier: Apache-2.0
// mbox: DIR/<domain>/<user>.mbox is the INBOX, DIR/<domain>/<user>/<folder>.mbox are the other
// folders. Each file begins with the "folder internal data" message of UW-IMAP. Flags are in header
// lines of fixed width.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>

#include "calendar.h"
#include "failure.h"
#include "store.h"

namespace mailgen {
namespace {

// Above this a file's pending bytes are written; with it a thousand folders stay within 64 MiB.
constexpr std::size_t kPendingBytesMax = 65'536;

// Every line that is "From " behind any number of ">" gets one more.
void append_quoted(std::string_view message, std::string& out) {
  while (!message.empty()) {
    const void* found = memmem(message.data(), message.size(), "From ", 5);
    if (found == nullptr) break;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - message.data());
    std::size_t line = at;
    while (line > 0 && message[line - 1] == '>') --line;
    out.append(message.substr(0, line));
    if (line == 0 || message[line - 1] == '\n') out.push_back('>');
    out.append(message.substr(line, at + 5 - line));
    message.remove_prefix(at + 5);
  }
  out.append(message);
}

std::string read_file(const std::string& path) {
  std::string bytes;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) stop_errno("read", path);
  char buffer[65'536];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
    bytes.append(buffer, count);
  if (std::ferror(file) != 0) stop_errno("read", path);
  std::fclose(file);
  return bytes;
}

// Where each message's From_ line begins, and the end of the file.
std::vector<std::size_t> message_offsets(std::string_view mbox) {
  std::vector<std::size_t> offsets = {0};
  for (std::size_t at = 0; (at = mbox.find("\nFrom ", at)) != std::string_view::npos;)
    offsets.push_back(++at);
  offsets.push_back(mbox.size());
  return offsets;
}

class MboxStore final : public Store {
 public:
  explicit MboxStore(std::string root) : root_(std::move(root)) {}

  void create(const std::vector<Mailbox>& mailboxes) override {
    for (const Mailbox& mailbox : mailboxes) {
      make_directories(fmt::format("{}/{}/{}", root_, mailbox.domain, mailbox.user));
      for (const Folder& folder : mailbox.folders)
        write_file(path(mailbox, folder), internal_data(folder), O_EXCL);
    }
  }

  std::string extra_header(const Item& item) const override {
    std::string keywords;
    for (std::size_t index = 0; index < std::size(kKeywords); ++index) {
      if ((item.flags & (kLabel << index)) != 0) keywords += std::string(kKeywords[index]) + " ";
    }
    const auto flag = [&](Flag bit, char letter) { return (item.flags & bit) != 0 ? letter : ' '; };
    return fmt::format("X-UID: {:010}\nStatus: {}{}\nX-Status: {}{}{}\nX-Keywords: {:<28}.\n",
                       item.uid, flag(kSeen, 'R'), item.fresh ? ' ' : 'O', flag(kAnswered, 'A'),
                       flag(kFlagged, 'F'), flag(kDeleted, 'D'), keywords);
  }

  void deliver(const Place& place, std::string_view envelope_from,
               std::string_view message) override {
    written_ = fmt::format("From {} {}\n", envelope_from, mbox_date(place.item.date));
    append_quoted(message, written_);
    written_.push_back('\n');
    const std::string file = path(place.mailbox, place.folder);
    std::string& pending = pending_[file];
    if (pending.size() + written_.size() < kPendingBytesMax) {
      pending += written_;
    } else {
      flush(file, pending);
      flush(file, written_);
    }
  }

  // Flags and removals are written when the day closes, each file once.
  void change(const Place&, const Item&) override {}
  void remove(const Place&) override {}

  void move(const Place& from, const Place& to) override {
    const std::string source = path(from.mailbox, from.folder);
    if (source != moving_from_) {
      flush(source, pending_[source]);
      moving_from_ = source;
      moving_bytes_ = read_file(source);
      moving_offsets_ = message_offsets(moving_bytes_);
    }
    const auto ordinal = static_cast<std::size_t>(&from.item - from.folder.items.data()) + 1;
    std::string message = moving_bytes_.substr(
        moving_offsets_[ordinal], moving_offsets_[ordinal + 1] - moving_offsets_[ordinal]);
    set_flags(to.item, message, 0);
    pending_[path(to.mailbox, to.folder)] += message;
  }

  void close_day(const std::vector<Mailbox>& mailboxes, std::int64_t date) override {
    for (auto& [file, pending] : pending_) flush(file, pending);
    moving_from_.clear();
    for (const Mailbox& mailbox : mailboxes) {
      for (const Folder& folder : mailbox.folders) {
        if (folder.changed) close_folder(mailbox, folder, date);
      }
      for (const std::string& directory : {fmt::format("/{}/{}", mailbox.domain, mailbox.user),
                                           "/" + mailbox.domain, std::string()}) {
        set_file_date(root_ + directory, date, 0);
      }
    }
  }

 private:
  std::string path(const Mailbox& mailbox, const Folder& folder) const {
    return fmt::format("{}/{}/{}{}{}.mbox", root_, mailbox.domain, mailbox.user,
                       folder.name.empty() ? "" : "/", folder.name);
  }

  static std::string internal_data(const Folder& folder) {
    return fmt::format(
        "From MAILER-DAEMON Fri Jan  2 03:04:05 2026\nDate: Fri, 02 Jan 2026 03:04:05 +0000\n"
        "From: Mail System Internal Data <MAILER-DAEMON@store.example>\n"
        "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nMessage-ID: "
        "<{}@store.example>\n"
        "X-IMAP: {:010} {:010} $Label1 Work NonJunk\nStatus: RO\n\nThis text is part of the "
        "internal format "
        "of your mail folder, and is not\na real message.  It is created by the mail system.\n\n",
        folder.guid, folder.uid_validity, folder.next_uid - 1);
  }

  static void flush(const std::string& file, std::string& pending) {
    if (!pending.empty()) write_file(file, pending, O_APPEND);
    pending.clear();
  }

  // The lines have one width, so the message keeps its size; a CRLF message keeps its line endings.
  void set_flags(const Item& item, std::string& bytes, std::size_t message) const {
    const std::string lines = extra_header(item);
    std::size_t at = bytes.find("\nX-UID: ", message) + 1;
    for (std::size_t from = 0; from < lines.size();) {
      const std::size_t length = lines.find('\n', from) - from;
      bytes.replace(at, length, lines, from, length);
      from += length + 1;
      at = bytes.find('\n', at) + 1;
    }
  }

  void close_folder(const Mailbox& mailbox, const Folder& folder, std::int64_t date) const {
    const std::string file = path(mailbox, folder);
    std::string bytes = internal_data(folder);
    if (folder.rewritten) {
      const std::string old = read_file(file);
      const auto offsets = message_offsets(old);
      for (std::size_t index = 0; index < folder.items.size(); ++index) {
        if (folder.items[index].gone) continue;
        const std::size_t start = bytes.size();
        bytes.append(old, offsets[index + 1], offsets[index + 2] - offsets[index + 1]);
        set_flags(folder.items[index], bytes, start);
      }
      write_file(file + ".tmp", bytes, O_TRUNC);
      if (std::rename((file + ".tmp").c_str(), file.c_str()) != 0) stop_errno("rename", file);
    } else {
      write_file(file, bytes, 0);  // in place over the old head
    }
    set_file_date(file, date, 0);
  }

  std::string root_;
  std::map<std::string, std::string> pending_;
  std::string written_;
  std::string moving_from_;
  std::string moving_bytes_;
  std::vector<std::size_t> moving_offsets_;
};

}  // namespace

std::unique_ptr<Store> make_mbox_store(std::string root) {
  return std::make_unique<MboxStore>(std::move(root));
}

}  // namespace mailgen
