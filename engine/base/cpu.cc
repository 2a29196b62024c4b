// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.h"

#include <algorithm>
#include <array>
#include <atomic>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace letterpress {
namespace {

std::atomic<CpuTier> g_limit = CpuTier::kAvx512;

#ifdef __x86_64__

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

// XCR0: which register files the operating system saves.
unsigned saved_registers(const Registers& basic) noexcept {
  if ((basic.c & bit_OSXSAVE) == 0) return 0;
  unsigned low = 0;
  unsigned high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr bool has_all(unsigned bits, unsigned wanted) noexcept {
  return (bits & wanted) == wanted;
}

auto detect() noexcept {
  constexpr unsigned kXmmYmm = 0x6;
  constexpr unsigned kOpmaskZmm = 0xe0;
  const Registers basic = cpuid(1);
  const Registers more = cpuid(7);
  const Registers extended = cpuid(0x80000001);
  const unsigned saved = saved_registers(basic);
  using enum CpuTier;
  return std::array{
      CpuFeature{"ymm registers saved by the system", kAvx2, has_all(saved, kXmmYmm)},
      CpuFeature{"avx2", kAvx2, has_all(basic.c, bit_AVX) && has_all(more.b, bit_AVX2)},
      CpuFeature{"bmi1", kAvx2, has_all(more.b, bit_BMI)},
      CpuFeature{"bmi2", kAvx2, has_all(more.b, bit_BMI2)},
      CpuFeature{"lzcnt", kAvx2, has_all(extended.c, bit_LZCNT)},
      CpuFeature{"popcnt", kAvx2, has_all(basic.c, bit_POPCNT)},
      CpuFeature{"pclmulqdq", kAvx2, has_all(basic.c, bit_PCLMUL)},
      CpuFeature{"zmm registers saved by the system", kAvx512, has_all(saved, kOpmaskZmm)},
      CpuFeature{"avx512f", kAvx512, has_all(more.b, bit_AVX512F)},
      CpuFeature{"avx512bw", kAvx512, has_all(more.b, bit_AVX512BW)},
      CpuFeature{"avx512dq", kAvx512, has_all(more.b, bit_AVX512DQ)},
      CpuFeature{"avx512vl", kAvx512, has_all(more.b, bit_AVX512VL)},
      CpuFeature{"avx512vbmi", kAvx512, has_all(more.c, bit_AVX512VBMI)},
      CpuFeature{"avx512vbmi2", kAvx512, has_all(more.c, bit_AVX512VBMI2)},
      CpuFeature{"gfni", kAvx512, has_all(more.c, bit_GFNI)},
  };
}

#else

auto detect() noexcept { return std::array<CpuFeature, 0>(); }

#endif

CpuTier highest_tier() noexcept {
  auto tier = CpuTier::kScalar;
  for (const auto next : {CpuTier::kAvx2, CpuTier::kAvx512}) {
    const bool has_next = !cpu_features().empty() &&
                          std::ranges::all_of(cpu_features(), [&](const CpuFeature& feature) {
                            return feature.is_there || feature.tier > next;
                          });
    if (has_next) tier = next;
  }
  return tier;
}

}  // namespace

std::span<const CpuFeature> cpu_features() noexcept {
  static const auto features = detect();
  return features;
}

CpuTier cpu_tier() noexcept {
  static const CpuTier highest = highest_tier();
  return std::min(highest, g_limit.load());
}

void limit_cpu_tier(CpuTier tier) noexcept { g_limit.store(tier); }

}  // namespace letterpress
