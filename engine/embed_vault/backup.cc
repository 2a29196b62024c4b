// SPDX-License-Identifier: Apache-2.0
#include "vault/backup.h"

#include <set>
#include <utility>

#include "embed/press_values.h"
#include "embed/push_front.h"
#include "embed_vault/held.h"
#include "embed_vault/wall.h"
#include "letterpress/snapshot.h"
#include "vault/limits.h"

namespace letterpress {
namespace {

using embed_vault::tell;
using embed_vault::walled;

Error wrong_option(const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); }

bool is_share(double value) { return value >= 0 && value <= 1; }

Status check_options(const BackupOptions& options) {
  LETTERPRESS_TRY(embed::check_level(options.level));
  if (options.state_folder.empty()) return wrong_option("state_folder is empty");
  if (options.sources.empty() || options.sources.size() > vault::kSourceNamesMax) {
    return wrong_option("sources must have 1 to 65536 names");
  }
  if (!is_share(options.alarm_encrypted) || !is_share(options.alarm_vanished)) {
    return wrong_option("the shares of the alarm must be from 0 to 1");
  }
  for (const std::string& name : options.sources) {
    LETTERPRESS_TRY(embed::check_path(name, "name of a source"));
    // Where mailboxes are kept apart, depth counts from the first component on.
    if (name.find('/') != name.npos) return wrong_option("source '" + name + "': has a '/'");
  }
  return Ok{};
}

}  // namespace

class Backup::Run {
 public:
  Run(std::shared_ptr<Vault::Held> vault, std::shared_ptr<const VaultKey::Held> key,
      BackupOptions&& options)
      : vault_(std::move(vault)),
        key_(std::move(key)),
        options_(std::move(options)),
        sources_(options_.sources.begin(), options_.sources.end()),
        front_(options_.cancel) {}

  Status open();
  embed::PushFront& front() noexcept { return front_; }
  // That a path is a source, or below one.
  Status check_place(const std::string& path) const;
  Status begin_entry(Entry&& entry);
  Status add_descriptor(Entry&& entry, int descriptor);
  Status add_path(const std::string& name, const std::string& path);
  Status finish(BackupReport& report);

 private:
  vault::BackupOptions run_options();

  const std::shared_ptr<Vault::Held> vault_;
  const std::shared_ptr<const VaultKey::Held> key_;
  const BackupOptions options_;
  const std::set<std::string, std::less<>> sources_;
  embed::PushFront front_;
  std::optional<vault::BackupRun> run_;  // goes before the front, whose source it reads
};

Status Backup::Run::open() {
  LETTERPRESS_TRY(check_options(options_));
  if (sources_.size() != options_.sources.size()) {
    return wrong_option("sources has a name twice");
  }
  LETTERPRESS_TRY_ASSIGN(const auto* key,
                         embed_vault::key_of<vault::IngestKey>(key_->key, "ingest key"));
  LETTERPRESS_TRY_ASSIGN(vault::BackupRun run,
                         vault::BackupRun::begin(vault_->opened, *key, run_options()));
  run_.emplace(std::move(run));
  front_.drive([this] { return run_->burst_bytes(); }, [this] { return run_->resume(); });
  return Ok{};
}

vault::BackupOptions Backup::Run::run_options() {
  vault::BackupOptions run;
  run.source = &front_.source();
  for (const std::string& name : options_.sources) run.walk.sources.push_back({name, {}});
  run.state_folder = options_.state_folder;
  run.host = options_.host;
  run.alarm = {options_.alarm_encrypted, options_.alarm_vanished};
  run.is_dry_run = options_.is_dry_run;
  run.press.level = options_.level;
  run.press.threads = options_.threads;
  run.press.in_callers_arena = options_.in_callers_arena;
  run.press.isolate_depth = options_.isolate_depth;
  run.press.cancel = options_.cancel;
  if (options_.on_progress) {
    run.press.on_progress = [this](const pipeline::PressTotals& totals) {
      tell([&] { options_.on_progress(embed::totals_of(totals)); });
    };
  }
  if (options_.on_problem) {
    run.on_problem = [this](const stream::Problem& problem) {
      tell([&] { options_.on_problem(embed::problem_of(problem)); });
    };
  }
  if (options_.on_note) {
    run.on_note = [this](const std::string& text) { tell([&] { options_.on_note(text); }); };
  }
  return run;
}

