// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fuzz_input.h"
#include "made_vault.h"
#include "seed_folder.h"
#include "seed_mails.h"
#include "stream/content_ref.h"
#include "stream/rebuilder.h"
#include "stream/recipe.h"
#include "vault/packs/index_run.h"
#include "vault/packs/pack_writer.h"
#include "vault/sealing/sealed_reader.h"
#include "vault/tree/tree.h"

namespace letterpress::fuzz {
namespace {

Bytes payload_of(const vault::Storage& storage, const std::string& path, vault::FileType type) {
  const auto reader = take(vault::SealedReader::open(storage, path, made_keys(), {.type = type}));
  return take(reader.read_all(1 << 20));
}

Bytes encoded_block(std::uint64_t number, Kind kind, std::span<const Bytes> chunks) {
  stream::RawBlock raw{number, kind, true, {}, {}, {}};
  for (const Bytes& chunk : chunks) {
    raw.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    raw.ids.emplace_back();
    append(raw.bytes, chunk);
  }
  codecs::BlockCodec codec;
  Bytes encoded;
  stream::encode_block(stream::compress_block(std::move(raw), codec), false, encoded);
  return encoded;
}

void add_pack_seeds(SeedFolder& seeds, std::span<const Bytes> chunks) {
  MadeVault made;
  vault::PackWriter writer(made_key(), chance_of(1));
  for (std::uint64_t number = 0; number < 3; ++number) {
    take(writer.append(number, encoded_block(number, Kind::kText, chunks)));
  }
  const vault::PackRef pack = take(writer.commit(made.storage));
  const Bytes payload =
      payload_of(made.storage, vault::pack_path(pack.sha256), vault::FileType::kPack);
  seeds.add("pack_reader", SeedInput(payload).number(0, 3).number(2, 254).number(0, 3));
  Bytes damage = {0, 0, 0, 0, 40, 0, 1, 3, 9, 200, 0, 0, 7, 1, 2, 1};
  append(damage, payload);
  seeds.add("pack_reader", SeedInput(damage).number(0, 3).number(2, 254).number(3, 3));
  // The frames of a pack whose directory is gone.
  seeds.add("pack_reader", SeedInput(ByteView(payload).first(payload.size() - 24))
                               .number(0, 3)
                               .number(2, 254)
                               .number(0, 3));
}

vault::LogEntry seed_log_entry(std::uint64_t sequence) {
  vault::LogEntry entry;
  entry.identity = kMadeIdentity;
  entry.sequence = sequence;
  if (sequence > 1) entry.previous.bytes.fill(1);
  entry.host = "mail.example.org";
  entry.sources = {"mail", "lists"};
  entry.root = vault::encode_tree_root({1, {7, 1}, 100});
  entry.packs = {{counting<vault::Sha256Digest>(1), 10'000, 0, 8},
                 {counting<vault::Sha256Digest>(2), 20'000, 8, 1}};
  entry.index_runs = {{1, counting<vault::Sha256Digest>(3), 5000}};
  entry.totals = {100, 90, 123'456, 30'000, 0};
  entry.extensions = {{2, {}}, {99, {1, 2}}};
  return entry;
}

void add_run_seeds(SeedFolder& seeds) {
  vault::IndexRun run;
  run.packs = seed_log_entry(1).packs;
  for (std::uint32_t i = 0; i < 40; ++i) {
    vault::IndexedChunk& chunk = run.chunks.emplace_back();
    chunk.id.fill(static_cast<std::uint8_t>(i));
    chunk.place = {i % 9, i / 9 * 3};
  }
  MadeVault made;
  take(vault::commit_index_run(made.storage, made_key(), 7, run));
  const std::string path =
      vault::index_folder(kMadeIdentity.writer) + '/' + vault::sequence_name(7);
  seeds.add("index_run", SeedInput(payload_of(made.storage, path, vault::FileType::kIndexRun)));
}

// Chunks of one block, each at its number.
class Chunks {
 public:
  Place put(ByteView chunk) {
    all.emplace_back(chunk.begin(), chunk.end());
    return {0, static_cast<std::uint32_t>(all.size() - 1)};
  }
  Bytes items() const {
    Bytes list;
    for (const Bytes& chunk : all) append_item(list, chunk);
    return list;
  }
  std::vector<Bytes> all;
};

// A recipe of these bytes, which become a chunk.
Bytes recipe_of(ByteView bytes, Chunks& chunks) {
  const Place place = chunks.put(bytes);
  const auto count = static_cast<std::uint32_t>(bytes.size());
  const stream::Extent extents[] = {{place, 0, count}};
  const HashKey digest_key = vault::derive_digest_key(made_key().id_key);
  Bytes recipe;
  stream::RecipeWriter writer(recipe);
  writer.begin_stretch({bytes.size(), stream::digest_of(bytes, &digest_key)});
  writer.add_step(
      {mail::Transform::kIdentity, Kind::kText, count, {}, extents, {0, place.ordinal + 1}, 0});
  return recipe;
}

Bytes content_of(ByteView bytes, bool in_chunks, Chunks& chunks) {
  stream::ContentRefBuilder builder;
  const auto store = [&](ByteView chunk) { return chunks.put(chunk); };
  if (in_chunks) {
    for (int i = 0; i < 3; ++i) builder.add_recipe(recipe_of(bytes, chunks), bytes.size(), store);
  } else {
    builder.keep_inside(recipe_of(bytes, chunks), bytes.size());
  }
  return builder.finish(store);
}

// As deep as there are files for.
void add_tree_seeds(SeedFolder& seeds, int files) {
  Chunks chunks;
  vault::TreeWriter writer(
      [&](ByteView node, unsigned) -> Result<Place> { return chunks.put(node); });
  vault::EntryRecord folder;
  folder.entry = {.path = "m", .metadata = {.type = EntryType::kFolder, .mode = 0700}};
  take(writer.add(folder));
  for (int i = 10; i < 10 + files; ++i) {
    vault::EntryRecord record;
    record.entry.path = "m/" + std::to_string(i);
    if (i % 5 == 4) {
      record.entry.metadata = {.type = EntryType::kSymlink, .target = "../beside"};
    } else {
      record.content = content_of(as_bytes(seed_mails()[0]), i % 3 == 0, chunks);
    }
    take(writer.add(record));
    if (i % 4 == 0) take(writer.end_leaf());
  }
  const vault::TreeRoot root = take(writer.finish());
  const Bytes items = chunks.items();
  seeds.add("hostile_vault", SeedInput(items)
                                 .number(root.entries, UINT32_MAX)
                                 .number(root.depth, vault::kTreeDepthMax)
                                 .number(root.place.ordinal, 255)
                                 .number(0, 7));
  seeds.add("snapshot_tree", SeedInput(items)
                                 .number(0, 7)
                                 .number(root.depth, vault::kTreeDepthMax - 1)
                                 .number(root.place.ordinal, 255)
                                 .number(root.entries, 1000)
                                 .number(0, 8));
}

void add_content_seeds(SeedFolder& seeds) {
  for (const bool in_chunks : {false, true}) {
    Chunks chunks;
    const Bytes text = {'t', 'e', 'x', 't'};
    Bytes input = content_of(text, in_chunks, chunks);
    const std::size_t ref_bytes = input.size();
    append(input, chunks.items());
    seeds.add("content_ref", SeedInput(input).number(0, 7).number(ref_bytes, 600));
  }
}

}  // namespace

void add_vault_seeds(SeedFolder& seeds) {
  std::vector<Bytes> chunks;
  for (const std::string& mail : seed_mails()) chunks.emplace_back(mail.begin(), mail.end());
  add_pack_seeds(seeds, chunks);
  for (const std::uint64_t sequence : {1U, 2U}) {
    const Bytes payload = take(vault::encode_log_entry(seed_log_entry(sequence)));
    seeds.add("log_entry", SeedInput(payload).number(sequence - 1, 2).number(0, 15));
  }
  add_run_seeds(seeds);
  for (const int files : {1, 5, 12}) add_tree_seeds(seeds, files);
  add_content_seeds(seeds);
}

}  // namespace letterpress::fuzz
