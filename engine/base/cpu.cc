// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace letterpress {
namespace {

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
unsigned saved_registers() noexcept {
  unsigned low = 0;
  unsigned high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr bool has_all(unsigned bits, unsigned wanted) noexcept {
  return (bits & wanted) == wanted;
}

CpuTier detect() noexcept {
  constexpr unsigned kXmmYmm = 0x6;
  constexpr unsigned kOpmaskZmm = 0xe0;
  const Registers basic = cpuid(1);
  if (!has_all(basic.c, bit_OSXSAVE | bit_AVX | bit_POPCNT | bit_PCLMUL)) return CpuTier::kScalar;
  const unsigned saved = saved_registers();
  const Registers more = cpuid(7);
  if (!has_all(saved, kXmmYmm) || !has_all(more.b, bit_AVX2 | bit_BMI | bit_BMI2) ||
      !has_all(cpuid(0x80000001).c, bit_LZCNT)) {
    return CpuTier::kScalar;
  }
  if (!has_all(saved, kOpmaskZmm) ||
      !has_all(more.b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) ||
      !has_all(more.c, bit_AVX512VBMI | bit_AVX512VBMI2 | bit_GFNI)) {
    return CpuTier::kAvx2;
  }
  return CpuTier::kAvx512;
}

#else

CpuTier detect() noexcept { return CpuTier::kScalar; }

#endif

}  // namespace

CpuTier cpu_tier() noexcept {
  static const CpuTier tier = detect();
  return tier;
}

}  // namespace letterpress
