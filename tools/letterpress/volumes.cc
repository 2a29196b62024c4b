// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <memory>

#include "base/file.h"
#include "tools/letterpress/commands.h"
#include "tools/letterpress/volume_companions.h"
#include "vault/storage/posix_storage.h"
#include "vault/volumes/check_volumes.h"
#include "vault/volumes/restore_volumes.h"
#include "vault/volumes/write_volumes.h"

namespace letterpress::cli {
namespace {

struct VolumesArguments {
  std::string vault;  // write: from; restore: to
  std::vector<std::string> folders;
  unsigned parity = 0;
  std::string since;
  std::string public_key;
};

using Storages = std::vector<std::unique_ptr<vault::Storage>>;

std::string damage_text(const vault::VolumeDamage& damage) {
  const bool names_itself = damage.message.find(damage.file) != std::string::npos;
  return names_itself ? damage.message : damage.file + ": " + damage.message;
}

nlohmann::json damage_json(const vault::VolumeDamage& damage) {
  return {{"file", json_text(damage.file)}, {"message", json_text(damage.message)}};
}

// Numbers as people count.
std::vector<unsigned> from_one(std::vector<unsigned> numbers) {
  for (unsigned& number : numbers) ++number;
  return numbers;
}

// Opens each folder; the same one twice is an error. Two on one disk are lost together.
Result<Storages> open_folders(const std::vector<std::string>& folders, bool warns_of_one_disk,
                              Console& console) {
  Storages storages;
  std::map<std::pair<dev_t, ino_t>, std::string> seen;
  std::map<dev_t, std::string> disks;
  for (const std::string& folder : folders) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      return Error(ErrorCode::kInvalidArgument,
                   io_error(errno, folder).message() +
                       ": a volume is an existing folder; is the disk mounted?");
    }
    const auto [twice, is_new] = seen.emplace(std::pair(status.st_dev, status.st_ino), folder);
    if (!is_new) {
      return Error(ErrorCode::kInvalidArgument,
                   folder + ": is the same folder as " + twice->second);
    }
    const auto [disk, is_own] = disks.emplace(status.st_dev, folder);
    if (!is_own && warns_of_one_disk) {
      console.note(folder + ": is on the same file system as " + disk->second +
                   "; whatever destroys one destroys both");
    }
    LETTERPRESS_TRY_ASSIGN(auto storage, vault::PosixStorage::open(folder));
    storages.push_back(std::move(storage));
  }
  return storages;
}

ExitCode report_written(const vault::WriteVolumesReport& report, Console& console) {
  const std::string set = vault::to_hex(report.set.bytes);
  nlohmann::json failed = nlohmann::json::array();
  for (const vault::FailedVolume& volume : report.failed) {
    failed.push_back({{"number", volume.number + 1}, {"message", json_text(volume.message)}});
    console.warn(fmt::format("volume {}: {}", vault::volume_name(volume.number, report.counts),
                             volume.message));
  }
  std::string text =
      fmt::format("Set {}: {} packs, {}; parity {}; {} of other files on each of {} volumes\n", set,
                  report.packs, format_bytes(report.pack_bytes), format_bytes(report.parity_bytes),
                  format_bytes(report.copy_bytes), report.counts.all());
  if (report.is_sealed) {
    text += fmt::format(
        "Sealed: rebuilt on trial without {} volumes ({} came out as they were). Any {} of the {} "
        "suffice.\n",
        report.counts.parity, format_bytes(report.rebuilt_bytes), report.counts.data,
        report.counts.all());
    if (report.was_sealed) {
      text +=
          "  It was complete before. What the vault got since is not in it: write that to new "
          "folders, with --since.\n";
    }
    text += "  Take the disks off this machine: what is plugged in can be wiped.\n";
  } else {
    text += fmt::format(
        "NOT sealed: {} of the volumes could not be written. Make room or plug them in again, then "
        "run the same command; an empty folder in the place of a volume is filled anew.\n",
        report.failed.size());
  }
  if (report.set_aside > 0) {
    text += fmt::format(
        "  {} files that a power cut had left incomplete were moved to damaged/ on their volumes\n",
        report.set_aside);
  }
  if (report.lacking > 0) {
    text += fmt::format(
        "  {} files, {} of them packs, are missing or damaged in the vault itself; letterpress "
        "verify says more\n",
        report.lacking, report.missing_packs);
  }
  console.result({{"set", set},
                  {"data", report.counts.data},
                  {"parity", report.counts.parity},
                  {"packs", report.packs},
                  {"pack_bytes", report.pack_bytes},
                  {"parity_bytes", report.parity_bytes},
                  {"copy_bytes", report.copy_bytes},
                  {"rebuilt_bytes", report.rebuilt_bytes},
                  {"resumed", report.is_resumed},
                  {"was_sealed", report.was_sealed},
                  {"sealed", report.is_sealed},
                  {"missing_packs", report.missing_packs},
                  {"lacking", report.lacking},
                  {"set_aside", report.set_aside},
                  {"failed", failed}},
                 text);
  if (!report.is_sealed) return kFailed;
  return report.lacking > 0 ? kDamage : kDone;
}

