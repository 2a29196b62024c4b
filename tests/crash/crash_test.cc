// SPDX-License-Identifier: Apache-2.0
// The power fails at every call of every short sequence of operations, and everything that was
// acknowledged is there, without help. LETTERPRESS_FULL=1: the full size (docs/TESTING.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <unordered_set>

#include "crash/crash_states.h"
#include "crash/faulty_files.h"
#include "crash/small_world.h"
#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

CrashBounds bounds_of_size() {
  if (at_full_size()) return {.states_a_call = 1000};
  return {.sectors_exhaustive = 3, .random_subsets = 1, .names_exhaustive = 3, .states_a_call = 30};
}

using Sequence = std::vector<Operation>;

std::string describe(const Sequence& sequence) {
  std::string text;
  for (const Operation operation : sequence) {
    text += (text.empty() ? "" : ", ") + std::string(name_of(operation));
  }
  return text;
}

// What a file system can do: as ext4, as FAT and exFAT, as NFS.
struct Kind {
  const char* name;
  bool has_tmpfile;
  bool has_rename_no_replace;
};
constexpr Kind kKinds[] = {
    {"Tmpfile", true, true}, {"Rename", false, true}, {"Exclusive", false, false}};

class CrashTest : public ::testing::TestWithParam<Kind> {
 protected:
  struct Run {
    Run(const SimulatedFiles::Options& options, const std::string& state_folder)
        : files(options),
          world(files, state_folder, options.has_tmpfile || options.has_rename_no_replace) {
      World::furnish(files);
    }
    SimulatedFiles files;
    World world;
    std::size_t from = 0;        // events before the last operation
    std::size_t syncs_from = 0;  // syncs before it
    bool makes_sense = true;
  };

  SimulatedFiles::Options options() const {
    return {.has_tmpfile = GetParam().has_tmpfile,
            .has_rename_no_replace = GetParam().has_rename_no_replace};
  }

  // `settled`: everything before the last operation is durable.
  std::unique_ptr<Run> run(const Sequence& sequence, SimulatedFiles::Options options) const {
    auto run = std::make_unique<Run>(std::move(options), states_.path());
    for (const Operation operation : sequence) {
      run->makes_sense = run->makes_sense && run->world.allows(operation);
      if (!run->makes_sense) return run;
      run->from = run->files.journal().size();
      run->syncs_from = run->files.sync_count();
      EXPECT_EQ(message_of(run->world.run(operation, run->files)), "") << describe(sequence);
    }
    return run;
  }

  // The first fault of a state that a power cut may leave of `run`; empty: none.
  // `one_in`: of the distinct states, one in so many is looked at.
  std::string find_fault(const Run& run, const CrashBounds& bounds, std::size_t one_in = 1) {
    std::string fault;
    std::size_t number = 0;
    std::unordered_set<std::uint64_t> seen;
    CrashStates(run.files, bounds).each(run.from, [&](std::size_t at, const CrashState& cut) {
      const std::uint64_t print = cut.fingerprint();
      const bool is_new = distinct_.insert(print).second;
      if (!seen.insert(print * 31 + run.world.debts(at)).second) return true;
      const bool is_looked_at = number++ % one_in == 0;
      if (!is_new && !is_looked_at) return true;
      SimulatedFiles state = cut.files();
      if (state.find("srv/vault/letterpress-vault") != nullptr) with_vault_.insert(print);
      if (!is_looked_at) return true;
      ++checked_;
      fault = run.world.fault_of(state, at);
      if (!fault.empty()) fault += " (after event " + std::to_string(at) + ")";
      return fault.empty();
    });
    return fault;
  }

  bool is_half_written(const Status& status) const {
    return !GetParam().has_rename_no_replace &&
           message_of(status).find("exists with other bytes") != std::string::npos;
  }

