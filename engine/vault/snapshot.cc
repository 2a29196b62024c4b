// SPDX-License-Identifier: Apache-2.0
#include "vault/snapshot.h"

#include <algorithm>
#include <utility>

namespace letterpress::vault {
namespace {

constexpr std::size_t kWriterDigits = 4;

}  // namespace

std::string snapshot_name(const WriterId& writer, std::uint64_t sequence) {
  return to_hex(writer.bytes).substr(0, kWriterDigits) + "-" + std::to_string(sequence);
}

Result<SnapshotList> list_snapshots(const Vault& vault) {
  SnapshotList list;
  const Keyring keys = vault.keyring();
  LETTERPRESS_TRY_ASSIGN(const std::vector<WriterId> writers, vault.list_writers());
  for (const WriterId& writer : writers) {
    LETTERPRESS_TRY_ASSIGN(Chain chain, read_chain(vault.storage(), keys, writer));
    // A writer's later snapshot is never before an earlier one, whatever its clock said.
    std::int64_t time_ns = INT64_MIN;
    for (ChainLink& link : chain.links) {
      time_ns = std::max(time_ns, link.entry.time_ns);
      std::string name = snapshot_name(writer, link.entry.sequence);
      list.snapshots.push_back(
          {std::move(name), std::move(link.writer_name), std::move(link.entry), time_ns});
    }
    for (const ChainProblem& problem : chain.problems) list.problems.push_back(problem.message);
  }
  std::ranges::stable_sort(list.snapshots, {}, &Snapshot::order_ns);
  return list;
}

bool Snapshot::is_called(std::string_view asked) const {
  const std::string number = std::to_string(entry.sequence);
  if (asked == number) return true;
  if (!asked.ends_with('-' + number)) return false;
  const std::string_view writer = asked.substr(0, asked.size() - number.size() - 1);
  return writer.size() >= kWriterDigits && to_hex(entry.identity.writer.bytes).starts_with(writer);
}

Result<const Snapshot*> SnapshotList::find(std::string_view name) const {
  if (snapshots.empty()) return Error(ErrorCode::kNotFound, "the vault has no snapshot yet");
  if (name.empty() || name == "latest") return &snapshots.back();
  const Snapshot* found = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    if (!snapshot.is_called(name)) continue;
    if (found != nullptr) {
      return Error(ErrorCode::kInvalidArgument,
                   "several writers have a snapshot " + std::string(name) +
                       ": name one, with as many digits of its writer as it takes, such as " +
                       to_hex(found->entry.identity.writer.bytes) + '-' +
                       std::to_string(found->entry.sequence));
    }
    found = &snapshot;
  }
  if (found == nullptr) {
    return Error(ErrorCode::kNotFound, "there is no snapshot " + std::string(name) +
                                           "; letterpress snapshots lists them, the latest is " +
                                           snapshots.back().name);
  }
  return found;
}

PackSet SnapshotList::packs_of(const WriterIdentity& identity) const {
  PackSet packs;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.entry.identity != identity) continue;
    for (const PackRef& pack : snapshot.entry.packs) packs.add(pack);
  }
  return packs;
}

}  // namespace letterpress::vault
