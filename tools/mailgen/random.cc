// SPDX-License-Identifier: Apache-2.0
#include "random.h"

#include <algorithm>

namespace mailgen {

std::uint64_t Random::log_normal(std::uint64_t median, std::uint32_t sigma_milli) {
  std::int64_t sum = 0;
  for (int draw = 0; draw < 3; ++draw) {
    const std::uint64_t bits = next();
    for (unsigned lane = 0; lane < 4; ++lane) {
      sum += static_cast<std::int64_t>((bits >> (16 * lane)) & 0xffffU);
    }
  }
  // 393,210 is the mean of the sum; its standard deviation is 2^16, so the deviate has 16 fraction
  // bits.
  const std::int64_t deviate = sum - 393'210;
  // 1.4427 = 1 / ln 2 turns the exponent of e into one of 2.
  const std::int64_t exponent =
      deviate * static_cast<std::int64_t>(sigma_milli) * 14'427 / 10'000'000;
  const std::int64_t whole = exponent >> 16;
  const std::uint64_t part = static_cast<std::uint64_t>(exponent & 0xffff);
  const std::uint64_t power = 65'536 + ((part * (43'024 + ((part * 22'512) >> 16U))) >> 16U);
  const std::uint64_t value = (median * power) >> 16U;
  return whole >= 0 ? value << static_cast<unsigned>(std::min<std::int64_t>(whole, 24))
                    : value >> static_cast<unsigned>(std::min<std::int64_t>(-whole, 63));
}

void Random::append_bytes(std::size_t count, std::string& out) {
  std::size_t at = out.size();
  out.resize(at + count);
  char* to = out.data();
  for (; count >= 8; count -= 8, at += 8) {
    const std::uint64_t bits = next();
    // Byte by byte in little-endian order, so that every machine writes the same; one store on x86.
    for (unsigned lane = 0; lane < 8; ++lane) to[at + lane] = static_cast<char>(bits >> (8 * lane));
  }
  if (count > 0) {
    std::uint64_t bits = next();
    for (; count > 0; --count, ++at, bits >>= 8U) to[at] = static_cast<char>(bits);
  }
}

void Random::append_letters(std::size_t count, std::string_view alphabet, std::string& out) {
  const std::uint64_t mask = alphabet.size() - 1;
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < count; ++index, bits >>= 6U) {
    if (index % 10 == 0) bits = next();
    out.push_back(alphabet[bits & mask]);
  }
}

}  // namespace mailgen
