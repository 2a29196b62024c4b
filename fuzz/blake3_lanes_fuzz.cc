// SPDX-License-Identifier: Apache-2.0
// Many inputs of any lengths through the lanes scheduler, on every kernel that this CPU has.
// Invariants: each id is that of the input hashed alone, and of a Hasher that got it in pieces,
// with a key and without; finish() changes nothing.
#include <algorithm>
#include <vector>

#include "base/cpu.h"
#include "fuzz_input.h"
#include "hashing/blake3.h"
#include "hashing/blake3_batch.h"
#include "require.h"

namespace {

namespace hashing = letterpress::hashing;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::ChunkId;
using letterpress::HashKey;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

constexpr std::size_t kPoolBytes = 24 * 1024;

// Lengths near the borders of blocks and leaves are where lanes begin and end.
std::size_t chosen_length(FuzzInput& input) {
  const std::size_t steps[] = {1, 64, 1024, 2048, 4096, 16384};
  const std::size_t step = steps[input.up_to(5)];
  const std::size_t near = step * input.size_up_to(3) + input.size_up_to(4);
  return near < 2 ? 0 : std::min(near - 2, kPoolBytes);
}

ChunkId in_pieces(ByteView bytes, std::size_t piece, const HashKey* key) {
  hashing::Hasher hasher = key != nullptr ? hashing::Hasher(*key) : hashing::Hasher();
  while (!bytes.empty()) {
    const ByteView next = bytes.first(std::min(piece, bytes.size()));
    hasher.update(next);
    bytes = bytes.subspan(next.size());
    if (bytes.size() % 3 == 0) static_cast<void>(hasher.finish());
  }
  return hasher.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  HashKey key;
  const bool is_keyed = input.flag();
  const ByteView key_bytes = input.take(is_keyed ? key.bytes.size() : 0);
  std::ranges::copy(key_bytes, key.bytes.begin());
  const HashKey* const used = is_keyed ? &key : nullptr;
  const std::size_t count = input.size_up_to(40);
  const std::size_t piece = 1 + input.size_up_to(3000);
  std::vector<std::size_t> lengths(count);
  for (std::size_t& length : lengths) length = chosen_length(input);
  Bytes pool(kPoolBytes);
  const ByteView pattern = input.rest();
  for (std::size_t i = 0; i < pool.size(); ++i) {
    pool[i] = static_cast<std::uint8_t>(i * 131 + i / 251);
    if (!pattern.empty()) pool[i] ^= pattern[i % pattern.size()];
  }
  std::vector<ByteView> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = std::min(i * 97, pool.size() - lengths[i]);
    inputs.push_back(ByteView(pool).subspan(offset, lengths[i]));
  }
  std::vector<ChunkId> alone;
  for (const ByteView bytes : inputs) {
    alone.push_back(used != nullptr ? hashing::hash(bytes, *used) : hashing::hash(bytes));
    require(in_pieces(bytes, piece, used) == alone.back());
  }
  for (const hashing::LanesKernel& kernel : hashing::lanes_kernels()) {
    if (kernel.tier > letterpress::cpu_tier()) continue;
    std::vector<ChunkId> ids(count);
    hashing::hash_many_on(kernel, inputs, used, ids.data());
    require(ids == alone);
  }
  return 0;
}
