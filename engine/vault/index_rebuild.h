// SPDX-License-Identifier: Apache-2.0
// Makes lost index runs anew from packs, so that the next backup finds again what is stored.
//
//   LETTERPRESS_TRY_ASSIGN(IndexRebuildReport report, rebuild_index(vault, {.keys = keys,
//                                                                 .recovery = recovery}));
//
// Packs that no readable run lists are opened, the ids of their chunks computed, and new runs
// written behind those that are there; at last, runs that say which lost ones they stand for, so
// that verify stops to report these. Chunks that cannot be read are left out: they will be stored
// again.
//
// A run is locked with the writer's index key, which every pack has for its readers, and signed:
// the recovery key certifies a signing key for that, used once and forgotten. A reader's key
// certifies nobody, so it takes the writer's ingest key as well.
//
// May be killed at any time and run again. Reads the packs that it lists, once. Memory: 32 bytes a
// chunk of a run, a block.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "vault/vault.h"

namespace letterpress::vault {

struct IndexRebuildOptions {
  Keyring keys;                              // opens packs
  std::optional<RecoveryKey> recovery = {};  // or else:
  std::optional<IngestKey> ingest = {};      // of the one writer whose runs are made
  std::string writer = {};  // by name, or first digits of its id; empty: every writer
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const std::string&)> on_note = nullptr;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress = nullptr;
};

struct IndexRebuildReport {
  std::uint64_t writers = 0;  // that were looked at
  std::uint64_t lost_runs = 0;
  std::uint64_t runs = 0;   // made
  std::uint64_t packs = 0;  // listed in them
  std::uint64_t chunks = 0;
  std::uint64_t damaged_blocks = 0;  // left out
};

// kInvalidArgument: the keys open no pack, or are of another vault. kNotFound: no such writer.
Result<IndexRebuildReport> rebuild_index(Vault& vault, const IndexRebuildOptions& options);

}  // namespace letterpress::vault
