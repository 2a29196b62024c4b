// SPDX-License-Identifier: Apache-2.0
/// What it takes to continue a store, in a small text file beside it: DIR.mailgen-state, never
/// inside, so that the store is nothing but mail. It says "busy" while the store is being changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "history.h"

namespace mailgen {

struct State {
  Plan plan;
  std::string layout;
  std::uint32_t day = 0;
  bool busy = false;
};

std::string state_path(const std::string& store);
/// Nothing when there is no file; ends the program when it cannot be read as one.
std::optional<State> read_state(const std::string& store);
void write_state(const std::string& store, const State& state);

}  // namespace mailgen
