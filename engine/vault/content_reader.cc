// SPDX-License-Identifier: Apache-2.0
#include "vault/content_reader.h"

namespace letterpress::vault {

Status ContentReader::read_children(const std::vector<stream::ContentRef::Child>& children,
                                    unsigned depth, const stream::Rebuilder::Output& take) {
  for (const stream::ContentRef::Child& child : children) {
    LETTERPRESS_TRY_ASSIGN(const Bytes chunk, rebuilder_.chunk(child.place));
    if (depth == 1) {
      LETTERPRESS_TRY(take(chunk));
      continue;
    }
    LETTERPRESS_TRY_ASSIGN(const auto below, stream::decode_content_list(chunk));
    LETTERPRESS_TRY(read_children(below, depth - 1, take));
  }
  return Ok{};
}

Status ContentReader::each_recipe(const stream::ContentRef& ref,
                                  const stream::Rebuilder::Output& take) {
  return ref.depth == 0 ? take(ref.recipe) : read_children(ref.children, ref.depth, take);
}

Status ContentReader::read(ByteView content, const stream::Rebuilder::Output& output) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  std::uint64_t bytes = 0;
  const auto counted = [&](ByteView view) -> Status {
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
        bytes += view.size();
        return keep(output(view));
      },
      [&](std::uint64_t count, const Error& why) {
        bytes += count;
        return keep(lost(count, why));
      });
  if (taken) return std::move(*taken);
  if (bytes > covered_bytes) {
    return Error(ErrorCode::kCorrupt, "a recipe gives more bytes than the file had");
  }
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
  for (const stream::ContentRef::Child& next : *below) {
    LETTERPRESS_TRY(read_parts_of(next, depth - 1, output, lost));
  }
  return Ok{};
}

Status ContentReader::read_whole_parts(ByteView content, const stream::Rebuilder::Output& output,
                                       const stream::Rebuilder::Lost& lost) {
  LETTERPRESS_TRY_ASSIGN(const stream::ContentRef ref, stream::decode_content_ref(content));
  if (ref.depth == 0) return rebuild_parts(ref.recipe, ref.size_bytes, output, lost);
  for (const stream::ContentRef::Child& child : ref.children) {
    LETTERPRESS_TRY(read_parts_of(child, ref.depth, output, lost));
  }
  return Ok{};
}

}  // namespace letterpress::vault
