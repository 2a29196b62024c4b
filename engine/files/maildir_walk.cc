// SPDX-License-Identifier: Apache-2.0
#include "files/maildir_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "files/file_content.h"
#include "files/folder_trail.h"
#include "mail/maildir.h"

namespace letterpress::files {
namespace {

using Id = MailTable::Id;
using Mail = MailTable::Mail;
using State = MailTable::State;

constexpr MailFolder kFolders[] = {MailFolder::kNew, MailFolder::kCur};
constexpr std::string_view kFolderNames[] = {"new", "cur"};

// A listing of a folder that is being changed may miss the same mail again.
constexpr int kCleanPassesMin = 2;
// So many names gone one after the other mean that the listing is stale: a new one costs less.
constexpr std::size_t kGoneInARowMax = 64;
// Above the granularity of the times of any file system (FAT: 2 s).
constexpr std::int64_t kCalmNs = 3'000'000'000;
constexpr std::uint16_t kPassesMax = 50'000;  // fits Mail::pass

std::string_view folder_name(MailFolder folder) {
  return kFolderNames[static_cast<std::size_t>(folder)];
}

bool is_taken(const Mail& mail) {
  return mail.state == State::kTaken || mail.state == State::kFurtherName;
}

bool is_named(const Mail& mail, MailFolder folder, std::string_view name) {
  return mail.folder == folder && MailTable::name_of(mail) == name;
}

std::int64_t clock_ns() {
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

void MaildirWalk::start(int maildir) {
  for (const MailFolder folder : kFolders) {
    const std::string name(folder_name(folder));
    std::string shown = place_.shown_path + "/" + name;
    Result<File> file = open_quietly(maildir, name, O_DIRECTORY | O_NOFOLLOW, shown);
    if (file) {
      side(folder).file = *std::move(file);
    } else {
      report(failed(std::move(shown), file.error()));
    }
  }
}

Result<std::optional<stream::SourceEvent>> MaildirWalk::next() {
  while (events_.empty()) {
    switch (stage_) {
      case Stage::kListing:
        LETTERPRESS_TRY(list_pass());
        stage_ = Stage::kTaking;
        break;
      case Stage::kTaking:
        if (next_to_take_ < to_take_.size() && gone_in_a_row_ < kGoneInARowMax) {
          LETTERPRESS_TRY(take(to_take_[next_to_take_++]));
        } else {
          stage_ = needs_another_pass() ? Stage::kListing : Stage::kSettling;
        }
        break;
      case Stage::kSettling:
        if (next_to_settle_ < mails_.size()) {
          settle(next_to_settle_++);
        } else {
          stage_ = Stage::kFurtherNames;
        }
        break;
      case Stage::kFurtherNames:
        if (next_further_name_ < further_names_.size()) {
          LETTERPRESS_TRY(take_further_name(further_names_[next_further_name_++]));
        } else {
          stage_ = Stage::kDone;
        }
        break;
      case Stage::kDone:
        return std::optional<stream::SourceEvent>();
    }
  }
  std::optional<stream::SourceEvent> event = std::move(events_.front());
  events_.pop_front();
  return event;
}

MaildirTrace MaildirWalk::end_trace() {
  MaildirTrace trace = std::move(earlier_);
  trace.entry_path = place_.entry_path;
  for (const MailFolder folder : kFolders) {
    const std::int64_t listed_ns = mtime_ns(side(folder).before);
    // A change right after it might have left the same time.
    const bool is_settled = side(folder).file.is_open() && listed_ns + kCalmNs <= began_ns_;
    trace.mtimes_ns[static_cast<std::size_t>(folder)] =
        is_settled ? listed_ns : MaildirTrace::kUnsettled;
  }
  trace.known.reserve(trace.known.size() + mails_.size());
  for (Id id = 0; id < mails_.size(); ++id) {
    if (mails_[id].state == State::kListed) continue;
    trace.known.push_back(base_name_hash({mails_[id].name, mails_[id].base_bytes}));
  }
  std::sort(trace.known.begin(), trace.known.end());
  return trace;
}

std::string MaildirWalk::path_of(MailFolder folder, std::string_view name) const {
  std::string path(folder_name(folder));
  path += '/';
  path += name;
  return path;
}

std::string MaildirWalk::entry_path(Id id) const {
  return place_.entry_path + "/" + path_of(mails_[id].folder, MailTable::name_of(mails_[id]));
}

std::string MaildirWalk::shown_path(Id id) const {
  return place_.shown_path + "/" + path_of(mails_[id].folder, MailTable::name_of(mails_[id]));
}

Status MaildirWalk::list_pass() {
  ++pass_;
  to_take_.clear();
  new_names_.clear();
  next_to_take_ = 0;
  taken_count_ = first_look_count_ = gone_count_ = gone_in_a_row_ = 0;
  began_ns_ = clock_ns();
  for (const MailFolder folder : kFolders) {
    if (!side(folder).file.is_open()) continue;
    Status listed = list_side(folder);
    if (!listed) {
      is_listing_broken_ = true;
      report(failed(place_.shown_path + "/" + std::string(folder_name(folder)), listed.error()));
    }
  }
  for (const NewName& seen : new_names_) follow(seen);
  std::sort(to_take_.begin(), to_take_.end(), [this](Id a, Id b) {
    const Mail& left = mails_[a];
    const Mail& right = mails_[b];
    return left.folder != right.folder ? left.folder < right.folder
                                       : MailTable::name_of(left) < MailTable::name_of(right);
  });
  return Ok{};
}

Status MaildirWalk::list_side(MailFolder folder) {
  Side& listed = side(folder);
  LETTERPRESS_TRY_ASSIGN(listed.before, listed.file.stat());
  LETTERPRESS_TRY(listing_.start(listed.file.descriptor()));
  while (true) {
    ListedName name;
    LETTERPRESS_TRY_ASSIGN(const bool more, listing_.next(name));
    if (!more) return Ok{};
    if (name.type != DT_REG && name.type != DT_UNKNOWN) {
      listed.has_others = true;
      continue;
    }
    if (!excludes_.empty() &&
        excludes_.match(place_.entry_path + "/" + path_of(folder, name.text), false)) {
      continue;
    }
    see(folder, name.text);
  }
}

void MaildirWalk::see(MailFolder folder, std::string_view name) {
  const std::string_view base_name = mail::maildir_base_name(name);
  if (earlier_.knows(base_name)) return;
  const Id first = mails_.find(base_name);
  bool has_taken = false;
  for (Id id = first; id != MailTable::kNone; id = mails_[id].twin) {
    Mail& mail = mails_[id];
    if (mail.state == State::kMerged) continue;
    if (is_named(mail, folder, name)) {
      if (mail.state == State::kListed && mail.pass != pass_) to_take_.push_back(id);
      mail.pass = pass_;
      return;
    }
    has_taken = has_taken || is_taken(mail);
  }
  for (Id id = first; id != MailTable::kNone; id = mails_[id].twin) {
    Mail& mail = mails_[id];
    const bool is_open = mail.state == State::kListed || mail.state == State::kFailed;
    if (!is_open || mail.pass == pass_) continue;
    mails_.rename(id, folder, name);
    mail.pass = pass_;
    if (mail.state == State::kListed) to_take_.push_back(id);
    return;
  }
  if (has_taken) {
    new_names_.push_back({first, folder, std::string(name)});
    return;
  }
  const Id id = mails_.add(folder, name, pass_);
  mails_[id].is_first_look = pass_ == 1 && !is_later_look();
  to_take_.push_back(id);
}

// A new name beside a taken mail: the mail itself, a further name of it, or another file.
void MaildirWalk::follow(const NewName& seen) {
  const Result<std::optional<struct stat>> looked =
      EntryReader::look(side(seen.folder).file.descriptor(), seen.name, seen.name);
  if (!looked || !*looked) return;  // it moved on, and is stored anyway
  const struct stat& status = **looked;
  const SameFile same = find_same_file(seen.first, status);
  if (same.without_name != MailTable::kNone) {
    give_name(same.without_name, seen.folder, seen.name);
    return;
  }
  const Id id = mails_.add(seen.folder, seen.name, pass_);
  if (same.is_known) {
    add_further_name(id, status);
  } else {
    to_take_.push_back(id);
  }
}

// Whether neither folder was changed since the pass began, as far as their times can tell.
bool MaildirWalk::is_calm() const {
  for (const Side& one : sides_) {
    if (!one.file.is_open()) continue;
    const Result<struct stat> now = one.file.stat();
    if (!now || mtime_ns(*now) != mtime_ns(one.before)) return false;
    if (mtime_ns(one.before) + kCalmNs > began_ns_) return false;
  }
  return true;
}

bool MaildirWalk::needs_another_pass() {
  if (is_listing_broken_) return false;
  if (pass_ == kPassesMax) return false;
  if (gone_count_ == 0 && is_calm()) return false;
  clean_passes_ = gone_count_ == 0 && taken_count_ == 0 ? clean_passes_ + 1 : 0;
  if (clean_passes_ >= kCleanPassesMin) return false;
  if (pass_ > 1 && first_look_count_ == 0 && ++idle_passes_ >= kIdlePassesMax) {
    if (is_later_look()) return false;
    report(stream::Problem{stream::Problem::Severity::kNote, place_.shown_path,
                           "mails kept coming while it was read; the last are left for next time"});
    return false;
  }
  return true;
}

FoundName MaildirWalk::found(Id id, const std::string& entry_path) const {
  const Mail& mail = mails_[id];
  return {side(mail.folder).file.descriptor(), std::string(MailTable::name_of(mail)), entry_path,
          shown_path(id)};
}

Status MaildirWalk::take(Id id) {
  const std::string path = entry_path(id);
  const FoundName name = found(id, path);
  const Result<std::optional<struct stat>> looked =
      EntryReader::look(name.folder, name.name, name.shown_path);
  if (!looked) {
    mails_[id].state = State::kFailed;
    report(failed(name.shown_path, looked.error()));
    return Ok{};
  }
  if (!*looked) {
    ++gone_count_;
    ++gone_in_a_row_;
    return Ok{};
  }
  gone_in_a_row_ = 0;
  const struct stat& status = **looked;
  if (!S_ISREG(status.st_mode)) {
    side(mails_[id].folder).has_others = true;
    mails_[id].state = State::kFailed;
    return Ok{};
  }
  const Id first = mails_.find({mails_[id].name, mails_[id].base_bytes});
  const SameFile same = find_same_file(first, status);
  if (same.without_name != MailTable::kNone) {
    give_name(same.without_name, mails_[id].folder, name.name);
    mails_[id].state = State::kMerged;
    return Ok{};
  }
  if (same.is_known || entries_.first_path(status) != nullptr) {
    add_further_name(id, status);
    return Ok{};
  }
  return take_new(id, name, status);
}

Status MaildirWalk::take_new(Id id, const FoundName& name, const struct stat& status) {
  LETTERPRESS_TRY_ASSIGN(Taken result, entries_.take(name, status, Role::kMail));
  Mail& mail = mails_[id];
  if (std::holds_alternative<Gone>(result)) {
    ++gone_count_;
  } else if (auto* problem = std::get_if<stream::Problem>(&result)) {
    mail.state = State::kFailed;
    report(std::move(*problem));
  } else {
    auto& entry = std::get<stream::SourceEntry>(result);
    mail.state = State::kTaken;
    mail.inode = entry.identity.inode;
    ++taken_count_;
    if (mail.is_first_look) ++first_look_count_;
    report(std::move(entry));
  }
  return Ok{};
}

// The first name may turn out not to have been taken after all; then this one is.
Status MaildirWalk::take_further_name(const FurtherName& further) {
  const std::string path = entry_path(further.id);
  const FoundName name = found(further.id, path);
  LETTERPRESS_TRY_ASSIGN(Taken result, entries_.take(name, further.status, Role::kMail));
  if (auto* entry = std::get_if<stream::SourceEntry>(&result)) {
    report(std::move(*entry));
  } else if (auto* problem = std::get_if<stream::Problem>(&result)) {
    report(std::move(*problem));
  } else {
    report(vanished(name.shown_path));
  }
  return Ok{};
}

// Looks in a chain for mails that were taken and are this file under some other name.
MaildirWalk::SameFile MaildirWalk::find_same_file(Id first, const struct stat& status) const {
  SameFile same;
  for (Id id = first; id != MailTable::kNone; id = mails_[id].twin) {
    if (!is_taken(mails_[id]) || mails_[id].inode != status.st_ino) continue;
    same.is_known = true;
    if (same.without_name == MailTable::kNone && !still_has_its_name(id, status)) {
      same.without_name = id;
    }
  }
  return same;
}

bool MaildirWalk::still_has_its_name(Id id, const struct stat& status) const {
  if (status.st_nlink < 2) return false;
  const Mail& mail = mails_[id];
  const Result<std::optional<struct stat>> looked = EntryReader::look(
      side(mail.folder).file.descriptor(), std::string(MailTable::name_of(mail)), {});
  return looked && *looked && (*looked)->st_ino == status.st_ino;
}

void MaildirWalk::give_name(Id taken, MailFolder folder, std::string_view name) {
  Mail& mail = mails_[taken];
  if (mail.state == State::kTaken && !mail.is_renamed) {
    given_paths_.emplace(taken, entry_path(taken));
    mail.is_renamed = true;
  }
  mails_.rename(taken, folder, name);
  mail.pass = pass_;
}

void MaildirWalk::add_further_name(Id id, const struct stat& status) {
  Mail& mail = mails_[id];
  mail.state = State::kFurtherName;
  mail.inode = status.st_ino;
  further_names_.push_back({id, status});
}

void MaildirWalk::settle(Id id) {
  const Mail& mail = mails_[id];
  if (mail.is_renamed) {
    std::string from = std::move(given_paths_[id]);
    std::string to = entry_path(id);
    if (from == to) return;
    entries_.note_moved(side(mail.folder).before.st_dev, mail.inode, to);
    report(stream::Moved{std::move(from), std::move(to)});
    return;
  }
  if (mail.state != State::kListed || !mail.is_first_look) return;
  for (Id twin = mails_.find({mail.name, mail.base_bytes}); twin != MailTable::kNone;
       twin = mails_[twin].twin) {
    if (is_taken(mails_[twin])) return;  // what was listed was the same mail under another name
  }
  if (mail.pass == pass_) {
    report(failed(shown_path(id), std::string("was renamed each time before it could be opened")));
  } else {
    report(vanished(shown_path(id)));
  }
}

}  // namespace letterpress::files
