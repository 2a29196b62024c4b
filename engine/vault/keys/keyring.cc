// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/keyring.h"

#include <sodium.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "hashing/blake3.h"

namespace letterpress::vault {

namespace {

std::array<std::uint8_t, 8> short_name(const ReaderPublicKey& reader) {
  std::array<std::uint8_t, 8> name;
  const ChunkId digest = hashing::hash(reader.bytes);
  std::copy_n(digest.bytes.begin(), name.size(), name.begin());
  return name;
}

}  // namespace

struct Keyring::Learnt {
  std::mutex mutex;
  std::map<WriterIdentity, HashKey> id_keys;
  std::set<std::tuple<WriterIdentity, VerifyKey, std::string>> writers;  // that are certified
};

Keyring::Keyring(const VaultId& vault, const VerifyKey& root)
    : vault_(vault), root_(root), learnt_(std::make_shared<Learnt>()) {}

void Keyring::add(const ReaderKey& reader) { readers_.push_back(reader); }

void Keyring::add(const IngestKey& writer) { learn(writer.identity, writer.id_key); }

void Keyring::learn(const WriterIdentity& identity, const HashKey& id_key) const {
  const std::lock_guard lock(learnt_->mutex);
  learnt_->id_keys.emplace(identity, id_key);
}

std::optional<HashKey> Keyring::id_key(const WriterIdentity& identity) const {
  const std::lock_guard lock(learnt_->mutex);
  const auto found = learnt_->id_keys.find(identity);
  if (found == learnt_->id_keys.end()) return std::nullopt;
  return found->second;
}

bool Keyring::is_writer(const WriterIdentity& identity,
                        const WriterCertificate& certificate) const {
  std::tuple known(identity, certificate.key, certificate.name);
  {
    const std::lock_guard lock(learnt_->mutex);
    if (learnt_->writers.contains(known)) return true;
  }
  if (!is_certified(root_, identity, certificate)) return false;
  const std::lock_guard lock(learnt_->mutex);
  learnt_->writers.insert(std::move(known));
  return true;
}

std::optional<Secret> Keyring::unlock(const WriterIdentity& identity,
                                      std::span<const ReaderSlot> slots) const {
  for (const ReaderKey& reader : readers_) {
    const auto name = short_name(reader.public_key());
    for (const ReaderSlot& slot : slots) {
      if (slot.reader != name) continue;
      std::optional<Bytes> opened = open_box(reader, slot.box);
      if (!opened) continue;
      Secret file_key;
      HashKey id_key;
      const auto middle = opened->begin() + static_cast<std::ptrdiff_t>(file_key.bytes.size());
      std::copy(opened->begin(), middle, file_key.bytes.begin());
      std::copy(middle, opened->end(), id_key.bytes.begin());
      sodium_memzero(opened->data(), opened->size());
      learn(identity, id_key);
      return file_key;
    }
  }
  return std::nullopt;
}

Result<ReaderSlot> lock_for(const ReaderPublicKey& reader, const Secret& file_key,
                            const HashKey& id_key) {
  std::array<std::uint8_t, 64> keys;
  std::copy(id_key.bytes.begin(), id_key.bytes.end(),
            std::copy(file_key.bytes.begin(), file_key.bytes.end(), keys.begin()));
  Result<Bytes> box = close_box(reader, keys);
  sodium_memzero(keys.data(), keys.size());
  if (!box) return std::move(box).error();
  ReaderSlot slot{short_name(reader), {}};
  std::copy(box->begin(), box->end(), slot.box.begin());
  return slot;
}

}  // namespace letterpress::vault
