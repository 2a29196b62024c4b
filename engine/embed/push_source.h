// SPDX-License-Identifier: Apache-2.0
// A source that is filled from outside, and pauses when it is empty.
//
//   source.add(entry, content);        // for a file; content may still be written to
//   source.add(std::move(walker));     // all that another source gives
//   source.end();
//
// Not thread-safe: fill it while the run is paused.
#pragma once

#include <deque>
#include <memory>
#include <variant>

#include "embed/pushed_content.h"
#include "stream/source.h"

namespace letterpress::embed {

class PushSource final : public stream::Source {
 public:
  void add(stream::SourceEntry entry) { waiting_.emplace_back(std::move(entry)); }
  void add(std::unique_ptr<stream::Source> source) { waiting_.emplace_back(std::move(source)); }
  void end() { has_ended_ = true; }

  std::size_t waiting_entries() const noexcept { return waiting_.size(); }

  Result<std::optional<stream::SourceEvent>> next() override;
  bool has_paused() const override { return has_paused_; }

 private:
  using Waiting = std::variant<stream::SourceEntry, std::unique_ptr<stream::Source>>;

  std::deque<Waiting> waiting_;
  bool has_ended_ = false;
  bool has_paused_ = false;
};

}  // namespace letterpress::embed
