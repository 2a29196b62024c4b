// SPDX-License-Identifier: Apache-2.0
#include "mail/rebuild.h"

#include "base/limits.h"
#include "mail/base64_transform.h"
#include "mail/crlf.h"

namespace letterpress::mail {

Status rebuild(Transform transform, ByteView layout, ByteView stored, std::size_t raw_bytes,
               UnsetBytes& out) {
  if (transform == Transform::kBase64) return redo_base64(layout, stored, raw_bytes, out);
  if (!layout.empty()) return Error(ErrorCode::kCorrupt, "a layout where none belongs");
  if (transform == Transform::kCrlf) return redo_crlf(stored, raw_bytes, out);
  if (transform != Transform::kIdentity) return Error(ErrorCode::kCorrupt, "unknown transform");
  if (stored.size() != raw_bytes || raw_bytes > kSegmentBytesMax) {
    return Error(ErrorCode::kCorrupt, "stored bytes have another length than they should");
  }
  append(out, stored);
  return Ok{};
}

}  // namespace letterpress::mail
