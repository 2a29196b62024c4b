// SPDX-License-Identifier: Apache-2.0
#include "chunking/emulated_mark_search.h"

#include <array>
#include <bit>
#include <cstring>

#include "chunking/mark_search_body.h"
#include "chunking/mark_search_gfni.h"

namespace letterpress::chunking::test {
namespace {

// As the Intel 64 manual (volume 2) describes them.
struct EmulatedInstructions {
  using Vector = std::uint8_t __attribute__((vector_size(64)));

  template <std::uint64_t kMatrix>
  static constexpr auto kProducts = [] {
    std::array<std::uint8_t, 256> products{};
    for (unsigned byte = 0; byte < 256; ++byte) {
      for (unsigned i = 0; i < 8; ++i) {
        const auto row = static_cast<std::uint8_t>(kMatrix >> (8 * (7 - i)));
        const int parity = std::popcount(row & byte) % 2;
        products[byte] = static_cast<std::uint8_t>(products[byte] | parity << i);
      }
    }
    return products;
  }();

  template <std::uint64_t kMatrix>
  static Vector affine(Vector v) noexcept {
    for (std::size_t lane = 0; lane < 64; ++lane) v[lane] = kProducts<kMatrix>[v[lane]];
    return v;
  }

  template <int kFirst>
  static Vector align(Vector v, Vector before) noexcept {
    std::uint8_t both[128];
    std::memcpy(both, &before, 64);
    std::memcpy(both + 64, &v, 64);
    std::memcpy(&v, both + std::size_t{kFirst} * 4, 64);
    return v;
  }

  static Vector sum(Vector a, Vector b, Vector c) noexcept { return a ^ b ^ c; }

  static std::uint64_t lanes_equal(Vector v, Vector w) noexcept {
    std::uint64_t lanes = 0;
    for (std::size_t lane = 0; lane < 64; ++lane) {
      lanes |= std::uint64_t{v[lane] == w[lane]} << lane;
    }
    return lanes;
  }
};

}  // namespace

std::size_t find_mark_emulated_avx512(const std::uint8_t* bytes, std::size_t from, std::size_t to,
                                      unsigned bits) noexcept {
  return MarkSearch<GfniIsa<EmulatedInstructions>>::find(bytes, from, to, bits);
}

}  // namespace letterpress::chunking::test
