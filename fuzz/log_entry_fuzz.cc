// SPDX-License-Identifier: Apache-2.0
// Any bytes as the payload of a log entry that its writer signed.
// Invariants: an entry that is taken keeps to its limits, is encoded again to what decodes to the
// same, and reads the same from a file; one that is refused says why; the snapshots of the vault
// can be listed whatever the log holds.
#include "fuzz_input.h"
#include "made_vault.h"
#include "vault/limits.h"
#include "vault/snapshot.h"
#include "vault/tree/tree.h"
#include "vault/witness.h"

namespace {

namespace vault = letterpress::vault;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Result;
using letterpress::fuzz::require;
using letterpress::fuzz::succeeds;

void check_file(ByteView payload, const Result<vault::LogEntry>& decoded, std::uint64_t sequence) {
  letterpress::fuzz::MadeVault made;
  made.put_log(sequence, payload);
  const vault::Vault opened = made.open();
  const auto read = vault::read_log_entry(opened.storage(), opened.keyring(),
                                          letterpress::fuzz::kMadeIdentity.writer, sequence);
  require(succeeds(read) == decoded.has_value());
  if (read) require(read->entry == *decoded);
  const auto list = letterpress::fuzz::take(vault::list_snapshots(opened));
  require(list.snapshots.size() == (decoded ? 1U : 0U));
  require(succeeds(vault::take_witness(opened)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  letterpress::fuzz::FuzzInput input({data, size});
  const std::uint64_t sequence = input.from_to(1, 3);
  const bool wants_file = input.up_to(15) == 0;
  const ByteView payload = input.rest();
  const auto label = letterpress::fuzz::MadeVault::label_of(vault::FileType::kLogEntry, sequence);
  const Result<vault::LogEntry> entry = vault::decode_log_entry(label, payload, "LOG");
  if (succeeds(entry)) {
    require(entry->host.size() <= vault::kHostBytesMax &&
            entry->sources.size() <= vault::kSourceNamesMax &&
            entry->root.size() <= vault::kRootBytesMax);
    const Bytes again = letterpress::fuzz::take(vault::encode_log_entry(*entry));
    require(again.size() <= payload.size());
    require(letterpress::fuzz::take(vault::decode_log_entry(label, again, "LOG")) == *entry);
    require(vault::follows(*entry, entry->previous));
    static_cast<void>(succeeds(vault::decode_tree_root(entry->root)));
  }
  // The seal costs as much as a hundred entries.
  if (wants_file) check_file(payload, entry, sequence);
  return 0;
}
