// SPDX-License-Identifier: Apache-2.0
// The seal: every byte of packs, index runs and log entries passes here on its way between payloads
// and files (docs/FORMAT.md, "Sealed files"). Nothing else knows how a file is protected.
//
//   LETTERPRESS_TRY_ASSIGN(const Bytes file, seal(label, ingest_key, payload));
//   ...
//   LETTERPRESS_TRY_ASSIGN(const SealHead head, open_head(first_bytes, keys, "packs/3f/..."));
//   LETTERPRESS_TRY_ASSIGN(const ByteView part, RecordOpener(head).open(0, record,
//   "packs/3f/..."));
//
// A sealed file is a head, records of one fixed size, and a tail. A record is a clear header
// {magic, salt, number, flags}, a part of the payload, and a tag over both. The payload is filled
// up with zeros to whole records; its length is in the last 8 bytes of the last record, so that the
// size of a file whose records are encrypted shows whole records only. The tail has a hash of each
// record and the head once more. The head has a hash of these hashes and is signed by the writer,
// who is certified by the vault's root: so without a secret key any change of any byte is found,
// and found where it is; and what was signed by nobody is found too.
//
// The head of a pack holds its key, random and used once, locked for each reader: after sealing not
// even the writer can read it. Index runs are encrypted with the writer's index key. Log entries
// are clear.
//
// Any thread. Output depends on the arguments and on chance. Cost: one pass of AES-256-GCM, one of
// BLAKE3 and one copy of the payload; 150 microseconds a file for keys and signature.
#pragma once

#include "vault/sealing/record_cipher.h"
#include "vault/sealing/seal_head.h"

namespace letterpress::vault {

// The whole file. kLimitExceeded if the payload is larger than kSealedPayloadBytesMax. The payload
// may come in pieces, which are put together. `label` has the key's identity. `chance` is for
// tests.
Result<Bytes> seal(const SealLabel& label, const IngestKey& key, std::span<const ByteView> payload,
                   const SealChance* chance = nullptr);
Result<Bytes> seal(const SealLabel& label, const IngestKey& key, ByteView payload,
                   const SealChance* chance = nullptr);

// Opens the records of one file. Not thread-safe: one for each thread.
class RecordOpener {
 public:
  // `head` must outlive it.
  explicit RecordOpener(const SealHead& head);

  // Checks one record and gives its part of the payload, a view into `record`, which is decrypted
  // in place. kInvalidArgument: the head is locked. `file` is for messages.
  Result<ByteView> open(std::uint32_t number, std::span<std::uint8_t> record,
                        std::string_view file);
  // The same into `to`, of SealHead::record_payload_bytes(): the record's own part, or apart from
  // the record. After an error, what it has is not to be believed.
  Status open_to(std::uint32_t number, ByteView record, std::string_view file,
                 std::span<std::uint8_t> to);

 private:
  Status check_header(std::uint32_t number, ByteView record, std::string_view file) const;

  const SealHead& head_;
  std::optional<RecordCipher> cipher_;  // of a head that is neither clear nor locked
};

// The hashes that the tail has, without their filling: the first kLeafBytes of the BLAKE3 of each
// record as it lies in the file. `records` is one behind the other.
void append_leaves(Bytes& leaves, ByteView records, std::uint32_t record_bytes);
// Whether these are the hashes of whole, unchanged records.
bool are_leaves_of(const SealHead& head, ByteView leaves);

}  // namespace letterpress::vault
