// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <memory>

#include "tools/letterpress/alarm_text.h"
#include "tools/letterpress/commands.h"
#include "vault/snapshot.h"

namespace letterpress::cli {
namespace {

nlohmann::json snapshot_json(const vault::Snapshot& snapshot) {
  nlohmann::json sources = nlohmann::json::array();
  for (const std::string& source : snapshot.entry.sources) sources.push_back(json_text(source));
  return {{"snapshot", snapshot.name},
          {"writer", vault::to_hex(snapshot.entry.identity.writer.bytes)},
          {"writer_name", snapshot.writer_name},
          {"sequence", snapshot.entry.sequence},
          {"time_ns", snapshot.entry.time_ns},
          {"host", json_text(snapshot.entry.host)},
          {"sources", sources},
          {"entries", snapshot.entry.totals.entries},
          {"source_bytes", snapshot.entry.totals.source_bytes},
          {"stored_bytes", snapshot.entry.totals.stored_bytes},
          {"problems", snapshot.entry.totals.problems},
          {"alarms", alarm_json(snapshot.entry.alarms)}};
}

ExitCode run_snapshots(const std::string& path, Console& console) {
  const Result<vault::Vault> vault = vault::Vault::open(path);
  if (!vault) return console.fail(vault.error());
  const Result<vault::SnapshotList> list = vault::list_snapshots(*vault);
  if (!list) return console.fail(list.error());
  nlohmann::json json = nlohmann::json::array();
  std::string text = fmt::format("{:<12} {:<19}  {:>10}  {:>10}  {:>10}  {}\n", "SNAPSHOT", "TIME",
                                 "ENTRIES", "SIZE", "STORED", "WRITER: SOURCES");
  for (const vault::Snapshot& snapshot : list->snapshots) {
    json.push_back(snapshot_json(snapshot));
    std::string sources;
    for (const std::string& source : snapshot.entry.sources) {
      sources += " " + printable(source);
    }
    const std::string alarms = alarm_text(snapshot.entry.alarms);
    if (!alarms.empty()) sources += "  ALARM: " + alarms;
    text += fmt::format("{:<12} {:<19}  {:>10}  {:>10}  {:>10}  {}:{}\n", snapshot.name,
                        format_time(snapshot.entry.time_ns), snapshot.entry.totals.entries,
                        format_bytes(snapshot.entry.totals.source_bytes),
                        format_bytes(snapshot.entry.totals.stored_bytes),
                        printable(snapshot.writer_name), sources);
  }
  console.result({{"snapshots", json}}, text);
  for (const std::string& problem : list->problems) console.warn(problem);
  return list->problems.empty() ? kDone : kDamage;
}

}  // namespace

Command add_snapshots(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("snapshots", "List the snapshots of a vault; needs no key");
  auto path = std::make_shared<std::string>();
  app->add_option("VAULT", *path, "The vault")->required();
  app->footer("Example:\n  letterpress snapshots /backup/vault");
  return {app, [path](Console& console) { return run_snapshots(*path, console); }};
}

}  // namespace letterpress::cli
