// SPDX-License-Identifier: Apache-2.0
// Brings back what is left: from packs alone, from some of them, from a raw image of a disk. Needs
// no log, no index and no head of the vault.
//
//   LETTERPRESS_TRY_ASSIGN(SalvageReport report, salvage(images, keys, {.to = "/srv/back"}));
//
// Every file whose records are whole comes back under its own name, in its newest version; of a
// mailbox that is not whole, the messages that are. Mail that was deleted or moved comes back too,
// since only the lost log knew; a mail that was only renamed in its Maildir comes back once.
//   NAME            whole; or a mailbox, without the messages that are lost (`on_lost` says which)
//   NAME.older      of a mailbox that is not whole: an older version that is
//   NAME.partial    another file that is not whole, with zeros where bytes are lost
//   lost+found/...  recipes whose names are lost: a file, or a piece of a large one
// If there are several writers, each gets a folder with its name.
//
// Writes as files/restorer.h does: no byte that was not checked, nothing outside `to`, over
// nothing. Memory: 8 bytes a record of a pack, about 100 bytes a name, and what a restore takes.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "stream/source.h"
#include "vault/keys/keyring.h"
#include "vault/salvage/images.h"

namespace letterpress::vault {

// A file that did not come back whole under its own name.
struct LostFile {
  std::string path;
  std::string message;
  std::uint64_t size_bytes = 0;
  std::uint64_t lost_bytes = 0;  // all of it, or what of it
};

struct SalvageOptions {
  std::string to;
  bool into = false;
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(const LostFile&)> on_lost;
  std::function<void(const stream::Problem&)> on_problem;  // the destination did not take it
  std::function<void(const std::string&)> on_note;
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_scan;
  std::function<void(std::uint64_t files, std::uint64_t bytes)> on_progress;
};

struct SalvageReport {
  std::uint64_t packs = 0;
  std::uint64_t whole_packs = 0;
  std::uint64_t locked_packs = 0;  // the key does not open them
  std::uint64_t records = 0;       // that the packs found should have
  std::uint64_t lost_records = 0;
  std::uint64_t lost_tree_blocks = 0;  // that may have had names
  std::uint64_t files = 0;             // whole, under their own names
  std::uint64_t partial = 0;           // written, but not whole
  std::uint64_t older = 0;
  std::uint64_t nameless = 0;  // in lost+found
  std::uint64_t lost = 0;      // names of which nothing came back
  std::uint64_t bytes = 0;     // written
  std::uint64_t unmade = 0;    // that the destination did not take
};

// kInvalidArgument: the keys open no pack. kNotFound: there is no pack of this vault.
Result<SalvageReport> salvage(const Images& images, const Keyring& keys,
                              const SalvageOptions& options);

}  // namespace letterpress::vault
