// SPDX-License-Identifier: Apache-2.0
#include "files/single_source.h"

#include <utility>

namespace letterpress::files {

SingleSource::SingleSource(stream::Entry entry, std::unique_ptr<stream::Content> content) {
  stream::SourceEntry only;
  only.entry = std::move(entry);
  only.content = std::move(content);
  event_ = std::move(only);
}

Result<std::optional<stream::SourceEvent>> SingleSource::next() {
  return std::exchange(event_, std::nullopt);
}

}  // namespace letterpress::files
