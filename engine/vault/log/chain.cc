// SPDX-License-Identifier: Apache-2.0
#include "vault/log/chain.h"

#include <algorithm>

#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

using What = ChainProblem::What;

void note_gap(std::uint64_t first, std::uint64_t last, const std::string& folder, Chain& chain) {
  std::string files = folder + '/' + sequence_name(first);
  if (last != first) files += " to " + sequence_name(last);
  chain.problems.push_back(
      {first, last, What::kMissing, files + ": missing, though a later log entry is there"});
}

// Adds the entry to the chain, or says why not.
void read_link(const Storage& storage, const Keyring& keys, std::uint64_t sequence, Chain& chain) {
  Result<ReadLogEntry> read = read_log_entry(storage, keys, chain.writer, sequence);
  if (!read) {
    const bool is_gone = read.error().code() == ErrorCode::kNotFound;
    chain.problems.push_back(
        {sequence, sequence, is_gone ? What::kMissing : What::kDamaged, read.error().message()});
    return;
  }
  // Only a good neighbour can be blamed; a bad one is a problem of its own already.
  const bool has_neighbour =
      !chain.links.empty() && chain.links.back().entry.sequence + 1 == sequence;
  if (has_neighbour && !follows(read->entry, chain.links.back().sha256)) {
    chain.problems.push_back(
        {sequence, sequence, What::kUnlinked,
         storage.full_path(log_folder(chain.writer)) + '/' + sequence_name(sequence) +
             ": does not continue the log entry before it (it names one with SHA-256 " +
             to_hex(read->entry.previous.bytes) + ", there is " +
             to_hex(chain.links.back().sha256.bytes) + "): one of the two was exchanged"});
  }
  chain.links.push_back({std::move(read->entry), std::move(read->writer_name), read->sha256});
}

}  // namespace

Result<KnownRuns> list_known_runs(const Storage& storage, const Chain& chain) {
  KnownRuns runs;
  for (const ChainLink& link : chain.links) {
    for (const IndexRunRef& run : link.entry.index_runs) runs.emplace(run.sequence, run);
  }
  LETTERPRESS_TRY_ASSIGN(const std::vector<std::uint64_t> there,
                         list_index_runs(storage, chain.writer));
  for (const std::uint64_t sequence : there) runs.emplace(sequence, std::nullopt);
  return runs;
}

Result<Chain> read_chain(const Storage& storage, const Keyring& keys, const WriterId& writer) {
  Chain chain;
  chain.writer = writer;
  Result<std::vector<StoredName>> names = storage.list(log_folder(writer));
  if (!names && names.error().code() == ErrorCode::kNotFound) return chain;
  if (!names) return std::move(names).error();
  const std::string folder = storage.full_path(log_folder(writer));
  std::uint64_t next = 1;
  for (const StoredName& name : *names) {
    const auto sequence = parse_sequence_name(name.name);
    if (!sequence || name.is_folder) {
      chain.strangers.push_back(folder + '/' + name.name);
      continue;
    }
    if (*sequence > next) note_gap(next, *sequence - 1, folder, chain);
    read_link(storage, keys, *sequence, chain);
    next = *sequence + 1;
  }
  LETTERPRESS_TRY_ASSIGN(const SetAsideEntry aside, find_set_aside_entry(storage, writer));
  if (aside.sequence >= next) {
    chain.problems.push_back(
        {next, aside.sequence, What::kMissing,
         folder + '/' + sequence_name(aside.sequence) +
             ": missing: a repair has moved it to damaged/ and was stopped before the good one was "
             "in its place; run letterpress repair again"});
  }
  const Result<LogHead> head = read_log_head(storage, writer);
  if (head) {
    chain.head = *head;
  } else if (head.error().code() == ErrorCode::kOutOfMemory) {
    return head.error().copy();
  } else {
    chain.head.sequence = std::max(next - 1, aside.sequence);
    chain.head_error = head.error().message();
  }
  return chain;
}

}  // namespace letterpress::vault
