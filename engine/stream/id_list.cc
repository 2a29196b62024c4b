// SPDX-License-Identifier: Apache-2.0
#include "stream/id_list.h"

#include <utility>

#include "base/endian.h"
#include "base/hex.h"
#include "base/limits.h"

namespace letterpress::stream {
namespace {

constexpr std::string_view kStart = "letterpress-ids 1 ";
constexpr std::size_t kWrittenBytes = 64 * kKiB;
constexpr std::size_t kReadBytes = 256 * kKiB;
// Of a line, with some room: one that is longer is neither a head nor an id.
constexpr std::size_t kLineBytesMax = 200;

std::string head_line(const StreamHeader& header) {
  std::string line(kStart);
  if (!header.is_keyed) return line + "blake3";
  Bytes check;
  append_le(check, header.key_check);
  return line + "blake3-keyed " + to_hex(check);
}

class IdListReader {
 public:
  IdListReader(File& file, const StreamHeader& header) : file_(file), head_(head_line(header)) {}

  Result<index::ChunkIndex> run();

 private:
  Status take_line(std::string_view line);
  Error wrong(std::string_view what) const {
    return Error(ErrorCode::kInvalidArgument,
                 file_.path() + ", line " + std::to_string(lines_) + ": " + std::string(what));
  }

  File& file_;
  const std::string head_;
  std::uint64_t lines_ = 0;
  index::ChunkIndex index_;
};

Status IdListReader::take_line(std::string_view line) {
  ++lines_;
  if (lines_ == 1) {
    if (!line.starts_with(kStart)) return wrong("is no list of chunk ids of version 1");
    if (line == head_) return Ok{};
    return wrong("the list is for '" + std::string(line.substr(kStart.size())) +
                 "', and these ids would be '" + head_.substr(kStart.size()) + "'");
  }
  ChunkId id;
  if (!parse_hex(line, id.bytes)) return wrong("is no chunk id: 64 hexadecimal digits");
  index_.insert(id, Place{});
  return Ok{};
}

Result<index::ChunkIndex> IdListReader::run() {
  Bytes buffer(kReadBytes);
  std::string rest;  // of a line whose end has not come
  while (true) {
    LETTERPRESS_TRY_ASSIGN(const std::size_t got, file_.read(buffer));
    rest += as_text(ByteView(buffer).first(got));
    std::string_view text = rest;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      LETTERPRESS_TRY(take_line(text.substr(0, end)));
      text.remove_prefix(end + 1);
    }
    if (text.size() > kLineBytesMax) {
      ++lines_;
      return wrong("is too long");
    }
    rest = std::string(text);
    if (got < buffer.size()) break;
  }
  if (!rest.empty()) {
    LETTERPRESS_TRY(take_line(rest));
    return wrong("does not end in a line feed: the list was cut short");
  }
  if (lines_ == 0) return wrong("is empty; even a list of no ids has a first line");
  return std::move(index_);
}

}  // namespace

IdListWriter::IdListWriter(const StreamHeader& header, Output output)
    : output_(std::move(output)), text_(head_line(header) + "\n") {}

Status IdListWriter::put_block(Block&& block) {
  for (const ChunkId& id : block.ids) {
    text_ += to_hex(id.bytes);
    text_ += '\n';
  }
  count_ += block.ids.size();
  return text_.size() < kWrittenBytes ? Status(Ok{}) : write();
}

Status IdListWriter::write() { return output_(as_bytes(std::exchange(text_, {}))); }

Status IdListWriter::finish() { return write(); }

Result<index::ChunkIndex> read_id_list(File& file, const StreamHeader& header) {
  return IdListReader(file, header).run();
}

}  // namespace letterpress::stream