ExitCode run_write(const VolumesArguments& arguments, const ProgramOptions& common,
                   Console& console) {
  const auto all = static_cast<unsigned>(arguments.folders.size());
  if (arguments.parity >= all) {
    return console.fail(Error(ErrorCode::kInvalidArgument,
                              fmt::format("--parity {} needs at least {} folders after --to, there "
                                          "are {}",
                                          arguments.parity, arguments.parity + 1, all)));
  }
  vault::WriteVolumesOptions options;
  options.counts = {all - arguments.parity, arguments.parity};
  if (Status good = vault::check_counts(options.counts); !good) return console.fail(good.error());
  Result<vault::Vault> vault = vault::Vault::open(arguments.vault);
  if (!vault) return console.fail(vault.error());
  if (!arguments.since.empty()) {
    Result<vault::VolumeManifest> since = vault::find_set(vault->storage(), arguments.since);
    if (!since) return console.fail(since.error());
    options.since = *std::move(since);
  }
  Result<Storages> storages = open_folders(arguments.folders, true, console);
  if (!storages) return console.fail(storages.error());
  Result<std::vector<vault::Companion>> companions =
      volume_companions(*vault, arguments.public_key);
  if (!companions) return console.fail(companions.error());
  options.companions = *std::move(companions);
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.on_note = [&](const std::string& text) { console.note(text); };
  options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "written and tried");
  };
  const auto report = vault::write_volumes(*vault, *std::move(storages), options);
  return report ? report_written(*report, console) : console.fail(report.error());
}

