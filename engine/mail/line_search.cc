// SPDX-License-Identifier: Apache-2.0
#include "mail/line_search.h"

#include <algorithm>
#include <iterator>

namespace letterpress::mail {
namespace {

constexpr const LineKernel* kKernels[] = {
#ifdef LETTERPRESS_BUILT_AVX512
    &kLineAvx512,
#endif
#ifdef LETTERPRESS_BUILT_AVX2
    &kLineAvx2,
#endif
    &kLineScalar,
};

}  // namespace

std::span<const LineKernel* const> line_kernels() noexcept { return kKernels; }

const LineKernel& best_line_kernel() noexcept {
  static const LineKernel& best =
      **std::find_if(std::begin(kKernels), std::end(kKernels) - 1,
                     [](const LineKernel* kernel) { return kernel->tier <= cpu_tier(); });
  return best;
}

}  // namespace letterpress::mail
