// SPDX-License-Identifier: Apache-2.0
/* A backup front end in C: keeps mail in an SQLite database through letterpress's C library.
 *
 *   sqlite_store DATABASE add NAME PATH    adds what lies at PATH, as NAME
 *   sqlite_store DATABASE list             prints the names
 *   sqlite_store DATABASE get NAME         writes the file or message to standard output
 *
 * Each group is a transaction: a run that is killed leaves what it had committed, and the next one
 * does not store that again. */
#include <letterpress.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kSchema[] =
    "CREATE TABLE IF NOT EXISTS block (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS chunk (id BLOB PRIMARY KEY, block INTEGER, ordinal INTEGER)"
    "  WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS part (path TEXT, position INTEGER, raw_bytes INTEGER, recipe BLOB,"
    "  PRIMARY KEY (path, position));";

typedef struct store {
  sqlite3* database;
  sqlite3_stmt* find_chunk;
  sqlite3_stmt* add_chunk;
  sqlite3_stmt* add_block;
  sqlite3_stmt* add_part;
  sqlite3_stmt* remove_parts;
  sqlite3_stmt* get_block;
  char path[16 * 1024 + 1]; /* of the entry whose parts are coming */
  int position;
} store;

enum { kDatabaseFailed = -1 };

static int execute(store* store, const char* sql) {
  if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK) return 0;
  return kDatabaseFailed;
}

/* Runs a statement that gives no row. */
static int step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? 0 : kDatabaseFailed;
}

static int find_stored(void* user, const letterpress_id* ids, size_t count,
                       letterpress_place* places) {
  store* store = user;
  for (size_t i = 0; i < count; ++i) {
    sqlite3_bind_blob(store->find_chunk, 1, ids[i].bytes, sizeof ids[i].bytes, SQLITE_STATIC);
    const int code = sqlite3_step(store->find_chunk);
    if (code == SQLITE_ROW) {
      places[i].block = (uint64_t)sqlite3_column_int64(store->find_chunk, 0);
      places[i].ordinal = (uint32_t)sqlite3_column_int64(store->find_chunk, 1);
      places[i].is_stored = 1;
    }
    sqlite3_reset(store->find_chunk);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return kDatabaseFailed;
  }
  return 0;
}

static int put_block(void* user, const letterpress_block* block) {
  store* store = user;
  sqlite3_bind_int64(store->add_block, 1, (sqlite3_int64)block->number);
  sqlite3_bind_blob64(store->add_block, 2, block->bytes, block->byte_count, SQLITE_STATIC);
  if (step(store->add_block) != 0) return kDatabaseFailed;
  for (size_t i = 0; i < block->id_count; ++i) {
    sqlite3_bind_blob(store->add_chunk, 1, block->ids[i].bytes, sizeof block->ids[i].bytes,
                      SQLITE_STATIC);
    sqlite3_bind_int64(store->add_chunk, 2, (sqlite3_int64)block->number);
    sqlite3_bind_int64(store->add_chunk, 3, (sqlite3_int64)i);
    if (step(store->add_chunk) != 0) return kDatabaseFailed;
  }
  return 0;
}

static int remove_parts(store* store) {
  sqlite3_bind_text(store->remove_parts, 1, store->path, -1, SQLITE_STATIC);
  return step(store->remove_parts);
}

static int put_part(void* user, const letterpress_part* part) {
  store* store = user;
  if (part->is_first) {
    store->position = 0;
    snprintf(store->path, sizeof store->path, "%s", part->entry->path);
    if (remove_parts(store) != 0) return kDatabaseFailed; /* of an older version */
  }
  if (part->is_abandoned) return remove_parts(store);
  sqlite3_bind_text(store->add_part, 1, store->path, -1, SQLITE_STATIC);
  sqlite3_bind_int(store->add_part, 2, store->position++);
  sqlite3_bind_int64(store->add_part, 3, (sqlite3_int64)part->raw_bytes);
  sqlite3_bind_blob64(store->add_part, 4, part->recipe_bytes > 0 ? part->recipe : (const void*)"",
                      part->recipe_bytes, SQLITE_STATIC);
  return step(store->add_part);
}

static int end_group(void* user) { return execute(user, "COMMIT; BEGIN"); }

static void on_problem(void* user, int severity, const char* path, const char* message) {
  (void)user;
  (void)severity;
  fprintf(stderr, "%s: %s\n", path, message);
}

static int get_block(void* user, uint64_t number, letterpress_buffer* block) {
  store* store = user;
  sqlite3_bind_int64(store->get_block, 1, (sqlite3_int64)number);
  int code = kDatabaseFailed;
  if (sqlite3_step(store->get_block) == SQLITE_ROW) {
    code = letterpress_buffer_set(block, sqlite3_column_blob(store->get_block, 0),
                                  (size_t)sqlite3_column_bytes(store->get_block, 0));
  }
  sqlite3_reset(store->get_block);
  return code;
}

static int write_out(void* user, const uint8_t* bytes, size_t byte_count) {
  return fwrite(bytes, 1, byte_count, user) == byte_count ? 0 : kDatabaseFailed;
}

static int prepare(store* store, const char* sql, sqlite3_stmt** statement) {
  return sqlite3_prepare_v2(store->database, sql, -1, statement, NULL) == SQLITE_OK
             ? 0
             : kDatabaseFailed;
}

