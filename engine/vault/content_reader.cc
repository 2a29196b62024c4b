// SPDX-License-Identifier: Apache-2.0
#include "vault/content_reader.h"

#include <algorithm>

namespace letterpress::vault {

namespace {

Error too_long() {
  return Error(ErrorCode::kCorrupt, "a recipe gives more bytes than the file had");
}

}  // namespace

Status ContentReader::read_children(const std::vector<stream::ContentRef::Child>& children,
                                    unsigned depth, std::uint64_t covered_bytes,
                                    const stream::Rebuilder::Output& take) {
  LETTERPRESS_TRY(stream::check_covers(children, covered_bytes));
  for (const stream::ContentRef::Child& child : children) {
    LETTERPRESS_TRY_ASSIGN(const Bytes chunk, rebuilder_.chunk(child.place));
    if (depth == 1) {
      LETTERPRESS_TRY(take(chunk));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto below, stream::decode_content_list(chunk));
    LETTERPRESS_TRY(read_children(below, depth - 1, child.covered_bytes, take));
  }
  return Ok{};
}

Status ContentReader::each_recipe(const stream::ContentRef& ref,
                                  const stream::Rebuilder::Output& take) {
  if (ref.depth == 0) return take(ref.recipe);
  return read_children(ref.children, ref.depth, ref.size_bytes, take);
}

Status ContentReader::read(ByteView content, const stream::Rebuilder::Output& output) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  std::uint64_t bytes = 0;
  const auto counted = [&](ByteView view) -> Status {
    if (view.size() > ref.size_bytes - bytes) return too_long();
    bytes += view.size();
    return output(view);
  };
  LETTERPRESS_TRY(
      each_recipe(ref, [&](ByteView recipe) { return rebuilder_.rebuild(recipe, counted); }));
  if (bytes != ref.size_bytes) {
    return Error(ErrorCode::kCorrupt, "recipe gives " + std::to_string(bytes) +
                                          " bytes; the file had " + std::to_string(ref.size_bytes));
  }
  return Ok{};
}

// What of the range lies in this recipe; the range goes on behind it.
Status ContentReader::rebuild_range(ByteView recipe, std::uint64_t covered_bytes,
                                    stream::Rebuilder::Range& range,
                                    const stream::Rebuilder::Output& output) {
  const std::uint64_t wanted = std::min(covered_bytes - range.from, range.count);
  std::uint64_t given = 0;
  LETTERPRESS_TRY(rebuilder_.rebuild_range(recipe, {range.from, wanted}, [&](ByteView view) {
    given += view.size();
    return output(view);
  }));
  if (given != wanted) {
    return Error(ErrorCode::kCorrupt, "a recipe gives " + std::to_string(range.from + given) +
                                          " bytes; it should give " +
                                          std::to_string(covered_bytes));
  }
  range = {0, range.count - given};
  return Ok{};
}

Status ContentReader::read_range_of(const std::vector<stream::ContentRef::Child>& children,
                                    unsigned depth, stream::Rebuilder::Range& range,
                                    const stream::Rebuilder::Output& output) {
  for (const stream::ContentRef::Child& child : children) {
    if (range.count == 0) return Ok{};
    if (child.covered_bytes <= range.from) {
      range.from -= child.covered_bytes;
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const Bytes chunk, rebuilder_.chunk(child.place));
    if (depth == 1) {
      LETTERPRESS_TRY(rebuild_range(chunk, child.covered_bytes, range, output));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto below, stream::decode_content_list(chunk));
    const std::uint64_t wanted = std::min(child.covered_bytes - range.from, range.count);
    const std::uint64_t count_behind = range.count - wanted;
    LETTERPRESS_TRY(read_range_of(below, depth - 1, range, output));
    if (range.count != count_behind) {
      return Error(ErrorCode::kCorrupt, "a list of recipes covers other than what it says");
    }
  }
  return Ok{};
}

Status ContentReader::read_range(ByteView content, stream::Rebuilder::Range range,
                                 const stream::Rebuilder::Output& output) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  if (range.from >= ref.size_bytes) return Ok{};
  range.count = std::min(range.count, ref.size_bytes - range.from);
  if (range.count == 0) return Ok{};
  if (ref.depth == 0) return rebuild_range(ref.recipe, ref.size_bytes, range, output);
  LETTERPRESS_TRY(read_range_of(ref.children, ref.depth, range, output));
  if (range.count == 0) return Ok{};
  return Error(ErrorCode::kCorrupt, "the lists of a file's recipes cover less than the file had");
}

// A recipe that is to give so many bytes, whatever it gives.
Status ContentReader::rebuild_parts(ByteView recipe, std::uint64_t covered_bytes,
                                    const stream::Rebuilder::Output& output,
                                    const stream::Rebuilder::Lost& lost) {
  std::uint64_t bytes = 0;
  std::optional<Error> taken;  // what `output` or `lost` said
  const auto keep = [&](Status status) -> Status {
    if (!status) taken = status.error().copy();
    return status;
  };
  const Status rebuilt = rebuilder_.rebuild(
      recipe,
      [&](ByteView view) {
        if (view.size() > covered_bytes - bytes) return Status(too_long());
        bytes += view.size();
        return keep(output(view));
      },
      [&](std::uint64_t count, const Error& why) {
        if (count > covered_bytes - bytes) return Status(too_long());
        bytes += count;
        return keep(lost(count, why));
      });
  if (taken) return std::move(*taken);
  if (bytes == covered_bytes) return Ok{};
  return lost(covered_bytes - bytes,
              rebuilt ? Error(ErrorCode::kCorrupt, "a recipe gives fewer bytes than the file had")
                      : rebuilt.error().copy());
}

Status ContentReader::read_parts_of(const stream::ContentRef::Child& child, unsigned depth,
                                    const stream::Rebuilder::Output& output,
                                    const stream::Rebuilder::Lost& lost) {
  const Result<Bytes> chunk = rebuilder_.chunk(child.place);
  if (!chunk) return lost(child.covered_bytes, chunk.error());
  if (depth == 1) return rebuild_parts(*chunk, child.covered_bytes, output, lost);
  const auto below = stream::decode_content_list(*chunk);
  if (!below) return lost(child.covered_bytes, below.error());
  return read_parts(*below, depth - 1, child.covered_bytes, output, lost);
}

Status ContentReader::read_parts(const std::vector<stream::ContentRef::Child>& children,
                                 unsigned depth, std::uint64_t covered_bytes,
                                 const stream::Rebuilder::Output& output,
                                 const stream::Rebuilder::Lost& lost) {
  const Status covers = stream::check_covers(children, covered_bytes);
  if (!covers) return lost(covered_bytes, covers.error());
  for (const stream::ContentRef::Child& child : children) {
    LETTERPRESS_TRY(read_parts_of(child, depth, output, lost));
  }
  return Ok{};
}

Status ContentReader::read_whole_parts(ByteView content, const stream::Rebuilder::Output& output,
                                       const stream::Rebuilder::Lost& lost) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  if (ref.depth == 0) return rebuild_parts(ref.recipe, ref.size_bytes, output, lost);
  return read_parts(ref.children, ref.depth, ref.size_bytes, output, lost);
}

}  // namespace letterpress::vault
