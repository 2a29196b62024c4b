// SPDX-License-Identifier: Apache-2.0
// A Receiver whose calls go to the callbacks of a C struct.
#pragma once

#include <vector>

#include "capi/handle.h"
#include "letterpress/press.h"

namespace letterpress::capi {

letterpress_totals totals_of(const PressTotals& totals) noexcept;

class CallbackReceiver final : public Receiver {
 public:
  explicit CallbackReceiver(const letterpress_receiver& callbacks) : callbacks_(callbacks) {}

  Status find_stored(std::span<const ChunkId> ids, std::span<std::optional<Place>> places) override;
  Status put_block(PressedBlock&& block) override;
  Status put_part(PressedPart&& part) override;
  Status put_moved(const std::string& from, const std::string& to) override;
  Status end_group() override;
  Status put_borrowed(BorrowedBlock&& block) override;
  void on_progress(const PressTotals& totals) const;
  void on_problem(const PressProblem& problem) const;

 private:
  const letterpress_receiver callbacks_;
  std::vector<letterpress_id> ids_;
  std::vector<letterpress_place> places_;
};

}  // namespace letterpress::capi
