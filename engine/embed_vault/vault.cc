// SPDX-License-Identifier: Apache-2.0
#include "letterpress/vault.h"

#include "embed_vault/held.h"
#include "embed_vault/wall.h"
#include "vault/verify.h"
#include "vault/witness.h"

namespace letterpress {
namespace {

using embed_vault::tell;
using embed_vault::walled;

// Who else reads: reader keys, or what locks for them.
Status add_reader(const vault::AnyKey& key, std::vector<vault::ReaderPublicKey>& readers) {
  if (const auto* reader = std::get_if<vault::ReaderKey>(&key)) {
    readers.push_back(reader->public_key());
    return Ok{};
  }
  LETTERPRESS_TRY_ASSIGN(const auto* known, embed_vault::key_of<vault::ReaderPublicKey>(
                                                key, "public key of a reader"));
  readers.push_back(*known);
  return Ok{};
}

Damage damage_of(const vault::Damage& found) {
  Damage damage;
  damage.file = found.file;
  damage.snapshot = found.snapshot;
  damage.path = found.path;
  damage.message = found.message;
  for (const vault::LostRange& range : found.lost) {
    damage.lost.push_back({range.offset, range.bytes});
  }
  damage.size_bytes = found.size_bytes;
  damage.lost_entries = found.lost_entries;
  return damage;
}

vault::VerifyOptions callbacks_of(const VerifyOptions& given) {
  vault::VerifyOptions options;
  if (given.on_damage) {
    options.on_damage = [&](const vault::Damage& found) {
      tell([&] { given.on_damage(damage_of(found)); });
    };
  }
  if (given.on_note) {
    options.on_note = [&](const std::string& text) { tell([&] { given.on_note(text); }); };
  }
  if (given.on_progress) {
    options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
      tell([&] { given.on_progress(done, total); });
    };
  }
  return options;
}

}  // namespace

Result<Vault> Vault::make(const std::string& path, const VaultKey& recovery,
                          std::span<const VaultKey> readers) {
  return walled([&]() -> Result<Vault> {
    LETTERPRESS_TRY_ASSIGN(const auto* key, embed_vault::key_of<vault::RecoveryKey>(
                                                recovery.held_->key, "recovery key"));
    vault::InitOptions options;
    for (const VaultKey& reader : readers) {
      LETTERPRESS_TRY(add_reader(reader.held_->key, options.readers));
    }
    LETTERPRESS_TRY_ASSIGN(vault::Vault made, vault::Vault::init(path, *key, options));
    return Held::make(std::move(made));
  });
}

Result<Vault> Vault::open(const std::string& path) {
  return walled([&]() -> Result<Vault> {
    LETTERPRESS_TRY_ASSIGN(vault::Vault open, vault::Vault::open(path));
    return Held::make(std::move(open));
  });
}

std::string Vault::id() const { return vault::to_hex(held_->opened.id().bytes); }

Status Vault::require_owner(const VaultKey& key) const {
  return walled([&] { return embed_vault::require_owner(held_->opened, key.held_->key); });
}

Result<VaultKey> Vault::add_writer(const std::string& name, const VaultKey& recovery,
                                   std::span<const VaultKey> readers) {
  return walled([&]() -> Result<VaultKey> {
    LETTERPRESS_TRY_ASSIGN(const auto* key, embed_vault::key_of<vault::RecoveryKey>(
                                                recovery.held_->key, "recovery key"));
    LETTERPRESS_TRY(require_owner(recovery));
    std::vector<vault::ReaderPublicKey> others;
    for (const VaultKey& reader : readers) {
      LETTERPRESS_TRY(add_reader(reader.held_->key, others));
    }
    LETTERPRESS_TRY_ASSIGN(vault::IngestKey made, held_->opened.enrol(*key, name, others));
    return VaultKey::Held::make(std::move(made));
  });
}

Result<SnapshotList> Vault::snapshots() const {
  return walled([&]() -> Result<SnapshotList> {
    LETTERPRESS_TRY_ASSIGN(vault::SnapshotList list, vault::list_snapshots(held_->opened));
    SnapshotList given;
    for (const vault::Snapshot& snapshot : list.snapshots) {
      given.snapshots.push_back(embed_vault::summary_of(snapshot));
    }
    given.damage = std::move(list.problems);
    return given;
  });
}

Result<VerifyReport> Vault::verify(const VerifyOptions& given) const {
  return walled([&]() -> Result<VerifyReport> {
    vault::VerifyOptions options = callbacks_of(given);
    options.is_deep = given.is_deep;
    options.cancel = given.cancel;
    if (given.key) {
      LETTERPRESS_TRY_ASSIGN(options.keys,
                             embed_vault::open_keyring(held_->opened, given.key->held_->key));
    }
    if (given.trusted) {
      LETTERPRESS_TRY(require_owner(*given.trusted));
    }
    if (!given.witness.empty()) {
      LETTERPRESS_TRY_ASSIGN(options.witness,
                             vault::parse_witness(as_bytes(given.witness), "the witness"));
    }
    LETTERPRESS_TRY_ASSIGN(const vault::VerifyReport report, vault::verify(held_->opened, options));
    return VerifyReport{report.snapshots, report.packs,  report.index_runs, report.file_bytes,
                        report.entries,   report.chunks, report.lost,       report.damage};
  });
}

Result<std::string> Vault::witness() const {
  return walled([&]() -> Result<std::string> {
    LETTERPRESS_TRY_ASSIGN(const vault::Witness witness, vault::take_witness(held_->opened));
    return vault::format_witness(witness);
  });
}

}  // namespace letterpress
