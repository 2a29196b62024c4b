// SPDX-License-Identifier: Apache-2.0
/* letterpress's engine for C: takes files and messages apart into chunks that are new and recipes
 * that make them again. letterpress/press.h, rebuild.h and stream.h are the same for C++.
 *
 *   letterpress_receiver receiver = {.struct_size = sizeof receiver, .user = &store,
 *                                    .put_block = keep_block, .put_part = keep_part,
 *                                    .end_group = commit};
 *   letterpress_press* press = NULL;
 *   int code = letterpress_press_open(NULL, &receiver, &press);
 *   letterpress_entry entry = {.struct_size = sizeof entry, .path = "inbox/1", .mode = 0600};
 *   if (code == 0) code = letterpress_press_begin_entry(press, &entry);
 *   if (code == 0) code = letterpress_press_write(press, mail, mail_bytes);
 *   if (code == 0) code = letterpress_press_end_entry(press);
 *   if (code == 0) code = letterpress_press_finish(press, NULL);
 *   if (code != 0) fprintf(stderr, "%s\n", letterpress_press_error(press));
 *   letterpress_press_free(press);
 *
 * Results: 0 is success, a letterpress_code is what went wrong, and the handle has a text that says
 * it. A callback that returns another number than 0 ends the run, and that number is what the
 * function returns, unchanged; use negative ones, which letterpress never returns of itself. A call
 * that was wrong in itself (LETTERPRESS_INVALID_ARGUMENT, LETTERPRESS_UNSUPPORTED), and a path or
 * descriptor that cannot be opened, change nothing, and the run goes on; any other error ends the
 * run, and every function of its handle but _error() and _free() gives it again.
 *
 * Structs: set struct_size to sizeof the struct, and what you do not set to 0: that is the default.
 * So structs can grow: one from a newer header whose new fields are set is refused by an older
 * library (LETTERPRESS_UNSUPPORTED).
 *
 * Ownership: what is given to a function or a callback belongs to who gives it, and is valid until
 * the call returns; copy what you keep.
 *
 * Threads: a handle is used by one thread at a time, and never inside one of its own callbacks;
 * only letterpress_press_cancel() may be called at any time. Callbacks are called one at a time,
 * inside the functions of the handle, on the calling thread or one of oneTBB's. Different handles
 * have nothing to do with each other. No exception leaves a function, nothing is printed, no
 * environment is read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LETTERPRESS_VERSION_MAJOR 0
#define LETTERPRESS_VERSION_MINOR 1
#define LETTERPRESS_VERSION_PATCH 0

#if defined(__GNUC__)
#define LETTERPRESS_C_API __attribute__((visibility("default")))
#else
#define LETTERPRESS_C_API
#endif

/* Gives the version of the library that was loaded, as "0.1.0". Valid for ever. */
LETTERPRESS_C_API const char* letterpress_version(void);

/* What the caller can do about it. */
typedef enum letterpress_code {
  LETTERPRESS_OK = 0,
  LETTERPRESS_INVALID_ARGUMENT = 1, /* the call was wrong: correct it */
  LETTERPRESS_NOT_FOUND = 2,        /* the named thing is not there */
  LETTERPRESS_CORRUPT = 3,          /* stored bytes are damaged, or not what they claim to be */
  LETTERPRESS_UNSUPPORTED = 4,      /* made by a newer version */
  LETTERPRESS_LIMIT_EXCEEDED = 5,   /* a documented limit stopped it */
  LETTERPRESS_IO = 6,               /* the operating system said no */
  LETTERPRESS_OUT_OF_MEMORY = 7,
  LETTERPRESS_CANCELLED = 8
} letterpress_code;

/* The name of a chunk's bytes: BLAKE3 of them, keyed if there is a key. */
typedef struct letterpress_id {
  uint8_t bytes[32];
} letterpress_id;

/* Where a chunk is. */
typedef struct letterpress_place {
  uint64_t block;
  uint32_t ordinal;   /* in the block */
  uint32_t is_stored; /* 0: it is nowhere, and the other fields do not matter */
} letterpress_place;

typedef enum letterpress_type {
  LETTERPRESS_FILE = 0,
  LETTERPRESS_FOLDER = 1,
  LETTERPRESS_SYMLINK = 2,
  LETTERPRESS_HARD_LINK = 3 /* another name of a file that has an entry of its own */
} letterpress_type;

typedef struct letterpress_entry {
  size_t struct_size;
  const char* path; /* relative; no component is empty, "." or ".." */
  int type;         /* a letterpress_type */
  uint32_t mode;    /* permission bits */
  uint32_t user_id;
  uint32_t group_id;
  int64_t mtime_ns;   /* since 1970, UTC */
  const char* target; /* symlink: its text; hard link: the path of the entry with the content */
} letterpress_entry;

