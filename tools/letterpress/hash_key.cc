// SPDX-License-Identifier: Apache-2.0
#include "tools/letterpress/hash_key.h"

#include <algorithm>

#include "base/file.h"

namespace letterpress::cli {

void add_hash_key(CLI::App& app, std::string& path) {
  app.add_option("--hash-key", path,
                 "File of 32 secret bytes that key the stream's ids and digests")
      ->type_name("FILE");
}

Result<std::optional<HashKey>> read_hash_key(const std::string& path) {
  if (path.empty()) return std::optional<HashKey>();
  std::optional<HashKey> key(std::in_place);
  const Result<Bytes> bytes = read_file(path, key->bytes.size());
  if (!bytes && bytes.error().code() != ErrorCode::kLimitExceeded) return bytes.error().copy();
  if (!bytes || bytes->size() != key->bytes.size()) {
    return Error(ErrorCode::kInvalidArgument, path + ": a hash key has exactly 32 bytes");
  }
  std::copy(bytes->begin(), bytes->end(), key->bytes.begin());
  return key;
}

}  // namespace letterpress::cli
