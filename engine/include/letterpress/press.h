// SPDX-License-Identifier: Apache-2.0
// Takes files and messages apart into chunks that are new, and recipes that make them again.
//
//   Store store;   // a letterpress::Receiver: keeps what it is given
//   LETTERPRESS_TRY_ASSIGN(auto press, letterpress::Press::open({}, store));
//   LETTERPRESS_TRY(press.begin_entry({.path = "inbox/1", .metadata = {.mode = 0600}}));
//   LETTERPRESS_TRY(press.write(bytes));                  // in pieces of any size
//   LETTERPRESS_TRY(press.end_entry());
//   LETTERPRESS_TRY(press.add_path("mail", folder));      // or all that lies there
//   LETTERPRESS_TRY_ASSIGN(letterpress::PressTotals totals, press.finish());
//
// letterpress/rebuild.h is the way back.
//
// Threads: a Press has none of its own, and works inside the calls of its user: on the calling
// thread (threads = 1), on an arena of oneTBB of that many threads, or on the arena that the user
// made. A Press is used by one thread at a time. Its receiver is called by one thread at a time,
// inside these calls, which return when it has; a receiver that takes its time holds the run up,
// and so bounds memory.
//
// Output: which blocks, parts and group ends the receiver gets, and in which order, depends on the
// input, the options and its answers only; not on threads, on the CPU, or on the sizes of the
// pieces.
//
// Memory: what was pushed and is not pressed yet, 16 MiB a thread and 64 MiB at most, twice as much
// while it grows; two batches of 9 MiB more than threads; 40 MiB of open blocks; 24 bytes for each
// new chunk of the run.
//
// Errors: kInvalidArgument says that the call was wrong; that, and a path or descriptor that
// add_path() or add_descriptor() cannot open, change nothing, and the run goes on. Any other error
// ends the run, and every call gives it again: those of the receiver unchanged. What the receiver
// was given up to the last end_group() is whole then, and can be kept. What goes wrong with an
// entry while it is read is no error: it is reported to on_problem, and the run goes on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "letterpress/api.h"
#include "letterpress/chunk.h"
#include "letterpress/entry.h"
#include "letterpress/result.h"

