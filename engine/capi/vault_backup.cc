// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <optional>

#include "capi/callback_receiver.h"
#include "capi/entries.h"
#include "capi/structs.h"
#include "capi/vault_handles.h"
#include "letterpress/snapshot.h"

using letterpress::Backup;
using letterpress::BackupOptions;
using letterpress::BackupReport;
using letterpress::Entry;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::Ok;
using letterpress::PressProblem;
using letterpress::PressTotals;
using letterpress::Result;
using letterpress::Status;
using letterpress::Vault;
using letterpress::VaultKey;
using letterpress::capi::entry_of;
using letterpress::capi::Handle;
using letterpress::capi::invalid_argument;
using letterpress::capi::known_part_of;
using letterpress::capi::make_handle;
using letterpress::capi::text_of;
using letterpress::capi::texts_of;

struct letterpress_vault_backup {
  Handle handle;
  std::atomic<bool> cancel = false;
  letterpress_vault_backup_options callbacks = {};
  std::optional<Backup> backup;
};

namespace {

// 0: the default; negative: off.
double share_of(double given, double default_share) {
  if (given < 0) return 0;
  return given == 0 ? default_share : given;
}

void set_callbacks(letterpress_vault_backup& backup, BackupOptions& options) {
  const letterpress_vault_backup_options& known = backup.callbacks;
  if (known.on_progress != nullptr) {
    options.on_progress = [&known](const PressTotals& totals) {
      const letterpress_totals out = letterpress::capi::totals_of(totals);
      known.on_progress(known.user, &out);
    };
  }
  if (known.on_problem != nullptr) {
    options.on_problem = [&known](const PressProblem& problem) {
      known.on_problem(known.user, static_cast<int>(problem.severity), problem.path.c_str(),
                       problem.message.c_str());
    };
  }
  if (known.on_note != nullptr) {
    options.on_note = [&known](const std::string& text) {
      known.on_note(known.user, text.c_str());
    };
  }
}

Result<BackupOptions> options_of(const letterpress_vault_backup_options& known) {
  BackupOptions options;
  LETTERPRESS_TRY_ASSIGN(options.sources, texts_of(known.sources, known.source_count, "sources"));
  LETTERPRESS_TRY_ASSIGN(options.excludes,
                         texts_of(known.excludes, known.exclude_count, "excludes"));
  options.state_folder = text_of(known.state_folder);
  options.host = text_of(known.host);
  if (known.level != 0) options.level = known.level;
  options.threads = known.threads;
  if (known.is_isolated != 0) options.isolate_depth = known.isolate_depth;
  options.alarm_encrypted = share_of(known.alarm_encrypted, options.alarm_encrypted);
  options.alarm_vanished = share_of(known.alarm_vanished, options.alarm_vanished);
  options.is_dry_run = known.is_dry_run != 0;
  options.read_all = known.read_all != 0;
  options.all_files = known.all_files != 0;
  options.one_file_system = known.one_file_system != 0;
  return options;
}

Status open(const letterpress_vault* vault, const letterpress_vault_key* ingest,
            const letterpress_vault_backup_options* given, letterpress_vault_backup& backup) {
  LETTERPRESS_TRY_ASSIGN(const Vault* opened, letterpress::capi::vault_of(vault));
  LETTERPRESS_TRY_ASSIGN(const VaultKey* key, letterpress::capi::key_of(ingest, "ingest"));
  LETTERPRESS_TRY_ASSIGN(backup.callbacks, known_part_of(given, "options"));
  LETTERPRESS_TRY_ASSIGN(BackupOptions options, options_of(backup.callbacks));
  set_callbacks(backup, options);
  options.cancel = &backup.cancel;
  LETTERPRESS_TRY_ASSIGN(backup.backup, Backup::open(*opened, *key, std::move(options)));
  return Ok{};
}

letterpress_vault_backup_report report_of(const BackupReport& made) {
  letterpress_vault_backup_report out = {};
  std::strncpy(out.snapshot, made.snapshot.c_str(), sizeof out.snapshot - 1);
  out.entries = made.entries;
  out.files = made.totals.files;
  out.files_unchanged = made.files_unchanged;
  out.messages = made.totals.messages;
  out.raw_bytes = made.totals.raw_bytes;
  for (const PressTotals::OfKind& kind : made.totals.kinds) out.new_bytes += kind.new_bytes;
  out.stored_bytes = made.stored_bytes;
  out.packs = made.packs;
  out.problems = made.problems;
  out.looks_encrypted = made.looks_encrypted;
  out.has_vanished = made.has_vanished;
  return out;
}

template <class Call>
int with_backup(letterpress_vault_backup* backup, Call call) noexcept {
  return letterpress::capi::with(backup, &letterpress_vault_backup::backup,
                                 [&](Backup& run) -> Status {
                                   // Before the arguments are looked at, as in press.cc.
                                   LETTERPRESS_TRY(run.status());
                                   return call(run);
                                 });
}

}  // namespace

