// SPDX-License-Identifier: Apache-2.0
// Any bytes as the payload of a pack that its writer sealed, which is then damaged or not; and
// every way to read it. Invariants: check_pack() names every block that cannot be read, and damage
// if a byte of the file was changed; a block that opens opens the same way through a BlockStore,
// whole and in parts; of a pack that nobody damaged no record is bad.
#include <algorithm>

#include "damage.h"
#include "made_vault.h"
#include "vault/packs/block_store.h"
#include "vault/packs/pack_reader.h"

namespace {

namespace stream = letterpress::stream;
namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Result;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::kMadeIdentity;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

const vault::Keyring& keys() {
  static const vault::Keyring all = letterpress::fuzz::made_keys();
  return all;
}

// All raw bytes of a block, a part at a time, through the store.
void check_parts(vault::BlockStore& store, const stream::OpenBlock& block) {
  for (std::uint32_t ordinal = 0; ordinal < std::min<std::size_t>(block.chunk_count(), 20);
       ++ordinal) {
    const auto part = letterpress::fuzz::take(store.part(block.number, ordinal, 0, 1));
    require(part->starts == block.starts);
    const ByteView there = part->from(block.starts[ordinal]);
    require(!there.empty());
    require(std::ranges::equal(there, block.from(block.starts[ordinal]).first(there.size())));
  }
}

void check_blocks(const vault::MemoryStorage& storage, const vault::PackRef& pack,
                  const vault::PackCheck& check) {
  const auto reader = vault::PackReader::open(storage, keys(), kMadeIdentity, pack);
  if (!succeeds(reader)) {
    require(!check.damage.empty() && check.blocks.size() == pack.block_count);
    return;
  }
  vault::PackSet packs;
  packs.add(pack);
  vault::BlockStore store(storage, keys(), kMadeIdentity, packs);
  vault::PackReader::Tools tools;
  const std::uint64_t end = pack.first_block + std::min<std::uint64_t>(pack.block_count, 40);
  for (std::uint64_t number = pack.first_block; number < end; ++number) {
    const bool is_named = std::ranges::find(check.blocks, number) != check.blocks.end();
    const Result<Bytes> encoded = reader->read_block(number);
    require(succeeds(encoded) || is_named);
    require(!encoded || encoded->size() == reader->block_bytes(number));
    const auto open = reader->open_block(number, tools);
    require(!succeeds(open) || (encoded && open->number == number));
    const auto whole = store.block(number);
    require(succeeds(whole) == open.has_value());
    if (!open) continue;
    require((*whole)->bytes == open->bytes && (*whole)->starts == open->starts);
    check_parts(store, *open);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  letterpress::fuzz::MadeVault made;
  const std::uint64_t first_block = input.up_to(3);
  const auto count = static_cast<std::uint32_t>(input.from_to(1, 255));
  const bool is_damaged = input.up_to(3) == 3;
  Bytes changes;
  if (is_damaged) append(changes, input.take(16));
  const vault::PackRef pack = made.put_pack(first_block, count, input.rest());
  Bytes& file = made.storage.files[vault::pack_path(pack.sha256)];
  const Bytes sound = file;
  FuzzInput change_input(changes);
  letterpress::fuzz::damage(change_input, file);
  const auto check =
      letterpress::fuzz::take(vault::check_pack(made.storage, keys(), kMadeIdentity, pack));
  require(file == sound || !check.damage.empty());
  check_blocks(made.storage, pack, check);
  return 0;
}
