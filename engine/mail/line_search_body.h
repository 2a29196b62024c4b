// SPDX-License-Identifier: Apache-2.0
// The loops of a line search, the same for vectors of any width. A kernel file describes 64 bytes
// of text in a class `Text` inside its unnamed namespace:
//   Text(bytes)        loads them
//   equal(byte)        which of them are that byte, as a Row
//   graphic()          which are in 0x21 .. 0x7f
// A Row has 64 answers, the operators & | ~, and bits(): one for each answer, the lowest is the
// first. BitRow is one for what computes bits anyway.
// What is known of the bytes before is carried over in a few bits. Everything here is a template of
// that local type and so has internal linkage: code compiled for one CPU never serves another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mail/line_search.h"

namespace letterpress::mail {

inline constexpr std::size_t kTextBytes = 64;
inline constexpr std::uint64_t kLastBit = std::uint64_t{1} << 63;

[[gnu::always_inline]] inline std::size_t first_bit(std::uint64_t bits) {
  return static_cast<std::size_t>(__builtin_ctzll(bits));
}

struct BitRow {
  std::uint64_t set;

  [[gnu::always_inline]] friend inline BitRow operator&(BitRow a, BitRow b) {
    return {a.set & b.set};
  }
  [[gnu::always_inline]] friend inline BitRow operator|(BitRow a, BitRow b) {
    return {a.set | b.set};
  }
  [[gnu::always_inline]] friend inline BitRow operator~(BitRow a) { return {~a.set}; }
  [[gnu::always_inline]] inline std::uint64_t bits() const { return set; }
};

// Runs of bits that begin at given ones, also from one 64 to the next. Adding the first bit of a
// run to it leaves a single bit, behind the run.
class Runs {
 public:
  // `first` are among `bits`, and the bit before each is not.
  [[gnu::always_inline]] inline void next(std::uint64_t bits, std::uint64_t first) {
    const std::uint64_t begun = bits + first;
    sum_ = begun + goes_on_;
    goes_on_ = (begun < bits || sum_ < begun) ? 1 : 0;
    bits_ = bits;
  }
  [[gnu::always_inline]] inline std::uint64_t within() const { return bits_ & ~sum_; }
  [[gnu::always_inline]] inline std::uint64_t behind() const { return sum_ & ~bits_; }

 private:
  std::uint64_t bits_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t goes_on_ = 0;  // 1 if a run holds the last bit
};

// Where lines begin: behind newlines, and at first.
class LineStarts {
 public:
  [[gnu::always_inline]] inline std::uint64_t next(std::uint64_t newlines) {
    const std::uint64_t starts = newlines << 1 | last_;
    last_ = newlines >> 63;
    return starts;
  }

 private:
  std::uint64_t last_ = 1;
};

// Where in a text 64 bytes are, and the part of it that is searched.
struct Window {
  const std::uint8_t* text;
  std::size_t from;
  std::size_t at;
  std::size_t size;

  // Where the line begins that the byte before `bit` is in. It is looked for only once a line is
  // found: to keep it up to date costs a branch for each 64 bytes, which no CPU foresees.
  [[gnu::always_inline]] inline std::size_t line_start(std::uint64_t newlines,
                                                       std::size_t bit) const {
    const std::uint64_t before = newlines & ((std::uint64_t{1} << bit) - 1);
    if (before != 0) return at + kTextBytes - static_cast<std::size_t>(__builtin_clzll(before));
    std::size_t start = at;
    while (start > from && text[start - 1] != '\n') --start;
    return start;
  }
};

template <class Text>
class BodyLines {
 public:
  // Looks at the 64 bytes at `bytes` and one more; gives where the first line begins that is now
  // known to matter, or window.size.
  [[gnu::always_inline]] inline std::size_t look(const std::uint8_t* bytes, const Window& window) {
    const Text text(bytes);
    const Text behind(bytes + 1);
    const std::uint64_t newlines = text.equal('\n').bits();
    const std::uint64_t starts = starts_.next(newlines);
    const std::uint64_t pairs =
        starts &
        ((text.equal('-') & behind.equal('-')) | (text.equal('F') & behind.equal('r'))).bits();
    const std::uint64_t graphic = text.graphic().bits();
    first_words_.next(graphic, starts & graphic);
    const std::uint64_t spans = full_spans(~first_words_.within());
    std::size_t found = window.size;
    if ((pairs | spans) != 0) [[unlikely]] {
      found = first_of(pairs, spans, newlines, window);
    }
    return found;
  }

