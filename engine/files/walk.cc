// SPDX-License-Identifier: Apache-2.0
#include "files/walk.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/limits.h"
#include "files/server_files.h"
#include "mail/maildir.h"

namespace letterpress::files {
namespace {

using stream::Problem;

constexpr std::string_view kUidlistName = "dovecot-uidlist";

// The order of what lies beside the mails of a Maildir: subscriptions tells of the folders, so it
// must be no older than they are.
enum MaildirRank : std::uint8_t { kFileRank, kFolderRank, kSubscriptionsRank };

std::uint8_t maildir_rank(const NameList::Name& name) {
  if (name.type == DT_DIR) return kFolderRank;
  return name.text == "subscriptions" ? kSubscriptionsRank : kFileRank;
}

// Mails may be moved again during a later look.
constexpr int kLaterLooksMax = 3;

Problem note(std::string shown_path, std::string message) {
  return {Problem::Severity::kNote, std::move(shown_path), std::move(message)};
}

}  // namespace

Result<std::optional<stream::SourceEvent>> Walk::next() {
  while (events_.empty()) {
    if (folders_.empty()) {
      if (begin_later_look() || begin_last_word()) continue;
      if (next_source_ == options_.sources.size()) return std::optional<stream::SourceEvent>();
      LETTERPRESS_TRY(begin_source(options_.sources[next_source_++]));
      continue;
    }
    Folder& folder = folders_.back();
    if (folder.mails != nullptr) {
      LETTERPRESS_TRY(visit_mails(folder));
    } else if (folder.next < folder.list.names().size()) {
      LETTERPRESS_TRY(visit(folder, folder.list.names()[folder.next++]));
    } else {
      end_folder();
    }
  }
  std::optional<stream::SourceEvent> event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Status Walk::begin_source(const WalkSource& source) {
  path_ = source.name;
  root_bytes_ = path_.size();
  shown_root_ = source.path;
  while (shown_root_.size() > 1 && shown_root_.back() == '/') shown_root_.pop_back();
  traces_.clear();
  next_trace_ = 0;
  next_last_word_ = 0;
  later_looks_ = 0;
  came_later_ = false;
  // Only here may a symbolic link be followed: the user named it.
  struct stat status {};
  if (::stat(source.path.c_str(), &status) != 0) {
    report(failed(source.path, io_error(errno, source.path)));
    return Ok{};
  }
  if (S_ISDIR(status.st_mode)) {
    const Result<struct stat> started = trail_.start(source.path);
    if (!started) {
      report(EntryReader::folder_entry(path_, status));
      report(failed(source.path, started.error()));
      return Ok{};
    }
    root_device_ = started->st_dev;
    root_inode_ = started->st_ino;
    begin_folder(Contents::kAll, *started);
    return Ok{};
  }
  std::error_code error;
  const std::filesystem::path real_path = std::filesystem::canonical(source.path, error);
  if (error) {
    report(failed(source.path, error.message()));
    return Ok{};
  }
  return take({AT_FDCWD, real_path.native(), path_, source.path}, status, Role::kPlain);
}

Status Walk::visit_mails(Folder& folder) {
  LETTERPRESS_TRY_ASSIGN(std::optional<stream::SourceEvent> event, folder.mails->next());
  if (event) {
    came_later_ = came_later_ || folder.later != nullptr;
    report(*std::move(event));
  } else {
    end_mails(folder);
  }
  return Ok{};
}

Status Walk::visit(const Folder& folder, const NameList::Name& name) {
  name_ = name.text;
  path_.resize(folder.path_bytes);
  path_ += '/';
  path_ += name_;
  if (path_.size() > kPathBytesMax) {
    report(failed(shown(), "has a path of more than " + std::to_string(kPathBytesMax) + " bytes"));
    return Ok{};
  }
  std::optional<struct stat> status;
  if (name.type != DT_DIR) {
    Result<std::optional<struct stat>> looked =
        EntryReader::look(trail_.descriptor(), name_, name_);
    if (!looked) {
      report(failed(shown(), failed(name_, looked.error()).message));
      return Ok{};
    }
    status = *std::move(looked);
    if (!status) {
      if (folder.contents != Contents::kScratch) report(vanished(shown()));
      return Ok{};
    }
  }
  const bool is_folder = !status || S_ISDIR(status->st_mode);
  if (excludes_.match(path_, is_folder) || is_left_out(folder, name, status)) return Ok{};
  if (is_folder) return visit_folder(folder);
  if (folder.contents == Contents::kOthers && S_ISREG(status->st_mode)) return Ok{};
  const bool is_control = folder.is_maildir && is_maildir_control(name.text);
  const Role role = is_control ? Role::kControl : Role::kPlain;
  return take({trail_.descriptor(), name_, path_, shown()}, *status, role);
}

Status Walk::take(const FoundName& found, const struct stat& status, Role role) {
  const bool is_scratch = !folders_.empty() && folders_.back().contents == Contents::kScratch;
  LETTERPRESS_TRY_ASSIGN(Taken taken, entries_.take(found, status, role));
  if (auto* entry = std::get_if<stream::SourceEntry>(&taken)) {
    report(std::move(*entry));
  } else if (auto* problem = std::get_if<Problem>(&taken)) {
    report(std::move(*problem));
  } else if (!is_scratch) {
    report(vanished(found.shown_path));
  }
  return Ok{};
}

Status Walk::visit_folder(const Folder& parent) {
  Contents contents = Contents::kAll;
  if (parent.is_maildir && mail::is_maildir_mail_folder(name_)) contents = Contents::kOthers;
  if (parent.is_maildir && name_ == "tmp") contents = Contents::kScratch;
  const Result<struct stat> entered = trail_.enter(name_);
  if (!entered) {
    const Result<std::optional<struct stat>> looked =
        EntryReader::look(trail_.descriptor(), name_, name_);
    if (looked && !*looked) {
      report(vanished(shown()));
      return Ok{};
    }
    // What can be known of it is kept.
    if (looked && contents == Contents::kAll && S_ISDIR((*looked)->st_mode)) {
      report(EntryReader::folder_entry(path_, **looked));
    }
    report(failed(shown(), failed(name_, entered.error()).message));
    return Ok{};
  }
  if (options_.one_file_system && entered->st_dev != root_device_) {
    report(EntryReader::folder_entry(path_, *entered));
    report(note(shown(), "is on another file system; its contents are left out"));
    return trail_.leave();
  }
  begin_folder(contents, *entered);
  return Ok{};
}

void Walk::begin_folder(Contents contents, const struct stat& status) {
  if (contents == Contents::kAll) report(EntryReader::folder_entry(path_, status));
  Folder& folder = folders_.emplace_back();
  folder.path_bytes = path_.size();
  folder.contents = contents;
  const Status listed = folder.list.read(listing_, trail_.descriptor());
  if (!listed) report(failed(shown(), listed.error()));
  if (contents == Contents::kAll && looks_like_maildir(folder.list)) begin_maildir(folder);
}

void Walk::begin_maildir(Folder& folder) {
  folder.is_maildir = true;
  folder.list = NameList();
  const std::string path = path_;
  for (const std::string name : {"cur", "new", "tmp"}) {
    if (is_excluded(name)) continue;
    const Result<std::optional<struct stat>> looked =
        EntryReader::look(trail_.descriptor(), name, name);
    if (looked && *looked) report(EntryReader::folder_entry(path + "/" + name, **looked));
  }
  folder.mails = std::make_unique<MaildirWalk>(entries_, listing_, excludes_,
                                               MaildirWalk::Place{path, shown()});
  folder.mails->start(trail_.descriptor());
}

// What lies beside the mails is listed only now, so that it is no older than they are.
void Walk::end_mails(Folder& folder) {
  path_.resize(folder.path_bytes);
  const bool enters_cur = folder.mails->has_others(MailFolder::kCur);
  const bool enters_new = folder.mails->has_others(MailFolder::kNew);
  if (folder.later != nullptr) {
    *folder.later = folder.mails->end_trace();
    folder.mails.reset();
    return;
  }
  traces_.push_back(folder.mails->end_trace());
  folder.mails.reset();
  const Status listed = folder.list.read(listing_, trail_.descriptor());
  if (!listed) report(failed(shown(), listed.error()));
  std::vector<NameList::Name>& names = folder.list.names();
  std::erase_if(names, [&](const NameList::Name& name) {
    return (name.text == "cur" && !enters_cur) || (name.text == "new" && !enters_new) ||
           (name.text == "tmp" && !options_.all_files) || name.text == kUidlistName;
  });
  for (NameList::Name& name : names) {
    if (is_folder_now(name)) name.type = DT_DIR;
    name.rank = maildir_rank(name);
  }
  folder.list.sort();
}

void Walk::end_folder() {
  folders_.pop_back();
  if (folders_.empty()) return;
  Folder& parent = folders_.back();
  path_.resize(parent.path_bytes);
  const Status left = trail_.leave();
  if (left) return;
  report(failed(shown(), left.error()));
  parent.next = parent.list.names().size();
}

// When a source was walked, its Maildirs are looked at again for mails that were moved into them
// from a Maildir that was walked after them; and again if there were any. False when that is done.
bool Walk::begin_later_look() {
  while (next_trace_ < traces_.size() || came_later_) {
    if (next_trace_ == traces_.size()) {
      came_later_ = false;
      if (++later_looks_ == kLaterLooksMax) break;
      next_trace_ = 0;
    }
    MaildirTrace& trace = traces_[next_trace_++];
    if (!enter_again(trace) || trace.is_unchanged(trail_.descriptor())) continue;
    path_ = trace.entry_path;
    Folder& folder = folders_.emplace_back();
    folder.path_bytes = path_.size();
    folder.later = &trace;
    folder.mails = std::make_unique<MaildirWalk>(entries_, listing_, excludes_,
                                                 MaildirWalk::Place{path_, shown()});
    folder.mails->skip(std::move(trace));
    folder.mails->start(trail_.descriptor());
    return true;
  }
  return false;
}

// A uidlist is the last word about its mails, those of a later look included, so it comes when all
// of the source's mails were handed out. False when every Maildir has had its turn.
bool Walk::begin_last_word() {
  while (next_last_word_ < traces_.size()) {
    const MaildirTrace& trace = traces_[next_last_word_++];
    if (!enter_again(trace)) continue;
    path_ = trace.entry_path;
    Folder& folder = folders_.emplace_back();
    folder.path_bytes = path_.size();
    folder.is_maildir = true;
    const Status listed = folder.list.read(listing_, trail_.descriptor());
    if (!listed) report(failed(shown(), listed.error()));
    std::erase_if(folder.list.names(),
                  [](const NameList::Name& name) { return name.text != kUidlistName; });
    return true;
  }
  return false;
}

// A Maildir that is gone, or not to be entered any more, has nothing to give; it was reported
// before.
bool Walk::enter_again(const MaildirTrace& trace) {
  const Result<struct stat> root = trail_.start(shown_root_);
  if (!root || root->st_dev != root_device_ || root->st_ino != root_inode_) return false;
  for (std::size_t at = root_bytes_; at < trace.entry_path.size();) {
    const std::size_t end = std::min(trace.entry_path.find('/', at + 1), trace.entry_path.size());
    if (!trail_.enter(trace.entry_path.substr(at + 1, end - at - 1))) return false;
    at = end;
  }
  return true;
}

bool Walk::looks_like_maildir(const NameList& list) const {
  for (const std::string_view text : {"cur", "new", "tmp"}) {
    const NameList::Name* name = list.find(text);
    if (name == nullptr || !is_folder_now(*name)) return false;
    if (text != "tmp" && is_excluded(text)) return false;
  }
  return true;
}

bool Walk::is_folder_now(const NameList::Name& name) const {
  if (name.type != DT_UNKNOWN) return name.type == DT_DIR;
  const std::string text(name.text);
  const Result<std::optional<struct stat>> looked =
      EntryReader::look(trail_.descriptor(), text, text);
  return looked && *looked && S_ISDIR((*looked)->st_mode);
}

bool Walk::is_left_out(const Folder& folder, const NameList::Name& name,
                       const std::optional<struct stat>& status) const {
  if (options_.all_files || !status || !S_ISREG(status->st_mode)) return false;
  if (is_server_cache(name.text)) return true;
  if (folder.is_maildir) return is_maildir_scratch(name.text);
  return static_cast<std::uint64_t>(status->st_size) <= kDotlockBytesMax &&
         may_be_dotlock(name.text, folder.list);
}

bool Walk::is_excluded(std::string_view name) const {
  return !excludes_.empty() && excludes_.match(path_ + "/" + std::string(name), true);
}

}  // namespace letterpress::files
