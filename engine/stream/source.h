// SPDX-License-Identifier: Apache-2.0
// Where entries come from. The pipeline pulls a Source from one thread, in order, until it ends.
//
//   order of calls:  (Source::next (Content::held Content::read* Content::finish)?)*
//
// The content of an entry is read to its end, or given up, before next() is called again; unless it
// stands alone.
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "letterpress/result.h"
#include "stream/entry.h"

namespace letterpress::stream {

// The bytes of one entry, read once from front to back.
class Content {
 public:
  virtual ~Content() = default;
  // The whole content, if it is in memory already and stays there, unchanged, as long as the source
  // lives: it is used where it is, and read() is not called.
  virtual std::optional<ByteView> held() { return std::nullopt; }
  // Whether so many bytes, or the end, can be read now. If not, the run pauses.
  virtual bool can_read(std::size_t /*bytes*/) const { return true; }
  // Whether it may be read later than the next call of its source, and by any one thread at a time,
  // as long as the source lives: so that many are read side by side.
  virtual bool stands_alone() const { return false; }
  // Fills `into`, fewer bytes only at the end; 0: the end. An error gives this entry up, not the
  // run.
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  // Called once, after the end was read. An error says that what was read is not what is there now
  // (rewritten meanwhile): the entry is kept as read, and the caller reports it.
  virtual Status finish() = 0;
};

// What an earlier run stored for the same file: its content as the sink encoded it.
struct KnownContent {
  Bytes content;  // opaque to sources: an encoded ContentRef (stream/content_ref.h)
  std::uint64_t size_bytes = 0;
  Bytes segments = {};  // opaque to sources: see stream/known_segment.h
};

struct SourceEntry {
  Entry entry;
  // Files only; null for every other type, and for a file that is unchanged since `known` was
  // stored.
  std::unique_ptr<Content> content;
  std::uint64_t size_hint_bytes = 0;  // as the file system says; the content decides
  std::optional<KnownContent> known;
  // What the sink's owner wants to remember of the file beside its entry, so as to find it
  // unchanged next time. Handed through to Sink::put_entry() untouched.
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t ctime_ns = 0;
  } identity;
};

// An entry that was handed out has got another name since: a flag change in a Maildir.
struct Moved {
  std::string from;
  std::string to;
};

// Something that was not taken, or not as it is now. The run goes on.
struct Problem {
  enum class Severity : std::uint8_t {
    kNote,      // left out on purpose: a socket, a FIFO, a device
    kVanished,  // was listed and is gone
    kFailed,    // could not be read, or changed while it was read
  };
  Severity severity;
  std::string path;  // as the user knows it
  std::string message;
};

using SourceEvent = std::variant<SourceEntry, Moved, Problem>;

class Source {
 public:
  virtual ~Source() = default;
  // The next event; nothing at the end. An error ends the run.
  virtual Result<std::optional<SourceEvent>> next() = 0;
  // Asked when next() gave nothing: true if that is not the end, and more comes once the run has
  // been resumed.
  virtual bool has_paused() const { return false; }
};

}  // namespace letterpress::stream
