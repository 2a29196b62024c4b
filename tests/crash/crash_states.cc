// SPDX-License-Identifier: Apache-2.0
#include "crash/crash_states.h"

#include <algorithm>
#include <random>
#include <string_view>

#include "base/bytes.h"

namespace letterpress::vault {

namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::uint8_t kGarbage = 0xa5;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  a ^= b + 0x9e3779b97f4a7c15U + (a << 6) + (a >> 2);
  return a * 0xff51afd7ed558ccdU;
}

// Of the sectors of `written`, those in `is_new` are new, the others filled.
SharedBytes torn(const Bytes& written, const std::vector<bool>& is_new, std::uint8_t fill,
                 std::size_t length) {
  Bytes bytes(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(length));
  for (std::size_t sector = 0; sector * kSectorBytes < length; ++sector) {
    if (is_new[sector]) continue;
    const std::size_t begin = sector * kSectorBytes;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              bytes.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kSectorBytes, length)),
              fill);
  }
  return std::make_shared<const Bytes>(std::move(bytes));
}

// Which of `count` things happened: every subset, or a spread of them.
std::vector<std::vector<bool>> subsets(std::size_t count, std::size_t exhaustive,
                                       std::size_t random) {
  std::vector<std::vector<bool>> all;
  if (count <= exhaustive) {
    for (std::size_t bits = 0; bits < (std::size_t{1} << count); ++bits) {
      std::vector<bool> subset(count);
      for (std::size_t i = 0; i < count; ++i) subset[i] = (bits >> i & 1) != 0;
      all.push_back(std::move(subset));
    }
    return all;
  }
  all.emplace_back(count, false);
  all.emplace_back(count, true);
  for (std::size_t i = 0; i < count; ++i) {
    for (const bool others : {false, true}) {
      all.emplace_back(count, others);
      all.back()[i] = !others;
    }
    all.emplace_back(count, false);
    std::fill_n(all.back().begin(), i, true);
  }
  std::mt19937_64 generator(count);
  for (std::size_t i = 0; i < random; ++i) {
    all.emplace_back(count);
    for (std::size_t at = 0; at < count; ++at) all.back()[at] = (generator() & 1) != 0;
  }
  return all;
}

}  // namespace

SimulatedFiles CrashState::files() const {
  SimulatedFiles files;
  for (std::size_t i = 0; i < paths_.size(); ++i) files.put(paths_[i].path, contents_[i]);
  return files;
}

void CrashStates::apply(const SimulatedFiles::Event& event) {
  using What = SimulatedFiles::Event::What;
  const auto grow = [&](Inode inode) {
    names_.resize(std::max(names_.size(), inode + 1));
    bytes_.resize(std::max(bytes_.size(), inode + 1), {std::make_shared<const Bytes>()});
  };
  grow(event.inode);
  if (event.named != SimulatedFiles::kNone) grow(event.named);
  FileState& file = bytes_[event.inode];
  switch (event.what) {
    case What::kName: {
      std::vector<Inode>& choices = pending_[{event.inode, event.name}];
      if (choices.empty()) {
        const auto synced = names_[event.inode].find(event.name);
        choices.push_back(synced == names_[event.inode].end() ? SimulatedFiles::kNone
                                                              : synced->second);
      }
      choices.push_back(event.named);
      break;
    }
    case What::kBytes:
      file.unsynced = event.bytes;
      break;
    case What::kSyncFile:
      if (file.unsynced != nullptr && !file.is_lost) file.synced = std::exchange(file.unsynced, {});
      break;
    case What::kSyncFolder:
    case What::kLost:
      if (event.what == What::kLost) file.is_lost = true;
      for (auto slot = pending_.begin(); slot != pending_.end();) {
        if (slot->first.first != event.inode) {
          ++slot;
          continue;
        }
        const Inode last = event.what == What::kLost ? slot->second.front() : slot->second.back();
        if (last == SimulatedFiles::kNone) {
          names_[event.inode].erase(slot->first.second);
        } else {
          names_[event.inode][slot->first.second] = last;
        }
        slot = pending_.erase(slot);
      }
      break;
  }
}

// The contents that a file which was not synced may have.
const std::vector<SharedBytes>& CrashStates::variants(const FileState& file) {
  const Bytes& written = *file.unsynced;
  auto [found, is_new] = variants_.try_emplace(&written);
  std::vector<SharedBytes>& contents = found->second;
  if (!is_new) return contents;
  const std::size_t sectors = (written.size() + kSectorBytes - 1) / kSectorBytes;
  contents.push_back(file.synced);
  contents.push_back(torn(written, std::vector<bool>(sectors, false), 0, written.size()));
  if (file.is_lost) return contents;
  contents.push_back(file.unsynced);
  for (std::size_t end = 1; end < sectors; ++end) {
    contents.push_back(torn(written, std::vector<bool>(sectors, true), 0, end * kSectorBytes));
  }
  for (const auto& subset : subsets(sectors, bounds_.sectors_exhaustive, bounds_.random_subsets)) {
    for (const std::uint8_t fill : {std::uint8_t{0}, kGarbage}) {
      contents.push_back(torn(written, subset, fill, written.size()));
    }
  }
  return contents;
}