static int open_store(store* store, const char* path) {
  if (sqlite3_open(path, &store->database) != SQLITE_OK) return kDatabaseFailed;
  if (execute(store, kSchema) != 0) return kDatabaseFailed;
  if (prepare(store, "SELECT block, ordinal FROM chunk WHERE id = ?", &store->find_chunk) != 0 ||
      prepare(store, "INSERT OR IGNORE INTO chunk VALUES (?, ?, ?)", &store->add_chunk) != 0 ||
      prepare(store, "INSERT INTO block VALUES (?, ?)", &store->add_block) != 0 ||
      prepare(store, "INSERT INTO part VALUES (?, ?, ?, ?)", &store->add_part) != 0 ||
      prepare(store, "DELETE FROM part WHERE path = ?", &store->remove_parts) != 0 ||
      prepare(store, "SELECT bytes FROM block WHERE number = ?", &store->get_block) != 0) {
    return kDatabaseFailed;
  }
  return 0;
}

static void close_store(store* store) {
  sqlite3_finalize(store->find_chunk);
  sqlite3_finalize(store->add_chunk);
  sqlite3_finalize(store->add_block);
  sqlite3_finalize(store->add_part);
  sqlite3_finalize(store->remove_parts);
  sqlite3_finalize(store->get_block);
  sqlite3_close(store->database);
}

/* Of the first number that no block has. */
static uint64_t next_block_number(store* store) {
  sqlite3_stmt* statement = NULL;
  uint64_t number = 0;
  if (prepare(store, "SELECT coalesce(max(number) + 1, 0) FROM block", &statement) == 0 &&
      sqlite3_step(statement) == SQLITE_ROW) {
    number = (uint64_t)sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return number;
}

static int add(store* store, const char* name, const char* path) {
  const letterpress_receiver receiver = {.struct_size = sizeof receiver,
                                         .user = store,
                                         .find_stored = find_stored,
                                         .put_block = put_block,
                                         .put_part = put_part,
                                         .end_group = end_group,
                                         .on_problem = on_problem};
  const letterpress_press_options options = {.struct_size = sizeof options,
                                             .first_block_number = next_block_number(store)};
  letterpress_press* press = NULL;
  letterpress_totals totals = {.struct_size = sizeof totals};
  int code = execute(store, "BEGIN");
  if (code == 0) code = letterpress_press_open(&options, &receiver, &press);
  if (code == 0) code = letterpress_press_add_path(press, name, path);
  if (code == 0) code = letterpress_press_finish(press, &totals);
  if (code == 0) code = execute(store, "COMMIT");
  if (code == 0) {
    printf("%llu entries, %llu bytes, %llu of them new, %llu after compression\n",
           (unsigned long long)totals.entries, (unsigned long long)totals.raw_bytes,
           (unsigned long long)totals.new_bytes, (unsigned long long)totals.stored_bytes);
  } else {
    fprintf(stderr, "%s (%d)\n", letterpress_press_error(press), code);
    execute(store, "ROLLBACK");
  }
  letterpress_press_free(press);
  return code;
}

static int list(store* store) {
  sqlite3_stmt* statement = NULL;
  if (prepare(store, "SELECT path FROM part WHERE position = 0 ORDER BY path", &statement) != 0) {
    return kDatabaseFailed;
  }
  while (sqlite3_step(statement) == SQLITE_ROW)
    puts((const char*)sqlite3_column_text(statement, 0));
  return sqlite3_finalize(statement) == SQLITE_OK ? 0 : kDatabaseFailed;
}

/* Part by part: no more than one recipe is in memory. */
static int get(store* store, const char* name) {
  sqlite3_stmt* statement = NULL;
  letterpress_rebuild* rebuild = NULL;
  const letterpress_rebuild_options options = {
      .struct_size = sizeof options, .user = store, .get_block = get_block};
  int code = letterpress_rebuild_open(&options, &rebuild);
  if (code == 0) {
    code = prepare(store, "SELECT raw_bytes, recipe FROM part WHERE path = ? ORDER BY position",
                   &statement);
  }
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  int parts = 0;
  int row = SQLITE_DONE;
  while (code == 0 && (row = sqlite3_step(statement)) == SQLITE_ROW) {
    const letterpress_recipe recipe = {.raw_bytes = (uint64_t)sqlite3_column_int64(statement, 0),
                                       .bytes = sqlite3_column_blob(statement, 1),
                                       .byte_count = (size_t)sqlite3_column_bytes(statement, 1)};
    code = letterpress_rebuild_range(rebuild, &recipe, 1, 0, UINT64_MAX, write_out, stdout);
    ++parts;
  }
  if (code != 0) {
    fprintf(stderr, "%s (%d)\n", letterpress_rebuild_error(rebuild), code);
  } else if (row != SQLITE_DONE) {
    fprintf(stderr, "%s\n", sqlite3_errmsg(store->database));
    code = kDatabaseFailed;
  } else if (parts == 0) {
    fprintf(stderr, "no entry '%s'\n", name);
    code = LETTERPRESS_NOT_FOUND;
  }
  sqlite3_finalize(statement);
  letterpress_rebuild_free(rebuild);
  return code;
}

int main(int count, char** arguments) {
  store store = {0};
  const char* command = count > 2 ? arguments[2] : "";
  int code = LETTERPRESS_INVALID_ARGUMENT;
  if (count > 2 && open_store(&store, arguments[1]) != 0) {
    fprintf(stderr, "%s: %s\n", arguments[1], sqlite3_errmsg(store.database));
    code = kDatabaseFailed;
  } else if (count == 5 && strcmp(command, "add") == 0) {
    code = add(&store, arguments[3], arguments[4]);
  } else if (count == 3 && strcmp(command, "list") == 0) {
    code = list(&store);
  } else if (count == 4 && strcmp(command, "get") == 0) {
    code = get(&store, arguments[3]);
  } else {
    fputs("usage: sqlite_store DATABASE (add NAME PATH | list | get NAME)\n", stderr);
  }
  close_store(&store);
  return code == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
