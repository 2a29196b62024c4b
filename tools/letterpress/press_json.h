// SPDX-License-Identifier: Apache-2.0
// The counts of a run, for --json.
#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/report.h"

namespace letterpress::cli {

nlohmann::json totals_json(const pipeline::PressTotals& totals);

}  // namespace letterpress::cli
