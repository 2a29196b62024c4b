// SPDX-License-Identifier: Apache-2.0
// Labelled text (docs/FORMAT.md, "Labelled text") whose check line is right, whatever is above it.
//
//   const Bytes file = with_check_line(lines);
//   const Bytes lines = without_check_line(file);
#pragma once

#include <string>

#include "base/bytes.h"
#include "hashing/blake3.h"
#include "vault/ids.h"

namespace letterpress::fuzz {

inline Bytes with_check_line(ByteView given) {
  std::string lines(as_text(given));
  if (!lines.ends_with('\n')) lines += '\n';
  const ChunkId digest = hashing::hash(as_bytes(lines));
  lines += "check " + vault::to_hex(ByteView(digest.bytes).first(16)) + '\n';
  return Bytes(lines.begin(), lines.end());
}

inline Bytes without_check_line(ByteView file) {
  const std::string_view text = as_text(file);
  const std::size_t check = text.rfind("check ");
  const ByteView lines = file.first(check == text.npos ? file.size() : check);
  return Bytes(lines.begin(), lines.end());
}

}  // namespace letterpress::fuzz
