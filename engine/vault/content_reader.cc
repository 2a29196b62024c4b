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

}  // namespace letterpress::vault