Status Backup::Run::check_place(const std::string& path) const {
  if (sources_.contains(std::string_view(path).substr(0, path.find('/')))) return Ok{};
  return wrong_option("'" + path + "' is none of the sources, and lies below none");
}

Status Backup::Run::begin_entry(Entry&& entry) {
  LETTERPRESS_TRY(front_.check_between_entries("begin_entry()"));
  LETTERPRESS_TRY(check_place(entry.path));
  return front_.begin_entry(std::move(entry));
}

Status Backup::Run::add_descriptor(Entry&& entry, int descriptor) {
  LETTERPRESS_TRY(front_.check_between_entries("add_descriptor()"));
  LETTERPRESS_TRY(check_place(entry.path));
  return front_.add_descriptor(std::move(entry), descriptor);
}

Status Backup::Run::add_path(const std::string& name, const std::string& path) {
  LETTERPRESS_TRY(front_.check_between_entries("add_path()"));
  LETTERPRESS_TRY(embed::check_path(name, "name"));
  LETTERPRESS_TRY(check_place(name));
  files::WalkOptions walk;
  walk.sources = {{name, path}};
  walk.excludes = options_.excludes;
  walk.all_files = options_.all_files;
  walk.one_file_system = options_.one_file_system;
  walk.read_all = options_.read_all;
  walk.remembered = run_->remembered();
  LETTERPRESS_TRY_ASSIGN(std::unique_ptr<files::Walker> walker,
                         files::Walker::open(std::move(walk)));
  return front_.add_source(std::move(walker));
}

Status Backup::Run::finish(BackupReport& report) {
  LETTERPRESS_TRY(front_.finish());
  const Result<vault::BackupReport> made = walled([&] { return run_->finish(); });
  if (!made) return front_.keep(made.error().copy());
  run_.reset();  // so that another Backup can have the state
  const auto& key = std::get<vault::IngestKey>(key_->key);
  if (!options_.is_dry_run) {
    report.snapshot = vault::snapshot_name(key.identity.writer, made->sequence);
  }
  report.totals = embed::totals_of(made->totals);
  report.entries = made->entries;
  report.files_unchanged = made->totals.files_unchanged;
  report.problems = made->problems;
  report.stored_bytes = made->pack_bytes + made->index_bytes + made->log_bytes;
  report.packs = made->packs;
  report.packs_taken_up = made->packs_taken_up;
  report.looks_encrypted = (made->alarms & vault::kAlarmNewIncompressible) != 0;
  report.has_vanished = (made->alarms & vault::kAlarmVanished) != 0;
  return Ok{};
}

Backup::Backup(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Backup::Backup(Backup&&) noexcept = default;
Backup& Backup::operator=(Backup&&) noexcept = default;
Backup::~Backup() = default;

Result<Backup> Backup::open(const Vault& vault, const VaultKey& ingest, BackupOptions options) {
  return walled([&]() -> Result<Backup> {
    auto run = std::make_unique<Run>(vault.held_, ingest.held_, std::move(options));
    LETTERPRESS_TRY(run->open());
    return Backup(std::move(run));
  });
}

Status Backup::begin_entry(Entry entry) {
  return run_->front().attempt([&] { return run_->begin_entry(std::move(entry)); });
}
Status Backup::write(std::span<const std::uint8_t> bytes) {
  return run_->front().attempt([&] { return run_->front().write(bytes); });
}
Status Backup::end_entry() {
  return run_->front().attempt([&] { return run_->front().end_entry(std::nullopt); });
}
Status Backup::fail_entry(const Error& why) {
  return run_->front().attempt([&] { return run_->front().end_entry(why.copy()); });
}
Status Backup::add_descriptor(Entry entry, int descriptor) {
  return run_->front().attempt([&] { return run_->add_descriptor(std::move(entry), descriptor); });
}
Status Backup::add_path(const std::string& name, const std::string& path) {
  return run_->front().attempt([&] { return run_->add_path(name, path); });
}
Status Backup::status() {
  return run_->front().attempt([]() -> Status { return Ok{}; });
}
Result<BackupReport> Backup::finish() {
  BackupReport report;
  LETTERPRESS_TRY(run_->front().attempt([&] { return run_->finish(report); }));
  return report;
}

}  // namespace letterpress
