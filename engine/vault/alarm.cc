// SPDX-License-Identifier: Apache-2.0
#include "vault/alarm.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/varint.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change.
constexpr std::uint64_t kChangeTag = 1;

// How many snapshots say what is usual.
constexpr std::size_t kHistoryMax = 30;
// Less than this is never a jump: in a store of ten mails one is a tenth.
constexpr std::uint64_t kBytesMin = 64 * kKiB;
constexpr std::uint64_t kEntriesMin = 16;
// What was usual may be twice as much today, and no more than nearly all.
constexpr double kUsualFactor = 2;
constexpr double kVanishedMax = 0.9;

std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Of the snapshot before. Net, so that mails that were moved or renamed have not vanished.
double vanished_share(const SnapshotChange& before, const SnapshotChange& now) {
  const std::uint64_t entries = less(before.entries, now.entries);
  const std::uint64_t bytes = less(before.source_bytes, now.source_bytes);
  return std::max(entries < kEntriesMin ? 0 : share(entries, before.entries),
                  bytes < kBytesMin ? 0 : share(bytes, before.source_bytes));
}

bool has_vanished(const SnapshotChange& now, std::span<const PastSnapshot> history, double limit) {
  double usual = 0;
  for (std::size_t i = 1; i < history.size(); ++i) {
    if ((history[i].alarms & kAlarmVanished) != 0) continue;
    usual = std::max(usual, vanished_share(history[i - 1].change, history[i].change));
  }
  const double allowed = std::max(limit, std::min(kUsualFactor * usual, kVanishedMax));
  return vanished_share(history.back().change, now) >= allowed;
}

// Encrypted mail is new, cannot be compressed, and stands where mail was that can be.
bool is_encrypted(const SnapshotChange& now, std::span<const PastSnapshot> history, double limit) {
  const std::uint64_t before = history.back().change.source_bytes;
  const std::uint64_t lost = less(before, less(now.source_bytes, now.new_bytes));
  if (std::min(lost, now.incompressible_bytes) < kBytesMin) return false;
  if (share(lost, before) < limit || share(now.incompressible_bytes, before) < limit) return false;
  // Attachments are a part of all new mail that is about the same from day to day.
  std::uint64_t new_bytes = 0;
  std::uint64_t incompressible = 0;
  for (const PastSnapshot& past : history) {
    if ((past.alarms & kAlarmNewIncompressible) != 0) continue;
    new_bytes += past.change.new_bytes;
    incompressible += past.change.incompressible_bytes;
  }
  const double usual = share(incompressible, new_bytes);
  return share(now.incompressible_bytes, now.new_bytes) >= (1 + usual) / 2;
}

}  // namespace

std::uint32_t find_alarms(const SnapshotChange& now, std::span<const PastSnapshot> history,
                          const AlarmLimits& limits) {
  if (history.empty()) return 0;
  history = history.last(std::min(history.size(), kHistoryMax));
  std::uint32_t alarms = 0;
  if (limits.incompressible > 0 && is_encrypted(now, history, limits.incompressible)) {
    alarms |= kAlarmNewIncompressible;
  }
  if (limits.vanished > 0 && has_vanished(now, history, limits.vanished)) alarms |= kAlarmVanished;
  return alarms;
}

LogExtension encode_change(const SnapshotChange& change) {
  LogExtension extension{kChangeTag, {}};
  append_varint(extension.value, change.new_bytes);
  append_varint(extension.value, change.incompressible_bytes);
  return extension;
}

std::vector<PastSnapshot> history_of(std::span<const LogEntry* const> entries,
                                     const WriterIdentity& identity,
                                     const std::vector<std::string>& sources) {
  std::vector<PastSnapshot> history;
  for (const LogEntry* const entry : entries) {
    if (entry->identity != identity || entry->sources != sources) continue;
    PastSnapshot& past = history.emplace_back();
    past.alarms = entry->alarms;
    past.change.entries = entry->totals.entries;
    past.change.source_bytes = entry->totals.source_bytes;
    const auto found = std::ranges::find(entry->extensions, kChangeTag, &LogExtension::tag);
    if (found == entry->extensions.end()) continue;
    ByteCursor cursor(found->value);
    const std::uint64_t new_bytes = cursor.varint();
    const std::uint64_t incompressible = cursor.varint();
    if (!cursor.ok()) continue;
    past.change.new_bytes = new_bytes;
    past.change.incompressible_bytes = incompressible;
  }
  return history;
}

}  // namespace letterpress::vault
