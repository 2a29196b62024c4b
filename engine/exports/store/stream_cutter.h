// SPDX-License-Identifier: Apache-2.0
// Cuts a stream of original bytes into chunks for stores that put chunks together as they are:
// around large attachments, and by content elsewhere.
//
//   StreamCutter cutter(sizes, content);
//   CutBatch batch;
//   LETTERPRESS_TRY_ASSIGN(bool more, cutter.next(batch));   // false: the stream has ended
//   // chunk i of the batch: batch.bytes from the end of the one before it to batch.ends[i]
//
// An attachment of at least `attachment_bytes_min` in base64 begins and ends a chunk, wherever it
// stands and however small the chunk before it gets, so that it is found again in any message; up
// to `chunk_bytes_max` it is one chunk. The rest is cut as chunking::next_cut() does. The cuts
// depend on the bytes and the sizes only. What is no mail, mbox or tar of mail has no attachments.
//
// Not thread-safe. Memory: a batch, and its split, which is bounded by it.
#pragma once

#include <deque>
#include <vector>

#include "chunking/cut_scan.h"
#include "mail/splitter.h"
#include "mail/tar.h"
#include "stream/source.h"

namespace letterpress::exports {

struct StoreCuts {
  std::uint32_t chunk_bytes_avg = 64 * 1024;  // a power of two
  std::uint32_t chunk_bytes_min() const noexcept { return chunk_bytes_avg / 4; }
  std::uint32_t chunk_bytes_max() const noexcept { return chunk_bytes_avg * 4; }
  std::uint32_t attachment_bytes_min() const noexcept { return chunk_bytes_avg / 4; }
};
inline constexpr std::uint32_t kStoreCutAvgMin = 4 * 1024;
inline constexpr std::uint32_t kStoreCutAvgMax = 1024 * 1024;

// kInvalidArgument if a size is out of its range.
Status validate(const StoreCuts& cuts);

struct CutBatch {
  UnsetBytes bytes;
  std::vector<std::size_t> ends;
};

class StreamCutter {
 public:
  // `cuts` are valid; the content outlives the cutter.
  StreamCutter(const StoreCuts& cuts, stream::Content& content) : cuts_(cuts), content_(content) {}

  // Replaces `batch` with the next chunks, at least one; false at the end. An error is the
  // content's.
  Result<bool> next(CutBatch& batch);

 private:
  // A stretch of the stream that is cut by itself; offsets are of the stream. The last one is open:
  // it may become longer.
  struct Region {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool is_attachment = false;
    bool is_closed = false;
  };

  Status read_more(UnsetBytes& bytes, std::size_t wanted);
  void scan(ByteView window);
  std::size_t segment_end(ByteView window) const;
  void add_piece(const mail::Piece& piece);
  void end_attachment();
  void cut(ByteView bytes, std::vector<std::size_t>& ends);
  std::size_t cut_region(ByteView bytes, const Region& region) const;

  const StoreCuts cuts_;
  stream::Content& content_;
  bool has_ended_ = false;
  bool has_begun_ = false;
  mail::Format format_ = mail::Format::kPlain;
  mail::Splitter splitter_{mail::Format::kPlain};
  mail::TarWalk tar_;
  mail::SplitSegment split_;
  UnsetBytes carry_;  // what was read and is not in a chunk yet; from at_ on
  std::uint64_t at_ = 0;
  std::uint64_t scanned_ = 0;  // up to here the splitter has seen the stream
  std::deque<Region> regions_{Region{}};
  // An attachment that may yet be too small to be one; it begins where the open region ends.
  std::uint64_t attachment_bytes_ = 0;
};

}  // namespace letterpress::exports
