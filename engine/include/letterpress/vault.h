// SPDX-License-Identifier: Apache-2.0
// A vault: files that are encrypted, signed and never changed, to which snapshots are added.
//
//   using namespace letterpress;
//   LETTERPRESS_TRY_ASSIGN(const VaultKey recovery, VaultKey::make_recovery());
//   LETTERPRESS_TRY(recovery.write(safe + "/recovery.key", "passphrase"));   // before all else
//   LETTERPRESS_TRY_ASSIGN(Vault vault, Vault::make(folder, recovery));
//   LETTERPRESS_TRY_ASSIGN(const VaultKey ingest, vault.add_writer("mx1", recovery));
//   LETTERPRESS_TRY(ingest.write(server + "/ingest.key"));
//   LETTERPRESS_TRY_ASSIGN(const SnapshotList list, vault.snapshots());      // none yet
//   LETTERPRESS_TRY_ASSIGN(const VerifyReport report, vault.verify({.trusted = recovery}));
//   if (report.damage > 0) return Error(ErrorCode::kCorrupt, "the vault is damaged");
//
// letterpress/snapshot.h adds snapshots and reads them. docs/SECURITY.md says who can do what with
// which key, docs/FORMAT.md what the files are: this is the library of libletterpress-vault.
//
// Threads: a Vault starts none. Its const functions may be called by many threads at once; one
// thread at a time adds to it, a writer or a snapshot: open it once more for another. Any number of
// writers, in any number of processes, may add to one vault; two runs of one writer may not.
//
// Errors: nothing is thrown, printed, or read from the environment. Unless a function says
// otherwise: kNotFound, kIo as the system says; kInvalidArgument for a call that was wrong, or a
// key that is not the one for it; kUnsupported for what a newer version made; kCorrupt for damage.
// After any error the vault has the snapshots that it had, as they were. What a callback throws
// becomes kInvalidArgument.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "letterpress/api.h"
#include "letterpress/result.h"

namespace letterpress {

// A key of a vault, in memory. Copies share the one secret, which is overwritten with the last of
// them. Immutable: any thread.
class LETTERPRESS_API VaultKey {
 public:
  enum class Kind : std::uint8_t {
    kRecovery,      // reads everything and enrols writers: keep it offline
    kIngest,        // of one writer, which adds snapshots with it and reads nothing
    kReader,        // reads what was locked for it
    kReaderPublic,  // what locks for a reader; no secret
    kVaultPublic,   // proves whose a vault is; no secret
  };

  // A new key, for a vault that is to be made with it. kIo: the system has no random numbers.
  static Result<VaultKey> make_recovery();
  static Result<VaultKey> make_reader();
  // From a key's file, or the text of one. `passphrase` counts if it is locked with one. To try a
  // passphrase takes about a second, and the memory that the file says: 256 MiB, 1 GiB at most.
  static Result<VaultKey> read(const std::string& path, std::string_view passphrase = {});
  static Result<VaultKey> parse(std::string_view text, std::string_view passphrase = {});

  Kind kind() const noexcept;
  // Of a recovery key that of its vault, of a reader that which locks for it; others: themselves,
  // or kInvalidArgument for an ingest key.
  Result<VaultKey> public_key() const;
  // The text of a key's file, for who keeps keys elsewhere; the caller overwrites it. A passphrase
  // that is not empty locks it, which costs as much as read(); a key that is no secret is not
  // locked.
  Result<std::string> text(std::string_view passphrase = {}) const;
  // Makes the file, with mode 0600 or, if it is no secret, 0644; it is durable when this returns.
  // kIo if the file exists: none is overwritten. After an error there is no file.
  Status write(const std::string& path, std::string_view passphrase = {}) const;

