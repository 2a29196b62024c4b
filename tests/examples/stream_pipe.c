// SPDX-License-Identifier: Apache-2.0
/* Streams in C: writes a folder as a stream, and lists what a stream holds.
 *
 *   stream_pipe put NAME FOLDER > s.lps       letterpress unpress --to DIR < s.lps reads it
 *   stream_pipe list < s.lps                  letterpress press FOLDER | stream_pipe list
 *
 * `list` prints each entry with its bytes, and then how much of the stream was whole; it ends with
 * 1 if that is not all of it. */
#include <letterpress.h>
#include <stdio.h>
#include <string.h>

static int write_file(void* user, const uint8_t* bytes, size_t byte_count) {
  return fwrite(bytes, 1, byte_count, user) == byte_count ? 0 : -1;
}

static int read_file(void* user, uint8_t* into, size_t byte_count, size_t* got) {
  *got = fread(into, 1, byte_count, user);
  return ferror((FILE*)user) ? -1 : 0;
}

static int put(const char* name, const char* folder) {
  letterpress_stream_output_options options = {
      .struct_size = sizeof options, .user = stdout, .write = write_file};
  letterpress_receiver receiver = {.struct_size = sizeof receiver};
  letterpress_stream_output* stream = NULL;
  letterpress_press* press = NULL;
  int code = letterpress_stream_output_open(&options, &stream);
  if (code == 0) code = letterpress_stream_output_receiver(stream, &receiver);
  if (code == 0) code = letterpress_press_open(NULL, &receiver, &press);
  if (code == 0) code = letterpress_press_add_path(press, name, folder);
  if (code == 0) code = letterpress_press_finish(press, NULL);
  if (code == 0) code = letterpress_stream_output_finish(stream);
  if (code == 0 && fflush(stdout) != 0) code = -1;
  if (code != 0) {
    fprintf(stderr, "%s%s\n", letterpress_press_error(press),
            letterpress_stream_output_error(stream));
  }
  letterpress_press_free(press);
  letterpress_stream_output_free(stream);
  return code;
}

/* The entry whose parts are coming. */
struct listing {
  char path[16385];
  uint64_t bytes;
};

static int ignore_block(void* user, const letterpress_block* block) {
  (void)user;
  (void)block;
  return 0;
}

static int ignore_borrowed(void* user, const letterpress_borrowed* block) {
  (void)user;
  (void)block;
  return 0;
}

static int list_part(void* user, const letterpress_part* part) {
  struct listing* open = user;
  if (part->entry != NULL) {
    snprintf(open->path, sizeof open->path, "%s", part->entry->path);
    open->bytes = 0;
  }
  open->bytes += part->raw_bytes;
  if (part->is_last && !part->is_abandoned) {
    printf("%llu %s\n", (unsigned long long)open->bytes, open->path);
  }
  return 0;
}

static int list_move(void* user, const char* from, const char* to) {
  (void)user;
  printf("%s is now %s\n", from, to);
  return 0;
}

static int ignore_group(void* user) {
  (void)user;
  return 0;
}

static int list(void) {
  static struct listing open;
  letterpress_stream_input_options options = {
      .struct_size = sizeof options, .user = stdin, .read = read_file};
  letterpress_receiver receiver = {.struct_size = sizeof receiver,
                                   .user = &open,
                                   .put_block = ignore_block,
                                   .put_borrowed = ignore_borrowed,
                                   .put_part = list_part,
                                   .put_moved = list_move,
                                   .end_group = ignore_group};
  letterpress_stream_position position = {.struct_size = sizeof position};
  letterpress_stream_input* stream = NULL;
  int code = letterpress_stream_input_open(&options, &stream);
  if (code == 0) code = letterpress_stream_input_read(stream, &receiver, &position);
  printf("whole: %llu bytes, %llu groups, %llu entries\n", (unsigned long long)position.bytes,
         (unsigned long long)position.groups, (unsigned long long)position.entries);
  if (code != 0) fprintf(stderr, "%s\n", letterpress_stream_input_error(stream));
  letterpress_stream_input_free(stream);
  return code;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "put") == 0) return put(argv[2], argv[3]) == 0 ? 0 : 1;
  if (argc == 2 && strcmp(argv[1], "list") == 0) return list() == 0 ? 0 : 1;
  fprintf(stderr, "usage: stream_pipe put NAME FOLDER > STREAM, or stream_pipe list < STREAM\n");
  return 2;
}
