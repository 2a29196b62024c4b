// SPDX-License-Identifier: Apache-2.0
#include "letterpress/vault.h"

#include "capi/structs.h"
#include "capi/vault_handles.h"

namespace letterpress::capi {

Result<const Vault*> vault_of(const letterpress_vault* given) {
  if (given != nullptr && given->vault) return &*given->vault;
  return invalid_argument(given == nullptr ? "vault is NULL" : "the vault could not be opened");
}

Result<std::vector<std::string>> texts_of(const char* const* given, std::size_t count,
                                          const char* name) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    if (given == nullptr || given[i] == nullptr) {
      return Error(ErrorCode::kInvalidArgument,
                   std::string(name) + (given == nullptr ? " is NULL" : " has a NULL"));
    }
    texts.emplace_back(given[i]);
  }
  return texts;
}

namespace {

Status keep(letterpress_vault& made, Result<Vault> opened) {
  if (!opened) return std::move(opened).error();
  made.vault = *std::move(opened);
  made.id = made.vault->id();
  return Ok{};
}

// What a summary's pointers point to is the snapshot's.
Status give_summary(const SnapshotSummary& snapshot,
                    int (*take)(void*, const letterpress_vault_summary*), void* user) {
  std::vector<const char*> sources;
  for (const std::string& source : snapshot.sources) sources.push_back(source.c_str());
  const letterpress_vault_summary out = {sizeof out,
                                         snapshot.name.c_str(),
                                         snapshot.writer_name.c_str(),
                                         snapshot.time_ns,
                                         snapshot.host.c_str(),
                                         sources.data(),
                                         sources.size(),
                                         snapshot.entries,
                                         snapshot.messages,
                                         snapshot.source_bytes,
                                         snapshot.stored_bytes,
                                         snapshot.problems,
                                         snapshot.looks_encrypted,
                                         snapshot.has_vanished};
  return returned(take(user, &out));
}

void give_damage(const Damage& damage, const letterpress_vault_verify_options& known) {
  std::vector<std::uint64_t> lost;
  for (const LostRange& range : damage.lost) {
    lost.push_back(range.offset);
    lost.push_back(range.bytes);
  }
  const letterpress_vault_damage out = {
      sizeof out,          damage.file.c_str(),    damage.snapshot.c_str(),
      damage.path.c_str(), damage.message.c_str(), lost.data(),
      damage.lost.size(),  damage.size_bytes,      damage.lost_entries};
  known.on_damage(known.user, &out);
}

Result<VerifyOptions> options_of(const letterpress_vault_verify_options& known) {
  VerifyOptions options;
  if (known.key != nullptr) {
    LETTERPRESS_TRY_ASSIGN(const VaultKey* key, key_of(known.key, "options"));
    options.key = *key;
  }
  if (known.trusted != nullptr) {
    LETTERPRESS_TRY_ASSIGN(const VaultKey* key, key_of(known.trusted, "options"));
    options.trusted = *key;
  }
  options.witness = text_of(known.witness);
  options.is_deep = known.is_deep != 0;
  if (known.on_damage != nullptr) {
    options.on_damage = [&known](const Damage& damage) { give_damage(damage, known); };
  }
  if (known.on_note != nullptr) {
    options.on_note = [&known](const std::string& text) {
      known.on_note(known.user, text.c_str());
    };
  }
  if (known.on_progress != nullptr) {
    options.on_progress = [&known](std::uint64_t done, std::uint64_t total) {
      known.on_progress(known.user, done, total);
    };
  }
  return options;
}

}  // namespace
}  // namespace letterpress::capi

using letterpress::Ok;
using letterpress::Result;
using letterpress::SnapshotList;
using letterpress::Status;
using letterpress::Vault;
using letterpress::VaultKey;
using letterpress::VerifyReport;
using letterpress::capi::invalid_argument;
using letterpress::capi::key_of;
using letterpress::capi::known_part_of;
using letterpress::capi::make_handle;
using letterpress::capi::returned;
using letterpress::capi::with;

int letterpress_vault_make(const char* path, const letterpress_vault_key* recovery,
                           const letterpress_vault_key* const* readers, size_t reader_count,
                           letterpress_vault** vault) {
  return make_handle(vault, [&](letterpress_vault& made) -> Status {
    if (path == nullptr) return invalid_argument("path is NULL");
    LETTERPRESS_TRY_ASSIGN(const VaultKey* key, key_of(recovery, "recovery"));
    LETTERPRESS_TRY_ASSIGN(const auto others, letterpress::capi::keys_of(readers, reader_count));
    return letterpress::capi::keep(made, Vault::make(path, *key, others));
  });
}

