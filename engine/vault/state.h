// SPDX-License-Identifier: Apache-2.0
// A writer's state: what its last snapshot knew of each file, on the mail server. It only saves
// work: a state that is lost, damaged or of another log head is ignored, and costs one full read.
//
//   auto state = State::open(path, state_key, vault, log_head, is_stored, why);  // null: none fits
//   ... walker.remembered = state.get();
//   LETTERPRESS_TRY_ASSIGN(StateWriter writer, StateWriter::create(path, state_key, entry_count));
//   LETTERPRESS_TRY(writer.add(record));  ...
//   LETTERPRESS_TRY(writer.commit(vault, new_log_head));
//
// One file: a head, a table of keyed hashes and offsets, the records, each encrypted and
// authenticated: names of mails are not for whoever gets at a copy of it. It is read where it is
// asked for and not mapped: a sector that the disk does not give must cost a mail's reading, and
// not the program. Not a format: private to one version of the program, on one machine. Not
// thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "files/remembered.h"
#include "vault/log/log.h"
#include "vault/sealing/record_cipher.h"
#include "vault/tree/entry_record.h"

namespace letterpress::vault {

// What locks one state file: made from the key and the file's salt.
struct StateSecrets {
  StateSecrets(const Secret& key, const Salt& salt);

  HashKey head_key;
  HashKey slot_key;
  RecordCipher cipher;
};

class State : public files::Remembered {
 public:
  // Whether every block that an encoded ContentRef needs is stored.
  using IsStored = std::function<bool(ByteView content)>;

  // Null if there is no state that belongs to `head`, or it is damaged: then `why` says so.
  // `key`: derive_state_key().
  static std::unique_ptr<State> open(const std::string& path, const Secret& key,
                                     const VaultId& vault, const LogHead& head, IsStored is_stored,
                                     std::string& why);

  // The log head that the state under `path` belongs to, if it is one of this writer's: what the
  // vault had at the end of the last snapshot, whatever it has now.
  static std::optional<LogHead> read_head(const std::string& path, const Secret& key,
                                          const VaultId& vault);

  Result<std::optional<files::RememberedFile>> find(std::string_view key) override;

 private:
  State(File file, std::uint64_t file_bytes, std::uint64_t slot_count, StateSecrets secrets,
        IsStored is_stored)
      : file_(std::move(file)),
        file_bytes_(file_bytes),
        slot_count_(slot_count),
        secrets_(std::move(secrets)),
        is_stored_(std::move(is_stored)) {}
  ByteView read_slots(std::uint64_t slot);
  ByteView read_records(std::uint64_t offset, std::uint64_t count);
  std::optional<EntryRecord> read_record_at(std::uint64_t offset, std::string_view key);

  File file_;
  std::uint64_t file_bytes_;
  std::uint64_t slot_count_;
  StateSecrets secrets_;
  IsStored is_stored_;
  Bytes slots_;    // those that were read last
  Bytes records_;  // the same
  std::uint64_t records_offset_ = 0;
};

class StateWriter {
 public:
  // Writes beside `path` until commit(). `count_max`: at least as many records as will be added.
  static Result<StateWriter> create(const std::string& path, const Secret& key,
                                    std::uint64_t count_max);
  StateWriter(StateWriter&& other) noexcept;
  ~StateWriter();

  Status add(const EntryRecord& record);  // files only; others are passed over
  // The state under `path` is now this one.
  Status commit(const VaultId& vault, const LogHead& head);

 private:
  StateWriter(File file, std::string path, std::uint64_t slot_count, const Salt& salt,
              StateSecrets secrets);
  Status flush();

  File file_;
  std::string path_;
  std::uint64_t slot_count_;
  Salt salt_;
  StateSecrets secrets_;
  std::uint32_t record_count_ = 0;
  std::span<std::uint8_t> table_;  // mapped
  std::uint64_t offset_;           // where buffer_ will be in the file
  Bytes buffer_;
};

}  // namespace letterpress::vault
