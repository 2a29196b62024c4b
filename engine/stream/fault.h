// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a stream, under names that do not change (docs/STREAM.md, "Errors").
//
//   if (const std::optional<StreamFault>& fault = reader.fault()) {
//     print(fault_name(fault->what), fault->offset, fault->message);
//   }
//
// Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace letterpress::stream {

enum class Fault : std::uint8_t {
  kNotAStream,
  kUnknownVersion,
  kUnknownFeature,
  kBadHeader,
  kKeyNeeded,
  kWrongKey,
  kCutShort,
  kBadFrame,
  kBadSum,
  kUnknownFrame,
  kFrameOrder,
  kBadBlock,
  kBlockNumber,
  kBadPayload,
  kBadEntries,
  kBadRecord,
  kBadRecipe,
  kBadDigest,
  kMissingChunk,
  kBadId,
  kBadEnd,
};

// As the document writes it: "cut-short". Part of the format.
std::string_view fault_name(Fault fault) noexcept;
// Whether the stream may be whole, and it is the reader that lacks something.
bool is_of_reader(Fault fault) noexcept;

struct StreamFault {
  Fault what = Fault::kNotAStream;
  std::uint64_t offset = 0;  // in the stream, of the frame that is wrong
  std::string message;       // without name and offset
};

}  // namespace letterpress::stream
