// SPDX-License-Identifier: Apache-2.0
#include "vocabulary.h"

#include <algorithm>
#include <unordered_set>

namespace mailgen {
namespace {

constexpr std::size_t kWords = 12'000;
constexpr std::size_t kPhrases = 6'000;
constexpr std::size_t kSlots = 65'536;

constexpr auto kOnsets = std::to_array<std::string_view>(
    {"",   "b",  "c",  "d",  "f",  "g",  "h",  "l",   "m",  "n",  "p",
     "r",  "s",  "t",  "v",  "w",  "br", "ch", "cl",  "cr", "dr", "fl",
     "gr", "pl", "pr", "qu", "sh", "sp", "st", "str", "th", "tr"});
constexpr auto kVowels = std::to_array<std::string_view>(
    {"a", "e", "i", "o", "u", "a", "e", "o", "ea", "ou", "ai", "io"});
constexpr auto kCodas = std::to_array<std::string_view>(
    {"", "", "", "n", "r", "s", "t", "l", "m", "nd", "nt", "ck", "st", "rt", "ll", "ss"});
constexpr auto kEndings = std::to_array<std::string_view>(
    {"", "", "", "ed", "ing", "er", "s", "ly", "ion", "ment", "able", "al", "ity", "ive"});

std::string made_up_word(Random& random) {
  std::string word;
  for (std::uint32_t left = 1 + random.early(3); left > 0; --left) {
    word.append(random.pick(kOnsets)).append(random.pick(kVowels)).append(random.pick(kCodas));
  }
  return word.append(random.pick(kEndings));
}

}  // namespace

Vocabulary::Vocabulary(std::uint64_t seed) {
  Random random(seed, kVocabularyStream);
  std::unordered_set<std::string> seen;
  for (std::size_t at = 0; at < kCommonWords.size();) {
    const std::size_t end = std::min(kCommonWords.find(' ', at), kCommonWords.size());
    std::string word(kCommonWords.substr(at, end - at));
    if (seen.insert(word).second) words_.push_back(std::move(word));
    at = end + 1;
  }
  while (words_.size() < kWords) {
    std::string word = made_up_word(random);
    if (word.size() > 3 && seen.insert(word).second) words_.push_back(std::move(word));
  }

  // Zipf: the word of rank r has the weight 1 / (r + 2.7).
  std::uint64_t total = 0;
  const auto weight = [](std::size_t rank) { return (std::uint64_t{1} << 40U) / (10 * rank + 27); };
  for (std::size_t rank = 0; rank < kWords; ++rank) total += weight(rank);
  std::uint64_t sum = 0;
  for (std::size_t rank = 0; rank < kWords; ++rank) {
    sum += weight(rank);
    while (slots_.size() * (total / kSlots) < sum && slots_.size() < kSlots) {
      slots_.push_back(static_cast<Word>(rank));
    }
  }
  slots_.resize(kSlots, 0);

  successors_.resize(kWords);
  for (auto& favourites : successors_) {
    for (auto& word : favourites) word = sample(random);
  }
  phrases_.resize(kPhrases);
  for (auto& phrase : phrases_) {
    const std::uint32_t length = random.between(3, 8);
    Word word = sample(random);
    for (std::uint32_t index = 0; index < length; ++index) {
      phrase.push_back(word);
      word = follow(random, word);
    }
  }
}

Word Vocabulary::follow(Random& random, Word previous) const {
  const std::uint64_t bits = random.next();
  // 6 in 10 follow habit; taking the smaller of two three-bit numbers prefers the first favourites.
  if ((bits & 1023U) >= 614) return slots_[bits >> 48U];
  const std::size_t choice = std::min((bits >> 10U) & 7U, (bits >> 13U) & 7U);
  return successors_[previous][choice];
}

const std::vector<Word>& Vocabulary::phrase(Random& random) const {
  const std::uint32_t first = random.early(kPhrases);
  return phrases_[std::min(first, random.below(kPhrases))];
}

}  // namespace mailgen
