// SPDX-License-Identifier: Apache-2.0
// A sink that keeps every call, and rebuilds what it was given at the end of each group, so that it
// fails where a group needs blocks that come later.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/placer.h"
#include "stream/playback.h"

namespace letterpress::pipeline {

class RecordingSink : public stream::Sink {
 public:
  explicit RecordingSink(RecipeForm form = RecipeForm::kPieces, const HashKey* digest_key = nullptr)
      : form_(form), rebuilder_(blocks, digest_key) {}

  // The call of this number is an error.
  std::optional<std::size_t> fails_at_call;
  std::function<void()> on_group;
  bool rebuilds = true;

  std::vector<std::string> calls;  // each with all that it was given
  std::map<std::string, std::string> files;
  std::map<std::string, stream::PressedEntry> last_parts;
  std::vector<std::string> abandoned;
  std::vector<stream::Moved> moves;
  std::vector<std::vector<std::uint64_t>> block_numbers;  // of each group
  std::vector<std::size_t> group_entries;                 // as many as entries and moves came
  std::map<std::uint64_t, stream::Block> stored;
  stream::MapBlocks blocks;

  Status put_block(stream::Block&& block) override;
  Status put_entry(stream::PressedEntry&& entry) override;
  Status put_moved(stream::Moved&& moved) override;
  Status end_group() override;

 private:
  Status note(std::string call);
  Status rebuild(const stream::PressedEntry& entry);
  Status rebuild_children(const std::vector<stream::ContentRef::Child>& children, unsigned depth,
                          const stream::Rebuilder::Output& output);

  const RecipeForm form_;
  stream::Rebuilder rebuilder_;
  std::vector<stream::PressedEntry> waiting_;  // for the end of the group
  std::vector<std::uint64_t> group_blocks_;
  std::size_t group_calls_ = 0;
  std::string open_path_;
  bool has_failed_ = false;
};

}  // namespace letterpress::pipeline
