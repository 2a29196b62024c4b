// SPDX-License-Identifier: Apache-2.0
#include "capi/callback_receiver.h"

#include <cstring>
#include <utility>

#include "capi/entries.h"

namespace letterpress::capi {
namespace {

static_assert(sizeof(letterpress_id) == sizeof(ChunkId));

void copy_ids(std::span<const ChunkId> from, std::vector<letterpress_id>& to) {
  to.resize(from.size());
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size_bytes());
}

}  // namespace

letterpress_totals totals_of(const PressTotals& totals) noexcept {
  letterpress_totals out = {};
  out.struct_size = sizeof out;
  out.entries = totals.entries;
  out.files = totals.files;
  out.messages = totals.messages;
  out.raw_bytes = totals.raw_bytes;
  out.base64_bytes = totals.base64_bytes;
  out.groups = totals.groups;
  out.next_block_number = totals.next_block_number;
  for (const PressTotals::OfKind& kind : totals.kinds) {
    out.chunks += kind.chunks;
    out.new_chunks += kind.new_chunks;
    out.new_bytes += kind.new_bytes;
    out.stored_bytes += kind.stored_bytes;
  }
  return out;
}

Status CallbackReceiver::find_stored(std::span<const ChunkId> ids,
                                     std::span<std::optional<Place>> places) {
  if (callbacks_.find_stored == nullptr) return Ok{};
  copy_ids(ids, ids_);
  places_.assign(ids.size(), {});
  LETTERPRESS_TRY(
      returned(callbacks_.find_stored(callbacks_.user, ids_.data(), ids_.size(), places_.data())));
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places_[i].is_stored != 0) places[i] = Place{places_[i].block, places_[i].ordinal};
  }
  return Ok{};
}

Status CallbackReceiver::put_block(PressedBlock&& block) {
  copy_ids(block.ids, ids_);
  const letterpress_block out = {sizeof out,        block.number, static_cast<int>(block.kind),
                                 ids_.data(),       ids_.size(),  block.bytes.data(),
                                 block.bytes.size()};
  return returned(callbacks_.put_block(callbacks_.user, &out));
}

Status CallbackReceiver::put_part(PressedPart&& part) {
  const letterpress_entry entry = view_of(part.entry);
  const letterpress_part out = {sizeof out,         part.is_first ? &entry : nullptr,
                                part.raw_bytes,     part.recipe.data(),
                                part.recipe.size(), part.is_first,
                                part.is_last,       part.is_abandoned,
                                part.is_unsettled,  part.blocks.data(),
                                part.blocks.size()};
  return returned(callbacks_.put_part(callbacks_.user, &out));
}

Status CallbackReceiver::put_moved(const std::string& from, const std::string& to) {
  if (callbacks_.put_moved == nullptr) return Ok{};
  return returned(callbacks_.put_moved(callbacks_.user, from.c_str(), to.c_str()));
}

Status CallbackReceiver::end_group() { return returned(callbacks_.end_group(callbacks_.user)); }

Status CallbackReceiver::put_borrowed(BorrowedBlock&& block) {
  if (callbacks_.put_borrowed == nullptr) return Receiver::put_borrowed(std::move(block));
  copy_ids(block.ids, ids_);
  const letterpress_borrowed out = {sizeof out,  block.number,         static_cast<int>(block.kind),
                                    ids_.data(), block.lengths.data(), ids_.size()};
  return returned(callbacks_.put_borrowed(callbacks_.user, &out));
}

void CallbackReceiver::on_progress(const PressTotals& totals) const {
  if (callbacks_.on_progress == nullptr) return;
  const letterpress_totals out = totals_of(totals);
  callbacks_.on_progress(callbacks_.user, &out);
}

void CallbackReceiver::on_problem(const PressProblem& problem) const {
  if (callbacks_.on_problem == nullptr) return;
  callbacks_.on_problem(callbacks_.user, static_cast<int>(problem.severity), problem.path.c_str(),
                        problem.message.c_str());
}

}  // namespace letterpress::capi
