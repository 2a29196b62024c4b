// SPDX-License-Identifier: Apache-2.0
/* A nightly backup in C: keeps a folder in a vault through letterpress's C library.
 *
 *   vault_folder make VAULT KEYS            a vault, and KEYS/recovery.key, ingest.key, vault.pub
 *   vault_folder save VAULT KEYS STATE NAME PATH
 *   vault_folder list VAULT KEYS            the snapshots, and what is in the latest
 *   vault_folder get VAULT KEYS NAME TO     restores one file or folder to TO
 *   vault_folder check VAULT KEYS           brings everything back to nowhere
 *
 * The passphrase of recovery.key is that of the environment, VAULT_PASSPHRASE: the library reads
 * none. */
#include <letterpress_vault.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a run has open; all is freed at its end. */
typedef struct run {
  letterpress_vault_key* recovery;
  letterpress_vault_key* ingest;
  letterpress_vault_key* owner;
  letterpress_vault* vault;
  letterpress_vault_backup* backup;
  letterpress_vault_snapshot* snapshot;
} run;

static const char* path_of(const char* folder, const char* name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* The first handle that has something to say. */
static const char* error_of(const run* run) {
  const char* const texts[] = {letterpress_vault_snapshot_error(run->snapshot),
                               letterpress_vault_backup_error(run->backup),
                               letterpress_vault_error(run->vault),
                               letterpress_vault_key_error(run->owner),
                               letterpress_vault_key_error(run->ingest),
                               letterpress_vault_key_error(run->recovery)};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    if (texts[i][0] != '\0') return texts[i];
  }
  return "wrong usage, or no memory";
}

/* The keys come first: a vault without them would be worse than keys without a vault. */
static int make(run* run, const char* vault, const char* keys) {
  if (mkdir(keys, 0700) != 0) return LETTERPRESS_IO;
  int code = letterpress_vault_key_make_recovery(&run->recovery);
  if (code == 0) code = letterpress_vault_key_make_public(run->recovery, &run->owner);
  if (code == 0) {
    code = letterpress_vault_key_write(run->recovery, path_of(keys, "recovery.key"),
                                       getenv("VAULT_PASSPHRASE"));
  }
  if (code == 0) code = letterpress_vault_key_write(run->owner, path_of(keys, "vault.pub"), NULL);
  if (code == 0) code = letterpress_vault_make(vault, run->recovery, NULL, 0, &run->vault);
  if (code == 0) {
    code = letterpress_vault_add_writer(run->vault, "mx1", run->recovery, NULL, 0, &run->ingest);
  }
  if (code == 0) code = letterpress_vault_key_write(run->ingest, path_of(keys, "ingest.key"), NULL);
  if (code == 0) printf("made %s\n", letterpress_vault_id(run->vault));
  return code;
}

static int open_vault(run* run, const char* vault, const char* keys) {
  int code = letterpress_vault_open(vault, &run->vault);
  if (code == 0) {
    code = letterpress_vault_key_read(path_of(keys, "vault.pub"), NULL, &run->owner);
  }
  return code == 0 ? letterpress_vault_require_owner(run->vault, run->owner) : code;
}

static int open_snapshot(run* run, const char* vault, const char* keys) {
  int code = open_vault(run, vault, keys);
  if (code == 0) {
    code = letterpress_vault_key_read(path_of(keys, "recovery.key"), getenv("VAULT_PASSPHRASE"),
                                      &run->recovery);
  }
  if (code != 0) return code;
  return letterpress_vault_snapshot_open(run->vault, run->recovery, NULL, &run->snapshot);
}

static void print_problem(void* user, int severity, const char* path, const char* message) {
  (void)user;
  fprintf(stderr, "%s: %s: %s\n", severity == 0 ? "note" : "problem", path, message);
}

