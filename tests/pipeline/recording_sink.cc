// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recording_sink.h"

#include <gtest/gtest.h>

#include "base/varint.h"
#include "stream/entry_codec.h"

namespace letterpress::pipeline {

Status RecordingSink::note(std::string call) {
  EXPECT_FALSE(has_failed_) << "called again after an error";
  has_failed_ = fails_at_call == calls.size();
  if (has_failed_) return Error(ErrorCode::kIo, "the sink broke");
  calls.push_back(std::move(call));
  return Ok{};
}

Status RecordingSink::put_block(stream::Block&& block) {
  Bytes encoded;
  stream::encode_block(block, true, encoded);
  LETTERPRESS_TRY(note("block " + std::string(as_text(encoded))));
  EXPECT_EQ(block.ids.size(), block.lengths.size());
  group_blocks_.push_back(block.number);
  if (rebuilds) {
    LETTERPRESS_TRY(blocks.add(encoded));
  }
  EXPECT_TRUE(stored.emplace(block.number, std::move(block)).second) << "a number came twice";
  return Ok{};
}

Status RecordingSink::put_entry(stream::PressedEntry&& entry) {
  Bytes bytes;
  stream::append_text(bytes, entry.entry.path);
  stream::append_metadata(bytes, entry.entry.metadata);
  for (const std::uint64_t field :
       {entry.identity.device, entry.identity.inode,
        static_cast<std::uint64_t>(entry.identity.ctime_ns), entry.raw_bytes}) {
    append_varint(bytes, field);
  }
  append(bytes, entry.content);
  const std::string flags = std::string(entry.is_first ? "F" : "") + (entry.is_last ? "L" : "") +
                            (entry.is_abandoned ? "A" : "") + (entry.is_unsettled ? "U" : "");
  LETTERPRESS_TRY(note("entry " + flags + ' ' + std::string(as_text(bytes))));
  ++group_calls_;
  waiting_.push_back(std::move(entry));
  return Ok{};
}

Status RecordingSink::put_moved(stream::Moved&& moved) {
  LETTERPRESS_TRY(note("moved " + moved.from + " to " + moved.to));
  ++group_calls_;
  moves.push_back(std::move(moved));
  return Ok{};
}

Status RecordingSink::end_group() {
  LETTERPRESS_TRY(note("group"));
  block_numbers.push_back(std::exchange(group_blocks_, {}));
  group_entries.push_back(std::exchange(group_calls_, 0));
  for (const stream::PressedEntry& entry : std::exchange(waiting_, {})) {
    if (!rebuilds) break;
    LETTERPRESS_TRY(rebuild(entry));
  }
  if (on_group) on_group();
  return Ok{};
}

Status RecordingSink::rebuild(const stream::PressedEntry& entry) {
  if (entry.is_first || form_ == RecipeForm::kStored) {
    open_path_ = entry.entry.path;
    EXPECT_TRUE(files.emplace(open_path_, "").second) << open_path_ << " came twice";
  }
  std::string& content = files[open_path_];
  const std::size_t before = content.size();
  const auto output = [&](ByteView bytes) -> Status {
    content += as_text(bytes);
    return Ok{};
  };
  if (entry.is_last) {
    last_parts[open_path_] = entry;
    if (entry.is_abandoned) abandoned.push_back(open_path_);
  }
  if (form_ == RecipeForm::kPieces) {
    LETTERPRESS_TRY(rebuilder_.rebuild(entry.content, output));
    EXPECT_EQ(content.size() - before, entry.raw_bytes);
    return Ok{};
  }
  if (entry.entry.metadata.type != stream::EntryType::kFile) return Ok{};
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(entry.content));
  if (ref.depth == 0) {
    LETTERPRESS_TRY(rebuilder_.rebuild(ref.recipe, output));
  } else {
    LETTERPRESS_TRY(rebuild_children(ref.children, ref.depth, output));
  }
  EXPECT_EQ(content.size(), ref.size_bytes);
  return Ok{};
}

Status RecordingSink::rebuild_children(const std::vector<stream::ContentRef::Child>& children,
                                       unsigned depth, const stream::Rebuilder::Output& output) {
  for (const stream::ContentRef::Child& child : children) {
    LETTERPRESS_TRY_ASSIGN(const Bytes chunk, rebuilder_.chunk(child.place));
    if (depth == 1) {
      LETTERPRESS_TRY(rebuilder_.rebuild(chunk, output));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto below, stream::decode_content_list(chunk));
    LETTERPRESS_TRY(rebuild_children(below, depth - 1, output));
  }
  return Ok{};
}

}  // namespace letterpress::pipeline