int letterpress_vault_backup_open(const letterpress_vault* vault,
                                  const letterpress_vault_key* ingest,
                                  const letterpress_vault_backup_options* options,
                                  letterpress_vault_backup** backup) {
  return make_handle(
      backup, [&](letterpress_vault_backup& made) { return open(vault, ingest, options, made); });
}

int letterpress_vault_backup_begin_entry(letterpress_vault_backup* backup,
                                         const letterpress_entry* entry) {
  return with_backup(backup, [&](Backup& run) -> Status {
    LETTERPRESS_TRY_ASSIGN(Entry known, entry_of(entry));
    return run.begin_entry(std::move(known));
  });
}

int letterpress_vault_backup_write(letterpress_vault_backup* backup, const void* bytes,
                                   size_t byte_count) {
  return with_backup(backup, [&](Backup& run) -> Status {
    if (bytes == nullptr && byte_count > 0) return invalid_argument("bytes is NULL");
    return run.write({static_cast<const std::uint8_t*>(bytes), byte_count});
  });
}

int letterpress_vault_backup_end_entry(letterpress_vault_backup* backup) {
  return with_backup(backup, [](Backup& run) { return run.end_entry(); });
}

int letterpress_vault_backup_fail_entry(letterpress_vault_backup* backup, const char* why) {
  return with_backup(backup, [&](Backup& run) -> Status {
    if (why == nullptr) return invalid_argument("why is NULL");
    return run.fail_entry(Error(ErrorCode::kIo, why));
  });
}

int letterpress_vault_backup_add_descriptor(letterpress_vault_backup* backup,
                                            const letterpress_entry* entry, int descriptor) {
  return with_backup(backup, [&](Backup& run) -> Status {
    LETTERPRESS_TRY_ASSIGN(Entry known, entry_of(entry));
    return run.add_descriptor(std::move(known), descriptor);
  });
}

int letterpress_vault_backup_add_path(letterpress_vault_backup* backup, const char* name,
                                      const char* path) {
  return with_backup(backup, [&](Backup& run) -> Status {
    if (name == nullptr || path == nullptr) {
      return invalid_argument("name and path must not be NULL");
    }
    return run.add_path(name, path);
  });
}

int letterpress_vault_backup_finish(letterpress_vault_backup* backup,
                                    letterpress_vault_backup_report* report) {
  return with_backup(backup, [&](Backup& run) -> Status {
    LETTERPRESS_TRY(letterpress::capi::check_result(report, "report"));
    LETTERPRESS_TRY_ASSIGN(const BackupReport made, run.finish());
    letterpress::capi::give_result(report_of(made), report);
    return Ok{};
  });
}

void letterpress_vault_backup_cancel(letterpress_vault_backup* backup) {
  if (backup != nullptr) backup->cancel = true;
}

const char* letterpress_vault_backup_error(const letterpress_vault_backup* backup) {
  return backup == nullptr ? "" : backup->handle.error_text();
}

void letterpress_vault_backup_free(letterpress_vault_backup* backup) {
  if (backup != nullptr && !backup->handle.is_running()) delete backup;
}
