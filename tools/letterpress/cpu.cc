// SPDX-License-Identifier: Apache-2.0
#include "base/cpu.h"

#include <fmt/core.h>

#include <array>
#include <set>

#include "chunking/mark_search.h"
#include "hashing/blake3_lanes.h"
#include "mail/base64_kernels.h"
#include "mail/line_search.h"
#include "tools/letterpress/commands.h"

namespace letterpress::cli {
namespace {

struct ChosenKernel {
  const char* json_name;
  const char* name;
  CpuTier tier;
};

std::array<ChosenKernel, 4> chosen_kernels() {
  return {{{"chunk_ids", "chunk ids (BLAKE3)", hashing::best_lanes_kernel().tier},
           {"cut_points", "cut points", chunking::best_mark_kernel().tier},
           {"base64", "base64", mail::best_base64_kernel().tier},
           {"lines", "lines of mail", mail::best_line_kernel().tier}}};
}

std::set<CpuTier> built_tiers() {
  std::set<CpuTier> tiers;
  for (const hashing::LanesKernel& kernel : hashing::lanes_kernels()) tiers.insert(kernel.tier);
  for (const chunking::MarkKernel& kernel : chunking::mark_kernels()) tiers.insert(kernel.tier);
  for (const mail::Base64Kernel* kernel : mail::base64_kernels()) tiers.insert(kernel->tier);
  for (const mail::LineKernel* kernel : mail::line_kernels()) tiers.insert(kernel->tier);
  return tiers;
}

ExitCode run_cpu(Console& console) {
  const CpuTier used = cpu_tier();
  nlohmann::json kernels;
  nlohmann::json built = nlohmann::json::array();
  nlohmann::json missing = nlohmann::json::object();
  std::string text = fmt::format("{:<22} {}\n", "tier in use", cpu_tier_name(used));
  std::string names;
  for (const CpuTier tier : built_tiers()) {
    built.push_back(cpu_tier_name(tier));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", cpu_tier_name(tier));
  }
  text += fmt::format("{:<22} {}\n", "tiers of this build", names);
  for (const CpuTier tier : {CpuTier::kAvx2, CpuTier::kAvx512}) {
    std::string absent;
    for (const CpuFeature& feature : cpu_features()) {
      if (feature.tier != tier || feature.is_there) continue;
      absent += fmt::format("{}{}", absent.empty() ? "" : ", ", feature.name);
      missing[cpu_tier_name(tier)].push_back(feature.name);
    }
    if (!absent.empty()) {
      text +=
          fmt::format("{:<22} {}\n", fmt::format("missing for {}", cpu_tier_name(tier)), absent);
    }
  }
  for (const ChosenKernel& kernel : chosen_kernels()) {
    kernels[kernel.json_name] = cpu_tier_name(kernel.tier);
    text += fmt::format("{:<22} {}\n", kernel.name, cpu_tier_name(kernel.tier));
  }
  console.result(
      {{"tier", cpu_tier_name(used)}, {"built", built}, {"missing", missing}, {"kernels", kernels}},
      text);
  return kDone;
}

}  // namespace

Command add_cpu(CLI::App& program) {
  CLI::App* app = program.add_subcommand("cpu", "Show which kernels this CPU runs, and why");
  app->footer(
      "What comes out of letterpress is the same with every tier; only the time differs. A tier "
      "is\n"
      "used if the CPU has all that it needs and the system saves its registers; --cpu-tier sets "
      "a\n"
      "lower one.\n\n"
      "Example:\n  letterpress cpu --cpu-tier scalar");
  return {app, [](Console& console) { return run_cpu(console); }};
}

}  // namespace letterpress::cli
