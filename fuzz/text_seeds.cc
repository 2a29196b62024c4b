// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "made_text.h"
#include "made_vault.h"
#include "seed_folder.h"
#include "vault/keys/key_files.h"
#include "vault/volumes/volume_manifest.h"
#include "vault/witness.h"
#include "working_folder.h"

namespace letterpress::fuzz {
namespace {

void add_key_text(SeedFolder& seeds, ByteView file) {
  seeds.add("key_file", SeedInput(without_check_line(file)).number(0, 15));
  seeds.add("key_file", SeedInput(file).number(15, 15));
}

void add_key_files(SeedFolder& seeds) {
  const std::string folder = empty_folder();
  const vault::RecoveryKey recovery = made_recovery();
  take(vault::write_key_file(folder + "/recovery", recovery));
  take(vault::write_key_file(folder + "/ingest", made_key()));
  take(vault::write_key_file(folder + "/reader", recovery.reader()));
  take(vault::write_key_file(folder + "/public", recovery.reader().public_key()));
  take(vault::write_key_file(folder + "/vault",
                             vault::VaultPublicKey{kMadeIdentity.vault, made_key().root}));
  for (const char* name : {"recovery", "ingest", "reader", "public", "vault"}) {
    add_key_text(seeds, take(read_file(folder + '/' + name, 4096)));
  }
  const vault::Passphrase passphrase = take(vault::Passphrase::make("correct horse"));
  const vault::LockChance chance;
  const Bytes text = take(read_file(folder + "/reader", 4096));
  add_key_text(seeds, as_bytes(take(vault::lock_text("reader key", as_text(text),
                                                     {passphrase, {1, 8192}, &chance}))));
}

vault::VolumeManifest seed_manifest() {
  vault::VolumeManifest manifest;
  manifest.set = counting<vault::SetId>(1);
  manifest.vault = kMadeIdentity.vault;
  manifest.created_s = 1'700'000'000;
  manifest.counts = {3, 2};
  manifest.copies = {{std::string(vault::kVaultHeadName), 400, counting<vault::Sha256Digest>(5)},
                     {"program/README.txt", 90, counting<vault::Sha256Digest>(6)}};
  for (std::uint8_t i = 0; i < 5; ++i) {
    const auto name = counting<vault::Sha256Digest>(static_cast<std::uint8_t>(40 + i));
    manifest.packs.push_back({vault::pack_path(name), 200'000U - 30'000U * i, name});
  }
  return manifest;
}

void add_volume_text(SeedFolder& seeds, const std::string& text) {
  seeds.add("volume_manifest",
            SeedInput(without_check_line(as_bytes(text))).number(0, 15).number(0, 255));
}

// As restic_reader_fuzz.cc takes them: the text of the file with this number, in place of its own.
void add_repository_text(SeedFolder& seeds, std::uint64_t file, std::string_view text) {
  seeds.add("restic_reader", SeedInput(as_bytes(text))
                                 .number(file % 2, 255)  // compressed or not
                                 .number(0, 7)
                                 .number(1, 3)
                                 .number(file, 5)
                                 .number(0, 5)
                                 .number(text.size(), 4000));
}

// What restic's "Design" document has of each.
void add_repository_texts(SeedFolder& seeds) {
  const std::string id(64, '7');
  add_repository_text(
      seeds, 0,
      R"({"supersedes":[")" + id + R"("],"packs":[{"id":")" + id + R"(","blobs":[{"id":")" + id +
          R"(","type":"tree","offset":38,"length":112,"uncompressed_length":511}]}]})");
  add_repository_text(seeds, 1, R"({"kdf":"scrypt","N":2,"r":1,"p":1,"data":"","salt":""})");
  add_repository_text(seeds, 2,
                      R"({"time":"2015-06-27T12:18:51.759239612+02:00","exclusive":true,)"
                      R"("hostname":"kasimir","username":"fd0","pid":13607,"uid":1000})");
  add_repository_text(seeds, 3, R"({"mac":{"k":"","r":""},"encrypt":""})");
  add_repository_text(seeds, 4, R"({"version":1,"id":")" + id + R"("})");
}

}  // namespace

void add_text_seeds(SeedFolder& seeds) {
  add_repository_texts(seeds);
  add_key_files(seeds);
  MadeVault made;
  add_key_text(seeds, made.storage.files.at(std::string(vault::kVaultHeadName)));
  const vault::Witness witness{kMadeIdentity.vault,
                               made_key().root,
                               {{kMadeIdentity.writer, {3, counting<vault::Sha256Digest>(9)}}}};
  add_key_text(seeds, as_bytes(vault::format_witness(witness)));
  const vault::VolumeManifest manifest = seed_manifest();
  add_volume_text(seeds, vault::encode_manifest(manifest));
  vault::VolumeManifest lacking = manifest;
  lacking.lacking = {vault::pack_path(counting<vault::Sha256Digest>(90))};
  add_volume_text(seeds, vault::encode_manifest(lacking));
  add_volume_text(seeds, vault::encode_label({manifest.set, manifest.vault, 1, manifest.counts}));
  add_volume_text(
      seeds, vault::encode_seal(
                 {manifest.set, counting<vault::Sha256Digest>(7), 1'700'000'100, {4}, {{}, {}}}));
}

}  // namespace letterpress::fuzz
