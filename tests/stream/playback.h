// SPDX-License-Identifier: Apache-2.0
// What the tests of streams share: play() reads a whole stream and rebuilds every entry, and
// Frames takes one apart and seals it again after a test has changed it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stream/rebuilder.h"
#include "stream/stream_reader.h"

namespace letterpress::stream {

// Blocks by number, in memory.
class MapBlocks : public BlockProvider {
 public:
  // Decodes and opens it. kCorrupt if the number was there before.
  Status add(ByteView encoded);
  void add(OpenBlock&& block);
  Result<std::shared_ptr<const OpenBlock>> block(std::uint64_t number) override;
  std::size_t chunk_count() const noexcept { return chunk_count_; }

 private:
  std::map<std::uint64_t, std::shared_ptr<const OpenBlock>> blocks_;
  codecs::BlockCodec codec_;
  std::size_t chunk_count_ = 0;
};

// An open block of these chunks.
OpenBlock make_open_block(std::uint64_t number, const std::vector<std::string>& chunks);

struct Playback {
  struct File {
    Metadata metadata;
    std::string content;
    bool is_abandoned = false;
  };
  StreamHeader header;
  std::map<std::string, File> entries;
  std::vector<std::string> stretches;
  std::vector<Moved> moves;
  std::size_t groups = 0;
  std::size_t raw_bytes = 0;
  std::size_t chunks = 0;
  StreamTotals totals;
};

// Reads the stream to its end frame and rebuilds all entries.
Result<Playback> play(ByteView stream);

struct Frames {
  struct One {
    FrameType type;
    Bytes body;
  };
  std::vector<One> all;

  explicit Frames(ByteView stream);
  // The stream again, with right checksums and a right sum of them in the end frame.
  Bytes sealed() const;
};

// Bytes from hexadecimal digits; blanks and line breaks do not count.
Bytes from_hex(std::string_view text);

}  // namespace letterpress::stream
