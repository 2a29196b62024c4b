// SPDX-License-Identifier: Apache-2.0
// A writer's state: what its last snapshot knew of each file, on the mail server. It only saves
// work: a state that is lost, damaged or of another log head is ignored, and costs one full read.
//
//   LETTERPRESS_TRY_ASSIGN(auto state, State::open(path, log_head, is_stored));  // null: none that
//   fits
//   ... walker.remembered = state.get();
//   LETTERPRESS_TRY_ASSIGN(StateWriter writer, StateWriter::create(path, entry_count));
//   LETTERPRESS_TRY(writer.add(record));  ...
//   LETTERPRESS_TRY(writer.commit(new_log_head));
//
// One file: a head, a table of hashes and offsets, the records. It is mapped, so that memory is
// what the system can take back. Not a format: private to one version of the program, on one
// machine. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "files/remembered.h"
#include "vault/entry_record.h"
#include "vault/log.h"

namespace letterpress::vault {

class State : public files::Remembered {
 public:
  // Whether every block that an encoded ContentRef needs is stored.
  using IsStored = std::function<bool(ByteView content)>;

  // Null if there is no state that belongs to `head`, or it is damaged: then `why` says so.
  static std::unique_ptr<State> open(const std::string& path, const VaultId& vault,
                                     const LogHead& head, IsStored is_stored, std::string& why);
  ~State() override;

  Result<std::optional<files::RememberedFile>> find(std::string_view key) override;

 private:
  State(ByteView mapped, IsStored is_stored) : mapped_(mapped), is_stored_(std::move(is_stored)) {}
  ByteView mapped_;
  IsStored is_stored_;
};

class StateWriter {
 public:
  // Writes beside `path` until commit(). `count_max`: at least as many records as will be added.
  static Result<StateWriter> create(const std::string& path, std::uint64_t count_max);
  StateWriter(StateWriter&& other) noexcept;
  ~StateWriter();

  Status add(const EntryRecord& record);  // files only; others are passed over
  // The state under `path` is now this one.
  Status commit(const VaultId& vault, const LogHead& head);

 private:
  StateWriter(File file, std::string path, std::uint64_t slot_count);
  Status flush();

  File file_;
  std::string path_;
  std::uint64_t slot_count_;
  std::span<std::uint8_t> table_;  // mapped
  std::uint64_t offset_;           // where buffer_ will be in the file
  Bytes buffer_;
};

}  // namespace letterpress::vault
