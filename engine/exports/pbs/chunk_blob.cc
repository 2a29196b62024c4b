// SPDX-License-Identifier: Apache-2.0
#include <isa-l/crc.h>

#include <algorithm>

#include "exports/pbs/pbs.h"

namespace letterpress::exports {
namespace {

// The first bytes of the SHA-256 of what each is called.
constexpr std::array<std::uint8_t, 8> kPlainMagic{0x42, 0xab, 0x38, 0x07, 0xbe, 0x83, 0x70, 0xa1};
constexpr std::array<std::uint8_t, 8> kZstdMagic{0x31, 0xb9, 0x58, 0x42, 0x6f, 0xb6, 0xa3, 0x7f};
constexpr std::size_t kBlobHeaderBytes = 12;

std::uint32_t blob_checksum(ByteView content) {
  return crc32_gzip_refl(0, content.data(), content.size());
}

// Puts the header before `out`, which has room for it.
void finish_blob(Bytes& out, const std::array<std::uint8_t, 8>& magic) {
  std::ranges::copy(magic, out.begin());
  store_le(out.data() + magic.size(), blob_checksum(ByteView(out).subspan(kBlobHeaderBytes)));
}

void make_plain(ByteView bytes, Bytes& out) {
  out.resize(kBlobHeaderBytes);
  append(out, bytes);
  finish_blob(out, kPlainMagic);
}

}  // namespace

Bytes plain_blob(ByteView bytes) {
  Bytes out;
  make_plain(bytes, out);
  return out;
}

void PbsChunkFormat::encode(ByteView chunk, ChunkCoder& coder, Bytes& out) const {
  coder.compress(chunk, out);
  if (out.size() >= chunk.size()) {
    make_plain(chunk, out);
    return;
  }
  out.insert(out.begin(), kBlobHeaderBytes, 0);
  finish_blob(out, kZstdMagic);
}

bool PbsChunkFormat::holds(ByteView file, ByteView chunk, ChunkCoder& coder) const {
  if (file.size() < kBlobHeaderBytes) return false;
  const ByteView content = file.subspan(kBlobHeaderBytes);
  if (load_le<std::uint32_t>(file.data() + 8) != blob_checksum(content)) return false;
  if (std::ranges::equal(file.first(8), kPlainMagic)) return std::ranges::equal(content, chunk);
  return std::ranges::equal(file.first(8), kZstdMagic) && coder.is_frame_of(content, chunk);
}

}  // namespace letterpress::exports