  // Every sequence of `length` operations that begins with init.
  static std::vector<Sequence> sequences(std::size_t length) {
    std::vector<Sequence> all = {{Operation::kInit}};
    for (std::size_t i = 1; i < length; ++i) {
      std::vector<Sequence> longer;
      for (const Sequence& sequence : all) {
        for (const Operation operation : kAllOperations) {
          longer.push_back(sequence);
          longer.back().push_back(operation);
        }
      }
      all = std::move(longer);
    }
    return all;
  }

  TemporaryFolder states_;
  std::unordered_set<std::uint64_t> distinct_;
  std::unordered_set<std::uint64_t> with_vault_;  // of these, where init had come to its end
  std::size_t checked_ = 0;
};

INSTANTIATE_TEST_SUITE_P(FileSystems, CrashTest, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(CrashTest, WhatWasAcknowledgedSurvivesAPowerCutAtEveryCall) {
  // Init is one of the operations: 1 + 3 behind it at full size.
  const std::size_t length = at_full_size() ? 4 : 2;
  const CrashBounds bounds = bounds_of_size();
  std::size_t count = 0;
  for (std::size_t i = 1; i <= length; ++i) {
    for (const Sequence& sequence : sequences(i)) {
      const auto ran = run(sequence, options());
      if (!ran->makes_sense) continue;
      ++count;
      ASSERT_EQ(find_fault(*ran, bounds), "") << describe(sequence);
      if (at_full_size()) {
        std::fprintf(stderr, "%zu, %s: %zu states\n", count, describe(sequence).c_str(),
                     distinct_.size());
      }
    }
  }
  std::printf("%zu sequences, %zu distinct states, %zu of them with a vault, %zu checks\n", count,
              distinct_.size(), with_vault_.size(), checked_);
  EXPECT_GT(with_vault_.size(), 10U);
}

TEST_P(CrashTest, WhatWasAcknowledgedAfterAKillSurvivesAPowerCut) {
  const Operation next[] = {Operation::kBackUpUnchanged, Operation::kBackUpChanged};
  for (const Operation killed : {Operation::kBackUpNew, Operation::kInit}) {
    for (const Operation then : next) {
      for (std::size_t call = 0;; call += at_full_size() ? 1U : 7U) {
        Run ran(options(), states_.path());
        if (killed != Operation::kInit) {
          ASSERT_EQ(message_of(ran.world.run(Operation::kInit, ran.files)), "");
        }
        FaultyFiles faulty(ran.files);
        faulty.fail({.call = call, .lasts = FaultyFiles::Lasts::kEverything});
        const Status status = ran.world.run(killed, faulty);
        if (!faulty.has_failed()) break;
        // Only a vault whose head was made can be backed up into, and in the exclusive way a head
        // may be cut short.
        const SharedBytes head = ran.files.find("srv/vault/letterpress-vault");
        if (killed == Operation::kInit && (head == nullptr || head->empty())) {
          continue;
        }
        ran.from = ran.files.journal().size();
        ASSERT_EQ(message_of(ran.world.run(then, ran.files)), "") << call;
        // The end only: what comes before is another test.
        ran.from = ran.files.journal().size();
        ASSERT_EQ(find_fault(ran, bounds_of_size()), "")
            << name_of(killed) << " killed at call " << call << ", then " << name_of(then);
      }
    }
  }
  std::printf("%zu distinct states\n", distinct_.size());
}

TEST_P(CrashTest, OneProgramInTheMiddleOfAnother) {
  const std::pair<Operation, Operation> pairs[] = {
      {Operation::kBackUpNew, Operation::kBackUpSecond},
      {Operation::kCopyIn, Operation::kCopyIn},
      {Operation::kCopyIn, Operation::kBackUpSecond}};
  for (const auto& [outer, inner] : pairs) {
    for (std::size_t call = 0;; call += at_full_size() ? 1U : 5U) {
      const auto ran = run({Operation::kInit, Operation::kAddWriter}, options());
      ran->from = ran->files.journal().size();
      RecordingFiles files(ran->files);
      files.before(call, [&, inner = inner] {
        const Status done = ran->world.run(inner, ran->files);
        // In the exclusive way a file can be seen half-written, and is refused.
        EXPECT_TRUE(done || is_half_written(done)) << message_of(done);
        // What is owed from here on is looked at, and what comes before is another test.
        ran->from = ran->files.journal().size();
      });
      const Status done = ran->world.run(outer, files);
      EXPECT_TRUE(done || is_half_written(done)) << message_of(done);
      if (files.calls().size() <= call) break;
      ASSERT_EQ(find_fault(*ran, bounds_of_size()), "")
          << name_of(inner) << " before call " << call << " of " << name_of(outer);
    }
  }
  std::printf("%zu distinct states\n", distinct_.size());
}

// What mends a vault, and what copies it, is cut at every call, and run again: all is well then.
TEST_P(CrashTest, WhatMendsIsRunAgainAfterAPowerCut) {
  using enum Operation;
  std::vector<Sequence> befores = {{kInit, kBackUpNew}};
  std::vector<Sequence> all;
  if (at_full_size()) {
    befores.push_back({kInit, kBackUpNew, kBackUpChanged});
    befores.push_back({kInit, kBackUpNew, kAddWriter, kBackUpSecond});
    befores.push_back({kInit, kAddWriter, kBackUpSecond, kBackUpNew, kCopyIn});
  }
  for (const Sequence& before : befores) {
    for (const Sequence& then : {Sequence{kDamagePack},
                                 {kDamagePack, kRepair},
                                 {kDamageEntry},
                                 {kDamageEntry, kRepair},
                                 {kLoseRun},
                                 {kLoseRun, kRebuildIndex},
                                 {kWriteVolumes},
                                 {kDamagePack, kRepair, kBackUpChanged},
                                 {kLoseRun, kRebuildIndex, kBackUpNew},
                                 {kDamagePack, kBackUpNew, kRepair},
                                 {kDamageEntry, kBackUpNew, kRepair},
                                 {kDamageEntry, kRepair, kBackUpNew},
                                 {kLoseRun, kBackUpChanged, kRebuildIndex},
                                 {kWriteVolumes, kBackUpNew},
                                 {kDamagePack, kRepair, kWriteVolumes},
                                 {kLoseRun, kRebuildIndex, kWriteVolumes}}) {
      const bool is_of_entry = then.front() == kDamageEntry;
      if (!at_full_size() && then.size() > 2 && !is_of_entry) continue;
      all.push_back(before);
      all.back().insert(all.back().end(), then.begin(), then.end());
    }
  }
  for (const Sequence& sequence : all) {
    const auto ran = run(sequence, options());
    ASSERT_TRUE(ran->makes_sense) << describe(sequence);
    // Each state is mended, read and backed up into, and writing volumes has hundreds of calls.
    const bool is_long = sequence.back() == kWriteVolumes;
    CrashBounds bounds = bounds_of_size();
    if (!at_full_size()) bounds.states_a_call = is_long ? 2 : 8;
    ASSERT_EQ(find_fault(*ran, bounds, is_long && !at_full_size() ? 40 : 1), "")
        << describe(sequence);
  }
  std::printf("%zu sequences, %zu distinct states, %zu checks\n", all.size(), with_vault_.size(),
              checked_);
}

// The last operation, after one that was killed.
struct Case {
  Sequence before = {};
  std::optional<Operation> killed = {};
  std::string killed_before = {};  // the last call of this name, but for `and_more`
  std::size_t and_more = 0;
  Operation last = Operation::kInit;
};

// Removes each sync in turn; one that nothing misses is superfluous, or the tests above are blind.
class BarrierTest : public CrashTest {
 protected:
  std::unique_ptr<Run> run_case(const Case& it, const SimulatedFiles::Options& options) const {
    auto ran = std::make_unique<Run>(options, states_.path());
    for (const Operation operation : it.before) {
      EXPECT_EQ(message_of(ran->world.run(operation, ran->files)), "");
    }
    if (it.killed) {
      // Where to kill it, from one that is not killed.
      const auto rehearsal = std::make_unique<Run>(options, states_.path());
      for (const Operation operation : it.before) {
        EXPECT_EQ(message_of(rehearsal->world.run(operation, rehearsal->files)), "");
      }
      RecordingFiles recording(rehearsal->files);
      EXPECT_EQ(message_of(rehearsal->world.run(*it.killed, recording)), "");
      std::vector<std::size_t> calls;
      for (std::size_t i = 0; i < recording.calls().size(); ++i) {
        if (recording.calls()[i] == it.killed_before) calls.push_back(i);
      }
      FaultyFiles faulty(ran->files);
      faulty.fail({.call = calls.at(calls.size() - 1 - it.and_more),
                   .lasts = FaultyFiles::Lasts::kEverything});
      EXPECT_FALSE(ran->world.run(*it.killed, faulty));
    }
    ran->from = ran->files.journal().size();
    ran->syncs_from = ran->files.sync_count();
    EXPECT_EQ(message_of(ran->world.run(it.last, ran->files)), "");
    return ran;
  }

  // The numbers of the syncs of the last operation that none of the cases needs.
  // `bounds`, `one_in`: of what is looked at before the end.
  std::string not_needed(const std::vector<Case>& cases,
                         const CrashBounds& bounds = bounds_of_size(), std::size_t one_in = 1) {
    std::string numbers;
    for (const Case& it : cases) {
      EXPECT_EQ(find_fault(*run_case(it, options()), bounds, one_in), "") << "without a mutation";
    }
    const auto whole = run_case(cases.front(), options());
    const std::size_t count = whole->files.sync_count() - whole->syncs_from;
    for (std::size_t number = 0; number < count; ++number) {
      const bool is_needed = std::any_of(cases.begin(), cases.end(), [&](const Case& it) {
        const auto unharmed = run_case(it, options());
        SimulatedFiles::Options mutant = options();
        mutant.swallowed_syncs = {unharmed->syncs_from + number};
        const auto ran = run_case(it, mutant);
        // Most show at the end. Up to the sync nothing is different.
        ran->from = ran->files.journal().size();
        if (!find_fault(*ran, bounds_of_size()).empty()) return true;
        ran->from = ran->files.events_before_sync(unharmed->syncs_from + number);
        return !find_fault(*ran, bounds, one_in).empty();
      });
      if (!is_needed) numbers += std::to_string(number) + " ";
    }
    return numbers;
  }

  bool is_exclusive() const { return !GetParam().has_rename_no_replace; }
};

INSTANTIATE_TEST_SUITE_P(FileSystems, BarrierTest, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

using enum Operation;

TEST_P(BarrierTest, EverySyncOfInitIsNeeded) {
  // 3, 4 and 5: of folders, which a backup makes again if they are gone. 7 and 9: a key file's name
  // is made to last by each write_key_file(), as it promises; in init the one for vault.pub (11)
  // would do for all three. 12 of the exclusive way: of the file that finds out that there is no
  // better one.
  EXPECT_EQ(not_needed({{.last = kInit}}), is_exclusive() ? "3 4 5 7 9 12 " : "3 4 5 7 9 ");
}

TEST_P(BarrierTest, EverySyncOfWriterAddIsNeeded) {
  // Both are of folders, which a backup makes again if they are gone.
  EXPECT_EQ(not_needed({{.before = {kInit}, .last = kAddWriter}}), "0 1 ");
}

TEST_P(BarrierTest, EverySyncOfAFirstBackupIsNeeded) {
  std::vector<Case> cases = {{.before = {kInit}, .last = kBackUpNew},
                             {.killed = kInit, .killed_before = "sync_folder", .last = kBackUpNew}};
  if (is_exclusive()) {
    cases.push_back({.killed = kInit, .killed_before = "sync_file", .last = kBackUpNew});
  }
  // 4: the bytes of a vault head that an init left are on the disk before it has its name, unless
  // the file system has no better way than the exclusive one. There 0 is of the file that finds
  // that out.
  EXPECT_EQ(not_needed(cases), is_exclusive() ? "0 " : "4 ");
}

TEST_P(BarrierTest, EverySyncOfALaterBackupIsNeeded) {
  EXPECT_EQ(not_needed({{.before = {kInit, kBackUpNew}, .last = kBackUpChanged}}),
            is_exclusive() ? "0 " : "");
}

TEST_P(BarrierTest, EverySyncOfABackupAfterAKilledOneIsNeeded) {
  // Killed when the index run (the last but one) has its name.
  const Case folder = {.before = {kInit, kBackUpNew},
                       .killed = kBackUpNew,
                       .killed_before = "sync_folder",
                       .and_more = 1,
                       .last = kBackUpUnchanged};
  std::vector<Case> cases = {folder};
  if (is_exclusive()) {
    cases.push_back(folder);
    cases.back().killed_before = "sync_file";
  }
  EXPECT_EQ(not_needed(cases), is_exclusive() ? "2 " : "0 ");
}

TEST_P(BarrierTest, EverySyncOfACopyIsNeeded) {
  EXPECT_EQ(not_needed({{.before = {kInit}, .last = kCopyIn}}), is_exclusive() ? "0 " : "");
  std::vector<Case> again = {
      {.before = {kInit}, .killed = kCopyIn, .killed_before = "sync_folder", .last = kCopyIn}};
  if (is_exclusive()) {
    again.push_back(again.front());
    again.back().killed_before = "sync_file";
  }
  EXPECT_EQ(not_needed(again), is_exclusive() ? "" : "0 ");
}

TEST_P(BarrierTest, EverySyncOfARepairIsNeeded) {
  if (is_exclusive()) GTEST_SKIP() << "which of them it needs is not known yet";
  // 0, 1 and 5: of folders that were there already, and are not if an earlier run was killed. 4: of
  // the folder that the damaged pack leaves, which 7 writes once more, with the good one.
  EXPECT_EQ(not_needed({{.before = {kInit, kBackUpNew, kDamagePack}, .last = kRepair}}),
            "0 1 4 5 ");
}

TEST_P(BarrierTest, EverySyncOfWritingVolumesIsNeeded) {
  if (!at_full_size() && !GetParam().has_tmpfile && !is_exclusive()) {
    GTEST_SKIP() << "at full size only: as on the way of ext4";
  }
  CrashBounds bounds = bounds_of_size();
  if (!at_full_size()) bounds.states_a_call = 8;
  // Of a volume's folder itself: of the names of its folders (2, 8, 14), of the manifest (19, 21,
  // 23), of the vault head (39, 41, 43) and of the document (57, 59, 61). The next file there, and
  // the seal at the last, makes them last as well, and what is lost before is written again.
  // 11 and 17: of packs/, on the volumes that got none. 68 and 70: of the receipt, which nothing
  // needs. In the exclusive way also 0, 7, 14 and 72, of the files with which it is found out on
  // each volume and in the vault, and 73, of the receipt's bytes.
  EXPECT_EQ(not_needed({{.before = {kInit, kBackUpNew}, .last = kWriteVolumes}}, bounds,
                       at_full_size() ? 1 : 15),
            is_exclusive() ? "0 3 7 10 13 14 17 20 22 24 26 42 44 46 60 62 64 71 72 73 74 "
                           : "2 8 11 14 17 19 21 23 39 41 43 57 59 61 68 70 ");
}

TEST_P(BarrierTest, EverySyncOfAnIndexRebuildIsNeeded) {
  if (is_exclusive()) GTEST_SKIP() << "which of them it needs is not known yet";
  // 0 and 1: of folders that were there already. 3: of the folder in which the second run, which
  // says what it replaces, is made to last as well (5).
  EXPECT_EQ(not_needed({{.before = {kInit, kBackUpNew, kLoseRun}, .last = kRebuildIndex}}),
            "0 1 3 ");
}

}  // namespace
}  // namespace letterpress::vault
