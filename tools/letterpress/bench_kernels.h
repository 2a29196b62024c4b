// SPDX-License-Identifier: Apache-2.0
// Speeds of single kernels on the bytes of real or made mail.
#pragma once

#include <string>
#include <vector>

#include "base/cpu.h"
#include "tools/letterpress/bench_mail.h"

namespace letterpress::cli {

struct KernelSpeed {
  std::string kernel;
  CpuTier tier;
  double bytes_per_second = 0;  // one thread
};

// memcpy first, then every kernel on every tier that may be used, the lowest first.
std::vector<KernelSpeed> measure_kernels(const std::vector<HeldFile>& mail);

// The median of some runs of `work`, in seconds.
double median_seconds(const std::function<void()>& work);

}  // namespace letterpress::cli
