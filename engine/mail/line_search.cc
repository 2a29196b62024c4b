// SPDX-License-Identifier: Apache-2.0
#include "mail/line_search.h"

#include <algorithm>
#include <iterator>

namespace letterpress::mail {
namespace {

constexpr const LineKernel* kLineKernels[] = {
#ifdef LETTERPRESS_BUILT_AVX512
    &kLineAvx512,
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    &kLineAvx2,
#endif
    &kLineScalar,
};

}  // namespace

std::span<const LineKernel* const> line_kernels() noexcept { return kLineKernels; }

const LineKernel& best_line_kernel() noexcept {
  static const LineKernel& best =
      **std::find_if(std::begin(kLineKernels), std::end(kLineKernels) - 1,
                     [](const LineKernel* kernel) { return kernel->tier <= cpu_tier(); });
  return best;
}

}  // namespace letterpress::mail