 private:
  // A run of kUnbrokenBytes holds 16 bytes that begin at a multiple of 16; only these are looked
  // for, and only in the first word of a line: long words elsewhere, as in links, cost nothing.
  static_assert(kUnbrokenBytes >= 31);
  static constexpr std::uint64_t kSpanLows = 0x0001000100010001;

  // The highest bit of each 16 that are all 0 is set in what it gives, and of those behind one
  // perhaps.
  [[gnu::always_inline]] static inline std::uint64_t full_spans(std::uint64_t breaks) {
    return (breaks - kSpanLows) & ~breaks & kSpanLows << 15;
  }

  inline std::size_t first_of(std::uint64_t pairs, std::uint64_t spans, std::uint64_t newlines,
                              const Window& window) const {
    const std::size_t pair = pairs == 0 ? window.size : window.at + first_bit(pairs);
    for (; spans != 0; spans &= spans - 1) {
      const std::size_t start = window.line_start(newlines, first_bit(spans));
      if (start < pair && is_unbroken(window, start)) return start;
    }
    return pair;
  }

  static bool is_unbroken(const Window& window, std::size_t start) {
    if (window.size - start < kUnbrokenBytes) return false;
    for (std::size_t i = start; i < start + kUnbrokenBytes; ++i) {
      if (window.text[i] <= ' ' || window.text[i] > 0x7f) return false;
    }
    return true;
  }

  LineStarts starts_;
  Runs first_words_;
};

template <class Text>
class HeaderLines {
 public:
  // As above.
  [[gnu::always_inline]] inline std::size_t look(const std::uint8_t* bytes, const Window& window) {
    const Text text(bytes);
    const std::uint64_t newlines = text.equal('\n').bits();
    const auto colon = text.equal(':');
    const auto name = text.graphic() & ~(colon | text.equal(0x7f));
    const auto folded = text.equal(' ') | text.equal('\t');
    const auto always = text.equal('C') | text.equal('c') | text.equal('-');
    const std::uint64_t starts = starts_.next(newlines);
    const std::uint64_t at_once = starts & (always | ~(name | folded)).bits();
    names_.next(name.bits(), starts & name.bits());
    const std::uint64_t no_colon = names_.behind() & ~colon.bits();
    std::size_t found = window.size;
    if ((at_once | no_colon) != 0) [[unlikely]] {
      const std::size_t bit = first_bit(at_once | no_colon);
      found = (at_once >> bit & 1) != 0 ? window.at + bit : window.line_start(newlines, bit);
    }
    return found;
  }

 private:
  LineStarts starts_;
  Runs names_;
};

template <class Text, class Lines>
std::size_t find_line_by(const std::uint8_t* text, std::size_t from, std::size_t size) noexcept {
  Lines lines;
  Window window = {text, from, from, size};
  for (; size - window.at > kTextBytes; window.at += kTextBytes) {
    const std::size_t found = lines.look(text + window.at, window);
    if (found != size) return found;
  }
  // What is left, and zeros behind it. A line that would begin where the text ends is none.
  for (;; window.at += kTextBytes) {
    std::uint8_t rest[kTextBytes + 1] = {};
    const std::size_t rest_bytes = size - window.at;
    if (rest_bytes != 0) __builtin_memcpy(rest, text + window.at, rest_bytes);
    const std::size_t found = lines.look(rest, window);
    if (found < size) return found;
    if (rest_bytes < kTextBytes) return size;
  }
}

}  // namespace letterpress::mail
