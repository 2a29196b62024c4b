// SPDX-License-Identifier: Apache-2.0
/* letterpress's vault for C: encrypted, signed files that are never changed, to which snapshots are
 * added. letterpress/vault.h and letterpress/snapshot.h are the same for C++, and say more.
 *
 *   letterpress_vault_key *recovery = NULL, *ingest = NULL;
 *   letterpress_vault* vault = NULL;
 *   letterpress_vault_backup* backup = NULL;
 *   const char* const sources[] = {"mail"};
 *   letterpress_vault_backup_options options = {.struct_size = sizeof options, .sources = sources,
 *                                               .source_count = 1, .state_folder = state};
 *   int code = letterpress_vault_key_make_recovery(&recovery);
 *   if (code == 0) code = letterpress_vault_key_write(recovery, recovery_file, "passphrase");
 *   if (code == 0) code = letterpress_vault_make(folder, recovery, NULL, 0, &vault);
 *   if (code == 0) code = letterpress_vault_add_writer(vault, "mx1", recovery, NULL, 0, &ingest);
 *   if (code == 0) code = letterpress_vault_backup_open(vault, ingest, &options, &backup);
 *   if (code == 0) code = letterpress_vault_backup_add_path(backup, "mail", mail_folder);
 *   if (code == 0) code = letterpress_vault_backup_finish(backup, NULL);
 *   if (code != 0) fprintf(stderr, "%s\n", letterpress_vault_backup_error(backup));
 *   letterpress_vault_backup_free(backup);
 *   letterpress_vault_free(vault);
 *   letterpress_vault_key_free(ingest);
 *   letterpress_vault_key_free(recovery);
 *
 * Results: 0 is success, a letterpress_code is what went wrong, and the handle has a text that says
 * it. What a callback returns, if it is not 0, ends the call and is its result, unchanged; use
 * negative numbers. After any error the vault has the snapshots that it had, as they were. A call
 * that was wrong in itself (LETTERPRESS_INVALID_ARGUMENT, LETTERPRESS_UNSUPPORTED) changes nothing.
 *
 * Structs, ownership: as in letterpress.h. A function that makes a handle sets it also on an error,
 * to one that has the text and must be freed, and to NULL if memory is out. Handles may be freed in
 * any order: a backup or snapshot keeps its vault and its key. Secrets are overwritten when the
 * last handle that needs them is freed; a passphrase is copied for the call only, and overwritten.
 *
 * Threads: a handle is used by one thread at a time, and never inside one of its own callbacks; the
 * _cancel() functions may be called at any time. A key or a vault that is only an argument may be
 * in use elsewhere. A vault takes one backup or new writer at a time: open it again for another. No
 * exception leaves a function, nothing is printed, no environment is read. */
#pragma once

#include "letterpress.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct letterpress_vault_key letterpress_vault_key;
typedef struct letterpress_vault letterpress_vault;
typedef struct letterpress_vault_backup letterpress_vault_backup;
typedef struct letterpress_vault_snapshot letterpress_vault_snapshot;

typedef enum letterpress_vault_key_kind {
  LETTERPRESS_VAULT_RECOVERY_KEY = 0,  /* reads everything and enrols writers: keep it offline */
  LETTERPRESS_VAULT_INGEST_KEY = 1,    /* of one writer: adds snapshots, reads nothing */
  LETTERPRESS_VAULT_READER_KEY = 2,    /* reads what was locked for it */
  LETTERPRESS_VAULT_READER_PUBLIC = 3, /* locks for a reader; no secret */
  LETTERPRESS_VAULT_PUBLIC = 4         /* proves whose a vault is; no secret */
} letterpress_vault_key_kind;

/* Makes a new key: a recovery key, for a vault that is to be made, or one of another reader. */
LETTERPRESS_C_API int letterpress_vault_key_make_recovery(letterpress_vault_key** key);
LETTERPRESS_C_API int letterpress_vault_key_make_reader(letterpress_vault_key** key);

/* Reads a key's file, or the text of one. `passphrase` may be NULL; it counts if the key is locked,
 * and then takes about a second and 256 MiB of memory. */
LETTERPRESS_C_API int letterpress_vault_key_read(const char* path, const char* passphrase,
                                                 letterpress_vault_key** key);
LETTERPRESS_C_API int letterpress_vault_key_parse(const void* text, size_t byte_count,
                                                  const char* passphrase,
                                                  letterpress_vault_key** key);

/* Gives a letterpress_vault_key_kind; -1 if there is no key. */
LETTERPRESS_C_API int letterpress_vault_key_get_kind(const letterpress_vault_key* key);

/* Makes the public key of a recovery key (whose the vault is) or of a reader key (what locks for
 * it). An ingest key has none. */
