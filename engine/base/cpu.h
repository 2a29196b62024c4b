// SPDX-License-Identifier: Apache-2.0
// What this CPU can run, in three steps. Nothing else asks the CPU anything.
//
//   kernels choose themselves at their first use:  if (kernel.tier <= cpu_tier()) ...
#pragma once

#include <cstdint>
#include <span>

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

// The tier to use: the highest of this CPU that the operating system lets programs use, or the
// limit that was set, if that is lower. Thread-safe.
CpuTier cpu_tier() noexcept;

// Before the first use of any kernel; what has been chosen stays. Thread-safe.
void limit_cpu_tier(CpuTier tier) noexcept;

// What a tier needs, and whether it is there.
struct CpuFeature {
  const char* name;
  CpuTier tier;
  bool is_there;
};

// Of all tiers, in their order; empty where tiers mean nothing. Asked once; thread-safe.
std::span<const CpuFeature> cpu_features() noexcept;

}  // namespace letterpress
