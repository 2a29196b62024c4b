// SPDX-License-Identifier: Apache-2.0
// Where the recipe of a file is: inside, or in chunks of kind recipe, with lists of places above
// them when there are many (docs/FORMAT.md, "Content reference"). This is what a vault's tree and a
// writer's state hold of a file's content.
//
//   ContentRefBuilder builder;
//   builder.add_recipe(recipe, covered_bytes, store); // in order; store: a chunk -> its place
//   Bytes encoded = builder.finish(store);            // and the builder can be used again
//
//   LETTERPRESS_TRY_ASSIGN(ContentRef ref, decode_content_ref(encoded));
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress::stream {

// Recipes up to this size stay inside the reference. Longer ones are worth a chunk of their own,
// which costs about 22 bytes in the index and 5 in the reference.
inline constexpr std::size_t kInlineRecipeBytesMax = 512;
// More places than this get a list chunk of their own.
inline constexpr std::size_t kContentListMax = 1024;
inline constexpr unsigned kContentDepthMax = 4;

struct ContentRef {
  struct Child {
    Place place;  // of a chunk: a recipe (depth 1), or a list (depth 2 and more)
    std::uint64_t covered_bytes = 0;  // of the file
  };
  std::uint64_t size_bytes = 0;  // of the file
  unsigned depth = 0;            // 0: `recipe` is all; else children are depth levels above recipes
  Bytes recipe;
  std::vector<Child> children;
};

Bytes encode_content_ref(const ContentRef& ref);
// kCorrupt for anything out of range; memory is bounded by the bytes given.
Result<ContentRef> decode_content_ref(ByteView encoded);

// A list chunk: the children of one node, encoded as in a reference.
Result<std::vector<ContentRef::Child>> decode_content_list(ByteView chunk);

// kCorrupt unless each child has bytes, and all together `covered_bytes`, as the node above says.
// Who checks this for every list visits no more of them than the file has bytes, whatever names
// what: lists may name one chunk again and again.
Status check_covers(const std::vector<ContentRef::Child>& children, std::uint64_t covered_bytes);

class ContentRefBuilder {
 public:
  using Store = std::function<Place(ByteView chunk)>;  // 1 <= chunk.size() <= kChunkBytesMax

  // Puts a recipe into a chunk. Not an empty one.
  ContentRef::Child add_recipe(ByteView recipe, std::uint64_t covered_bytes, const Store& store);
  // A recipe that lies in a chunk already.
  void add_stored(const ContentRef::Child& recipe, const Store& store);
  // The file's only recipe stays inside, if it is not above kInlineRecipeBytesMax.
  void keep_inside(Bytes&& recipe, std::uint64_t covered_bytes);
  Bytes finish(const Store& store);

 private:
  void add_child(unsigned level, ContentRef::Child child, const Store& store);

  std::uint64_t size_bytes_ = 0;
  Bytes inside_;
  std::vector<std::vector<ContentRef::Child>> levels_;
};

}  // namespace letterpress::stream