LETTERPRESS_C_API int letterpress_vault_key_make_public(const letterpress_vault_key* key,
                                                        letterpress_vault_key** public_key);

/* Gives the text of a key's file to `output`, in one call; it is overwritten afterwards, and so
 * should be what you copy. A passphrase that is not NULL locks it. */
LETTERPRESS_C_API int letterpress_vault_key_text(letterpress_vault_key* key, const char* passphrase,
                                                 letterpress_output output, void* user);

/* Writes a key's file, which must not exist: LETTERPRESS_IO if it does. Its mode is 0600, or 0644
 * if it is no secret; it is durable. `passphrase` may be NULL. */
LETTERPRESS_C_API int letterpress_vault_key_write(letterpress_vault_key* key, const char* path,
                                                  const char* passphrase);

/* Makes the vault of a recovery key, without writers, in a folder that is absent or empty.
 * `readers` are keys of who else can read everything, 7 at most; it may be NULL. */
LETTERPRESS_C_API int letterpress_vault_make(const char* path,
                                             const letterpress_vault_key* recovery,
                                             const letterpress_vault_key* const* readers,
                                             size_t reader_count, letterpress_vault** vault);

/* Opens a vault. Reads one small file. */
LETTERPRESS_C_API int letterpress_vault_open(const char* path, letterpress_vault** vault);

/* Gives the vault's id, 32 hexadecimal digits, valid as long as the handle; "" if it is not open.
 */
LETTERPRESS_C_API const char* letterpress_vault_id(const letterpress_vault* vault);

/* Checks that the vault is the one of this recovery, ingest or public key. */
LETTERPRESS_C_API int letterpress_vault_require_owner(letterpress_vault* vault,
                                                      const letterpress_vault_key* key);

/* Enrols a mail server, and sets `*ingest` to its key, which is nowhere else: write it. On an error
 * to NULL; the text is the vault's. `name`: 1 to 64 printable ASCII characters. */
LETTERPRESS_C_API int letterpress_vault_add_writer(letterpress_vault* vault, const char* name,
                                                   const letterpress_vault_key* recovery,
                                                   const letterpress_vault_key* const* readers,
                                                   size_t reader_count,
                                                   letterpress_vault_key** ingest);

/* A snapshot as the log has it. */
typedef struct letterpress_vault_summary {
  size_t struct_size;
  const char* name;        /* "3f2a-17" */
  const char* writer_name; /* as it was enrolled */
  int64_t time_ns;         /* when the backup began: since 1970, UTC */
  const char* host;
  const char* const* sources;
  size_t source_count;
  uint64_t entries;
  uint64_t messages;     /* in what was read for it */
  uint64_t source_bytes; /* of all files */
  uint64_t stored_bytes; /* that it added to the vault */
  uint64_t problems;     /* sources that could not be read as they were */
  int looks_encrypted;   /* alarms */
  int has_vanished;
} letterpress_vault_summary;

/* Lists the snapshots by time; needs no key. `on_damage` may be NULL: it gets a text for each log
 * entry that cannot be read. */
LETTERPRESS_C_API int letterpress_vault_list(
    letterpress_vault* vault, int (*take)(void* user, const letterpress_vault_summary* snapshot),
    int (*on_damage)(void* user, const char* text), void* user);

typedef struct letterpress_vault_damage {
  size_t struct_size;
  const char* file;     /* of the vault, or "" */
  const char* snapshot; /* deep: its name, or "" */
  const char* path;     /* deep: the entry that is lost, or in part; "": see lost_entries */
  const char* message;
  const uint64_t* lost;  /* deep: pairs of offset and length in the entry */
  size_t lost_count;     /* of pairs */
  uint64_t size_bytes;   /* deep: of the whole entry */
  uint64_t lost_entries; /* deep: those whose names are lost, too */
} letterpress_vault_damage;

typedef struct letterpress_vault_verify_options {
  size_t struct_size;
  void* user;                           /* the first argument of each callback */
  const letterpress_vault_key* key;     /* that reads; needed for is_deep; may be NULL */
  const letterpress_vault_key* trusted; /* whose the vault must be; may be NULL: not asked */
  const char* witness;                  /* what _witness() gave once; may be NULL */
  int is_deep;                          /* brings every entry back, to nowhere */
  /* All may be NULL; called on the calling thread. */
  void (*on_damage)(void* user, const letterpress_vault_damage* damage);
  void (*on_note)(void* user, const char* text);
  void (*on_progress)(void* user, uint64_t bytes_done, uint64_t bytes_total);
} letterpress_vault_verify_options;

