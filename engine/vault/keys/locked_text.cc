// SPDX-License-Identifier: Apache-2.0
#include "vault/keys/locked_text.h"

#include <sodium.h>

#include <charconv>

#include "vault/keys/labelled_text.h"
#include "vault/keys/secret.h"
#include "vault/limits.h"

namespace letterpress::vault {

namespace {

// Part of the format; do not change.
constexpr std::string_view kLockedKind = "locked key";
constexpr std::string_view kTitle = "letterpress locked key, version ";
constexpr std::string_view kLockedLabels[] = {"holds", "operations", "memory",
                                              "salt",  "nonce",      "box"};
constexpr std::size_t kBoxTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

static_assert(sizeof(Secret::bytes) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(sizeof(LockChance::salt) == crypto_pwhash_argon2id_SALTBYTES);
static_assert(sizeof(LockChance::nonce) == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

bool is_allowed(const LockCost& cost) {
  return cost.operations >= 1 && cost.operations <= kLockOperationsMax &&
         cost.memory_bytes >= kLockMemoryBytesMin && cost.memory_bytes <= kLockMemoryBytesMax;
}

Result<Secret> stretch(const Passphrase& passphrase, const LockCost& cost,
                       const LockChance& chance) {
  Secret key;
  const std::string_view text = passphrase.text();
  if (sodium_init() < 0 || crypto_pwhash(key.bytes.data(), key.bytes.size(), text.data(),
                                         text.size(), chance.salt.data(), cost.operations,
                                         static_cast<std::size_t>(cost.memory_bytes),
                                         crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error(ErrorCode::kOutOfMemory, "a passphrase of this file needs " +
                                              std::to_string(cost.memory_bytes / kMiB) +
                                              " MiB of memory, which this machine does not give");
  }
  return key;
}

// What is not secret: also what is authenticated beside the box.
LabelledText clear_part(std::string_view kind, const LockCost& cost, const LockChance& chance) {
  return {std::string(kLockedKind),
          kFormatVersion,
          {{"holds", std::string(kind)},
           {"operations", std::to_string(cost.operations)},
           {"memory", std::to_string(cost.memory_bytes)},
           {"salt", to_hex(chance.salt)},
           {"nonce", to_hex(chance.nonce)}}};
}

bool parse_cost(const std::string& text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(value) == text;
}

struct LockedText {
  std::string kind;
  LockCost cost;
  LockChance chance;
  Bytes box;
};

Result<LockedText> parse_locked(ByteView file, const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(file, kLockedKind, kLockedLabels, path));
  LockedText locked;
  const auto value = [&](std::size_t at) -> const std::string& { return text.lines[at].second; };
  const std::string& box = value(5);
  locked.kind = value(0);
  locked.box.resize(box.size() / 2);
  if (!parse_cost(value(1), locked.cost.operations) ||
      !parse_cost(value(2), locked.cost.memory_bytes) || !is_allowed(locked.cost) ||
      !parse_hex(value(3), locked.chance.salt) || !parse_hex(value(4), locked.chance.nonce) ||
      !parse_hex(box, locked.box) || locked.box.size() < kBoxTagBytes) {
    return Error(ErrorCode::kCorrupt,
                 path +
                     ": is locked with values that no letterpress writes (more than 1 GiB of "
                     "memory, or more time than is allowed); use another copy of it");
  }
  return locked;
}

}  // namespace

bool is_locked(ByteView file) { return as_text(file).starts_with(kTitle); }

Result<std::string> lock_text(std::string_view kind, std::string_view text, const KeyLock& lock) {
  if (!is_allowed(lock.cost)) {
    return Error(ErrorCode::kInvalidArgument, "the cost of a passphrase is out of its limits");
  }
  LockChance chance;
  if (lock.chance != nullptr) {
    chance = *lock.chance;
  } else {
    LETTERPRESS_TRY(fill_random(chance.salt));
    LETTERPRESS_TRY(fill_random(chance.nonce));
  }
  LETTERPRESS_TRY_ASSIGN(const Secret key, stretch(lock.passphrase, lock.cost, chance));
  LabelledText locked = clear_part(kind, lock.cost, chance);
  const std::string clear = format_lines(locked);
  Bytes box(text.size() + kBoxTagBytes);
  const ByteView plain = as_bytes(text);
  const ByteView beside = as_bytes(clear);
  crypto_aead_xchacha20poly1305_ietf_encrypt(box.data(), nullptr, plain.data(), plain.size(),
                                             beside.data(), beside.size(), nullptr,
                                             chance.nonce.data(), key.bytes.data());
  locked.lines.emplace_back("box", to_hex(box));
  return format_labelled_text(locked);
}

Result<std::string> locked_kind(ByteView file, const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(LockedText locked, parse_locked(file, path));
  return std::move(locked.kind);
}

Result<Bytes> unlock_text(ByteView file, const Passphrase& passphrase, const std::string& path) {
  LETTERPRESS_TRY_ASSIGN(const LockedText locked, parse_locked(file, path));
  Result<Secret> key = stretch(passphrase, locked.cost, locked.chance);
  if (!key) return std::move(key).error().while_doing(path);
  const std::string clear = format_lines(clear_part(locked.kind, locked.cost, locked.chance));
  const ByteView beside = as_bytes(clear);
  Bytes text(locked.box.size() - kBoxTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          text.data(), nullptr, nullptr, locked.box.data(), locked.box.size(), beside.data(),
          beside.size(), locked.chance.nonce.data(), key->bytes.data()) != 0) {
    return Error(ErrorCode::kInvalidArgument, path + ": this is not its passphrase");
  }
  return text;
}

}  // namespace letterpress::vault
