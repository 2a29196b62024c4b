// SPDX-License-Identifier: Apache-2.0
// The content of one file of a snapshot, read piece by piece as its reader asks for it.
//
//   ContentPull content(readers, ref);                         // readers: of the snapshot
//   LETTERPRESS_TRY_ASSIGN(std::size_t got, content.read(into));   // until 0
//
// Gives no byte that was not checked against the digest that the backup kept; after an error it has
// given a prefix. Memory: what one recipe makes, which is a segment of the file (8 MiB), and the
// lists above it. It stands alone: many may be read at a time, each by one thread.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "stream/content_ref.h"
#include "stream/source.h"
#include "vault/content_reader.h"

namespace letterpress::vault {

class SnapshotReader;

// Content readers that nobody uses now, with their buffers: one for each thread at most.
// Thread-safe.
class IdleContentReaders {
 public:
  // Must be outlived by `snapshot`.
  explicit IdleContentReaders(SnapshotReader& snapshot) : snapshot_(snapshot) {}
  ContentReader take();
  void give_back(ContentReader&& reader);

 private:
  SnapshotReader& snapshot_;
  std::mutex mutex_;
  std::vector<ContentReader> idle_;
};

class ContentPull final : public stream::Content {
 public:
  // `readers` must outlive it.
  ContentPull(IdleContentReaders& readers, stream::ContentRef&& ref);
  ~ContentPull() override;

  bool stands_alone() const override { return true; }
  Result<std::size_t> read(std::span<std::uint8_t> into) override;
  Status finish() override { return Ok{}; }

 private:
  // A list that is open: its children from `next` on are still to come, so deep above recipes.
  struct List {
    std::vector<stream::ContentRef::Child> children;
    std::size_t next = 0;
    unsigned depth = 1;
  };
  struct Recipe {
    Bytes bytes;
    std::uint64_t covered_bytes = 0;
  };

  Result<std::optional<Recipe>> next_recipe();
  Status rebuild(const Recipe& recipe, std::span<std::uint8_t> into, std::size_t& filled);

  IdleContentReaders& readers_;
  std::optional<ContentReader> reader_;  // from the first read to the last
  std::uint64_t left_;                   // of the file, that recipes are still to give
  std::optional<Recipe> inside_;         // the only recipe
  std::vector<List> lists_;
  UnsetBytes held_;  // made, and not given yet, from held_at_ on
  std::size_t held_at_ = 0;
};

}  // namespace letterpress::vault
