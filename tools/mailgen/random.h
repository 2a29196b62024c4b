// SPDX-License-Identifier: Apache-2.0
/// Seeded random numbers. Their values are part of mailgen's output, so everything is integer
/// arithmetic: the standard distributions and libm differ from one library to the next.
///
///     Random random(seed, kLetterStream, 17);   // letter 17's own sequence, whoever else draws
///     std::uint64_t bytes = random.log_normal(60'000, 1'700);
///
/// Not thread-safe. The generator is xoshiro256**, its state filled by splitmix64.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mailgen {

/// splitmix64's finaliser: a hash of one number.
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

/// The independent sequences that hang on one seed.
enum Stream : std::uint64_t {
  kVocabularyStream = 1,
  kPeopleStream,
  kMailboxStream,
  kLetterStream,
  kDocumentStream,
  kMediaStream,
  kTemplateStream,
  kIssueStream,
  kDayStream,
  kLookStream
};

class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t item = 0) {
    std::uint64_t state = mix(mix(mix(seed) ^ stream) ^ item);
    for (auto& word : state_) word = state = mix(state);
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// 0 <= result < `bound`; 0 when `bound` is 0.
  std::uint32_t below(std::uint64_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }
  std::uint32_t between(std::uint32_t least, std::uint32_t most) {
    return least + below(most - least + 1);
  }
  bool chance(std::uint32_t per_mille) { return below(1000) < per_mille; }
  /// An index that prefers small values: density falls linearly to 0 at `bound`.
  std::uint32_t early(std::uint64_t bound) {
    const std::uint32_t first = below(bound);
    const std::uint32_t second = below(bound);
    return first < second ? first : second;
  }
  template <typename Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }

  /// Median `median`, standard deviation of the natural logarithm `sigma_milli` / 1000. The deviate
  /// is a sum of twelve uniforms, 2^f is 1 + 0.6565 f + 0.3435 f^2: within 0.3 % of the true value.
  std::uint64_t log_normal(std::uint64_t median, std::uint32_t sigma_milli);

  /// `count` bytes that nothing compresses.
  void append_bytes(std::size_t count, std::string& out);
  /// `count` characters of `alphabet`, which has 16, 32 or 64 of them.
  void append_letters(std::size_t count, std::string_view alphabet, std::string& out);

 private:
  std::array<std::uint64_t, 4> state_{};
};

inline constexpr std::string_view kBase64Letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view kUrlLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
inline constexpr std::string_view kHexLetters = "0123456789abcdef";
inline constexpr std::string_view kUpperHexLetters = "0123456789ABCDEF";

}  // namespace mailgen
