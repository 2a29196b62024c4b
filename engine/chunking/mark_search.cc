// SPDX-License-Identifier: Apache-2.0
#include "chunking/mark_search.h"

#include <algorithm>
#include <iterator>

#include "chunking/mark_search_kernels.h"

namespace letterpress::chunking {
namespace {

constexpr MarkKernel kKernels[] = {
#ifdef LETTERPRESS_BUILT_AVX512
    {CpuTier::kAvx512, find_mark_avx512},
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    {CpuTier::kAvx2, find_mark_avx2},
#endif
    {CpuTier::kScalar, find_mark_scalar},
};

}  // namespace

std::span<const MarkKernel> mark_kernels() noexcept { return kKernels; }

const MarkKernel& best_mark_kernel() noexcept {
  static const MarkKernel& best =
      *std::find_if(std::begin(kKernels), std::end(kKernels) - 1,
                    [](const MarkKernel& kernel) { return kernel.tier <= cpu_tier(); });
  return best;
}

}  // namespace letterpress::chunking