/* A block as it is to be kept: some chunks, compressed together. */
typedef struct letterpress_block {
  size_t struct_size;
  uint64_t number;           /* each is given once, and all of a group are one range */
  int kind;                  /* 0 header, 1 text, 2 attachment, 3 plain, 4 recipe */
  const letterpress_id* ids; /* of its chunks, in order */
  size_t id_count;
  const uint8_t* bytes;
  size_t byte_count;
} letterpress_block;

/* Chunks that the receiver has already: see letterpress_press_options::known_ids. */
typedef struct letterpress_borrowed {
  size_t struct_size;
  uint64_t number;
  int kind;
  const letterpress_id* ids; /* in order */
  const uint32_t* lengths;   /* of the chunks */
  size_t count;
} letterpress_borrowed;

/* A part of an entry: all of it, or some MB of a large one, in order. */
typedef struct letterpress_part {
  size_t struct_size;
  const letterpress_entry* entry; /* of the first part; NULL in others */
  uint64_t raw_bytes;             /* of the original */
  const uint8_t* recipe;          /* how to make them again */
  size_t recipe_bytes;
  int is_first;
  int is_last;
  int is_abandoned;       /* last part only: the source failed midway; forget the entry */
  int is_unsettled;       /* last part only: the file changed while it was read */
  const uint64_t* blocks; /* numbers of those that the recipe needs, in order */
  size_t block_count;
} letterpress_part;

/* So far; the same for any number of threads. */
typedef struct letterpress_totals {
  size_t struct_size;
  uint64_t entries; /* of every type */
  uint64_t files;
  uint64_t messages;
  uint64_t raw_bytes;
  uint64_t base64_bytes; /* of raw_bytes, undone */
  uint64_t groups;
  uint64_t chunks;
  uint64_t new_chunks;        /* not stored before */
  uint64_t new_bytes;         /* of them, before compression */
  uint64_t stored_bytes;      /* after it */
  uint64_t next_block_number; /* for the next run; letterpress_press_finish() only */
} letterpress_totals;

/* Who keeps what is pressed. Order of calls:
 *   ((put_block | put_borrowed)* (put_part | put_moved)* end_group)*
 * find_stored may come between any two of them: it runs ahead. When end_group is called, all blocks
 * that the group's parts need have been put, in this group, before, or in another run: what came so
 * far can be committed. */
typedef struct letterpress_receiver {
  size_t struct_size;
  void* user; /* the first argument of each callback */
  /* Which of these chunks are kept from runs before: set places[i] for ids[i]. May be NULL; not
   * called if first_block_number is 0, since then nothing is kept. */
  int (*find_stored)(void* user, const letterpress_id* ids, size_t count,
                     letterpress_place* places);
  int (*put_block)(void* user, const letterpress_block* block);
  int (*put_part)(void* user, const letterpress_part* part);
  int (*end_group)(void* user);
  /* May be NULL. An entry that was given has another name since: a flag change in a Maildir. */
  int (*put_moved)(void* user, const char* from, const char* to);
  /* May be NULL. */
  void (*on_progress)(void* user, const letterpress_totals* totals);
  /* May be NULL. severity: 0 left out on purpose, 1 was listed and is gone, 2 could not be read or
   * changed while it was read. */
  void (*on_problem)(void* user, int severity, const char* path, const char* message);
  /* NULL: a run or stream that borrows chunks is refused (LETTERPRESS_UNSUPPORTED). */
  int (*put_borrowed)(void* user, const letterpress_borrowed* block);
} letterpress_receiver;

typedef struct letterpress_press_options {
  size_t struct_size;
  int level;         /* zstd, 1 .. 19; 0: 3 */
  unsigned threads;  /* 0: one for each processor; 1: the calling thread does everything */
  int single_chunks; /* not 0: each chunk is a block of its own */
  uint64_t first_block_number; /* behind all that find_stored answers with */
  const uint8_t* id_key;       /* 32 bytes, or NULL: ids are not keyed */
  const uint8_t* digest_key;   /* 32 bytes, or NULL: digests in recipes are not keyed */
  /* Chunks that the receiver has: they are given to put_borrowed, and not as blocks. */
  const letterpress_id* known_ids;
  size_t known_count;
} letterpress_press_options;

/* A run. It works inside the calls of its user; its output depends on the input, the options and
 * the answers of find_stored only. Memory: 16 MiB a thread of input, two batches of 9 MiB more than
 * threads, 40 MiB of open blocks, 24 bytes for each new chunk. */
typedef struct letterpress_press letterpress_press;

/* Opens a run. `options` may be NULL. Sets *press also on an error, to a handle that has its text
 * and must be freed; to NULL only if memory is out or `press` is NULL. */
