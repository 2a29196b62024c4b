// SPDX-License-Identifier: Apache-2.0
// What a vault had at a time, short enough for paper: the root, and the last log entry of each
// writer. A vault that was rolled back, or whose log was cut or written anew, does not have them.
//
//   LETTERPRESS_TRY_ASSIGN(const Witness witness, take_witness(vault));
//   const std::string text = format_witness(witness);        // print, keep it elsewhere
//   LETTERPRESS_TRY_ASSIGN(const Witness witness, read_witness("paper.txt"));
//   LETTERPRESS_TRY_ASSIGN(const auto missing, find_missing(vault, witness));   // empty: all there
//
// docs/FORMAT.md, "Witness". Free functions; any thread.
#pragma once

#include "vault/log/log.h"
#include "vault/vault.h"

namespace letterpress::vault {

struct WitnessedHead {
  WriterId writer;
  LogHead head;
  friend bool operator==(const WitnessedHead&, const WitnessedHead&) = default;
};

struct Witness {
  VaultId vault;
  VerifyKey root;
  std::vector<WitnessedHead> heads;  // by writer; writers without a good entry are left out
};

// Of each writer the last log entry that is good: a damaged one may be healed, and is another file
// then. Reads the logs.
Result<Witness> take_witness(const Vault& vault);

std::string format_witness(const Witness& witness);
Result<Witness> parse_witness(ByteView bytes, std::string_view file);
// Errors as of a key file (key_files.h).
Result<Witness> read_witness(const std::string& path);

struct MissingHead {
  std::string file;     // of the vault, as the user knows it
  std::string message;  // says what the witness saw there
};
// The heads that this vault does not have. The vault is that of the witness.
Result<std::vector<MissingHead>> find_missing(const Vault& vault, const Witness& witness);

}  // namespace letterpress::vault
