// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "capi/entries.h"
#include "capi/structs.h"
#include "capi/vault_handles.h"
#include "letterpress/snapshot.h"

using letterpress::Ok;
using letterpress::PressProblem;
using letterpress::RestoreOptions;
using letterpress::RestoreReport;
using letterpress::Result;
using letterpress::Snapshot;
using letterpress::SnapshotEntry;
using letterpress::Status;
using letterpress::Vault;
using letterpress::VaultKey;
using letterpress::capi::Handle;
using letterpress::capi::invalid_argument;
using letterpress::capi::known_part_of;
using letterpress::capi::make_handle;
using letterpress::capi::returned;

struct letterpress_vault_snapshot {
  Handle handle;
  std::atomic<bool> cancel = false;
  std::optional<Snapshot> snapshot;
};

namespace {

Result<RestoreOptions> options_of(const letterpress_vault_restore_options& known) {
  RestoreOptions options;
  if (known.to == nullptr) return invalid_argument("options: to is needed");
  options.to = known.to;
  options.into = known.into != 0;
  options.resume = known.resume != 0;
  LETTERPRESS_TRY_ASSIGN(options.paths,
                         letterpress::capi::texts_of(known.paths, known.path_count, "paths"));
  options.threads = known.threads;
  if (known.on_problem != nullptr) {
    options.on_problem = [&known](const PressProblem& problem) {
      known.on_problem(known.user, static_cast<int>(problem.severity), problem.path.c_str(),
                       problem.message.c_str());
    };
  }
  if (known.on_progress != nullptr) {
    options.on_progress = [&known](std::uint64_t entries, std::uint64_t bytes) {
      known.on_progress(known.user, entries, bytes);
    };
  }
  return options;
}

template <class Call>
int with_snapshot(letterpress_vault_snapshot* snapshot, Call call) noexcept {
  return letterpress::capi::with(snapshot, &letterpress_vault_snapshot::snapshot, call);
}

}  // namespace

int letterpress_vault_snapshot_open(const letterpress_vault* vault,
                                    const letterpress_vault_key* key, const char* name,
                                    letterpress_vault_snapshot** snapshot) {
  return make_handle(snapshot, [&](letterpress_vault_snapshot& made) -> Status {
    LETTERPRESS_TRY_ASSIGN(const Vault* opened, letterpress::capi::vault_of(vault));
    LETTERPRESS_TRY_ASSIGN(const VaultKey* reading, letterpress::capi::key_of(key, "key"));
    LETTERPRESS_TRY_ASSIGN(made.snapshot,
                           Snapshot::open(*opened, *reading, letterpress::capi::text_of(name)));
    return Ok{};
  });
}

int letterpress_vault_snapshot_list(
    letterpress_vault_snapshot* snapshot, const char* path, int is_recursive,
    int (*take)(void* user, const letterpress_entry* entry, uint64_t size_bytes), void* user) {
  return with_snapshot(snapshot, [&](Snapshot& opened) -> Status {
    if (path == nullptr || take == nullptr) {
      return invalid_argument("path and take must not be NULL");
    }
    return opened.list(path, is_recursive != 0, [&](const SnapshotEntry& entry) {
      const letterpress_entry out = letterpress::capi::view_of(entry.entry);
      return returned(take(user, &out, entry.size_bytes));
    });
  });
}

int letterpress_vault_snapshot_read(letterpress_vault_snapshot* snapshot, const char* path,
                                    uint64_t from, uint64_t byte_count, letterpress_output output,
                                    void* user) {
  return with_snapshot(snapshot, [&](Snapshot& opened) -> Status {
    if (path == nullptr || output == nullptr) {
      return invalid_argument("path and output must not be NULL");
    }
    return opened.read(path, from, byte_count, [&](std::span<const std::uint8_t> bytes) {
      return returned(output(user, bytes.data(), bytes.size()));
    });
  });
}

int letterpress_vault_snapshot_restore(letterpress_vault_snapshot* snapshot,
                                       const letterpress_vault_restore_options* options,
                                       letterpress_vault_restore_report* report) {
  return with_snapshot(snapshot, [&](Snapshot& opened) -> Status {
    LETTERPRESS_TRY_ASSIGN(const letterpress_vault_restore_options known,
                           known_part_of(options, "options"));
    LETTERPRESS_TRY(letterpress::capi::check_result(report, "report"));
    LETTERPRESS_TRY_ASSIGN(RestoreOptions given, options_of(known));
    given.cancel = &snapshot->cancel;
    LETTERPRESS_TRY_ASSIGN(const RestoreReport made, opened.restore(given));
    letterpress::capi::give_result<letterpress_vault_restore_report>(
        {0, made.entries, made.bytes, made.there, made.damaged, made.unmade}, report);
    return Ok{};
  });
}

void letterpress_vault_snapshot_cancel(letterpress_vault_snapshot* snapshot) {
  if (snapshot != nullptr) snapshot->cancel = true;
}

const char* letterpress_vault_snapshot_error(const letterpress_vault_snapshot* snapshot) {
  return snapshot == nullptr ? "" : snapshot->handle.error_text();
}

void letterpress_vault_snapshot_free(letterpress_vault_snapshot* snapshot) {
  if (snapshot != nullptr && !snapshot->handle.is_running()) delete snapshot;
}
