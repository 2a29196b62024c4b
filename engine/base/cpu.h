// SPDX-License-Identifier: Apache-2.0
// What this CPU can run, in three steps. Nothing else asks the CPU anything.
#pragma once

#include <cstdint>

namespace letterpress {

// Each tier includes those before it.
enum class CpuTier : std::uint8_t {
  kScalar = 0,  // the architecture's baseline: on x86-64 that includes SSE2
  kAvx2 = 1,    // AVX2, BMI1, BMI2, LZCNT, POPCNT, PCLMUL
  kAvx512 = 2,  // F, BW, DQ, VL, VBMI, VBMI2, GFNI (Ice Lake, Zen 4)
};

constexpr const char* cpu_tier_name(CpuTier tier) noexcept {
  constexpr const char* names[] = {"scalar", "avx2", "avx512"};
  return names[static_cast<std::uint8_t>(tier)];
}

// The highest tier of this CPU that the operating system lets programs use. Asked once;
// thread-safe.
CpuTier cpu_tier() noexcept;

}  // namespace letterpress