static int save(run* run, char** arguments) {
  const char* const sources[] = {arguments[3]};
  const letterpress_vault_backup_options options = {.struct_size = sizeof options,
                                                    .sources = sources,
                                                    .source_count = 1,
                                                    .state_folder = arguments[2],
                                                    .on_problem = print_problem};
  letterpress_vault_backup_report report = {.struct_size = sizeof report};
  int code = open_vault(run, arguments[0], arguments[1]);
  if (code == 0) {
    code = letterpress_vault_key_read(path_of(arguments[1], "ingest.key"), NULL, &run->ingest);
  }
  if (code == 0) {
    code = letterpress_vault_backup_open(run->vault, run->ingest, &options, &run->backup);
  }
  if (code == 0) code = letterpress_vault_backup_add_path(run->backup, arguments[3], arguments[4]);
  if (code == 0) code = letterpress_vault_backup_finish(run->backup, &report);
  if (code == 0) {
    printf("saved %s: %llu entries, %llu bytes read, %llu stored\n", report.snapshot,
           (unsigned long long)report.entries, (unsigned long long)report.raw_bytes,
           (unsigned long long)report.stored_bytes);
  }
  return code;
}

static int print_summary(void* user, const letterpress_vault_summary* snapshot) {
  (void)user;
  printf("snapshot %s %llu\n", snapshot->name, (unsigned long long)snapshot->entries);
  return 0;
}

static int print_entry(void* user, const letterpress_entry* entry, uint64_t size_bytes) {
  (void)user;
  printf("entry %llu %s\n", (unsigned long long)size_bytes, entry->path);
  return 0;
}

static int list(run* run, char** arguments) {
  int code = open_snapshot(run, arguments[0], arguments[1]);
  if (code == 0) code = letterpress_vault_list(run->vault, print_summary, NULL, NULL);
  if (code != 0) return code;
  return letterpress_vault_snapshot_list(run->snapshot, "", 1, print_entry, NULL);
}

static int get(run* run, char** arguments) {
  const char* const paths[] = {arguments[2]};
  const letterpress_vault_restore_options options = {.struct_size = sizeof options,
                                                     .to = arguments[3],
                                                     .paths = paths,
                                                     .path_count = 1,
                                                     .on_problem = print_problem};
  letterpress_vault_restore_report report = {.struct_size = sizeof report};
  int code = open_snapshot(run, arguments[0], arguments[1]);
  if (code == 0) code = letterpress_vault_snapshot_restore(run->snapshot, &options, &report);
  if (code == 0) printf("restored %llu bytes\n", (unsigned long long)report.bytes);
  return code == 0 && report.damaged + report.unmade > 0 ? LETTERPRESS_CORRUPT : code;
}

static void print_damage(void* user, const letterpress_vault_damage* damage) {
  (void)user;
  printf("damage %s%s: %s\n", damage->file, damage->path, damage->message);
}

static int check(run* run, char** arguments) {
  letterpress_vault_verify_report report = {.struct_size = sizeof report};
  const int code = open_snapshot(run, arguments[0], arguments[1]);
  if (code != 0) return code;
  const letterpress_vault_verify_options options = {.struct_size = sizeof options,
                                                    .key = run->recovery,
                                                    .trusted = run->owner,
                                                    .is_deep = 1,
                                                    .on_damage = print_damage};
  const int checked = letterpress_vault_verify(run->vault, &options, &report);
  if (checked == 0) {
    printf("checked %llu files of the snapshots, %llu damages\n",
           (unsigned long long)report.entries, (unsigned long long)report.damage);
  }
  return checked == 0 && report.damage > 0 ? LETTERPRESS_CORRUPT : checked;
}

int main(int count, char** arguments) {
  run run = {0};
  int code = LETTERPRESS_INVALID_ARGUMENT;
  const char* const command = count > 1 ? arguments[1] : "";
  if (strcmp(command, "make") == 0 && count == 4) code = make(&run, arguments[2], arguments[3]);
  if (strcmp(command, "save") == 0 && count == 7) code = save(&run, arguments + 2);
  if (strcmp(command, "list") == 0 && count == 4) code = list(&run, arguments + 2);
  if (strcmp(command, "get") == 0 && count == 6) code = get(&run, arguments + 2);
  if (strcmp(command, "check") == 0 && count == 4) code = check(&run, arguments + 2);
  if (code != 0) fprintf(stderr, "vault_folder: %s\n", error_of(&run));
  letterpress_vault_snapshot_free(run.snapshot);
  letterpress_vault_backup_free(run.backup);
  letterpress_vault_free(run.vault);
  letterpress_vault_key_free(run.owner);
  letterpress_vault_key_free(run.ingest);
  letterpress_vault_key_free(run.recovery);
  return code == 0 ? 0 : 1;
}
