// SPDX-License-Identifier: Apache-2.0
// Brings back the bytes of files, from what the tree keeps of their contents.
//
//   ContentReader contents(blocks, &digest_key);
//   LETTERPRESS_TRY(contents.read(record.content, output));
//
// Every byte that `output` gets was checked against the digest that the backup kept; after an error
// it has got a prefix. It never gets more than the content says that it has, and no more recipes
// are looked at than that, whatever they say. One a thread; many may share a BlockStore.
#pragma once

#include "stream/content_ref.h"
#include "stream/rebuilder.h"

namespace letterpress::vault {

class ContentReader {
 public:
  // Both must outlive the reader.
  ContentReader(stream::BlockProvider& blocks, const HashKey* digest_key)
      : rebuilder_(blocks, digest_key) {}

  Status read(ByteView content, const stream::Rebuilder::Output& output);

  // The bytes of one recipe.
  Status rebuild(ByteView recipe, const stream::Rebuilder::Output& output) {
    return rebuilder_.rebuild(recipe, output);
  }
  // `count` bytes from `from` on, fewer if the content ends before. Of what lies before and behind,
  // recipes are read at most, and no block.
  Status read_range(ByteView content, stream::Rebuilder::Range range,
                    const stream::Rebuilder::Output& output);

  // What of a damaged content is whole: `output` gets it, `lost` the length of what lies between,
  // both in order, so that together they have as many bytes as the content says that it has. An
  // error is one of theirs, or says that not even that is known.
  Status read_whole_parts(ByteView content, const stream::Rebuilder::Output& output,
                          const stream::Rebuilder::Lost& lost);

  // The recipes of a content, in order, without what they rebuild.
  Status each_recipe(const stream::ContentRef& ref, const stream::Rebuilder::Output& take);

  Result<Bytes> chunk(Place place) { return rebuilder_.chunk(place); }

 private:
  Status read_children(const std::vector<stream::ContentRef::Child>& children, unsigned depth,
                       std::uint64_t covered_bytes, const stream::Rebuilder::Output& take);
  Status read_range_of(const std::vector<stream::ContentRef::Child>& children, unsigned depth,
                       stream::Rebuilder::Range& range, const stream::Rebuilder::Output& output);
  Status rebuild_range(ByteView recipe, std::uint64_t covered_bytes,
                       stream::Rebuilder::Range& range, const stream::Rebuilder::Output& output);
  Status read_parts(const std::vector<stream::ContentRef::Child>& children, unsigned depth,
                    std::uint64_t covered_bytes, const stream::Rebuilder::Output& output,
                    const stream::Rebuilder::Lost& lost);
  Status read_parts_of(const stream::ContentRef::Child& child, unsigned depth,
                       const stream::Rebuilder::Output& output,
                       const stream::Rebuilder::Lost& lost);
  Status rebuild_parts(ByteView recipe, std::uint64_t covered_bytes,
                       const stream::Rebuilder::Output& output,
                       const stream::Rebuilder::Lost& lost);

  stream::Rebuilder rebuilder_;
};

}  // namespace letterpress::vault
