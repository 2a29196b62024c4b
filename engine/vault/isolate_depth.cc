// SPDX-License-Identifier: Apache-2.0
#include "vault/isolate_depth.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/varint.h"
#include "stream/mailbox.h"

namespace letterpress::vault {
namespace {

// Part of the format; do not change.
constexpr std::uint64_t kIsolateTag = 3;

std::string option(std::optional<unsigned> depth) {
  return depth ? "with --isolate " + std::to_string(*depth) : "without --isolate";
}

}  // namespace

LogExtension encode_isolate_depth(unsigned depth) {
  LogExtension extension{kIsolateTag, {}};
  append_varint(extension.value, depth);
  return extension;
}

std::optional<unsigned> isolate_depth_of(const LogEntry& entry) {
  const auto found = std::ranges::find(entry.extensions, kIsolateTag, &LogExtension::tag);
  if (found == entry.extensions.end()) return std::nullopt;
  ByteCursor cursor(found->value);
  const std::uint64_t depth = cursor.varint();
  if (!cursor.ok() || depth > stream::kIsolateDepthMax) return std::nullopt;
  return static_cast<unsigned>(depth);
}

std::string isolate_change(std::optional<unsigned> before, std::optional<unsigned> now) {
  if (before == now) return {};
  return "the last snapshot of these sources was made " + option(before) + ", this one is made " +
         option(now) +
         ": files that did not change stay where they are stored; what is new or changed is stored "
         "as is asked for now, and again if only the other way has it";
}

}  // namespace letterpress::vault
