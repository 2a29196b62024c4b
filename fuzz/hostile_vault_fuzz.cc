// SPDX-License-Identifier: Apache-2.0
// A vault whose writer is the enemy: chunks of any bytes, which are nodes of trees, lists, recipes
// and contents all at once, in a pack and under a log entry that are signed and sealed as they
// should be.
// Invariants: listing, verifying, reading and restoring end, with errors that have messages;
// nothing is written outside the destination; paths of entries are good; no content gives more than
// it says.
#include <algorithm>
#include <filesystem>

#include "fuzz_input.h"
#include "made_vault.h"
#include "vault/restore.h"
#include "vault/snapshot.h"
#include "vault/verify.h"
#include "working_folder.h"

namespace {

namespace codecs = letterpress::codecs;
namespace stream = letterpress::stream;
namespace vault = letterpress::vault;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Ok;
using letterpress::Status;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::kMadeIdentity;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;
using letterpress::fuzz::take;

// What one input may bring back, so that it ends soon; claims may be as large as they like.
constexpr std::uint64_t kBytesMax = 1 << 20;
constexpr std::size_t kEntriesMax = 2000;

// A pack with one block of all chunks.
vault::PackRef put_chunks(letterpress::fuzz::MadeVault& made, std::span<const ByteView> chunks) {
  stream::Block block;
  block.kind = letterpress::Kind::kRecipe;
  for (const ByteView chunk : chunks) {
    block.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    append(block.payload, chunk);
  }
  Bytes encoded;
  stream::encode_block(block, false, encoded);
  Bytes payload;
  letterpress::append_le(payload, vault::kBlockFrameMagic);
  letterpress::append_le(payload, static_cast<std::uint32_t>(encoded.size()));
  letterpress::append_le(payload, std::uint64_t{0});
  append(payload, encoded);
  letterpress::append_le(payload, vault::kBlockFrameBytes);
  letterpress::append_le(payload, static_cast<std::uint32_t>(encoded.size()));
  return made.put_pack(0, 1, payload);
}

void read_all(const vault::Vault& opened, const vault::PackSet& packs,
              const vault::Snapshot& snapshot) {
  const auto reader =
      vault::SnapshotReader::open(opened, packs, snapshot.entry, letterpress::fuzz::made_keys());
  if (!succeeds(reader)) return;
  static_cast<void>(succeeds((*reader)->seek("")));
  vault::EntryRecord record;
  std::uint64_t all = 0;
  for (std::size_t entries = 0; entries < kEntriesMax && all < kBytesMax; ++entries) {
    const auto more = (*reader)->next(record);
    if (!succeeds(more)) continue;
    if (!*more) return;
    require(letterpress::is_valid_path(record.entry.path));
    const auto ref = stream::decode_content_ref(record.content);
    std::uint64_t given = 0;
    static_cast<void>(
        succeeds((*reader)->read_content(record.content, [&](ByteView bytes) -> Status {
          given += bytes.size();
          all += bytes.size();
          require(ref && given <= ref->size_bytes);
          if (all <= kBytesMax) return Ok{};
          return letterpress::Error(letterpress::ErrorCode::kCancelled, "enough");
        })));
  }
}

void verify_all(const vault::Vault& opened) {
  std::atomic<bool> cancel = false;
  std::uint64_t told = 0;
  vault::VerifyOptions options;
  options.keys = letterpress::fuzz::made_keys();
  options.is_deep = true;
  options.cancel = &cancel;
  options.on_damage = [&](const vault::Damage& damage) {
    require(!damage.message.empty());
    if (++told > kEntriesMax) cancel = true;
  };
  const auto report = vault::verify(opened, options);
  if (succeeds(report)) require(report->damage == told);
}

void restore_all(const vault::Vault& opened, const vault::PackSet& packs,
                 const vault::Snapshot& snapshot) {
  const std::filesystem::path folder = letterpress::fuzz::empty_folder();
  const std::filesystem::path beside = folder / "beside";
  std::filesystem::create_directory(beside);
  std::atomic<bool> cancel = false;
  vault::RestoreOptions options;
  options.to = folder / "out";
  options.threads = 1;
  options.cancel = &cancel;
  std::size_t problems = 0;
  options.on_problem = [&](const stream::Problem& problem) {
    require(!problem.message.empty());
    if (++problems > kEntriesMax) cancel = true;
  };
  options.on_progress = [&](std::uint64_t entries, std::uint64_t bytes) {
    if (entries > kEntriesMax || bytes > kBytesMax) cancel = true;
  };
  static_cast<void>(succeeds(
      vault::restore(opened, packs, snapshot.entry, letterpress::fuzz::made_keys(), options)));
  require(std::filesystem::is_empty(beside));
  std::size_t names = 0;
  for (const auto& found : std::filesystem::directory_iterator(folder)) {
    require(found.path().filename() == "out" || found.path() == beside);
    ++names;
  }
  require(names <= 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  vault::TreeRoot root;
  root.entries = input.up_to(UINT32_MAX);
  root.depth = static_cast<unsigned>(input.up_to(vault::kTreeDepthMax));
  root.place.ordinal = static_cast<std::uint32_t>(input.up_to(255));
  const bool wants_restore = input.up_to(7) == 0;
  std::vector<ByteView> chunks;
  for (const ByteView item : letterpress::fuzz::items_of(input.rest())) {
    if (!item.empty() && chunks.size() < 1000) chunks.push_back(item);
  }
  if (chunks.empty()) return 0;
  letterpress::fuzz::MadeVault made;
  vault::LogEntry entry;
  entry.identity = kMadeIdentity;
  entry.sequence = 1;
  entry.root = vault::encode_tree_root(root);
  entry.packs = {put_chunks(made, chunks)};
  made.put_log(1, take(vault::encode_log_entry(entry)));
  const vault::Vault opened = made.open();
  const vault::SnapshotList list = take(vault::list_snapshots(opened));
  require(list.snapshots.size() == 1);
  const vault::PackSet packs = list.packs_of(kMadeIdentity);
  read_all(opened, packs, list.snapshots[0]);
  verify_all(opened);
  if (wants_restore) restore_all(opened, packs, list.snapshots[0]);
  return 0;
}
