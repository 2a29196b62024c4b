// SPDX-License-Identifier: Apache-2.0
// Files held in memory, as a source that can be pressed again and again: what remains is the
// engine.
#pragma once

#include <string>
#include <vector>

#include "stream/source.h"

namespace letterpress::cli {

struct HeldFile {
  std::string path;
  Bytes bytes;
};

// All regular files below a folder, by path, until `bytes_max` of them are held.
Result<std::vector<HeldFile>> hold_files(const std::string& folder, std::uint64_t bytes_max);

class HeldSource : public stream::Source {
 public:
  // `files` must outlive the source.
  explicit HeldSource(const std::vector<HeldFile>& files) : files_(files) {}
  Result<std::optional<stream::SourceEvent>> next() override;

 private:
  const std::vector<HeldFile>& files_;
  std::size_t next_ = 0;
};

}  // namespace letterpress::cli
