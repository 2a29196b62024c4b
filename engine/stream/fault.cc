// SPDX-License-Identifier: Apache-2.0
#include "stream/fault.h"

#include <array>

namespace letterpress::stream {
namespace {

constexpr std::array<std::string_view, 21> kNames = {
    "not-a-stream", "unknown-version", "unknown-feature", "bad-header",    "key-needed",
    "wrong-key",    "cut-short",       "bad-frame",       "bad-sum",       "unknown-frame",
    "frame-order",  "bad-block",       "block-number",    "bad-payload",   "bad-entries",
    "bad-record",   "bad-recipe",      "bad-digest",      "missing-chunk", "bad-id",
    "bad-end"};
static_assert(kNames.size() == static_cast<std::size_t>(Fault::kBadEnd) + 1);

}  // namespace

std::string_view fault_name(Fault fault) noexcept {
  return kNames[static_cast<std::size_t>(fault)];
}

bool is_of_reader(Fault fault) noexcept {
  return fault == Fault::kUnknownVersion || fault == Fault::kUnknownFeature ||
         fault == Fault::kUnknownFrame || fault == Fault::kKeyNeeded || fault == Fault::kWrongKey ||
         fault == Fault::kMissingChunk;
}

}  // namespace letterpress::stream
