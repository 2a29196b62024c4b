// SPDX-License-Identifier: Apache-2.0
// A source as a tar archive, read piece by piece.
//
//   TarStream tar(source, {.on_problem = ...});
//   while (size_t got = read(tar.read(buffer))) ...   // until 0
//
// The archive depends on the source's entries only: never on threads or on the sizes asked for.
// A file of up to 1 MiB is read before its header is made, so that one that cannot be read is left
// out, with the hard links to it. Of a larger one the header says the size first: what comes beyond
// is cut off; if less comes, or damage ends it, zeros stand for the rest, and a Problem says where.
// A file that got another name meanwhile keeps the one it was met under, with a note.
//
// GNU tar and borg give a folder its time when they leave it. The Walker comes back to the folders
// of a Maildir, and so do they; so the headers of such folders come once more at the end.
//
// Not thread-safe. Memory: the headers and contents of up to 8 MiB of small files, or 1,024 of
// them, about 200 bytes and the path for each folder, and the paths of files that were left out or
// moved. Contents that stand alone are read by
// `threads` side by side.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "stream/source.h"

namespace letterpress::exports {

struct TarOptions {
  unsigned threads = 0;  // 0: one for each processor that this process may use
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const stream::Problem&)> on_problem = nullptr;
};

struct TarTotals {
  std::uint64_t entries = 0;
  std::uint64_t files = 0;          // among them
  std::uint64_t content_bytes = 0;  // of the files
  std::uint64_t archive_bytes = 0;
};

class TarStream final : public stream::Content {
 public:
  // The source must outlive it.
  TarStream(stream::Source& source, TarOptions options)
      : source_(source), options_(std::move(options)) {}

  // An error is the source's, or kCancelled; after it there is no archive.
  Result<std::size_t> read(std::span<std::uint8_t> into) override;
  Status finish() override { return Ok{}; }
  // What was taken so far; the archive's size once it was read to its end.
  const TarTotals& totals() const noexcept { return totals_; }

 private:
  // An entry on its way: of a small file the content too, or why there is none.
  struct Item {
    stream::Entry entry;
    std::unique_ptr<stream::Content> content;  // until it was read
    std::uint64_t size_hint_bytes = 0;
    Bytes bytes;
    std::optional<Error> failure;  // nothing was read
    std::optional<Error> doubt;    // read, but not as it is now
  };
  // A file that is read as it goes out.
  struct Large {
    stream::Entry entry;
    std::unique_ptr<stream::Content> content;
    std::uint64_t size_bytes = 0;
    std::uint64_t left_bytes = 0;
    bool is_lost = false;  // zeros from here on
  };

  static void read_item(Item& item);
  Status fill();
  Status collect(std::vector<Item>& items);
  bool take_entry(std::vector<Item>& items, stream::SourceEntry&& entry, std::size_t& bytes);
  Status read_apart(std::vector<Item>& items) const;
  void put(Item& item);
  void begin_large(stream::SourceEntry&& entry);
  void read_large();
  void end_large();
  void append_header(const stream::Entry& entry, std::uint64_t size_bytes);
  void append_folders_again();
  void lose(const std::string& path, const Error& error);
  void problem(stream::Problem::Severity severity, const std::string& path,
               const std::string& message) const;

  stream::Source& source_;
  const TarOptions options_;
  TarTotals totals_;
  Bytes ready_;  // of the archive; from ready_at_ on not read yet
  std::size_t ready_at_ = 0;
  std::optional<stream::SourceEntry> waiting_;  // a large file, behind what is ready
  std::optional<Large> large_;
  std::unordered_set<std::string> left_out_;
  std::unordered_map<std::string, std::string> names_;  // of moved files: the new one -> ours
  std::string open_folder_;                             // of the last entry
  std::map<std::string, stream::Metadata> folders_;
  std::set<std::string> reopened_;  // among them
  bool has_source_ended_ = false;
  bool has_ended_ = false;
};

}  // namespace letterpress::exports
