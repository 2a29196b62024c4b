// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/press_json.h"

#include <string>

namespace letterpress::cli {

nlohmann::json totals_json(const pipeline::PressTotals& totals) {
  nlohmann::json kinds;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    const pipeline::PressTotals::OfKind& kind = totals.kinds[i];
    kinds[std::string(kind_name(static_cast<Kind>(i)))] = {{"chunks", kind.chunks},
                                                           {"chunk_bytes", kind.chunk_bytes},
                                                           {"new_chunks", kind.new_chunks},
                                                           {"new_bytes", kind.new_bytes},
                                                           {"stored_bytes", kind.stored_bytes}};
  }
  return {{"entries", totals.entries},         {"files", totals.files},
          {"files_read", totals.files_read},   {"files_unchanged", totals.files_unchanged},
          {"messages", totals.messages},       {"raw_bytes", totals.raw_bytes},
          {"known_bytes", totals.known_bytes}, {"base64_bytes", totals.base64_bytes},
          {"groups", totals.groups},           {"kinds", kinds}};
}

}  // namespace letterpress::cli