int letterpress_vault_open(const char* path, letterpress_vault** vault) {
  return make_handle(vault, [&](letterpress_vault& made) -> Status {
    if (path == nullptr) return invalid_argument("path is NULL");
    return letterpress::capi::keep(made, Vault::open(path));
  });
}

const char* letterpress_vault_id(const letterpress_vault* vault) {
  return vault == nullptr ? "" : vault->id.c_str();
}

int letterpress_vault_require_owner(letterpress_vault* vault, const letterpress_vault_key* key) {
  return with(vault, &letterpress_vault::vault, [&](Vault& opened) -> Status {
    LETTERPRESS_TRY_ASSIGN(const VaultKey* owner, key_of(key, "key"));
    return opened.require_owner(*owner);
  });
}

int letterpress_vault_add_writer(letterpress_vault* vault, const char* name,
                                 const letterpress_vault_key* recovery,
                                 const letterpress_vault_key* const* readers, size_t reader_count,
                                 letterpress_vault_key** ingest) {
  if (ingest != nullptr) *ingest = nullptr;
  return with(vault, &letterpress_vault::vault, [&](Vault& opened) -> Status {
    if (name == nullptr || ingest == nullptr) {
      return invalid_argument("name and ingest must not be NULL");
    }
    LETTERPRESS_TRY_ASSIGN(const VaultKey* key, key_of(recovery, "recovery"));
    LETTERPRESS_TRY_ASSIGN(const auto others, letterpress::capi::keys_of(readers, reader_count));
    auto made = std::make_unique<letterpress_vault_key>();
    LETTERPRESS_TRY_ASSIGN(made->key, opened.add_writer(name, *key, others));
    *ingest = made.release();
    return Ok{};
  });
}

int letterpress_vault_list(letterpress_vault* vault,
                           int (*take)(void* user, const letterpress_vault_summary* snapshot),
                           int (*on_damage)(void* user, const char* text), void* user) {
  return with(vault, &letterpress_vault::vault, [&](Vault& opened) -> Status {
    if (take == nullptr) return invalid_argument("take is NULL");
    LETTERPRESS_TRY_ASSIGN(const SnapshotList list, opened.snapshots());
    for (const auto& snapshot : list.snapshots) {
      LETTERPRESS_TRY(letterpress::capi::give_summary(snapshot, take, user));
    }
    for (const std::string& text : list.damage) {
      if (on_damage == nullptr) break;
      LETTERPRESS_TRY(returned(on_damage(user, text.c_str())));
    }
    return Ok{};
  });
}

int letterpress_vault_verify(letterpress_vault* vault,
                             const letterpress_vault_verify_options* options,
                             letterpress_vault_verify_report* report) {
  return with(vault, &letterpress_vault::vault, [&](Vault& opened) -> Status {
    letterpress_vault_verify_options known = {};
    if (options != nullptr) {
      LETTERPRESS_TRY_ASSIGN(known, known_part_of(options, "options"));
    }
    LETTERPRESS_TRY(letterpress::capi::check_result(report, "report"));
    LETTERPRESS_TRY_ASSIGN(auto given, letterpress::capi::options_of(known));
    given.cancel = &vault->cancel;
    LETTERPRESS_TRY_ASSIGN(const VerifyReport made, opened.verify(given));
    letterpress::capi::give_result<letterpress_vault_verify_report>(
        {0, made.snapshots, made.packs, made.index_runs, made.file_bytes, made.entries, made.chunks,
         made.lost, made.damage},
        report);
    return Ok{};
  });
}

int letterpress_vault_witness(letterpress_vault* vault, letterpress_output output, void* user) {
  return with(vault, &letterpress_vault::vault, [&](Vault& opened) -> Status {
    if (output == nullptr) return invalid_argument("output is NULL");
    LETTERPRESS_TRY_ASSIGN(const std::string text, opened.witness());
    return returned(output(user,
                           static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())),
                           text.size()));
  });
}

void letterpress_vault_cancel(letterpress_vault* vault) {
  if (vault != nullptr) vault->cancel = true;
}

const char* letterpress_vault_error(const letterpress_vault* vault) {
  return vault == nullptr ? "" : vault->handle.error_text();
}

void letterpress_vault_free(letterpress_vault* vault) {
  if (vault != nullptr && !vault->handle.is_running()) delete vault;
}
