// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/unpacked_file.h"

#include <zstd.h>

#include <memory>
#include <new>

#include "vault/keys/sha256.h"

namespace letterpress::restic {
namespace {

constexpr std::uint8_t kCompressed = 2;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;
// restic's has about 150; in memory it takes up to 16 times as much.
constexpr std::uint64_t kConfigBytesMax = std::uint64_t{1} << 20;
constexpr int kLevel = 3;

Result<std::string> decompress(ByteView frame) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  if (context == nullptr) throw std::bad_alloc();
  std::string text;
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  std::size_t left = 1;
  // Behind the last byte of input there may still be output.
  while (in.pos < in.size || left != 0) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return Error(ErrorCode::kCorrupt, "does not decompress");
    if (out.pos == 0 && in.pos == in.size && left != 0) {
      return Error(ErrorCode::kCorrupt, "is cut short");
    }
    text.append(piece, 0, out.pos);
    if (text.size() > kFileBytesMax) return Error(ErrorCode::kLimitExceeded, "is too large");
  }
  return text;
}

Result<std::string> text_of(ByteView plain) {
  if (plain.empty()) return Error(ErrorCode::kCorrupt, "is empty");
  if (plain[0] == '{' || plain[0] == '[') return std::string(as_text(plain));
  if (plain[0] != kCompressed) {
    return Error(ErrorCode::kUnsupported, "is of a format that is not known here");
  }
  return decompress(plain.subspan(1));
}

Error damaged(const RepositoryFolder& folder, const std::string& name, Error error) {
  return Error(error.code(), folder.full_path(name) + ": is damaged: it " + error.message());
}

}  // namespace

Result<std::string> put_unpacked(RepositoryFolder& folder, Box& box, const std::string& type,
                                 std::string_view json) {
  Bytes plain(1 + ZSTD_compressBound(json.size()));
  plain[0] = kCompressed;
  const std::size_t bytes =
      ZSTD_compress(plain.data() + 1, plain.size() - 1, json.data(), json.size(), kLevel);
  if (ZSTD_isError(bytes) != 0) throw std::bad_alloc();
  plain.resize(1 + bytes);
  Bytes sealed;
  LETTERPRESS_TRY(box.seal(plain, sealed));
  std::string name = vault::to_hex(vault::sha256(sealed).bytes);
  LETTERPRESS_TRY(folder.put(type, name, sealed));
  return name;
}

Result<std::string> get_unpacked(const RepositoryFolder& folder, Box& box,
                                 const std::string& name) {
  LETTERPRESS_TRY_ASSIGN(const Bytes sealed, folder.read(name, kFileBytesMax));
  if (!name.ends_with(vault::to_hex(vault::sha256(sealed).bytes))) {
    return damaged(folder, name,
                   Error(ErrorCode::kCorrupt,
                         "does not have the SHA-256 that it is "
                         "named after"));
  }
  Bytes plain;
  if (Status opened = box.open(sealed, plain); !opened) {
    return damaged(folder, name, std::move(opened).error());
  }
  Result<std::string> text = text_of(plain);
  if (!text) return damaged(folder, name, std::move(text).error());
  return text;
}

Status put_config(RepositoryFolder& folder, Box& box, std::string_view json) {
  Bytes sealed;
  LETTERPRESS_TRY(box.seal(as_bytes(json), sealed));
  return folder.put("", kConfigName, sealed);
}

Result<std::string> get_config(const RepositoryFolder& folder, Box& box) {
  LETTERPRESS_TRY_ASSIGN(const Bytes sealed, folder.read(kConfigName, kConfigBytesMax));
  Bytes plain;
  if (Status opened = box.open(sealed, plain); !opened) {
    return damaged(folder, kConfigName, std::move(opened).error());
  }
  return std::string(as_text(plain));
}

}  // namespace letterpress::restic
