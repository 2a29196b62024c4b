// SPDX-License-Identifier: Apache-2.0
/// Text from patterns, written as it is made: a line of 1 GiB is never held.
///
///     PatternText out(file_descriptor);
///     out.put(Pattern("--b{i}\n\n{b:76}\n"), 7);    // --b7, a blank line, 76 characters of base64
///     out.flush();
///
/// Insertions: {i} the number given, {n} the one after it, and
///   {b:COUNT}       characters of base64          {t:COUNT}       letters and blanks
///   {x:COUNT}       bytes                         {8:COUNT}       bytes from 0x80 on
///   {f:COUNT:TEXT}  COUNT times TEXT              {l:COUNT:TEXT}  1 to COUNT times, by chance
///   {s:COUNT:TEXT}  i modulo COUNT, plus one, times; TEXT is a pattern itself
///   {0}             a NUL                         {H}             header fields of a mail
///   {M}             the same of a multipart whose boundary is x, and a blank line
///   {B}             the same of base64, and a blank line
///   {F}             an mbox From_ line
/// Deterministic: the random numbers have a fixed seed for each PatternText. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "random.h"

namespace mailgen {

class Pattern {
 public:
  enum class Kind : std::uint8_t {
    kText,
    kNumber,
    kNextNumber,
    kBase64,
    kLetters,
    kBytes,
    kHighBytes,
    kRepeated,
    kSometimes,
    kGrowing,
  };
  struct Insertion {
    Kind kind;
    std::uint64_t count;
    std::string text;            // of kText, and what is repeated if it is always the same
    std::vector<Pattern> inner;  // one, what is repeated otherwise
  };

  /// `text` is a constant of the program: stops it if an insertion is none of those above.
  explicit Pattern(std::string_view text);

  const std::vector<Insertion>& insertions() const { return insertions_; }
  /// Whether all numbers give the same text, which it is then.
  bool is_fixed() const;
  const std::string& fixed_text() const { return insertions_.front().text; }

 private:
  void add_text(std::string_view text);
  std::vector<Insertion> insertions_;
};

class PatternText {
 public:
  explicit PatternText(int file_descriptor) : file_descriptor_(file_descriptor), random_(0) {}
  PatternText(const PatternText&) = delete;
  PatternText& operator=(const PatternText&) = delete;

  void put(std::string_view text);
  void put(const Pattern& pattern, std::uint64_t number);
  void repeat(std::string_view text, std::uint64_t count);
  /// The pattern with rising numbers until there are `bytes`; how often.
  std::uint64_t put_until(const Pattern& pattern, std::uint64_t bytes);

  std::uint64_t bytes() const { return written_ + buffer_.size(); }
  Random& random() { return random_; }
  /// What was put is in the file; stops the program if it cannot be written.
  void flush();

 private:
  void put_repeated(const Pattern::Insertion& insertion, std::uint64_t count, std::uint64_t number);
  void put_random(std::uint64_t count, std::string_view alphabet);
  void put_bytes(std::uint64_t count, unsigned least);

  int file_descriptor_;
  Random random_;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

}  // namespace mailgen
