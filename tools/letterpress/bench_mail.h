// SPDX-License-Identifier: Apache-2.0
// Files held in memory, as a source that can be pressed again and again, and the sink for it: what
// remains is the engine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stream/sink.h"
#include "stream/source.h"

namespace letterpress::cli {

struct HeldFile {
  std::string path;
  Bytes bytes;
  std::optional<stream::KnownContent> known = {};  // what an earlier run stored
};

// All regular files below a folder, by path, until `bytes_max` of them are held.
Result<std::vector<HeldFile>> hold_files(const std::string& folder, std::uint64_t bytes_max);

class HeldSource : public stream::Source {
 public:
  // `files` must outlive the source. `offers_known`: as files of which an earlier run is known.
  // `is_lent`: their bytes are used where they are; else they are copied, as if they were read.
  explicit HeldSource(const std::vector<HeldFile>& files, bool offers_known, bool is_lent = true)
      : files_(files), offers_known_(offers_known), is_lent_(is_lent) {}
  Result<std::optional<stream::SourceEvent>> next() override;

 private:
  const std::vector<HeldFile>& files_;
  const bool offers_known_;
  const bool is_lent_;
  std::size_t next_ = 0;
};

// Keeps nothing but what is known of the files afterwards.
class HeldSink : public stream::Sink {
 public:
  // `files` must outlive the sink.
  explicit HeldSink(std::vector<HeldFile>& files) : files_(files) {}
  Status put_block(stream::Block&&) override { return Ok{}; }
  Status put_entry(stream::PressedEntry&& entry) override;
  Status put_moved(stream::Moved&&) override { return Ok{}; }
  Status end_group() override { return Ok{}; }

 private:
  std::vector<HeldFile>& files_;
  std::size_t next_ = 0;
};

}  // namespace letterpress::cli
