// SPDX-License-Identifier: Apache-2.0
// The loops of a line search, the same for vectors of any width. A kernel file describes 64 bytes
// of text in a class `Text` inside its unnamed namespace:
//   Text(bytes)        loads them
//   equal(byte)        which of the 64 are that byte: a bit each, the lowest is the first
//   graphic()          which are in 0x21 .. 0x7f
// A line is found by what stands at its end or after some of its bytes, so that only bits of the
// last 64 bytes have to be carried over. Everything here is a template of that local type and so
// has internal linkage: code compiled for one CPU never serves another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mail/line_search.h"

namespace letterpress::mail {

inline constexpr std::size_t kTextBytes = 64;
inline constexpr std::uint64_t kLastBit = std::uint64_t{1} << 63;

// A row of bits, one for each byte of the text, of which 64 are at hand and those before are known.
struct BitRow {
  std::uint64_t before = 0;
  std::uint64_t bits = 0;

  [[gnu::always_inline]] inline void next(std::uint64_t more) {
    before = bits;
    bits = more;
  }
  // What was `count` bytes ago, 1 to 63.
  [[gnu::always_inline]] inline std::uint64_t ago(unsigned count) const {
    return bits << count | before >> (64 - count);
  }
};

[[gnu::always_inline]] inline std::size_t first_bit(std::uint64_t bits) {
  return static_cast<std::size_t>(__builtin_ctzll(bits));
}

template <class Text>
class BodyLines {
 public:
  // How far before `at` + 64 the first line begins that is known to matter now; 0 if there is none.
  [[gnu::always_inline]] inline std::size_t look(const Text& text, std::uint64_t) {
    newline_.next(text.equal('\n'));
    dash_.next(text.equal('-'));
    f_.next(text.equal('F'));
    one_.next(text.graphic());
    two_.next(one_.bits & one_.ago(1));
    four_.next(two_.bits & two_.ago(2));
    eight_.next(four_.bits & four_.ago(4));
    const std::uint64_t second =
        newline_.ago(2) & ((dash_.bits & dash_.ago(1)) | (text.equal('r') & f_.ago(1)));
    const std::uint64_t sixteenth = newline_.ago(kUnbrokenBytes) & eight_.bits & eight_.ago(8);
    if ((second | sixteenth) == 0) return 0;
    const std::size_t pair = second == 0 ? 0 : kTextBytes + 1 - first_bit(second);
    const std::size_t run =
        sixteenth == 0 ? 0 : kTextBytes + kUnbrokenBytes - 1 - first_bit(sixteenth);
    return pair > run ? pair : run;
  }

 private:
  BitRow newline_{.bits = kLastBit};
  BitRow dash_;
  BitRow f_;
  BitRow one_;  // graphic bytes; then how many of them in a row, at least
  BitRow two_;
  BitRow four_;
  BitRow eight_;
};

template <class Text>
class HeaderLines {
 public:
  // As above. `inside`: which of the 64 bytes belong to the text.
  [[gnu::always_inline]] inline std::size_t look(const Text& text, std::uint64_t inside) {
    newline_.next(text.equal('\n'));
    const std::uint64_t colon = text.equal(':');
    const std::uint64_t name = text.graphic() & ~(colon | text.equal(0x7f));
    const std::uint64_t first = newline_.ago(1) & inside;
    const std::uint64_t folded = text.equal(' ') | text.equal('\t');
    const std::uint64_t always = text.equal('C') | text.equal('c') | text.equal('-');
    const std::uint64_t at_once = first & (always | ~(name | folded));
    // Adding the first bit of a name to its bits leaves a single one, behind the name.
    const std::uint64_t begun = name + (first & name);
    const std::uint64_t ended = begun + name_goes_on_;
    name_goes_on_ = (begun < name || ended < begun) ? 1 : 0;
    const std::uint64_t no_colon = ended & ~name & ~colon;
    const std::size_t back = begin_of_first(at_once, no_colon);
    line_back_ = newline_.bits != 0 ? first_back(newline_.bits) : line_back_ + kTextBytes;
    return back;
  }

 private:
  // How far before the end of the 64 bytes the line begins whose newline is the last of these.
  [[gnu::always_inline]] static inline std::size_t first_back(std::uint64_t newlines) {
    return static_cast<std::size_t>(__builtin_clzll(newlines));
  }

  [[gnu::always_inline]] inline std::size_t begin_of_first(std::uint64_t at_once,
                                                           std::uint64_t no_colon) const {
    if ((at_once | no_colon) == 0) return 0;
    const std::size_t bit = first_bit(at_once | no_colon);
    if ((at_once >> bit & 1) != 0) return kTextBytes - bit;
    const std::uint64_t before = newline_.bits & ((std::uint64_t{1} << bit) - 1);
    return before != 0 ? first_back(before) : line_back_ + kTextBytes;
  }

  BitRow newline_{.bits = kLastBit};
  std::uint64_t name_goes_on_ = 0;  // 1 if the last of the 64 bytes was inside a name
  std::size_t line_back_ = 0;       // how far before their end the last line began
};

template <class Text, class Lines>
std::size_t find_line_by(const std::uint8_t* text, std::size_t from, std::size_t size) noexcept {
  Lines lines;
  std::size_t end = from + kTextBytes;
  for (; end <= size; end += kTextBytes) {
    const std::size_t back = lines.look(Text(text + end - kTextBytes), ~std::uint64_t{0});
    if (back != 0) return end - back;
  }
  // What is left, and zeros.
  std::uint8_t rest[kTextBytes] = {};
  const std::size_t rest_bytes = size - (end - kTextBytes);
  if (rest_bytes != 0) __builtin_memcpy(rest, text + end - kTextBytes, rest_bytes);
  const std::size_t back = lines.look(Text(rest), (std::uint64_t{1} << rest_bytes) - 1);
  return back != 0 ? end - back : size;
}

}  // namespace letterpress::mail
