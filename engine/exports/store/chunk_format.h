// SPDX-License-Identifier: Apache-2.0
// How a store keeps a chunk: the digest that names it, and the file's bytes.
//
//   ChunkCoder coder(ChunkDigest::kSha512_256, 3);
//   const StoreDigest digest = coder.digest(bytes);
//   coder.compress(bytes, out);                       // one zstd frame, replaces `out`
//   bool same = coder.is_frame_of(frame, bytes);      // whatever the frame's bytes are
//
// A ChunkFormat, of which each store has one, uses these. One coder a thread.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "letterpress/result.h"

namespace letterpress::exports {

enum class ChunkDigest : std::uint8_t { kSha256, kSha512_256 };

using StoreDigest = std::array<std::uint8_t, 32>;

class ChunkCoder {
 public:
  ChunkCoder(ChunkDigest digest, int level);
  ~ChunkCoder();
  ChunkCoder(ChunkCoder&&) noexcept;
  ChunkCoder& operator=(ChunkCoder&&) noexcept;

  StoreDigest digest(ByteView bytes);
  void compress(ByteView bytes, Bytes& out);
  bool is_frame_of(ByteView frame, ByteView bytes);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

// A constant of its store. Thread-safe.
class ChunkFormat {
 public:
  virtual ~ChunkFormat() = default;
  virtual ChunkDigest digest() const = 0;
  virtual std::string_view suffix() const = 0;  // of a chunk's file name
  // Replaces `out` with the file.
  virtual void encode(ByteView chunk, ChunkCoder& coder, Bytes& out) const = 0;
  // Whether a file that was found in the store holds this chunk.
  virtual bool holds(ByteView file, ByteView chunk, ChunkCoder& coder) const = 0;
};

}  // namespace letterpress::exports
