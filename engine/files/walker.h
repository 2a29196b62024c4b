// SPDX-License-Identifier: Apache-2.0
// Walks files and folders on disk, also while a mail server works on them.
//
//   LETTERPRESS_TRY_ASSIGN(auto walker, files::Walker::open({.sources = {{"mail", "/srv/mail"}}}));
//   LETTERPRESS_TRY_ASSIGN(auto event, walker->next());   // until it gives nothing
//
// Order: sources by name; a folder before its contents; the names of a folder in byte order; depth
// first: so the paths come in the order of stream::compare_paths(). The exception is a Maildir (a
// folder that has the folders cur, new and tmp): first these three, then its mails, listed again
// until no unseen one is left; then Moved for each mail whose name changed since it was handed out;
// then its further names of a mail that has several (hard links); then its own files; then its
// other folders; `subscriptions` after them. At the end of a source, Maildirs that changed since
// are looked at again for mails that others have moved there from a Maildir that was walked later;
// and last of all comes each Maildir's dovecot-uidlist, so that none is older than a mail that it
// should name. For a tree that rests the order depends on nothing but names.
//
// Symbolic links are entries and never followed, but for a source's own path. A second name of an
// inode is an entry of type kHardLink whose target is the last known path of the first. Sockets,
// FIFOs and devices are Problems of severity kNote. What cannot be read is a Problem kFailed, what
// was listed and is gone is kVanished; the walk goes on. No lock of a mail server is taken.
//
// Left out unless all_files is set: what lies in the tmp of a Maildir (the folder itself is kept);
// lock files
// (*.lock and *.newlock beside the mails of a Maildir, elsewhere NAME.lock of at most 1 KiB beside
// a file NAME); dovecot*.tmp beside the mails of a Maildir; dovecot.index.cache and
// dovecot.list.index* anywhere.
//
// Not thread-safe. Memory: the names of the folders from the source to the current one, about 20
// bytes and the name for each; in a Maildir about 45 bytes and the name for each mail, and 8 bytes
// afterwards until the end of the source. Open descriptors: under 100.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "files/remembered.h"
#include "stream/source.h"

namespace letterpress::files {

struct WalkSource {
  std::string name;  // under which it is kept: the first component of its entries' paths
  std::string path;  // on disk
};

struct WalkOptions {
  std::vector<WalkSource> sources = {};
  std::vector<std::string> excludes =
      {};  // see files/excludes.h; an excluded folder is not entered
  bool all_files = false;
  bool one_file_system = false;      // a mount point is kept as an empty folder, with a note
  bool read_all = false;             // open also files that are as they are remembered
  Remembered* remembered = nullptr;  // may be null; outlives the Walker
};

class Walk;

class Walker final : public stream::Source {
 public:
  // kNotFound if a source is not there; kInvalidArgument if two sources have one name, or a name is
  // no valid path, or a source is neither a file nor a folder.
  static Result<std::unique_ptr<Walker>> open(WalkOptions options);
  ~Walker() override;

  Result<std::optional<stream::SourceEvent>> next() override;

 private:
  explicit Walker(std::unique_ptr<Walk> walk);
  std::unique_ptr<Walk> walk_;
};

}  // namespace letterpress::files
