// SPDX-License-Identifier: Apache-2.0
// The state of a Walker: the folders from the source to the one that is walked, without recursion.
#pragma once

#include <sys/stat.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "files/entry_reader.h"
#include "files/excludes.h"
#include "files/folder_trail.h"
#include "files/maildir_walk.h"
#include "files/name_list.h"
#include "files/walker.h"

namespace letterpress::files {

class Walk {
 public:
  // The sources are checked and sorted.
  explicit Walk(WalkOptions options)
      : options_(std::move(options)),
        excludes_(options_.excludes),
        entries_(options_.remembered, options_.read_all) {}

  Result<std::optional<stream::SourceEvent>> next();

 private:
  enum class Contents : std::uint8_t {
    kAll,
    kOthers,   // of the cur or new of a Maildir: what is no mail; the folder's entry was given out
    kScratch,  // of its tmp: files come and go at any time; the folder's entry was given out
  };

  struct Folder {
    std::size_t path_bytes = 0;  // of path_
    Contents contents = Contents::kAll;
    bool is_maildir = false;
    std::unique_ptr<MaildirWalk> mails;  // while these are walked
    NameList list;
    std::size_t next = 0;           // in the list
    MaildirTrace* later = nullptr;  // only what came since this trace is walked
  };

  Status begin_source(const WalkSource& source);
  Status visit_mails(Folder& folder);
  Status visit(const Folder& folder, const NameList::Name& name);
  Status visit_folder(const Folder& parent);
  Status take(const FoundName& found, const struct stat& status, Role role);

  void begin_folder(Contents contents, const struct stat& status);
  void begin_maildir(Folder& folder);
  void end_mails(Folder& folder);
  void end_folder();
  bool begin_later_look();
  bool begin_last_word();
  bool enter_again(const MaildirTrace& trace);

  bool looks_like_maildir(const NameList& list) const;
  bool is_folder_now(const NameList::Name& name) const;
  bool is_left_out(const Folder& folder, const NameList::Name& name,
                   const std::optional<struct stat>& status) const;
  bool is_excluded(std::string_view name) const;
  void report(stream::SourceEvent event) { events_.push_back(std::move(event)); }
  std::string shown() const { return shown_root_ + path_.substr(root_bytes_); }

  // Constant after construction.
  WalkOptions options_;
  Excludes excludes_;

  EntryReader entries_;
  FolderReader listing_;
  std::deque<stream::SourceEvent> events_;
  std::size_t next_source_ = 0;

  // Of the current source.
  FolderTrail trail_;
  std::deque<Folder> folders_;  // as many as the trail is deep
  std::string path_;            // of the entry that is visited
  std::string name_;            // its last component
  std::size_t root_bytes_ = 0;  // of path_: the source's name
  std::string shown_root_;      // the source's path on disk
  dev_t root_device_ = 0;
  ino_t root_inode_ = 0;
  std::deque<MaildirTrace> traces_;  // of its Maildirs
  std::size_t next_trace_ = 0;
  std::size_t next_last_word_ = 0;
  int later_looks_ = 0;
  bool came_later_ = false;  // something, in this later look
};

}  // namespace letterpress::files
