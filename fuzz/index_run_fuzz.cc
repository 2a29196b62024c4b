// SPDX-License-Identifier: Apache-2.0
// Any bytes as the payload of an index run that its writer sealed.
// Invariants: packs come by block and do not overlap; chunks come by place, each inside the pack
// that it is given with; a run that is read to its end is written again to what reads the same.
#include "fuzz_input.h"
#include "made_vault.h"
#include "vault/packs/index_run.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Ok;
using letterpress::Place;
using letterpress::Status;
using letterpress::fuzz::require;

constexpr std::uint64_t kSequence = 7;

class Collected : public vault::IndexRunVisitor {
 public:
  vault::IndexRun run;

  bool wants(const vault::WriterIdentity& identity) override {
    require(identity == letterpress::fuzz::kMadeIdentity);
    return true;
  }
  Status on_pack(const vault::PackRef& pack) override {
    require(run.chunks.empty() && is_valid(pack));
    if (!run.packs.empty()) {
      const vault::PackRef& last = run.packs.back();
      require(pack.first_block >= last.first_block + last.block_count);
    }
    run.packs.push_back(pack);
    return Ok{};
  }
  Status on_chunk(const vault::IndexedChunk& chunk, const vault::PackRef& pack) override {
    require(chunk.place.block >= pack.first_block &&
            chunk.place.block - pack.first_block < pack.block_count);
    require(chunk.place.ordinal < letterpress::kBlockChunksMax);
    require(run.chunks.empty() || run.chunks.back().place < chunk.place);
    run.chunks.push_back(chunk);
    return Ok{};
  }
};

Status read(const vault::Storage& storage, Collected& collected) {
  static const vault::Keyring keys = letterpress::fuzz::made_keys();
  return vault::read_index_run(storage, keys, letterpress::fuzz::kMadeIdentity.writer, kSequence,
                               collected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  letterpress::fuzz::MadeVault made;
  made.put_run(kSequence, {data, size});
  Collected collected;
  if (!letterpress::fuzz::succeeds(read(made.storage, collected))) return 0;
  letterpress::fuzz::MadeVault again;
  letterpress::fuzz::take(vault::commit_index_run(again.storage, letterpress::fuzz::made_key(),
                                                  kSequence, collected.run));
  Collected second;
  letterpress::fuzz::take(read(again.storage, second));
  require(second.run.packs == collected.run.packs && second.run.chunks == collected.run.chunks);
  return 0;
}
