// SPDX-License-Identifier: Apache-2.0
// Cuts what is read of a file into blobs.
//
//   cutter.cut(batch, item, lengths);      // appends the lengths of the blobs of item.raw, in
//   order
//
// A blob costs about 180 bytes of a repository, so a file is one blob, unless it is a mail with
// attachments of at least 32 KiB, or has more than 2 MiB. Such attachments, encoded as they are,
// are blobs of their own, so that the same attachment in another mail is found again; those over
// 512 KiB are cut by content. Other bytes are cut behind 1 MiB or more: between messages in an
// mbox, else by content. Where the segments of an mbox lie depends on all of it that comes before;
// so what is next to their borders is cut off, for the rest to be found again when a mail was
// removed. A pure function; one cutter a thread, for its scratch buffers.
#pragma once

#include <vector>

#include "pipeline/batch.h"

namespace letterpress::restic {

// When and where bytes of one kind are cut.
struct BlobSizes {
  std::size_t whole_bytes_max;
  std::size_t bytes_min;
  std::size_t bytes_max;
  unsigned bits;
};

class BlobCutter {
 public:
  static constexpr std::size_t kAttachmentBytesMin = 32 * kKiB;

  void cut(const pipeline::Batch& batch, const pipeline::BatchItem& item,
           std::vector<std::uint32_t>& lengths);

 private:
  // Whether the file goes on before and behind what is cut.
  struct Sides {
    bool has_before = false;
    bool has_behind = false;
  };
  struct Borders {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  void cut_pieces(ByteView raw, Sides sides, const std::vector<mail::Piece>& pieces,
                  std::vector<std::uint32_t>& lengths);
  Borders find_borders(ByteView run, Sides sides) const;
  void cut_run(ByteView run, Sides sides, const BlobSizes& sizes,
               std::vector<std::uint32_t>& lengths);

  mail::SplitSegment split_;
  std::vector<std::size_t> message_starts_;  // in the open run
};

}  // namespace letterpress::restic