bool CrashStates::visit_here(std::size_t at, const Visit& visit) {
  std::vector<const std::pair<const std::pair<Inode, std::string>, std::vector<Inode>>*> slots;
  for (const auto& slot : pending_) slots.push_back(&slot);
  std::size_t visited = 0;
  for (const auto& subset :
       subsets(slots.size(), bounds_.names_exhaustive, bounds_.random_subsets)) {
    auto names = names_;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto& [slot, choices] = *slots[i];
      // A name that was given and taken again is there or not: two choices, the last and another.
      const Inode chosen = subset[i] ? choices.back() : choices[choices.size() - 2];
      if (chosen == SimulatedFiles::kNone) {
        names[slot.first].erase(slot.second);
      } else {
        names[slot.first][slot.second] = chosen;
      }
    }
    // What can be reached, and which of it is unsynced.
    std::vector<CrashState::Path> reached;
    std::vector<SharedBytes> contents;
    std::vector<std::size_t> unsynced;
    std::uint64_t synced_print = 0;
    const std::function<void(Inode, const std::string&)> walk = [&](Inode folder,
                                                                    const std::string& start) {
      for (const auto& [name, inode] : names[folder]) {
        std::string path = start + name;
        const std::uint64_t hash = std::hash<std::string>()(path);
        const bool is_folder = files_.is_folder(inode);
        if (is_folder || bytes_[inode].unsynced == nullptr) {
          contents.push_back(is_folder ? nullptr : bytes_[inode].synced);
          synced_print += mix(hash, hash_of(contents.back()));
        } else {
          unsynced.push_back(reached.size());
          contents.push_back(bytes_[inode].is_lost ? bytes_[inode].synced : bytes_[inode].unsynced);
        }
        reached.push_back({std::move(path), inode, hash});
        if (is_folder) walk(inode, start + name + '/');
      }
    };
    walk(SimulatedFiles::kRoot, "");
    const std::vector<SharedBytes> whole = contents;
    // One file takes each of its contents while the others are as written, and once as before.
    std::vector<std::map<Inode, SharedBytes>> choices;
    std::map<Inode, SharedBytes> before;
    for (const std::size_t i : unsynced) before[reached[i].inode] = bytes_[reached[i].inode].synced;
    choices.push_back(before);
    for (const std::size_t i : unsynced) {
      for (const SharedBytes& content : variants(bytes_[reached[i].inode])) {
        choices.push_back({{reached[i].inode, content}});
        if (unsynced.size() == 1) continue;
        choices.push_back(before);
        choices.back()[reached[i].inode] = content;
      }
    }
    for (const auto& choice : choices) {
      if (++visited > bounds_.states_a_call) return true;
      CrashState state(reached, contents);
      state.fingerprint_ = synced_print;
      for (const std::size_t i : unsynced) {
        const auto chosen = choice.find(reached[i].inode);
        contents[i] = chosen != choice.end() ? chosen->second : whole[i];
        state.fingerprint_ += mix(reached[i].hash, hash_of(contents[i]));
      }
      if (!visit(at, state)) return false;
    }
  }
  return true;
}

// Of a folder too, which has none.
std::uint64_t CrashStates::hash_of(const SharedBytes& content) {
  if (content == nullptr) return 1;
  const auto [found, is_new] = hashes_.try_emplace(content);
  if (is_new) found->second = mix(2, std::hash<std::string_view>()(as_text(*content)));
  return found->second;
}

void CrashStates::each(std::size_t from, const Visit& visit) {
  names_ = files_.durable_folders();
  bytes_.clear();
  for (const SharedBytes& bytes : files_.durable_files()) bytes_.push_back({bytes});
  pending_.clear();
  const auto& journal = files_.journal();
  for (std::size_t at = 0; at <= journal.size(); ++at) {
    if (at > 0) apply(journal[at - 1]);
    // A sync adds nothing that the state before it had not.
    const bool is_new = at == from || at == journal.size() ||
                        (at > 0 && journal[at - 1].what != SimulatedFiles::Event::What::kSyncFile &&
                         journal[at - 1].what != SimulatedFiles::Event::What::kSyncFolder);
    // What was acknowledged at the end makes the same state mean more.
    if (at < from || !is_new) continue;
    if (!visit_here(at, visit)) return;
  }
}

}  // namespace letterpress::vault
