// SPDX-License-Identifier: Apache-2.0
// Heals a vault: from what its files have twice themselves, and from other copies of it.
//
//   LETTERPRESS_TRY_ASSIGN(RepairReport report, repair("/srv/vault", {.from = {"/media/disk3"}}));
//   if (report.remaining > 0) ...      // options.on_damage has named each
//
// Heals the vault's head, log entries, index runs and packs; what only the copies have of a log is
// taken over, if it continues what is here. A good file is never touched. A damaged one gets
// another name (damaged/...) and keeps its bytes; the good one is a new file. Nothing is deleted,
// so a repair may be killed at any time and run again.
//
// A pack that no copy heals stays where it is, since restores read what is whole in it; a mark in
// damaged/ tells writers to store again what it holds, where their sources still have it.
//
// Needs no key. Reads everything once, twice if something was healed. Errors: it could not go on.
#pragma once

#include <memory>

#include "vault/keys/key_files.h"
#include "vault/verify.h"

namespace letterpress::vault {

struct RepairOptions {
  std::vector<std::string> from;        // folders with copies, or single files
  std::optional<VaultPublicKey> trust;  // whose vault it must be
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const std::string& file)> on_healed;
  std::function<void(const Damage&)> on_damage;  // what remains
  std::function<void(const std::string&)> on_note;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct RepairReport {
  std::uint64_t healed = 0;     // files
  std::uint64_t set_aside = 0;  // damaged files that gave way
  std::uint64_t marked = 0;     // packs whose chunks the next backup stores again
  std::uint64_t remaining = 0;  // damages
};

Result<RepairReport> repair(const std::string& path, const RepairOptions& options);
// The same over any storages; options.from is not used.
Result<RepairReport> repair(std::unique_ptr<Storage> vault,
                            std::vector<std::unique_ptr<Storage>> copies,
                            const RepairOptions& options);

}  // namespace letterpress::vault