// What a check says of one set; whether everything is as it should be.
Result<bool> check_set(const vault::VolumeSet& set, const ProgramOptions& common, Console& console,
                       nlohmann::json& sets, std::string& text) {
  nlohmann::json damage = nlohmann::json::array();
  nlohmann::json lost = nlohmann::json::array();
  vault::CheckVolumesOptions options;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.on_damage = [&](const vault::VolumeDamage& found) {
    damage.push_back(damage_json(found));
    console.warn(damage_text(found));
  };
  options.on_lost = [&](const vault::VolumeDamage& found) {
    lost.push_back(damage_json(found));
    console.warn("lost: " + damage_text(found));
  };
  options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "checked");
  };
  LETTERPRESS_TRY_ASSIGN(const vault::CheckVolumesReport report, check_volumes(set, options));
  const vault::VolumeManifest& manifest = set.manifest;
  const std::vector<unsigned> missing = from_one(set.missing());
  const std::string id = vault::to_hex(manifest.set.bytes);
  text += fmt::format("Set {} of {}, {} data and {} parity volumes", id,
                      format_time(manifest.created_s * 1'000'000'000), manifest.counts.data,
                      manifest.counts.parity);
  if (manifest.since) {
    text += fmt::format(", goes on from set {}", vault::to_hex(manifest.since->bytes));
  }
  text += fmt::format("\n  checked {} on {} volumes", format_bytes(report.file_bytes),
                      set.volumes.size());
  if (!missing.empty()) text += fmt::format("; not at hand: {}", fmt::join(missing, ", "));
  text += set.seal ? "\n" : "\n  NOT sealed: it was not finished; run its volumes write again\n";
  if (report.lost > 0) {
    text += fmt::format("  {} files cannot be brought back from these volumes\n", report.lost);
  } else {
    text += fmt::format(
        "  {}; everything comes back from these volumes\n",
        report.damage == 0 ? std::string("no damage") : fmt::format("{} damages", report.damage));
  }
  if (!manifest.lacking.empty()) {
    text += fmt::format("  {} files of the vault were missing or damaged when it was written: {}\n",
                        manifest.lacking.size(), fmt::join(manifest.lacking, ", "));
  }
  sets.push_back({{"set", id},
                  {"since", manifest.since ? vault::to_hex(manifest.since->bytes) : ""},
                  {"vault", vault::to_hex(manifest.vault.bytes)},
                  {"data", manifest.counts.data},
                  {"parity", manifest.counts.parity},
                  {"volumes", set.volumes.size()},
                  {"not_at_hand", missing},
                  {"sealed", set.seal.has_value()},
                  {"file_bytes", report.file_bytes},
                  {"damage", damage},
                  {"lost", lost},
                  {"lacking", manifest.lacking}});
  return set.seal && report.damage == 0 && report.lost == 0 && manifest.lacking.empty();
}

Result<std::vector<vault::VolumeSet>> open_sets(const std::vector<std::string>& folders,
                                                Console& console) {
  LETTERPRESS_TRY_ASSIGN(Storages storages, open_folders(folders, false, console));
  return vault::open_volumes(std::move(storages));
}

ExitCode run_check(const VolumesArguments& arguments, const ProgramOptions& common,
                   Console& console) {
  const Result<std::vector<vault::VolumeSet>> sets = open_sets(arguments.folders, console);
  if (!sets) return console.fail(sets.error());
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  bool is_good = true;
  for (const vault::VolumeSet& set : *sets) {
    const Result<bool> good = check_set(set, common, console, json, text);
    if (!good) return console.fail(good.error());
    is_good = is_good && *good;
  }
  console.result({{"sets", json}}, text);
  return is_good ? kDone : kDamage;
}

ExitCode run_restore_volumes(const VolumesArguments& arguments, const ProgramOptions& common,
                             Console& console) {
  const Result<std::vector<vault::VolumeSet>> sets = open_sets(arguments.folders, console);
  if (!sets) return console.fail(sets.error());
  for (const vault::VolumeSet& set : *sets) {
    if (set.seal) continue;
    console.warn("set " + vault::to_hex(set.manifest.set.bytes) +
                 " is not sealed: it was never finished, and may lack files");
  }
  if (::mkdir(arguments.vault.c_str(), 0700) != 0 && errno != EEXIST) {
    return console.fail(io_error(errno, arguments.vault));
  }
  const auto to = vault::PosixStorage::open(arguments.vault);
  if (!to) return console.fail(to.error());
  nlohmann::json lost = nlohmann::json::array();
  vault::RestoreVolumesOptions options;
  options.threads = common.threads;
  options.cancel = cancel_flag();
  options.on_lost = [&](const vault::VolumeDamage& found) {
    lost.push_back(damage_json(found));
    console.warn("lost: " + damage_text(found));
  };
  options.on_progress = [&](std::uint64_t done, std::uint64_t total) {
    console.progress(done, total, "restored");
  };
  const auto report = vault::restore_volumes(*sets, **to, options);
  if (!report) return console.fail(report.error());
  std::string text = fmt::format("Restored the vault {} to {}: {} packs, {}; {} packs rebuilt\n",
                                 vault::to_hex(report->vault.bytes), printable(arguments.vault),
                                 report->packs, format_bytes(report->bytes), report->rebuilt);
  text += report->lost > 0
              ? fmt::format("  {} files could not be brought back; they are listed\n", report->lost)
              : "  letterpress verify --trust vault.pub says whose it is\n";
  console.result({{"vault", vault::to_hex(report->vault.bytes)},
                  {"packs", report->packs},
                  {"bytes", report->bytes},
                  {"rebuilt", report->rebuilt},
                  {"lost", lost}},
                 text);
  return report->lost > 0 ? kDamage : kDone;
}