 private:
  friend class Vault;
  friend class Backup;
  friend class Snapshot;
  struct LETTERPRESS_INSIDE Held;
  explicit VaultKey(std::shared_ptr<const Held> held) : held_(std::move(held)) {}
  std::shared_ptr<const Held> held_;
};

// A snapshot as the log has it, which everybody can read.
struct SnapshotSummary {
  std::string name;          // "3f2a-17": the writer's first digits, and a number
  std::string writer_name;   // as it was enrolled
  std::int64_t time_ns = 0;  // when the backup began: since 1970, UTC, by the writer's clock
  std::string host;          // as the writer said
  std::vector<std::string> sources;
  std::uint64_t entries = 0;
  std::uint64_t messages = 0;      // in what was read for it
  std::uint64_t source_bytes = 0;  // of all files
  std::uint64_t stored_bytes = 0;  // that it added to the vault
  std::uint64_t problems = 0;      // sources that could not be read as they were
  bool looks_encrypted = false;    // docs/SECURITY.md, "The alarm"
  bool has_vanished = false;       // much less is there than in the one before
};

struct SnapshotList {
  std::vector<SnapshotSummary> snapshots;  // by time
  std::vector<std::string> damage;  // log entries that cannot be read; what is not, is listed
};

// Bytes of an entry that cannot be brought back: of a mailbox, messages.
struct LostRange {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Damage {
  std::string file;      // of the vault, or empty
  std::string snapshot;  // deep: its name
  std::string path;      // deep: the entry that cannot be brought back
  std::string message;
  std::vector<LostRange> lost;     // deep: what of the entry, in order
  std::uint64_t size_bytes = 0;    // deep: of the whole entry
  std::uint64_t lost_entries = 0;  // deep: those whose names are lost, too; then `path` is empty
};

struct VerifyOptions {
  // A key that reads: names the blocks that damage hits. Needed if is_deep.
  std::optional<VaultKey> key = std::nullopt;
  // Brings every entry of every snapshot back, to nowhere. Reads everything twice.
  bool is_deep = false;
  // Whose the vault must be: its public, recovery or ingest key. Without it, only that all fits
  // together is checked.
  std::optional<VaultKey> trusted = std::nullopt;
  // What witness() gave once: that the vault still has it. Empty: not asked.
  std::string witness = {};
  const std::atomic<bool>* cancel = nullptr;  // set by any thread: kCancelled, soon
  std::function<void(const Damage&)> on_damage = nullptr;
  std::function<void(const std::string&)> on_note = nullptr;  // odd, but no snapshot needs it
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress = nullptr;
};

struct VerifyReport {
  std::uint64_t snapshots = 0;
  std::uint64_t packs = 0;
  std::uint64_t index_runs = 0;
  std::uint64_t file_bytes = 0;  // checked
  std::uint64_t entries = 0;     // deep: brought back, each content once
  std::uint64_t chunks = 0;      // deep: whose id was computed again
  std::uint64_t lost = 0;        // deep: entries that cannot be brought back, of all snapshots
  std::uint64_t damage = 0;      // on_damage was called so often
};

// A vault in a folder. Copies are the same open vault; what was made from one keeps it open.
class LETTERPRESS_API Vault {
 public:
  // Makes the vault of that recovery key, without writers, in a folder that is absent or empty.
  // `readers`: reader keys, or what locks for them, of who can read everything, too; 7 at most.
  // After an error there is no vault, and the call may be repeated.
  static Result<Vault> make(const std::string& path, const VaultKey& recovery,
                            std::span<const VaultKey> readers = {});
  // Reads one small file.
  static Result<Vault> open(const std::string& path);

  // 32 hexadecimal digits, the same in every copy of the vault.
  std::string id() const;
  // That it is the vault of this recovery, ingest or public key. kInvalidArgument: of another
  // vault, or a reader's key, which says nothing of that. kCorrupt: its head was exchanged.
  Status require_owner(const VaultKey& key) const;

  // Enrols a mail server and gives its ingest key, which is nowhere else. `name`: 1 to 64 printable
  // ASCII characters. Who has the recovery key, the vault's readers, and `readers` can read what it
  // adds.
  Result<VaultKey> add_writer(const std::string& name, const VaultKey& recovery,
                              std::span<const VaultKey> readers = {});

  // Reads the logs; needs no key. Cost: some KB for each snapshot.
  Result<SnapshotList> snapshots() const;

  // Checks every byte of every file, on the calling thread, which the callbacks are called on too.
  // Damage is no error: see `damage` of the report.
  Result<VerifyReport> verify(const VerifyOptions& options) const;

  // What the vault has now, as a short text to keep on paper: the last log entry of each writer. A
  // vault that is put back to an older state does not pass verify() with it.
  Result<std::string> witness() const;

 private:
  friend class Backup;
  friend class Snapshot;
  class LETTERPRESS_INSIDE Held;
  explicit Vault(std::shared_ptr<Held> held) : held_(std::move(held)) {}
  std::shared_ptr<Held> held_;
};

}  // namespace letterpress
