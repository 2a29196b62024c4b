// SPDX-License-Identifier: Apache-2.0
#include "state_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "failure.h"
#include "store.h"

namespace mailgen {
namespace {

// Raised whenever the same seed begins to give other bytes.
constexpr std::uint64_t kGeneratorVersion = 1;

}  // namespace

std::string state_path(const std::string& store) { return store + ".mailgen-state"; }

std::optional<State> read_state(const std::string& store) {
  std::ifstream file(state_path(store));
  if (!file) return std::nullopt;
  std::map<std::string, std::string> fields;
  for (std::string key, value; file >> key >> value;) fields[key] = value;
  const auto number = [&](const char* key) -> std::uint64_t {
    const std::string& text = fields[key];
    if (text.empty() || text.size() > 20 ||
        text.find_first_not_of("0123456789") != std::string::npos) {
      stop(kExitFailed,
           fmt::format("{} has no number for '{}': make the store again", state_path(store), key));
    }
    return std::stoull(text);
  };
  if (number("version") != kGeneratorVersion) {
    stop(kExitFailed,
         fmt::format("{} is of another version of mailgen ({}, this is {}): make the store again",
                     state_path(store), number("version"), kGeneratorVersion));
  }
  State state;
  state.plan.seed = number("seed");
  state.plan.bytes = number("size");
  state.plan.daily_basis_points = static_cast<std::uint32_t>(number("daily_basis_points"));
  state.layout = fields["layout"];
  state.day = static_cast<std::uint32_t>(number("day"));
  state.busy = number("busy") != 0;
  return state;
}

void write_state(const std::string& store, const State& state) {
  const std::string path = state_path(store);
  write_file(
      path + ".tmp",
      fmt::format(
          "version {}\nseed {}\nsize {}\ndaily_basis_points {}\nlayout {}\nday {}\nbusy {}\n",
          kGeneratorVersion, state.plan.seed, state.plan.bytes, state.plan.daily_basis_points,
          state.layout, state.day, state.busy ? 1 : 0),
      O_TRUNC);
  if (std::rename((path + ".tmp").c_str(), path.c_str()) != 0) stop_errno("rename", path);
}

}  // namespace mailgen
