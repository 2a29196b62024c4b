// SPDX-License-Identifier: Apache-2.0
// A source whose entries have the full paths of the disk: the folders above them come first, as
// they are there.
//
//   AncestorSource source(walker, {"srv/mail"});     // gives srv, then what `walker` gives
//
// `below` outlives it. Not thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "stream/source.h"

namespace letterpress::restic {

class AncestorSource final : public stream::Source {
 public:
  // `names`: the paths of what `below` gives, from the root of the file system, without its slash.
  AncestorSource(stream::Source& below, const std::vector<std::string>& names);

  Result<std::optional<stream::SourceEvent>> next() override;
  bool has_paused() const override { return waiting_.empty() && below_.has_paused(); }

 private:
  stream::Source& below_;
  std::set<std::string> waiting_;
};

}  // namespace letterpress::restic
