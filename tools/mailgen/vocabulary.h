// SPDX-License-Identifier: Apache-2.0
/// The words of the generated mail and which word likes to follow which.
///
/// 12,000 words: about 600 common English ones, then made-up ones. Frequencies follow Zipf with the
/// offset 2.7, fitted to the Enron bodies (docs/MAILGEN.md). Each word has a few favourite
/// successors and there is a stock of set phrases, because order is what makes English compress to
/// a half and not to two thirds. Immutable after construction; 1.5 MB.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "random.h"

namespace mailgen {

using Word = std::uint16_t;

class Vocabulary {
 public:
  explicit Vocabulary(std::uint64_t seed);

  std::string_view text(Word word) const { return words_[word]; }
  Word sample(Random& random) const { return slots_[random.next() >> 48U]; }
  /// A word to follow `previous`.
  Word follow(Random& random, Word previous) const;
  /// A set phrase of three to eight words.
  const std::vector<Word>& phrase(Random& random) const;
  /// A rarer word: for names of projects, companies, products.
  Word rare(Random& random) const {
    return static_cast<Word>(600 + random.below(words_.size() - 600));
  }

 private:
  static constexpr std::size_t kSuccessors = 8;

  std::vector<std::string> words_;
  std::vector<Word> slots_;  // 65,536 of them, each word in as many as its frequency
  std::vector<std::array<Word, kSuccessors>> successors_;
  std::vector<std::vector<Word>> phrases_;
};

/// Common English words, the most frequent first, separated by blanks.
extern const std::string_view kCommonWords;

}  // namespace mailgen
