// SPDX-License-Identifier: Apache-2.0
#include "vault/drill.h"

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <random>

#include "tools/letterpress/commands.h"
#include "tools/letterpress/message_list.h"
#include "tools/letterpress/opened_snapshot.h"

namespace letterpress::cli {
namespace {

struct DrillArguments {
  SnapshotArguments snapshot;
  vault::DrillOptions options;
  bool has_seed = false;
};

class MessageCounter final : public vault::DrillWatcher {
 public:
  void on_bytes(ByteView bytes) override { list_.add(bytes); }
  std::uint64_t count_messages() override { return list_.messages().size(); }

 private:
  MessageList list_;
};

ExitCode run_drill(DrillArguments& arguments, const ProgramOptions& common, Console& console) {
  const auto began = std::chrono::steady_clock::now();
  const Result<OpenedSnapshot> opened = OpenedSnapshot::open(arguments.snapshot, console);
  if (!opened) return console.fail(opened.error());
  vault::DrillOptions& options = arguments.options;
  if (!arguments.has_seed) options.seed = std::random_device{}();
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.watch = [] { return std::make_unique<MessageCounter>(); };
  nlohmann::json lost = nlohmann::json::array();
  options.on_lost = [&](const std::string& path, const std::string& message) {
    lost.push_back({{"path", json_text(path)}, {"message", json_text(message)}});
    console.warn("lost: " + (path.empty() ? message : path + ": " + message));
  };
  options.on_progress = [&](std::uint64_t bytes) { console.progress(bytes, 0, "brought back"); };
  const Result<vault::DrillReport> report =
      vault::drill(opened->vault, opened->packs, opened->snapshot.entry, opened->keys, options);
  if (!report) return console.fail(report.error());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  nlohmann::json mailboxes = nlohmann::json::array();
  std::string text;
  for (const vault::DrilledMailbox& mailbox : report->mailboxes) {
    mailboxes.push_back({{"path", json_text(mailbox.path)},
                         {"files", mailbox.files},
                         {"messages", mailbox.messages},
                         {"bytes", mailbox.bytes},
                         {"lost", mailbox.lost}});
    text += fmt::format("  {:>8} messages {:>10}  {}{}\n", mailbox.messages,
                        format_bytes(mailbox.bytes), printable(mailbox.path),
                        mailbox.lost > 0 ? fmt::format("  ({} files lost)", mailbox.lost) : "");
  }
  text += fmt::format(
      "Brought back {} of {} mailboxes of snapshot {}, to nowhere: {} files, {} messages, {}, in "
      "{:.1f} s; seed {}\n",
      report->mailboxes.size(), report->all_mailboxes, opened->snapshot.name, report->files,
      report->messages, format_bytes(report->bytes), seconds, options.seed);
  text += report->lost > 0 ? fmt::format("{} losses, listed above.\n", report->lost)
                           : "Every byte is as it was backed up.\n";
  console.result({{"snapshot", opened->snapshot.name},
                  {"seed", options.seed},
                  {"all_mailboxes", report->all_mailboxes},
                  {"mailboxes", mailboxes},
                  {"files", report->files},
                  {"messages", report->messages},
                  {"bytes", report->bytes},
                  {"seconds", seconds},
                  {"lost", lost}},
                 text);
  return report->lost > 0 || opened->is_log_damaged ? kDamage : kDone;
}

}  // namespace

Command add_drill(CLI::App& program, const ProgramOptions& common) {
  CLI::App* app =
      program.add_subcommand("drill", "Bring back some mailboxes, to nowhere, and compare");
  auto arguments = std::make_shared<DrillArguments>();
  arguments->snapshot.add_to(*app);
  app->add_option("--sample", arguments->options.sample, "How many mailboxes, chosen by chance")
      ->capture_default_str();
  CLI::Option* seed = app->add_option("--seed", arguments->options.seed,
                                      "Choose as another drill did, whose seed this is");
  app->footer(
      "A mailbox is a folder that has files. Every byte is rebuilt from packs and compared with "
      "the\n"
      "digests of the backup. A drill each quarter, with the recovery.key that lies in the safe,\n"
      "shows that the key, the vault and the people still work; tools/drill.sh is the whole\n"
      "catastrophe, with made mail.\n\n"
      "Example:\n  letterpress drill /backup/vault --key recovery.key --sample 20");
  return {app, [arguments, seed, &common](Console& console) {
            arguments->has_seed = seed->count() > 0;
            return run_drill(*arguments, common, console);
          }};
}

}  // namespace letterpress::cli