constexpr const char* kFooter =
    "Some volumes hold a share of the packs, some parity, in turn; every one has the whole log, "
    "the\n"
    "program and the documents. Any n - m of n volumes bring the vault back, as does damage on "
    "all\n"
    "of them that hits no row more than m times. No key is needed, and none is on them.\n\n"
    "Examples:\n"
    "  letterpress volumes write /backup/vault --to /mnt/1 /mnt/2 /mnt/3 /mnt/4 /mnt/5 /mnt/6 "
    "--parity 2\n"
    "  letterpress volumes check /mnt/1 /mnt/2\n"
    "  letterpress volumes restore /mnt/2 /mnt/6 /mnt/1 /mnt/3 --to /srv/vault";

}  // namespace

std::vector<Command> add_volumes(CLI::App& program, const ProgramOptions& common) {
  CLI::App* volumes =
      program.add_subcommand("volumes", "Offline copies, some of which may be lost");
  volumes->require_subcommand(1);
  volumes->footer(kFooter);
  auto arguments = std::make_shared<VolumesArguments>();
  CLI::App* write = volumes->add_subcommand("write", "Write a vault to offline volumes");
  write->add_option("VAULT", arguments->vault, "The vault")->required();
  write->add_option("--to", arguments->folders, "An empty folder on each disk; at most 20")
      ->required();
  write->add_option("--parity", arguments->parity, "How many of them may be lost; at most 8")
      ->required();
  write->add_option("--since", arguments->since,
                    "Only what came since this set: its id, or a folder of one of its volumes");
  write->add_option("--public-key", arguments->public_key, "A vault.pub to put on each volume");
  write->footer(
      "The set counts as sealed once it was rebuilt on trial without as many volumes as may be\n"
      "lost, and came out as it is. After an interruption, a full disk or a pulled plug, the same\n"
      "command goes on. The volumes of a set are kept together with those of the set before it\n"
      "that it goes on from: a restore wants enough of both.\n\nExamples:\n"
      "  letterpress volumes write /backup/vault --to /mnt/1 /mnt/2 /mnt/3 --parity 1\n"
      "  letterpress volumes write /backup/vault --to /mnt/a /mnt/b /mnt/c --parity 1 --since "
      "/mnt/1");
  CLI::App* check = volumes->add_subcommand("check", "Check every byte of volumes; needs no key");
  check->add_option("DIR", arguments->folders, "Volumes, in any order, of one set or several")
      ->required();
  check->footer(
      "Volumes that are not named are no damage; the check says whether the named ones suffice.\n"
      "Exit code 1: something is damaged, lost, or not sealed.\n\n"
      "Example:\n  letterpress volumes check /mnt/1 /mnt/2 /mnt/3 /mnt/4");
  CLI::App* restore =
      volumes->add_subcommand("restore", "Make the vault again from volumes; needs no key");
  restore->add_option("DIR", arguments->folders, "Volumes, in any order, of one set or several")
      ->required();
  restore->add_option("--to", arguments->vault, "Folder that is absent or empty, for the vault")
      ->required();
  restore->footer(
      "After an interruption the same command goes on. Then: letterpress verify, letterpress "
      "restore.\n\n"
      "Example:\n  letterpress volumes restore /mnt/2 /mnt/6 /mnt/1 /mnt/3 --to /srv/vault");
  return {{write, [arguments,
                   &common](Console& console) { return run_write(*arguments, common, console); }},
          {check, [arguments,
                   &common](Console& console) { return run_check(*arguments, common, console); }},
          {restore, [arguments, &common](Console& console) {
             return run_restore_volumes(*arguments, common, console);
           }}};
}

}  // namespace letterpress::cli