typedef struct letterpress_vault_verify_report {
  size_t struct_size;
  uint64_t snapshots;
  uint64_t packs;
  uint64_t index_runs;
  uint64_t file_bytes;
  uint64_t entries; /* deep: brought back */
  uint64_t chunks;  /* deep: whose id was computed again */
  uint64_t lost;    /* deep: entries that cannot be brought back */
  uint64_t damage;  /* on_damage was called so often */
} letterpress_vault_verify_report;

/* Checks every byte of every file. Damage is no error: look at the report. Both may be NULL. */
LETTERPRESS_C_API int letterpress_vault_verify(letterpress_vault* vault,
                                               const letterpress_vault_verify_options* options,
                                               letterpress_vault_verify_report* report);

/* Gives what the vault has now to `output`, as a short text, in one call: keep it elsewhere. */
LETTERPRESS_C_API int letterpress_vault_witness(letterpress_vault* vault, letterpress_output output,
                                                void* user);

typedef struct letterpress_vault_backup_options {
  size_t struct_size;
  void* user;                 /* the first argument of each callback */
  const char* const* sources; /* without '/': each path is one of them, or lies below it */
  size_t source_count;
  const char* state_folder; /* what the writer remembers, where the mail is; made if absent */
  const char* host;         /* shown with the snapshot; may be NULL */
  int level;                /* zstd, 1 .. 19; 0: 3 */
  unsigned threads;         /* 0: one for each processor; 1: the calling thread */
  int is_isolated;          /* mailboxes are kept apart, which so many components */
  unsigned isolate_depth;   /* of a path below its source name */
  double alarm_encrypted;   /* a share; 0: 0.10; negative: off */
  double alarm_vanished;    /* a share; 0: 0.25; negative: off */
  int is_dry_run;           /* stores nothing */
  int read_all;             /* _add_path(): also files that look unchanged */
  int all_files;            /* leaves nothing out */
  int one_file_system;
  const char* const* excludes; /* patterns; may be NULL */
  size_t exclude_count;
  /* All may be NULL. The totals are of what was read; severity as in letterpress_receiver. */
  void (*on_progress)(void* user, const letterpress_totals* totals);
  void (*on_problem)(void* user, int severity, const char* path, const char* message);
  void (*on_note)(void* user, const char* text);
} letterpress_vault_backup_options;

typedef struct letterpress_vault_backup_report {
  size_t struct_size;
  char snapshot[32];        /* its name */
  uint64_t entries;         /* in the snapshot */
  uint64_t files;           /* that were read or looked at */
  uint64_t files_unchanged; /* of them */
  uint64_t messages;        /* in what was read */
  uint64_t raw_bytes;       /* read */
  uint64_t new_bytes;       /* not stored before, uncompressed */
  uint64_t stored_bytes;    /* packs, index and log */
  uint64_t packs;
  uint64_t problems; /* sources that vanished or could not be read */
  int looks_encrypted;
  int has_vanished;
} letterpress_vault_backup_report;

/* Opens a backup, which makes one snapshot. Order of calls: (_begin_entry _write* (_end_entry |
 * _fail_entry) | _add_descriptor | _add_path)* _finish. An error but of the call itself ends it: no
 * snapshot is made, and the next backup uses what was stored. */
LETTERPRESS_C_API int letterpress_vault_backup_open(const letterpress_vault* vault,
                                                    const letterpress_vault_key* ingest,
                                                    const letterpress_vault_backup_options* options,
                                                    letterpress_vault_backup** backup);

/* Pushes an entry; a file's content follows by _write(), in pieces of any size, and _end_entry(),
 * or, if its source failed, _fail_entry(): then it is left out, and on_problem gets `why`. */
LETTERPRESS_C_API int letterpress_vault_backup_begin_entry(letterpress_vault_backup* backup,
                                                           const letterpress_entry* entry);
LETTERPRESS_C_API int letterpress_vault_backup_write(letterpress_vault_backup* backup,
                                                     const void* bytes, size_t byte_count);
LETTERPRESS_C_API int letterpress_vault_backup_end_entry(letterpress_vault_backup* backup);
LETTERPRESS_C_API int letterpress_vault_backup_fail_entry(letterpress_vault_backup* backup,
                                                          const char* why);

/* Adds a file whose content an open descriptor gives, from where it stands to its end. It has been
 * read when this returns. */
LETTERPRESS_C_API int letterpress_vault_backup_add_descriptor(letterpress_vault_backup* backup,
                                                              const letterpress_entry* entry,
                                                              int descriptor);

/* Adds the file or folder at `path`, with all that is in it, under `name`. Files that are as the
 * last snapshot has them are not opened. */
