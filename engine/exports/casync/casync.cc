// SPDX-License-Identifier: Apache-2.0
#include "exports/casync/casync.h"

#include <utility>

namespace letterpress::exports {
namespace {

constexpr std::uint64_t kIndexHeaderBytes = 48;
constexpr std::uint64_t kIndexMagic = 0x96824d9c7b129ff9;
constexpr std::uint64_t kTableMagic = 0xe75b9e112f17417d;
constexpr std::uint64_t kTableEndMagic = 0x4b4f050e5549ecd1;
constexpr std::uint64_t kTableHeaderBytes = 16;
// The flags that desync gives an index, which casync takes too.
constexpr std::uint64_t kExcludesNoDump = 0x8000000000000000;
constexpr std::uint64_t kIsSha512_256 = 0x2000000000000000;
// A chunk between two attachments may be as small as that.
constexpr std::uint64_t kChunkBytesMin = 1;

}  // namespace

void CastrFormat::encode(ByteView chunk, ChunkCoder& coder, Bytes& out) const {
  coder.compress(chunk, out);
}

bool CastrFormat::holds(ByteView file, ByteView chunk, ChunkCoder& coder) const {
  return coder.is_frame_of(file, chunk);
}

Result<std::unique_ptr<CaibxFile>> CaibxFile::create(const std::string& path,
                                                     const CastrFormat& format,
                                                     const StoreCuts& cuts) {
  LETTERPRESS_TRY_ASSIGN(NewFile file, NewFile::create(path, 0644));
  Bytes header;
  append_le(header, kIndexHeaderBytes);
  append_le(header, kIndexMagic);
  append_le(header,
            kExcludesNoDump | (format.digest() == ChunkDigest::kSha512_256 ? kIsSha512_256 : 0));
  append_le(header, kChunkBytesMin);
  append_le(header, std::uint64_t{cuts.chunk_bytes_avg});
  append_le(header, std::uint64_t{cuts.chunk_bytes_max()});
  append_le(header, ~std::uint64_t{0});  // the table's size is not known before its end
  append_le(header, kTableMagic);
  LETTERPRESS_TRY(file.write(header));
  return std::unique_ptr<CaibxFile>(new CaibxFile(std::move(file)));
}

Status CaibxFile::add(std::uint64_t end, const StoreDigest& digest) {
  return rows_.add(end, digest, file_);
}

Status CaibxFile::commit() {
  LETTERPRESS_TRY(rows_.flush(file_));
  Bytes tail;
  append_le(tail, std::uint64_t{0});
  append_le(tail, std::uint64_t{0});
  append_le(tail, kIndexHeaderBytes);
  append_le(tail, kTableHeaderBytes + kIndexRowBytes * (rows_.count() + 1));
  append_le(tail, kTableEndMagic);
  LETTERPRESS_TRY(file_.write(tail));
  return file_.commit(NewFile::Lasting::kYes);
}

}  // namespace letterpress::exports
