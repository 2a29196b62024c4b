// SPDX-License-Identifier: Apache-2.0
// What the `export` commands take in: files, as `backup` does, or a snapshot of a vault.
//
//   arguments.add_to(*app);                                       // SOURCE..., --key and the rest
//   LETTERPRESS_TRY_ASSIGN(auto opened, ExportSource::open(arguments, console));
//   export_to(..., opened->source(), ...);
//   return opened->exit_code(problems);
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/letterpress/input_options.h"
#include "tools/letterpress/opened_snapshot.h"

namespace letterpress::cli {

struct ExportSourceArguments {
  InputOptions input;
  SnapshotArguments snapshot;  // its vault is the only source
  std::vector<std::string> paths;

  void add_to(CLI::App& app);
  bool is_vault() const { return !snapshot.key.empty(); }
};

class ExportSource {
 public:
  static Result<std::unique_ptr<ExportSource>> open(const ExportSourceArguments& arguments,
                                                    Console& console);

  stream::Source& source() noexcept { return *source_; }
  // Of a vault's snapshot.
  const OpenedSnapshot* snapshot() const noexcept { return snapshot_ ? &*snapshot_ : nullptr; }
  // What is to come, for progress; 0: not known.
  std::uint64_t bytes_expected() const noexcept { return bytes_expected_; }
  // Of an export that was done: kDone; kPartial if there were problems with sources, notes apart;
  // kDamage if only the vault's log is damaged.
  ExitCode exit_code(std::uint64_t problems) const noexcept;

 private:
  std::optional<OpenedSnapshot> snapshot_;  // outlives the source
  std::unique_ptr<stream::Source> source_;
  std::uint64_t bytes_expected_ = 0;
};

}  // namespace letterpress::cli