LETTERPRESS_C_API int letterpress_vault_backup_add_path(letterpress_vault_backup* backup,
                                                        const char* name, const char* path);

/* Makes the snapshot: it exists, and survives a power cut, when this returns 0. `report` may be
 * NULL. After it only _error() and _free() may be called. */
LETTERPRESS_C_API int letterpress_vault_backup_finish(letterpress_vault_backup* backup,
                                                      letterpress_vault_backup_report* report);

/* Opens a snapshot: `name` as letterpress_vault_list() has it; NULL: the latest. `key` is the
 * recovery key or a reader's, which does not prove whose the vault is. */
LETTERPRESS_C_API int letterpress_vault_snapshot_open(const letterpress_vault* vault,
                                                      const letterpress_vault_key* key,
                                                      const char* name,
                                                      letterpress_vault_snapshot** snapshot);

/* Gives the entry at `path`, and what a folder has: directly, or, if is_recursive, all below it. ""
 * has the sources. By path. What is not damaged is given, and then LETTERPRESS_CORRUPT. */
LETTERPRESS_C_API int letterpress_vault_snapshot_list(
    letterpress_vault_snapshot* snapshot, const char* path, int is_recursive,
    int (*take)(void* user, const letterpress_entry* entry, uint64_t size_bytes), void* user);

/* Reads a range of a file: `byte_count` bytes from `from` on, fewer if it ends before; UINT64_MAX:
 * all. Each byte was checked against its digest. What comes before is not rebuilt. */
LETTERPRESS_C_API int letterpress_vault_snapshot_read(letterpress_vault_snapshot* snapshot,
                                                      const char* path, uint64_t from,
                                                      uint64_t byte_count,
                                                      letterpress_output output, void* user);

typedef struct letterpress_vault_restore_options {
  size_t struct_size;
  void* user;               /* the first argument of each callback */
  const char* to;           /* a folder that is absent or empty */
  int into;                 /* it may have contents; nothing is overwritten */
  int resume;               /* goes on where a restore of the same ended */
  const char* const* paths; /* with what is below them; may be NULL: everything */
  size_t path_count;
  unsigned threads; /* as in letterpress_vault_backup_options */
  /* May be NULL; by one thread at a time. severity as in letterpress_receiver. */
  void (*on_problem)(void* user, int severity, const char* path, const char* message);
  void (*on_progress)(void* user, uint64_t entries, uint64_t bytes);
} letterpress_vault_restore_options;

typedef struct letterpress_vault_restore_report {
  size_t struct_size;
  uint64_t entries;
  uint64_t bytes;   /* written */
  uint64_t there;   /* files that an interrupted restore had made */
  uint64_t damaged; /* entries that the vault could not give back */
  uint64_t unmade;  /* entries that the destination did not take */
} letterpress_vault_restore_report;

/* Restores entries: never outside `to`, over anything, or a byte that was not checked. Damage is no
 * error: the entry is left out and counted. `report` may be NULL. */
LETTERPRESS_C_API int letterpress_vault_snapshot_restore(
    letterpress_vault_snapshot* snapshot, const letterpress_vault_restore_options* options,
    letterpress_vault_restore_report* report);

/* Ends what runs, a check, a backup, a restore, with LETTERPRESS_CANCELLED, and so each that is
 * begun later with the handle. Any thread, also inside callbacks. NULL is allowed. */
LETTERPRESS_C_API void letterpress_vault_cancel(letterpress_vault* vault);
LETTERPRESS_C_API void letterpress_vault_backup_cancel(letterpress_vault_backup* backup);
LETTERPRESS_C_API void letterpress_vault_snapshot_cancel(letterpress_vault_snapshot* snapshot);

/* Gives the text of the last error of a handle, valid until the next call with it. */
LETTERPRESS_C_API const char* letterpress_vault_key_error(const letterpress_vault_key* key);
LETTERPRESS_C_API const char* letterpress_vault_error(const letterpress_vault* vault);
LETTERPRESS_C_API const char* letterpress_vault_backup_error(const letterpress_vault_backup*);
LETTERPRESS_C_API const char* letterpress_vault_snapshot_error(const letterpress_vault_snapshot*);

/* Frees a handle; NULL is allowed. Inside its own callbacks it does nothing. A backup that was not
 * finished makes no snapshot. */
LETTERPRESS_C_API void letterpress_vault_key_free(letterpress_vault_key* key);
LETTERPRESS_C_API void letterpress_vault_free(letterpress_vault* vault);
LETTERPRESS_C_API void letterpress_vault_backup_free(letterpress_vault_backup* backup);
LETTERPRESS_C_API void letterpress_vault_snapshot_free(letterpress_vault_snapshot* snapshot);

#ifdef __cplusplus
}
#endif
