// SPDX-License-Identifier: Apache-2.0
/// Sentences, paragraphs and titles out of a vocabulary. Immutable; keeps a reference to the
/// vocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "random.h"
#include "vocabulary.h"

namespace mailgen {

/// The words that a thread or a document keeps coming back to.
using Topic = std::array<Word, 16>;

class Prose {
 public:
  explicit Prose(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  Topic topic(Random& random) const;
  /// Appends one sentence, capital to full stop.
  void sentence(Random& random, const Topic& topic, std::string& out) const;
  /// Paragraphs of about `bytes` together, each ended by an empty line. Lines are filled to
  /// `columns`; 0 leaves each paragraph on one line.
  std::string paragraphs(Random& random, const Topic& topic, std::size_t bytes,
                         std::size_t columns) const;
  /// A few words with a capital first, as in a subject or a heading.
  std::string title(Random& random, const Topic& topic) const;
  /// One lower-case word, as in a file or host name.
  std::string_view name(Random& random) const { return vocabulary_.text(vocabulary_.rare(random)); }

 private:
  void append_token(Random& random, const Topic& topic, std::string& out) const;

  const Vocabulary& vocabulary_;
};

/// `text` with its first letter made a capital.
std::string capitalized(std::string_view text);

}  // namespace mailgen
