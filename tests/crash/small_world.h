// SPDX-License-Identifier: Apache-2.0
// A vault on a FileSystem of a test, the writers that back up into it, and what the vault owes
// them: the one place where an operation is added to the crash and fault tests.
//
//   World world(files, "/tmp/x");                       // the folder is for writers' states
//   EXPECT_EQ(message_of(world.run(Operation::kBackUpNew, files)), "");
//   EXPECT_EQ(world.fault_of(state, when), "");         // whatever a power cut left
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crash/mending.h"
#include "crash/simulated_files.h"
#include "vault/keys/keyring.h"
#include "vault/vault.h"

namespace letterpress::vault {

enum class Operation : std::uint8_t {
  kInit,
  kBackUpNew,        // the first writer, with a mail that is new
  kBackUpUnchanged,  // the same mail again
  kBackUpChanged,    // one mail went, one changed
  kAddWriter,
  kBackUpSecond,  // the second writer, with a mail that is new
  kCopyIn,        // a pack from another copy of the vault, as a repair puts it
  // Not of kAllOperations: see crash_test.cc.
  kDamagePack,    // by its disk
  kDamageEntry,   // the last of the log, by its disk
  kRepair,        // of what was damaged, from a copy
  kLoseRun,       // the last index run
  kRebuildIndex,  // after that
  kWriteVolumes,  // three; they go on media/
};
inline constexpr Operation kAllOperations[] = {
    Operation::kInit,          Operation::kBackUpNew, Operation::kBackUpUnchanged,
    Operation::kBackUpChanged, Operation::kAddWriter, Operation::kBackUpSecond,
    Operation::kCopyIn};
const char* name_of(Operation operation);

// LETTERPRESS_FULL is set: every state and every call, not a share of them.
bool at_full_size();

using Mails = std::map<std::string, std::string>;  // by path

class World {
 public:
  // `files`: what time is told by (its journal). `state_folder` exists.
  // `appears_whole`: no file of the vault may be torn under its name.
  World(const SimulatedFiles& files, std::string state_folder, bool appears_whole);
  // The folders that are there before anything happens.
  static void furnish(SimulatedFiles& files);

  // Whether it makes sense now.
  bool allows(Operation operation) const;
  // Runs it over `files`, which is the world's own or a layer over it. What succeeds is owed from
  // now on.
  Status run(Operation operation, FileSystem& files);

  // What the vault in `state` does not give of what it owes when the journal had `when` events, or
  // what else is wrong with it; empty: nothing. Also runs the next backup, without help, and looks
  // again.
  std::string fault_of(SimulatedFiles& state, std::size_t when) const;
  // The same, without the next backup.
  std::string fault_as_it_is(SimulatedFiles& state, std::size_t when) const;
  // Restores every snapshot and verifies: what it gave that is wrong. Errors are not wrong, but
  // must name a file.
  std::string fault_of_reading(FileSystem& files) const;
  // How much is owed at that time.
  std::size_t debts(std::size_t when) const;

 private:
  struct Debt {
    enum class What : std::uint8_t { kVault, kWriter, kSnapshot, kPack, kMended, kVolumes };
    What what;
    std::size_t since;  // events of the journal
    std::size_t writer = 0;
    std::uint64_t sequence = 0;
    Mails mails = {};
  };
  Status init(FileSystem& files);
  Status add_writer(FileSystem& files);
  Result<std::uint64_t> back_up(FileSystem& files, std::size_t writer, const Mails& mails) const;
  Status copy_in(FileSystem& files);
  bool owes(Debt::What what, std::size_t when) const;
  // Harm that happened, or may have begun to, and is not known to be mended.
  bool is_harmed(std::size_t when) const;
  std::string mend_in(SimulatedFiles& state, std::size_t when) const;
  std::string fault_of_snapshots(const Vault& vault, std::size_t when) const;
  std::string fault_of_names(const SimulatedFiles& state, std::size_t when) const;

  const SimulatedFiles& files_;
  const bool appears_whole_;
  const std::string state_folder_;
  std::vector<IngestKey> keys_;  // of both writers
  std::vector<Debt> debts_;
  std::optional<Harm> harm_;
  std::size_t harm_since_ = 0;
  std::size_t harmed_at_ = SIZE_MAX;          // when all of it had happened
  std::optional<std::size_t> volumes_since_;  // when they were begun
  std::vector<std::vector<Mails>> tried_;     // by writer: whatever a snapshot of it may hold
  std::vector<Mails> mails_;                  // by writer: as the source is now
  mutable std::uint64_t next_mail_ = 1;
};

}  // namespace letterpress::vault
