// SPDX-License-Identifier: Apache-2.0
// Makes the entries of a stream, one record after the other, in a folder or on a single output.
//
//   UnpressedEntries entries(options, report);
//   LETTERPRESS_TRY(entries.start());                       // opens the destination
//   LETTERPRESS_TRY(entries.take(record, rebuilder, fault));    // and rename(), in order
//   LETTERPRESS_TRY(entries.finish());                      // also when the stream is damaged
//
// Counts in the report. What is wrong with one entry is told to on_problem; an error is that of the
// destination. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "files/restorer.h"
#include "files/unpress.h"
#include "stream/rebuilder.h"

namespace letterpress::files {

class UnpressedEntries {
 public:
  // Both must outlive it.
  UnpressedEntries(const UnpressOptions& options, UnpressReport& report)
      : options_(options), report_(report) {}

  Status start();
  // `fault` is set if the record cannot be rebuilt.
  Status take(const stream::EntryRecord& record, stream::Rebuilder& rebuilder,
              std::optional<stream::Fault>& fault, std::string& why);
  Status rename(const stream::Moved& moved);
  // See Restorer. An error of the run, not of an entry.
  void limit_waiting(std::uint64_t bytes_max) const;
  Status finish();

 private:
  // What becomes of the entry whose records are coming.
  enum class Fate : std::uint8_t {
    kMade,
    kLeftOut,     // damaged, or the destination did not take it
    kMaybeThere,  // of an interrupted run, if its size is right
  };
  Status begin(const stream::EntryRecord& record);
  Status begin_file(const stream::EntryRecord& record);
  Status create(const stream::Entry& entry);
  Status rebuild(ByteView recipe, stream::Rebuilder& rebuilder, std::optional<stream::Fault>& fault,
                 std::string& why);
  Status end(bool is_abandoned);
  void end_found();
  void unmade(const Error& error);
  void problem(const Error& error) const;

  const UnpressOptions& options_;
  UnpressReport& report_;
  std::unique_ptr<Restorer> restorer_;  // null with a single output
  std::string path_;
  std::optional<RestoredFile> file_;
  Fate fate_ = Fate::kMade;
  FoundFile found_;
  std::uint64_t raw_bytes_ = 0;  // of the entry so far
  std::uint64_t files_seen_ = 0;
};

}  // namespace letterpress::files
