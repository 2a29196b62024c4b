// SPDX-License-Identifier: Apache-2.0
// Expected values: what docs/SECURITY.md, "The alarm", says.
#include "vault/alarm.h"

#include "vault/vault_fixtures.h"

namespace letterpress::vault {
namespace {

constexpr std::uint64_t kMB = 1'000'000;
constexpr AlarmLimits kLimits;

// A store of 1 GB in 10,000 files, of which a third cannot be compressed, and then quiet days.
std::vector<PastSnapshot> quiet_history(std::size_t days = 5) {
  std::vector<PastSnapshot> history = {{{10'000, 1'000 * kMB, 800 * kMB, 300 * kMB}, 0}};
  for (std::size_t day = 1; day <= days; ++day) {
    SnapshotChange change = history.back().change;
    change.entries += 50;
    change.source_bytes += 5 * kMB;
    change.new_bytes = 4 * kMB;
    change.incompressible_bytes = 2 * kMB;
    history.push_back({change, 0});
  }
  return history;
}

SnapshotChange today(std::int64_t entries, std::int64_t source_mb, std::uint64_t new_mb,
                     std::uint64_t incompressible_mb) {
  const SnapshotChange before = quiet_history().back().change;
  return {before.entries + static_cast<std::uint64_t>(entries),
          before.source_bytes + static_cast<std::uint64_t>(source_mb * std::int64_t{kMB}),
          new_mb * kMB, incompressible_mb * kMB};
}

std::uint32_t alarms_of(const SnapshotChange& now) {
  return find_alarms(now, quiet_history(), kLimits);
}

TEST(Alarm, RingsWhenMailIsEncrypted) {
  EXPECT_EQ(alarms_of(today(0, 0, 1'025, 1'025)), kAlarmNewIncompressible);  // all of it
  EXPECT_EQ(alarms_of(today(0, 0, 110, 109)), kAlarmNewIncompressible);      // a tenth of it
  EXPECT_EQ(alarms_of(today(9, 5, 120, 116)), kAlarmNewIncompressible);      // and ordinary mail
}

TEST(Alarm, RingsWhenMailIsDeleted) {
  EXPECT_EQ(alarms_of(today(-9'000, -900, 0, 0)), kAlarmVanished);
  EXPECT_EQ(alarms_of(today(-3'000, -1, 0, 0)), kAlarmVanished);  // small mails
  EXPECT_EQ(alarms_of(today(0, -300, 0, 0)), kAlarmVanished);     // out of an mbox
  EXPECT_EQ(alarms_of(today(-10'250, -1'025, 0, 0)), kAlarmVanished);
}

TEST(Alarm, DoesNotRingOnOrdinaryDays) {
  EXPECT_EQ(alarms_of(today(50, 5, 4, 2)), 0U);
  EXPECT_EQ(alarms_of(today(0, 0, 0, 0)), 0U);
  EXPECT_EQ(alarms_of(today(500, 300, 230, 229)), 0U);           // a newsletter with a large PDF
  EXPECT_EQ(alarms_of(today(10'000, 1'025, 800, 300)), 0U);      // twice as much
  EXPECT_EQ(alarms_of(today(10'000, 1'025, 1'025, 1'024)), 0U);  // of pictures only
  EXPECT_EQ(alarms_of(today(0, 0, 1'025, 320)), 0U);             // written anew, as mail
  EXPECT_EQ(alarms_of(today(-1'000, -100, 4, 2)), 0U);           // somebody tidied up
}

TEST(Alarm, HasNothingToSayOfAFirstSnapshot) {
  EXPECT_EQ(find_alarms(today(0, 0, 1'025, 1'025), {}, kLimits), 0U);
}

TEST(Alarm, KnowsWhatIsUsual) {
  // A server that throws 20 % away once in a while may throw away 40 %, not 60 %.
  std::vector<PastSnapshot> history = quiet_history();
  SnapshotChange change = history.back().change;
  change.entries = change.entries * 4 / 5;
  history.push_back({change, 0});
  change.entries = change.entries * 7 / 10;
  EXPECT_EQ(find_alarms(change, history, kLimits), 0U);
  change.entries = change.entries * 5 / 10;
  EXPECT_EQ(find_alarms(change, history, kLimits), kAlarmVanished);
  // What rang is not what is usual.
  history.back().alarms = kAlarmVanished;
  change.entries = history.back().change.entries * 7 / 10;
  EXPECT_EQ(find_alarms(change, history, kLimits), kAlarmVanished);
  // A store of pictures only: new pictures are nothing new.
  for (PastSnapshot& past : history) past.change.incompressible_bytes = past.change.new_bytes;
  EXPECT_EQ(find_alarms({history.back().change.entries, history.back().change.source_bytes,
                         500 * kMB, 480 * kMB},
                        history, kLimits),
            0U);
}

TEST(Alarm, ForgetsWhatWasUsualMoreThan30SnapshotsAgo) {
  for (const std::size_t later : {std::size_t{28}, std::size_t{29}}) {
    std::vector<PastSnapshot> history = quiet_history();
    history.push_back(history.back());
    history.back().change.entries = history.back().change.entries * 4 / 5;
    for (std::size_t day = 0; day < later; ++day) history.push_back(history.back());
    SnapshotChange change = history.back().change;
    change.entries = change.entries * 7 / 10;
    // The snapshot before the drop, that of the drop and 28 later ones are 30.
    EXPECT_EQ(find_alarms(change, history, kLimits), later == 28 ? 0U : kAlarmVanished) << later;
  }
}

TEST(Alarm, CanBeSwitchedOff) {
  EXPECT_EQ(find_alarms(today(-10'000, -900, 125, 125), quiet_history(), {0, 0}), 0U);
  EXPECT_EQ(find_alarms(today(-10'000, -900, 125, 125), quiet_history(), {0, 0.25}),
            kAlarmVanished);
}

TEST(Alarm, SmallStoresAreNotJumpy) {
  const std::vector<PastSnapshot> history = {{{11, 20'000, 18'000, 2'000}, 0}};
  EXPECT_EQ(find_alarms({1, 100, 0, 0}, history, kLimits), 0U);
  EXPECT_EQ(find_alarms({11, 20'000, 20'000, 20'000}, history, kLimits), 0U);
}

TEST(Alarm, ComparesSnapshotsOfTheSameSourcesOnly) {
  LogEntry mail;
  mail.identity = kTinyIdentity;
  mail.sources = {"mail"};
  mail.totals.entries = 100;
  mail.extensions = {encode_change({0, 0, 300, 200})};
  LogEntry other = mail;
  other.sources = {"etc"};
  LogEntry epoch = mail;
  epoch.identity.epoch = 2;
  LogEntry old = mail;
  old.extensions = {{7, {1}}};
  LogEntry damaged = mail;
  damaged.extensions[0].value = {0x80};
  const LogEntry* const entries[] = {&mail, &other, &epoch, &old, &damaged};
  const auto history = history_of(entries, kTinyIdentity, {"mail"});
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].change.new_bytes, 300U);
  EXPECT_EQ(history[0].change.incompressible_bytes, 200U);
  EXPECT_EQ(history[1].change.new_bytes, 0U);
  EXPECT_EQ(history[2].change.incompressible_bytes, 0U);
  EXPECT_EQ(history[2].change.entries, 100U);
}

}  // namespace
}  // namespace letterpress::vault
