// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <exception>
#include <vector>

#include "base/cpu.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/memory.h"
#include "tools/letterpress/standard_files.h"

namespace letterpress::cli {
namespace {

constexpr const char* kFooter = R"(A first backup and the way back:
  letterpress init /backup/vault --keys /root/keys
  letterpress backup /backup/vault /srv/mail --key /root/keys/ingest.key
  letterpress snapshots /backup/vault
  letterpress verify /backup/vault
  letterpress restore /backup/vault --to /srv/restored --key /root/keys/recovery.key

Exit codes: 0 done; 1 done, but damage was found and stands; 2 wrong usage; 3 failed, what exists
stays as it was; 4 done, but some sources could not be read (they are listed);
5 done, but the alarm rang: much mail vanished, or looks encrypted.

A vault is encrypted and signed: docs/SECURITY.md says who can do what with which key.)";

Status set_cpu_tier(const std::string& name) {
  if (name.empty()) return Ok{};
  for (const CpuTier tier : {CpuTier::kScalar, CpuTier::kAvx2, CpuTier::kAvx512}) {
    if (name != cpu_tier_name(tier)) continue;
    if (tier > cpu_tier()) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("--cpu-tier {}: this CPU runs {} at most; letterpress cpu says why",
                               name, cpu_tier_name(cpu_tier())));
    }
    limit_cpu_tier(tier);
  }
  return Ok{};
}

int run(int argc, char** argv) {
  CLI::App program("Deduplicating backup for mail: Maildir, mbox, and any other files.",
                   "letterpress");
  program.set_version_flag("--version", "letterpress " LETTERPRESS_VERSION);
  program.footer(kFooter);
  program.require_subcommand(1);
  program.fallthrough();
  ProgramOptions common;
  program.add_flag("--json", common.json, "Print the result as JSON on standard output");
  program.add_flag("-q,--quiet", common.quiet, "Print errors and damage only");
  program.add_option("--threads", common.threads, "Threads to use; 0: all processors")
      ->check(CLI::Range(0U, 1024U));

  program.add_option("--passphrase-file", common.passphrase_file,
                     "File whose first line is the passphrase of the key, if it has one");
  program.add_option("--cpu-tier", common.cpu_tier, "Kernels to use; letterpress cpu shows them")
      ->check(CLI::IsMember({"scalar", "avx2", "avx512"}));

  std::vector<Command> commands = {add_init(program),
                                   add_writer(program),
                                   add_reader(program),
                                   add_backup(program, common),
                                   add_snapshots(program),
                                   add_ls(program),
                                   add_restore(program, common),
                                   add_verify(program),
                                   add_index(program),
                                   add_repair(program),
                                   add_salvage(program),
                                   add_witness(program),
                                   add_drill(program, common),
                                   add_press(program, common),
                                   add_unpress(program),
                                   add_cpu(program),
                                   add_bench(program, common)};
  for (Command& command : add_volumes(program, common)) commands.push_back(std::move(command));
  for (Command& command : add_export(program, common)) commands.push_back(std::move(command));
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  Console console(common);
  if (Status set = set_cpu_tier(common.cpu_tier); !set) {
    static_cast<void>(console.fail(set.error()));
    return kUsage;
  }
  for (const Command& command : commands) {
    if (!command.app->parsed()) continue;
    const ExitCode code = command.run(console);
    const Status printed = finish_standard_output();
    return printed || code != kDone ? code : console.fail(printed.error());
  }
  return kUsage;
}

}  // namespace
}  // namespace letterpress::cli

int main(int argc, char** argv) {
  letterpress::cli::open_standard_files();
  letterpress::cli::set_up_memory();
  try {
    return letterpress::cli::run(argc, argv);
  } catch (const std::exception& error) {
    letterpress::cli::say(fmt::format("letterpress: {}\n", error.what()));
    return letterpress::cli::kFailed;
  }
}
