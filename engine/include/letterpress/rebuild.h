// SPDX-License-Identifier: Apache-2.0
// Makes entries again from the recipes and blocks that letterpress/press.h gave.
//
//   letterpress::Rebuild rebuild([&](std::uint64_t number) { return store.block(number); });
//   LETTERPRESS_TRY(rebuild.whole(parts, [&](std::span<const std::uint8_t> bytes) {
//     return file.write(bytes);
//   }));
//   LETTERPRESS_TRY(rebuild.range(parts, 1000, 4096, output));   // of a large entry
//
// No byte is given that was not checked against its digest, and never more than the parts have.
// Blocks and recipes may be damaged or hostile: they get kCorrupt, or kUnsupported where they look
// like a newer version's; all bytes before the damage have been given.
// Memory: a cache of opened blocks, and one message (8 MiB at most). Not thread-safe: use one for
// each thread.
// Cost of a range: the recipes before it are passed over without asking for a block; what is made
// is whole messages, or segments of 2 to 4 MiB where an entry is no mail.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "letterpress/api.h"
#include "letterpress/chunk.h"
#include "letterpress/result.h"

namespace letterpress {

struct RebuildOptions {
  std::optional<HashKey> digest_key = std::nullopt;  // as it was pressed with
  std::size_t cache_bytes = 32 * 1024 * 1024;        // of opened blocks; one is held at least
};

// PressedBlock::bytes of a block of these chunks, for who keeps them one by one: those of a
// BorrowedBlock, in its order. kInvalidArgument if they are more than a block may have.
LETTERPRESS_API Result<std::vector<std::uint8_t>> block_of_chunks(
    std::uint64_t number, std::span<const std::span<const std::uint8_t>> chunks);

class LETTERPRESS_API Rebuild {
 public:
  // PressedBlock::bytes of the block with that number. Its errors come back unchanged.
  using GetBlock = std::function<Result<std::vector<std::uint8_t>>(std::uint64_t number)>;
  // Called with the next bytes, in order. Its errors end the rebuilding and come back unchanged.
  using Output = std::function<Status(std::span<const std::uint8_t>)>;
  // Of a PressedPart what is needed.
  struct Part {
    std::uint64_t raw_bytes = 0;
    std::span<const std::uint8_t> recipe;
  };

  explicit Rebuild(GetBlock get_block, RebuildOptions options = {});
  Rebuild(Rebuild&&) noexcept;
  Rebuild& operator=(Rebuild&&) noexcept;
  ~Rebuild();

  // All parts of an entry, in order.
  Status whole(std::span<const Part> parts, const Output& output);
  // `count` bytes from `from` on, fewer if the entry ends before.
  Status range(std::span<const Part> parts, std::uint64_t from, std::uint64_t count,
               const Output& output);

 private:
  class LETTERPRESS_INSIDE Blocks;
  class LETTERPRESS_INSIDE State;
  std::unique_ptr<State> state_;
};

}  // namespace letterpress
