// SPDX-License-Identifier: Apache-2.0
// What a run takes and says, between the words of the interface and those of the pipeline.
//
//   LETTERPRESS_TRY(check_entry(entry));          // of an embedder, before it is pushed
//   options.on_progress(totals_of(run_totals));
//
// Pure functions; any thread.
#pragma once

#include <string_view>

#include "letterpress/press.h"
#include "pipeline/report.h"
#include "stream/source.h"

namespace letterpress::embed {

PressTotals totals_of(const pipeline::PressTotals& run);
PressProblem problem_of(const stream::Problem& problem);

// kInvalidArgument: what the formats do not take.
Status check_path(std::string_view path, std::string_view what);
Status check_entry(const Entry& entry);
Status check_level(int level);

}  // namespace letterpress::embed
