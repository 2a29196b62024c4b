// SPDX-License-Identifier: Apache-2.0
// Hands out every mail of one Maildir once, while others deliver, flag, move and delete.
//
// A flag change renames a file, and a listing that runs meanwhile may show it under both names,
// one, or none; a name may be gone before it is opened. So a mail is known by its base name and
// inode; new and cur are listed again until a pass comes upon nothing unseen, twice if they are
// being changed; and what is gone under its name is only vanished if no later pass sees it. A pass
// that finds no mail of the first look counts towards kIdlePassesMax, so that steady delivery does
// not hold the walk for ever.
//
// Then come, in this order: Moved for each mail that has another name by now, a Problem for each
// mail of the first look that was never read, and the entries of further names of one inode.
//   order of calls:  start next* end_trace
//
// A later walk of the same Maildir, with the trace of the earlier one, gives only mails that came
// since. Not thread-safe. Two descriptors. Memory: see MailTable, and 4 bytes for each mail.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "files/entry_reader.h"
#include "files/excludes.h"
#include "files/mail_table.h"
#include "files/maildir_trace.h"
#include "files/name_list.h"

namespace letterpress::files {

class MaildirWalk {
 public:
  struct Place {
    std::string entry_path;  // of the Maildir
    std::string shown_path;
  };
  static constexpr int kIdlePassesMax = 30;

  MaildirWalk(EntryReader& entries, FolderReader& listing, const Excludes& excludes, Place place)
      : entries_(entries), listing_(listing), excludes_(excludes), place_(std::move(place)) {}
  // Mails that `earlier` knows are left alone.
  void skip(MaildirTrace earlier) { earlier_ = std::move(earlier); }

  // Opens cur and new in the open folder `maildir`. One that cannot be opened is a Problem of
  // next().
  void start(int maildir);

  // Nothing at the end. Never a folder.
  Result<std::optional<stream::SourceEvent>> next();

  // What was seen here, also by the walks before.
  MaildirTrace end_trace();

  // Whether something was listed there that is no regular file, and so no mail.
  bool has_others(MailFolder folder) const { return side(folder).has_others; }

 private:
  enum class Stage : std::uint8_t { kListing, kTaking, kSettling, kFurtherNames, kDone };

  struct Side {  // cur or new
    File file;
    bool has_others = false;
    struct stat before {};  // its status when the pass began to list it
  };
  struct NewName {  // of a mail that was taken
    MailTable::Id first;
    MailFolder folder;
    std::string name;
  };
  struct SameFile {
    bool is_known = false;                          // it was taken, under whatever name
    MailTable::Id without_name = MailTable::kNone;  // a mail whose own name is gone, so it moved
  };
  struct FurtherName {
    MailTable::Id id;
    struct stat status;
  };

  Side& side(MailFolder folder) { return sides_[static_cast<std::size_t>(folder)]; }
  const Side& side(MailFolder folder) const { return sides_[static_cast<std::size_t>(folder)]; }
  std::string path_of(MailFolder folder, std::string_view name) const;
  std::string entry_path(MailTable::Id id) const;
  std::string shown_path(MailTable::Id id) const;

  Status list_pass();
  Status list_side(MailFolder folder);
  void see(MailFolder folder, std::string_view name);
  void follow(const NewName& seen);
  bool is_later_look() const { return !earlier_.entry_path.empty(); }
  bool is_calm() const;
  bool needs_another_pass();

  FoundName found(MailTable::Id id, const std::string& entry_path) const;
  Status take(MailTable::Id id);
  Status take_new(MailTable::Id id, const FoundName& name, const struct stat& status);
  Status take_further_name(const FurtherName& further);
  SameFile find_same_file(MailTable::Id first, const struct stat& status) const;
  bool still_has_its_name(MailTable::Id id, const struct stat& status) const;
  void give_name(MailTable::Id taken, MailFolder folder, std::string_view name);
  void add_further_name(MailTable::Id id, const struct stat& status);

  void settle(MailTable::Id id);
  void report(stream::SourceEvent event) { events_.push_back(std::move(event)); }

  // Constant after construction.
  EntryReader& entries_;
  FolderReader& listing_;
  const Excludes& excludes_;
  Place place_;
  MaildirTrace earlier_;

  std::array<Side, 2> sides_;
  Stage stage_ = Stage::kListing;
  std::deque<stream::SourceEvent> events_;
  MailTable mails_;
  std::unordered_map<MailTable::Id, std::string>
      given_paths_;  // of the mails that got another name
  std::vector<FurtherName> further_names_;

  // Of the current pass.
  std::uint16_t pass_ = 0;
  std::vector<MailTable::Id> to_take_;
  std::size_t next_to_take_ = 0;
  std::vector<NewName> new_names_;
  std::int64_t began_ns_ = 0;
  std::size_t taken_count_ = 0;
  std::size_t first_look_count_ = 0;  // of these, mails of the first look
  std::size_t gone_count_ = 0;
  std::size_t gone_in_a_row_ = 0;

  int clean_passes_ = 0;
  int idle_passes_ = 0;
  bool is_listing_broken_ = false;
  MailTable::Id next_to_settle_ = 0;
  std::size_t next_further_name_ = 0;
};

}  // namespace letterpress::files
