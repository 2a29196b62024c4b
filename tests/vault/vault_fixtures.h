// SPDX-License-Identifier: Apache-2.0
// Small things that the vault's tests share: fixed ids, seeded bytes, folders of their own, and the
// tiny vault whose files are frozen in tests/golden/vault.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <stdexcept>

#include "base/file.h"
#include "codecs/codec.h"
#include "stream/block.h"
#include "vault/keys/keyring.h"
#include "vault/log/log.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

// The value, or a failed test.
template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

// Empty if it succeeded.
template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message();
}

// Bytes first, first + 1, ...
template <class Id>
Id counting(std::uint8_t first) {
  Id id;
  std::iota(id.bytes.begin(), id.bytes.end(), first);
  return id;
}

inline const WriterIdentity kTinyIdentity{counting<VaultId>(0x00), counting<WriterId>(0x10), 1};

inline RecoveryKey tiny_recovery() {
  return {kTinyIdentity.vault, Secret(counting<Sha256Digest>(0x20).bytes)};
}
inline IngestSecrets tiny_secrets() {
  return {Secret(counting<Sha256Digest>(0x40).bytes), counting<HashKey>(0x60)};
}
inline const IngestKey& tiny_key() {
  static const IngestKey key =
      take(make_ingest_key(tiny_recovery(), kTinyIdentity.writer, "mail.example.org",
                           readers_of(tiny_recovery(), {}), tiny_secrets()));
  return key;
}
// What everybody knows of the tiny vault.
inline Keyring public_keys() { return {kTinyIdentity.vault, tiny_key().root}; }
// What its writer knows.
inline Keyring writer_keys() {
  Keyring keys = public_keys();
  keys.add(tiny_key());
  return keys;
}
// What opens everything in it: of the index runs, because a pack was opened or the writer told.
inline Keyring reading_keys() {
  Keyring keys = writer_keys();
  keys.add(tiny_recovery().reader());
  return keys;
}
inline SealChance chance_of(std::uint8_t first) {
  return {counting<Salt>(first), Secret(counting<Sha256Digest>(first).bytes), {}};
}

inline Bytes seeded_bytes(std::size_t count, std::uint64_t seed) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<std::uint8_t>(seed >> 56);
  }
  return bytes;
}

// Byte i of the tiny vault's block `number`.
inline Bytes pattern(std::uint64_t number, std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::uint8_t>((i * 7 + i / 251 + number * 13) & 0xff);
  }
  return bytes;
}

// A block of these chunks, as packs hold it.
inline Bytes encoded_block(std::uint64_t number, const std::vector<Bytes>& chunks,
                           bool with_ids = false) {
  stream::RawBlock raw{number, Kind::kText, true, {}, {}, {}};
  for (const Bytes& chunk : chunks) {
    raw.lengths.push_back(static_cast<std::uint32_t>(chunk.size()));
    raw.ids.emplace_back();
    append(raw.bytes, chunk);
  }
  codecs::BlockCodec codec;
  Bytes encoded;
  stream::encode_block(stream::compress_block(std::move(raw), codec), with_ids, encoded);
  return encoded;
}

// A new folder that vanishes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(::testing::TempDir() + "letterpress-vault-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << path_ << " cannot be made";
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

struct TinyVault {
  PackRef packs[2];  // blocks 0 to 2, and block 3
  IndexRun run;
  IndexRunRef run_ref;
  LogEntry entries[2];
};

// Writes the packs, the index run and the log of tests/golden/vault; folders are made. `slots`: the
// locked keys of the two packs, which are random otherwise.
TinyVault make_tiny_vault(Storage& storage,
                          const std::array<std::vector<ReaderSlot>, 2>& slots = {});

}  // namespace letterpress::vault
