// SPDX-License-Identifier: Apache-2.0
// Where pressed mail goes: a stream, a vault, an embedder. The pipeline calls a Sink from one
// thread at a time, in an order that depends on the input only.
//
//   order of calls:  ((put_block | put_borrowed)* (put_entry | put_moved)* end_group)*
//
// When end_group() is called, every block that the group's entries need has been put, in this group
// or before. An error ends the run; the sink has then seen a prefix and is not called again.
#pragma once

#include "stream/block.h"
#include "stream/source.h"

namespace letterpress::stream {

// An entry, or a part of a long one, with how to rebuild it.
struct PressedEntry {
  Entry entry;
  SourceEntry::Identity identity;
  std::uint64_t raw_bytes = 0;  // of this part
  // RecipeForm::kPieces: the recipe of this part. kStored: an encoded ContentRef, in the last part.
  Bytes content;
  Bytes segments;  // kStored, last part: for KnownContent
  bool is_first = true;
  bool is_last = true;
  bool is_abandoned = false;  // last part only: the source failed midway, forget the entry
  // Last part only: the file changed while it was read. Kept as read, and read again next time.
  bool is_unsettled = false;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status put_block(Block&& block) = 0;
  // Chunks that the receiver has, as the run was told. Only who tells it gets them.
  virtual Status put_borrowed(Block&& /*block*/) {
    return Error(ErrorCode::kUnsupported, "chunks are borrowed in streams only");
  }
  virtual Status put_entry(PressedEntry&& entry) = 0;
  virtual Status put_moved(Moved&& moved) = 0;
  virtual Status end_group() = 0;
};

}  // namespace letterpress::stream
