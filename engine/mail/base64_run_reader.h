// SPDX-License-Identifier: Apache-2.0
// The inside of undo_base64(): reads one run of base64 lines, decodes it and writes its layout.
//
//   const std::optional<LineShape> shape = choose_shape(text, labelled);
//   if (shape) run = RunReader(text, labelled, *shape, decoded, layout).read();
//
// Not thread-safe; used for one run. Past the run's end it has looked at a few lines at most, so
// that reading run after run is linear.
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "mail/base64_layout.h"
#include "mail/base64_transform.h"

namespace letterpress::mail {

// A line so much longer than the regular one begins another run: each surplus line is an exception.
inline constexpr std::uint64_t kLongLineFactor = 8;

// The commonest line length among the first lines, with its ending; nothing if the text does not
// begin with base64, or is not labelled and does not look like it.
std::optional<LineShape> choose_shape(ByteView text, bool labelled) noexcept;

// A line as it is met: characters of the alphabet, padding, and white space with one line feed.
struct Base64Line {
  std::size_t chars = 0;
  std::size_t pad = 0;
  std::size_t break_bytes = 0;
  bool fits = false;  // nothing else is in it; it may lack its break at the end of the text
};

Base64Line parse_base64_line(ByteView text) noexcept;

class RunReader {
 public:
  RunReader(ByteView text, bool labelled, const LineShape& shape, UnsetBytes& decoded,
            Bytes& layout);

  Base64Run read();

 private:
  // A place behind whole quanta, and before a break, where the run can end.
  struct Mark {
    std::size_t text_at;
    std::uint64_t chars;
    std::size_t decoded_at;
    LayoutWriter::Mark layout;
  };
  // Odd lines in a row, since `start`: a sign of another shape, or of text that is not base64.
  struct Streak {
    Mark start;
    unsigned lines = 0;
    bool alike = false;
    std::size_t chars = 0;
    ByteView ending;
  };

  void read_full_lines();
  void note_full_lines(std::size_t count);
  bool read_odd_line();
  bool accepts(const Base64Line& line) const noexcept;
  bool pending_is_regular() const noexcept;
  bool streak_goes_on(const Base64Line& line, ByteView ending, const Mark& before);
  bool is_worth(const Mark& from, const Mark& to) const noexcept;
  void note_break(std::size_t bytes) noexcept;
  void commit_break();
  void take(std::size_t chars);
  void decode(std::size_t chars);
  void take_padding(std::size_t pad);
  void close_unpadded();
  bool tail_is_canonical() const noexcept;
  void decode_tail();
  void ensure(std::size_t bytes);
  Base64Run finish();

  const ByteView text_;
  const bool labelled_;
  const LineShape shape_;
  UnsetBytes& decoded_;
  Bytes& layout_bytes_;
  const std::size_t decoded_start_;
  const std::size_t layout_start_;
  LayoutWriter layout_;

  std::size_t at_ = 0;                     // in the text, behind what was taken, breaks included
  std::uint64_t chars_ = 0;                // taken so far
  std::uint64_t column_ = 0;               // how many of them since the last break
  std::size_t decoded_at_;                 // behind the last decoded byte; the buffer may be larger
  std::array<std::uint8_t, 4> quantum_{};  // the characters of an unfinished quantum
  std::size_t quantum_chars_ = 0;
  std::size_t break_at_ = 0;  // a break that was met, but counts only once characters follow it
  std::size_t break_bytes_ = 0;

  Mark whole_;
  Streak streak_;
  bool closed_ = false;    // the last quantum was met
  bool unpadded_ = false;  // and it lacks its padding
};

}  // namespace letterpress::mail
