// SPDX-License-Identifier: Apache-2.0
// What a power cut may leave of a SimulatedFiles, at every call that it has seen.
//
//   CrashStates states(files, bounds);
//   states.each(0, [&](std::size_t at, const CrashState& state) {
//     if (!seen.insert(state.fingerprint()).second) return true;
//     SimulatedFiles files = state.files();
//     ...
//   });
//
// The model: a name that was given or taken since the last sync of its folder is there or not,
// whatever else is; of a file that was written since its last sync, each sector of 512 bytes is
// new, zero or garbage, whatever the others are, and its end is anywhere; what was synced is as it
// was. All combinations where they are few, otherwise bounded and systematic: none, all, each
// alone, all but each, each beginning, and random ones of a fixed seed. A state may be visited more
// than once, and mostly is: its fingerprint is known before it is made.
#pragma once

#include <functional>
#include <unordered_map>

#include "crash/simulated_files.h"

namespace letterpress::vault {

// Valid while it is visited.
class CrashState {
 public:
  struct Path {
    std::string path;
    SimulatedFiles::Inode inode;
    std::uint64_t hash;  // of the path
  };

  // What a state is counted by: all paths and bytes.
  std::uint64_t fingerprint() const noexcept { return fingerprint_; }
  SimulatedFiles files() const;

 private:
  friend class CrashStates;
  CrashState(const std::vector<Path>& paths, const std::vector<SharedBytes>& contents)
      : paths_(paths), contents_(contents) {}

  const std::vector<Path>& paths_;            // a folder before what is in it
  const std::vector<SharedBytes>& contents_;  // as many; null: a folder
  std::uint64_t fingerprint_ = 0;
};

struct CrashBounds {
  std::size_t sectors_exhaustive = 6;  // files of so many sectors: every subset
  std::size_t random_subsets = 16;     // of longer files
  std::size_t names_exhaustive = 8;    // so many unsynced names: every subset
  std::size_t states_a_call = 4000;    // combinations of names and bytes, then a spread of them
};

class CrashStates {
 public:
  // False: stop.
  using Visit = std::function<bool(std::size_t at, const CrashState& state)>;

  CrashStates(const SimulatedFiles& files, const CrashBounds& bounds)
      : files_(files), bounds_(bounds) {}

  // The states after each prefix of the journal that has at least `from` events.
  void each(std::size_t from, const Visit& visit);

 private:
  using Inode = SimulatedFiles::Inode;
  struct FileState {
    SharedBytes synced;
    SharedBytes unsynced = {};  // null: none
    bool is_lost = false;
  };

  void apply(const SimulatedFiles::Event& event);
  bool visit_here(std::size_t at, const Visit& visit);
  const std::vector<SharedBytes>& variants(const FileState& file);
  std::uint64_t hash_of(const SharedBytes& content);

  const SimulatedFiles& files_;
  const CrashBounds bounds_;
  std::vector<std::map<std::string, Inode>> names_;  // synced, by folder
  // What a name in a folder stood for when it was synced, and since then.
  std::map<std::pair<Inode, std::string>, std::vector<Inode>> pending_;
  std::vector<FileState> bytes_;
  std::map<const Bytes*, std::vector<SharedBytes>> variants_;
  std::unordered_map<SharedBytes, std::uint64_t> hashes_;
};

}  // namespace letterpress::vault
