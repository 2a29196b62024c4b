// SPDX-License-Identifier: Apache-2.0
#include "capi/structs.h"

#include "base/bytes.h"

namespace letterpress::capi {

Status check_newer_part(const void* given, std::size_t known_bytes, std::size_t given_bytes,
                        const char* name) {
  if (given_bytes <= known_bytes) return Ok{};
  const ByteView newer =
      ByteView(static_cast<const std::uint8_t*>(given), given_bytes).subspan(known_bytes);
  if (std::ranges::all_of(newer, [](std::uint8_t byte) { return byte == 0; })) return Ok{};
  return Error(ErrorCode::kUnsupported, std::string(name) +
                                            ": a field is set that this version of letterpress, " +
                                            letterpress_version() + ", does not have");
}

}  // namespace letterpress::capi