LETTERPRESS_C_API int letterpress_press_open(const letterpress_press_options* options,
                                             const letterpress_receiver* receiver,
                                             letterpress_press** press);

/* Pushes an entry; a file's content follows by _write(), in pieces of any size, and _end_entry().
 */
LETTERPRESS_C_API int letterpress_press_begin_entry(letterpress_press* press,
                                                    const letterpress_entry* entry);
LETTERPRESS_C_API int letterpress_press_write(letterpress_press* press, const void* bytes,
                                              size_t byte_count);
LETTERPRESS_C_API int letterpress_press_end_entry(letterpress_press* press);

/* Ends a file whose source failed, instead of _end_entry(). It is abandoned; on_problem gets
 * `why`. */
LETTERPRESS_C_API int letterpress_press_fail_entry(letterpress_press* press, const char* why);

/* Adds a file whose content an open descriptor gives, from where it stands to its end. It has
 * been read when this returns. It must not be one that gives EAGAIN. */
LETTERPRESS_C_API int letterpress_press_add_descriptor(letterpress_press* press,
                                                       const letterpress_entry* entry,
                                                       int descriptor);

/* Adds the file or folder at `path`, with all that is in it, under `name`. Returns when it was
 * read. */
LETTERPRESS_C_API int letterpress_press_add_path(letterpress_press* press, const char* name,
                                                 const char* path);

/* Ends the last group. `totals` may be NULL. After it only _error() and _free() may be called. */
LETTERPRESS_C_API int letterpress_press_finish(letterpress_press* press,
                                               letterpress_totals* totals);

/* Ends the run early: what runs now, and every later call, returns LETTERPRESS_CANCELLED. From any
 * thread, a callback or a signal handler. A read that waits for a pipe goes on waiting. */
LETTERPRESS_C_API void letterpress_press_cancel(letterpress_press* press);

/* Gives the text of the last error, valid until the next call with this handle; "" if there was
 * none. */
LETTERPRESS_C_API const char* letterpress_press_error(const letterpress_press* press);

/* Frees a run; not inside its callbacks, where it does nothing. NULL is allowed. Without _finish()
 * the last group is not given. */
LETTERPRESS_C_API void letterpress_press_free(letterpress_press* press);

/* Of a letterpress_part what is needed to make it again. */
typedef struct letterpress_recipe {
  uint64_t raw_bytes;
  const uint8_t* bytes;
  size_t byte_count;
} letterpress_recipe;

/* Takes the bytes of a block from get_block(). */
typedef struct letterpress_buffer letterpress_buffer;

/* Takes a copy of a block's bytes, in get_block. Returns 0, or LETTERPRESS_OUT_OF_MEMORY. */
LETTERPRESS_C_API int letterpress_buffer_set(letterpress_buffer* buffer, const void* bytes,
                                             size_t byte_count);

typedef struct letterpress_rebuild_options {
  size_t struct_size;
  void* user; /* the first argument of get_block */
  /* Gives letterpress_block::bytes of the block with that number to letterpress_buffer_set(). */
  int (*get_block)(void* user, uint64_t number, letterpress_buffer* block);
  const uint8_t* digest_key; /* as it was pressed with */
  size_t cache_bytes;        /* of opened blocks; 0: 32 MiB */
} letterpress_rebuild_options;

/* Called with the next bytes, in order; each was checked against its digest. */
typedef int (*letterpress_output)(void* user, const uint8_t* bytes, size_t byte_count);

/* The way back. Blocks and recipes may be damaged or hostile: LETTERPRESS_CORRUPT, and all bytes
 * before the damage were given. */
typedef struct letterpress_rebuild letterpress_rebuild;

/* Opens a way back. `*rebuild` is set as by letterpress_press_open(). */
LETTERPRESS_C_API int letterpress_rebuild_open(const letterpress_rebuild_options* options,
                                               letterpress_rebuild** rebuild);

/* Makes a range of an entry, or all of it. `count` recipes are all parts of it, in order. Gives
 * `byte_count` bytes from `from` on,
 * fewer if the entry ends before; UINT64_MAX: all. What comes before is passed over without asking
 * for a block. An error ends this call only. */
LETTERPRESS_C_API int letterpress_rebuild_range(letterpress_rebuild* rebuild,
                                                const letterpress_recipe* recipes, size_t count,
                                                uint64_t from, uint64_t byte_count,
                                                letterpress_output output, void* user);

/* Gives the text of the last error, valid until the next call with this handle. */
LETTERPRESS_C_API const char* letterpress_rebuild_error(const letterpress_rebuild* rebuild);

/* Frees a way back; not inside its callbacks, where it does nothing. NULL is allowed. */
LETTERPRESS_C_API void letterpress_rebuild_free(letterpress_rebuild* rebuild);

