// SPDX-License-Identifier: Apache-2.0
#include "embed/press_values.h"

#include <string>

#include "codecs/codec.h"
#include "stream/entry.h"

namespace letterpress::embed {

PressTotals totals_of(const pipeline::PressTotals& run) {
  PressTotals totals;
  totals.entries = run.entries;
  totals.files = run.files;
  totals.messages = run.messages;
  totals.raw_bytes = run.raw_bytes;
  totals.base64_bytes = run.base64_bytes;
  totals.groups = run.groups;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    const pipeline::PressTotals::OfKind& kind = run.kinds[i];
    totals.kinds[i] = {kind.chunks, kind.chunk_bytes, kind.new_chunks, kind.new_bytes,
                       kind.stored_bytes};
  }
  return totals;
}

PressProblem problem_of(const stream::Problem& problem) {
  return {static_cast<PressProblem::Severity>(problem.severity), problem.path, problem.message};
}

Status check_path(std::string_view path, std::string_view what) {
  if (is_valid_path(path)) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(path) + "' is no " + std::string(what) +
                   ": it must be relative, of at most 16384 bytes, and no component may be empty, "
                   "'.' or '..'");
}

Status check_entry(const Entry& entry) {
  const Metadata& metadata = entry.metadata;
  LETTERPRESS_TRY(check_path(entry.path, "path of an entry"));
  if (metadata.mode > 07777) {
    return Error(ErrorCode::kInvalidArgument,
                 entry.path + ": mode must be permission bits only, at most 07777");
  }
  if (!stream::is_valid_target(metadata)) {
    return Error(ErrorCode::kInvalidArgument,
                 entry.path +
                     ": target must be 1 to 16384 bytes of a symlink, the path of an entry "
                     "for a hard link, and empty elsewhere");
  }
  return Ok{};
}

Status check_level(int level) {
  if (level >= codecs::kLevelMin && level <= codecs::kLevelMax) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "level must be from 1 to 19, not " + std::to_string(level));
}

}  // namespace letterpress::embed
