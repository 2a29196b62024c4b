// SPDX-License-Identifier: Apache-2.0
#include "embed/push_source.h"

#include <utility>

#include "pipeline/batch.h"

namespace letterpress::embed {
namespace {

// The pipeline reads the beginning of an entry, up to what makes it a large one, at once.
bool can_begin(const stream::SourceEntry& entry) {
  return entry.content == nullptr || entry.content->can_read(pipeline::kSmallEntryBytesMax + 1);
}

}  // namespace

Result<std::optional<stream::SourceEvent>> PushSource::next() {
  has_paused_ = false;
  while (!waiting_.empty()) {
    Waiting& first = waiting_.front();
    if (auto* source = std::get_if<std::unique_ptr<stream::Source>>(&first)) {
      LETTERPRESS_TRY_ASSIGN(std::optional<stream::SourceEvent> event, (*source)->next());
      if (event) return event;
      waiting_.pop_front();
      continue;
    }
    auto& entry = std::get<stream::SourceEntry>(first);
    if (!can_begin(entry)) break;
    std::optional<stream::SourceEvent> event(std::move(entry));
    waiting_.pop_front();
    return event;
  }
  has_paused_ = !has_ended_;
  return std::optional<stream::SourceEvent>();
}

}  // namespace letterpress::embed