/* Streams (docs/STREAM.md): what a run gives as bytes on their way, and back to who keeps it.
 * letterpress/stream.h is the same for C++. */
typedef struct letterpress_stream_output_options {
  size_t struct_size;
  void* user;               /* the first argument of write */
  letterpress_output write; /* takes the next bytes of the stream */
  const uint8_t* key;       /* 32 bytes, as the run has for both, ids and digests; or NULL */
  int borrows_chunks;       /* not 0: the run has known_ids */
} letterpress_stream_output_options;

/* Writes a stream of what a run gives. */
typedef struct letterpress_stream_output letterpress_stream_output;

/* Opens a stream to write. `*output` is set as by letterpress_press_open(). */
LETTERPRESS_C_API int letterpress_stream_output_open(
    const letterpress_stream_output_options* options, letterpress_stream_output** output);

/* Sets the callbacks of a receiver, and its user, for a run that numbers its blocks from 0. Its
 * find_stored, on_progress and on_problem stay as they are, and must not be set unless they make
 * do with that user: the stream. The stream must outlive the run. */
LETTERPRESS_C_API int letterpress_stream_output_receiver(letterpress_stream_output* output,
                                                         letterpress_receiver* receiver);

/* Writes the end of the stream, once letterpress_press_finish() has succeeded; never after a run
 * that failed or was cancelled. A stream without it is cut short, and every reader says so.
 * LETTERPRESS_INVALID_ARGUMENT if it was written before, or the run is in the middle of a group. */
LETTERPRESS_C_API int letterpress_stream_output_finish(letterpress_stream_output* output);

/* Gives the text of the last error, valid until the next call with this handle. */
LETTERPRESS_C_API const char* letterpress_stream_output_error(
    const letterpress_stream_output* output);

/* Frees a stream, after its run. NULL is allowed. */
LETTERPRESS_C_API void letterpress_stream_output_free(letterpress_stream_output* output);

/* How far a stream was read, and how much of it was whole. */
typedef struct letterpress_stream_position {
  size_t struct_size;
  uint64_t bytes;       /* up to the end of the last whole frame */
  uint64_t group_bytes; /* up to the end of the last whole group */
  uint64_t groups;
  uint64_t entries;   /* that were complete, without abandoned ones */
  uint64_t raw_bytes; /* of all parts */
  int is_complete;    /* up to the end of the stream */
  /* docs/STREAM.md, "Errors": the name of what is wrong with the stream, and the offset of the
   * frame; NULL if nothing is, or it was an error of a callback. The name is valid for ever. */
  const char* error_name;
  uint64_t error_offset;
} letterpress_stream_position;

typedef struct letterpress_stream_input_options {
  size_t struct_size;
  void* user; /* the first argument of read */
  /* Puts the next bytes of the stream into `into`, and how many into *got: byte_count, or fewer at
   * their end only. */
  int (*read)(void* user, uint8_t* into, size_t byte_count, size_t* got);
  const uint8_t* key; /* 32 bytes, of the stream's ids and digests; or NULL */
} letterpress_stream_input_options;

/* Reads a stream. */
typedef struct letterpress_stream_input letterpress_stream_input;

/* Opens a stream to read. `*input` is set as by letterpress_press_open(). */
LETTERPRESS_C_API int letterpress_stream_input_open(const letterpress_stream_input_options* options,
                                                    letterpress_stream_input** input);

/* Reads the stream to its end, once, and gives what is in it to the receiver, as a run would.
 * `position` may be NULL; it is set also on an error. A stream that is truncated, reordered,
 * repeated or hostile gives LETTERPRESS_CORRUPT, and what came up to the last end_group is whole.
 */
LETTERPRESS_C_API int letterpress_stream_input_read(letterpress_stream_input* input,
                                                    const letterpress_receiver* receiver,
                                                    letterpress_stream_position* position);

/* Gives the text of the last error, valid until the next call with this handle. */
LETTERPRESS_C_API const char* letterpress_stream_input_error(const letterpress_stream_input* input);

/* Frees a stream; not inside its callbacks, where it does nothing. NULL is allowed. */
LETTERPRESS_C_API void letterpress_stream_input_free(letterpress_stream_input* input);

/* A chunk that is kept by itself. */
typedef struct letterpress_chunk {
  const uint8_t* bytes;
  size_t byte_count;
} letterpress_chunk;

/* Takes the chunks of a borrowed block in its order, in get_block, instead of
 * letterpress_buffer_set(). */
LETTERPRESS_C_API int letterpress_buffer_set_chunks(letterpress_buffer* buffer, uint64_t number,
                                                    const letterpress_chunk* chunks, size_t count);

#ifdef __cplusplus
}
#endif