namespace letterpress {

// A block as it is to be kept: its chunks, compressed together.
struct PressedBlock {
  std::uint64_t number = 0;  // each is given once, and all of a group are one range
  Kind kind = Kind::kPlain;
  std::vector<ChunkId> ids;         // of its chunks, in order
  std::vector<std::uint8_t> bytes;  // up to 4.6 MB; docs/STREAM.md, "Block", says what is in them
};

// Chunks that the receiver has already, as it said before the run. Parts name them by places in a
// block of this number, as they name others.
struct BorrowedBlock {
  std::uint64_t number = 0;
  Kind kind = Kind::kPlain;
  std::vector<ChunkId> ids;            // in order
  std::vector<std::uint32_t> lengths;  // of the chunks
};

// A part of an entry: all of it, or some MB of a large one. Parts of an entry come in order, one
// after the other.
struct PressedPart {
  Entry entry;                        // in the first part; empty in others
  std::uint64_t raw_bytes = 0;        // of the original; 0 for what has no content
  std::vector<std::uint8_t> recipe;   // how to make them again; empty for what has no content
  std::vector<std::uint64_t> blocks;  // numbers of those that the recipe needs, in order
  bool is_first = true;
  bool is_last = true;
  bool is_abandoned = false;  // last part only: the source failed midway; forget the entry
  bool is_unsettled = false;  // last part only: the file changed while it was read
};

// Who keeps what is pressed: an embedder's store.
//
//   order of calls:  ((put_block | put_borrowed)* (put_part | put_moved)* end_group)*
//
// find_stored() may come between any two of them: it runs ahead. When end_group() is called, all
// blocks that the group's parts need have been put, in this group, before, or in another run: what
// came so far can be committed. An error ends the run. What a call throws becomes an error.
class LETTERPRESS_API Receiver {
 public:
  virtual ~Receiver();
  // Which of these chunks are kept from runs before: places[i] is set to where ids[i] is, or left
  // empty. Both have one size, up to some ten thousand. A chunk is asked for again whenever it
  // comes again in another batch. Not asked: what this run has put; anything if first_block_number
  // is 0.
  virtual Status find_stored(std::span<const ChunkId> ids, std::span<std::optional<Place>> places);
  virtual Status put_block(PressedBlock&& block) = 0;
  virtual Status put_part(PressedPart&& part) = 0;
  // An entry that was given has another name since: a flag change in a Maildir that add_path()
  // reads. Ignored by default, so that the entry keeps its old name.
  virtual Status put_moved(const std::string& from, const std::string& to);
  virtual Status end_group() = 0;
  // Only with PressOptions::known_ids, or from a stream that was made so. By default an error,
  // kUnsupported.
  virtual Status put_borrowed(BorrowedBlock&& block);
};

// So far; the same for any number of threads.
struct PressTotals {
  std::uint64_t entries = 0;  // of every type
  std::uint64_t files = 0;
  std::uint64_t messages = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t base64_bytes = 0;  // of raw_bytes, undone
  std::uint64_t groups = 0;
  std::uint64_t next_block_number = 0;  // for the next run; finish() only
  struct OfKind {
    std::uint64_t chunks = 0;
    std::uint64_t chunk_bytes = 0;
    std::uint64_t new_chunks = 0;    // not stored before
    std::uint64_t new_bytes = 0;     // before compression
    std::uint64_t stored_bytes = 0;  // after it
  };
  std::array<OfKind, kKindCount> kinds{};
};

struct PressProblem {
  enum class Severity : std::uint8_t {
    kNote,      // left out on purpose: a socket, a FIFO, a device
    kVanished,  // was listed and is gone
    kFailed,    // could not be read, or changed while it was read
  };
  Severity severity = Severity::kNote;
  std::string path;
  std::string message;
};

struct PressOptions {
  int level = 3;                  // zstd, 1 .. 19
  unsigned threads = 0;           // 0: one for each processor that this process may use
  bool in_callers_arena = false;  // use the oneTBB arena in which each call is made, not `threads`
  // Each chunk is given as a block of its own, for stores that keep chunks one by one. They
  // compress worse.
  bool single_chunks = false;
  std::uint64_t first_block_number = 0;  // behind all that Receiver::find_stored() answers with
  // Who knows the key can tell which content an id is of; without it nobody can. The same key must
  // be used for all that is deduplicated together.
  std::optional<HashKey> id_key = std::nullopt;
  std::optional<HashKey> digest_key = std::nullopt;  // of the digests in recipes
  // Ids of chunks that the receiver has, but not at a place that it could answer with: they are
  // given to put_borrowed(), and not as blocks. Their order does not matter.
  std::vector<ChunkId> known_ids = {};
  // Set it to end the run early, from any thread: what runs, and every call after it, gives
  // kCancelled. A read that waits for a pipe goes on waiting. Must outlive the Press.
  const std::atomic<bool>* cancel = nullptr;
  // Both are called as the receiver is.
  std::function<void(const PressTotals&)> on_progress = nullptr;
  std::function<void(const PressProblem&)> on_problem = nullptr;
};

class LETTERPRESS_API Press {
 public:
  // kInvalidArgument if an option is out of its range. The receiver must outlive the Press.
  static Result<Press> open(PressOptions options, Receiver& receiver);
  Press(Press&&) noexcept;
  Press& operator=(Press&&) noexcept;
  ~Press();  // Without finish() the last group is not given.

  // An entry; a file's content follows by write(). kInvalidArgument if its path, mode or target is
  // not one.
  Status begin_entry(Entry entry);
  Status write(std::span<const std::uint8_t> bytes);
  Status end_entry();
  // Instead of end_entry(), of a file: its source failed. It is abandoned, and on_problem gets
  // `why`.
  Status fail_entry(const Error& why);

  // A file whose content an open descriptor gives, read from where it stands to its end. The
  // descriptor has been read when this returns, and is the caller's again. It must not be one that
  // gives EAGAIN.
  Status add_descriptor(Entry entry, int descriptor);
  // The file or folder at `path`, with all that is in it, under `name`; returns when it has been
  // read. A live Maildir is listed until no unseen mail is left.
  Status add_path(const std::string& name, const std::string& path);

  // Ok while the run goes on; else the error that ended it, which every call gives again.
  Status status();

  // Ends the last group. After it nothing may be called.
  Result<PressTotals> finish();

 private:
  class LETTERPRESS_INSIDE Run;
  explicit Press(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

}  // namespace letterpress
