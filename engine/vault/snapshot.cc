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
    for (ChainLink& link : chain.links) {
      std::string name = snapshot_name(writer, link.entry.sequence);
      list.snapshots.push_back(
          {std::move(name), std::move(link.writer_name), std::move(link.entry)});
    }
    for (const ChainProblem& problem : chain.problems) list.problems.push_back(problem.message);
  }
  std::ranges::stable_sort(list.snapshots, {},
                           [](const Snapshot& snapshot) { return snapshot.entry.time_ns; });
  return list;
}

Result<const Snapshot*> SnapshotList::find(std::string_view name) const {
  if (snapshots.empty()) return Error(ErrorCode::kNotFound, "the vault has no snapshot yet");
  if (name.empty() || name == "latest") return &snapshots.back();
  const Snapshot* found = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.name != name && std::to_string(snapshot.entry.sequence) != name) continue;
    if (found != nullptr) {
      return Error(ErrorCode::kInvalidArgument, "several writers have a snapshot " +
                                                    std::string(name) + ": name one, such as " +
                                                    found->name);
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
