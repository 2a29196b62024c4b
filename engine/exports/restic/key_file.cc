// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/key_file.h"

#include <sodium.h>

#include <bit>
#include <new>
#include <nlohmann/json.hpp>

#include "exports/restic/read_json.h"
#include "vault/ids.h"

namespace letterpress::restic {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kScryptBytesMax = std::uint64_t{1} << 30;
// What it passes over in all; about ten seconds. restic settles on half a second.
constexpr std::uint64_t kScryptWorkBytesMax = std::uint64_t{4} << 30;
constexpr std::size_t kSaltBytes = 64;

std::string to_base64(ByteView bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the zero byte behind it
  return text;
}

bool from_base64(const std::string& text, Bytes& out) {
  out.resize(text.size());
  if (text.empty()) return true;  // libsodium takes no null pointer
  std::size_t bytes = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &bytes, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return false;
  }
  out.resize(bytes);
  return true;
}

// A member that is a text. It is not copied before that is known: a copy of what is nested takes
// stack for each level.
bool from_base64(const ReadJson& object, const char* name, Bytes& out) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() && from_base64(found->get<std::string>(), out);
}

template <std::size_t kBytes>
bool from_base64(const ReadJson& object, const char* name, std::array<std::uint8_t, kBytes>& out) {
  Bytes bytes;
  if (!from_base64(object, name, bytes)) return false;
  if (bytes.size() != kBytes) return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  sodium_memzero(bytes.data(), bytes.size());
  return true;
}

BoxKey password_key(std::string_view password, ByteView salt, const ScryptCost& cost) {
  std::array<std::uint8_t, 64> derived{};
  if (crypto_pwhash_scryptsalsa208sha256_ll(as_bytes(password).data(), password.size(), salt.data(),
                                            salt.size(), cost.n, cost.r, cost.p, derived.data(),
                                            derived.size()) != 0) {
    throw std::bad_alloc();
  }
  BoxKey key;
  std::copy_n(derived.begin(), 32, key.encrypt.begin());
  std::copy_n(derived.begin() + 32, 16, key.mac_k.begin());
  std::copy_n(derived.begin() + 48, 16, key.mac_r.begin());
  sodium_memzero(derived.data(), derived.size());
  return key;
}

Error no_key_file() { return Error(ErrorCode::kCorrupt, "is not a restic key file"); }

Result<ScryptCost> cost_of(const ReadJson& key) {
  for (const char* const name : {"N", "r", "p"}) {
    if (!key.contains(name) || !key[name].is_number_unsigned()) return no_key_file();
  }
  const auto n = key["N"].get<std::uint64_t>();
  const auto r = key["r"].get<std::uint64_t>();
  const auto p = key["p"].get<std::uint64_t>();
  if (n < 2 || !std::has_single_bit(n) || r == 0 || p == 0) return no_key_file();
  if (n > kScryptBytesMax || r > 1024 || p > 1024 || 128 * n * r > kScryptBytesMax ||
      128 * n * r * p > kScryptWorkBytesMax) {
    return Error(ErrorCode::kLimitExceeded, "its scrypt parameters want too much memory or time");
  }
  return ScryptCost{n, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(p)};
}

}  // namespace

Result<std::string> make_key_file(const BoxKey& master, std::string_view password,
                                  const KeyOrigin& origin, const ScryptCost& cost) {
  std::array<std::uint8_t, kSaltBytes> salt{};
  LETTERPRESS_TRY(vault::fill_random(salt));
  const Json inner = {
      {"mac", {{"k", to_base64(master.mac_k)}, {"r", to_base64(master.mac_r)}}},
      {"encrypt", to_base64(master.encrypt)},
  };
  std::string plain = inner.dump();
  Bytes sealed;
  LETTERPRESS_TRY(Box(password_key(password, salt, cost)).seal(as_bytes(plain), sealed));
  sodium_memzero(plain.data(), plain.size());
  const Json key = {
      {"created", origin.created},
      {"username", origin.user},
      {"hostname", origin.host},
      {"kdf", "scrypt"},
      {"N", cost.n},
      {"r", cost.r},
      {"p", cost.p},
      {"salt", to_base64(salt)},
      {"data", to_base64(sealed)},
  };
  return key.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::optional<BoxKey>> open_key_file(std::string_view json, std::string_view password) {
  const ReadJson key = ReadJson::parse(json, nullptr, false);
  if (!key.is_object() || !key.contains("kdf")) return no_key_file();
  if (key["kdf"] != "scrypt") {
    return Error(ErrorCode::kUnsupported, "locks its key with something else than scrypt");
  }
  LETTERPRESS_TRY_ASSIGN(const ScryptCost cost, cost_of(key));
  std::array<std::uint8_t, kSaltBytes> salt{};
  Bytes sealed;
  if (!from_base64(key, "salt", salt) || !from_base64(key, "data", sealed)) {
    return no_key_file();
  }
  Bytes plain;
  if (!Box(password_key(password, salt, cost)).open(sealed, plain)) return std::optional<BoxKey>();
  const ReadJson inner = ReadJson::parse(plain, nullptr, false);
  sodium_memzero(plain.data(), plain.size());
  BoxKey master;
  if (!inner.is_object() || !inner.contains("mac") || !inner["mac"].is_object() ||
      !from_base64(inner, "encrypt", master.encrypt) ||
      !from_base64(inner["mac"], "k", master.mac_k) ||
      !from_base64(inner["mac"], "r", master.mac_r)) {
    return no_key_file();
  }
  return std::optional<BoxKey>(master);
}

}  // namespace letterpress::restic
