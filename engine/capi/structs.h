// SPDX-License-Identifier: Apache-2.0
// Structs that can grow: what a caller filled in, read as this version knows it.
//
//   LETTERPRESS_TRY_ASSIGN(letterpress_entry own, known_part_of(entry, "entry"));
//
// kInvalidArgument for NULL, or a size that no version had; kUnsupported if a field is set that
// only a newer version knows. Fields that an older caller lacks are 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "letterpress.h"
#include "letterpress/result.h"

namespace letterpress::capi {

// Larger ones were not filled in.
inline constexpr std::size_t kStructBytesMax = 4096;

Status check_newer_part(const void* given, std::size_t known_bytes, std::size_t given_bytes,
                        const char* name);

// The size that a struct had in its first version. One that grows keeps it here.
template <class Struct>
inline constexpr std::size_t kFirstBytes = sizeof(Struct);

template <>
inline constexpr std::size_t kFirstBytes<letterpress_receiver> = offsetof(letterpress_receiver,
                                                                          put_borrowed);
template <>
inline constexpr std::size_t kFirstBytes<letterpress_press_options> =
    offsetof(letterpress_press_options, known_ids);

template <class Struct>
Result<Struct> known_part_of(const Struct* given, const char* name) {
  Struct known = {};
  if (given == nullptr) {
    return Error(ErrorCode::kInvalidArgument, std::string(name) + " is NULL");
  }
  const std::size_t given_bytes = given->struct_size;
  if (given_bytes < kFirstBytes<Struct> || given_bytes > kStructBytesMax) {
    return Error(ErrorCode::kInvalidArgument, std::string(name) +
                                                  ": struct_size must be sizeof the struct, not " +
                                                  std::to_string(given_bytes));
  }
  LETTERPRESS_TRY(check_newer_part(given, sizeof known, given_bytes, name));
  std::memcpy(&known, given, std::min(given_bytes, sizeof known));
  known.struct_size = sizeof known;
  return known;
}

// A struct that a call fills in, and that may be NULL: checked before the call does anything,
// filled in as far as the caller knows it.
template <class Struct>
Status check_result(const Struct* given, const char* name) {
  if (given == nullptr) return Ok{};
  LETTERPRESS_TRY(known_part_of(given, name));
  return Ok{};
}
template <class Struct>
void give_result(Struct made, Struct* given) noexcept {
  if (given == nullptr) return;
  made.struct_size = std::min(given->struct_size, sizeof made);
  std::memcpy(given, &made, made.struct_size);
}

}  // namespace letterpress::capi
