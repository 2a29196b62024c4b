// SPDX-License-Identifier: Apache-2.0
// The blob that describes one folder, made node by node.
//
//   TreeBlob tree(level);
//   writer.append(tree.next_node(), node);       // text behind what is there
//   LETTERPRESS_TRY(tree.settle());              // after each node
//   const TreeBlob::Made made = tree.finish();   // once
//
// A folder is one blob in restic, whatever its size. Up to 4 MiB the text is kept as it is; what
// comes behind that is hashed and compressed as it comes, so that a folder of 100,000 mails takes
// about 10 MiB. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "exports/restic/blob.h"

namespace letterpress::restic {

class TreeBlob {
 public:
  static constexpr std::size_t kTextBytesMax = std::size_t{4} << 20;

  explicit TreeBlob(int level);
  ~TreeBlob();
  TreeBlob(TreeBlob&&) noexcept;

  // Where the text of the next node goes.
  std::string& next_node();
  void settle();

  struct Made {
    BlobId id;
    ByteView text;   // the whole, or empty
    ByteView frame;  // else this: the whole, compressed
    std::uint64_t raw_bytes = 0;
  };
  // The views are the tree's.
  Made finish();

 private:
  class Tail;

  int level_;
  std::string text_;
  bool is_empty_ = true;
  std::unique_ptr<Tail> tail_;  // once the text has become too long
};

}  // namespace letterpress::restic
