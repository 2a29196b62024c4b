// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <new>
#include <utility>

#include "base/hex.h"
#include "exports/pbs/pbs.h"

namespace letterpress::exports {
namespace {

constexpr std::array<std::uint8_t, 8> kDidxMagic{0x1c, 0x91, 0x4e, 0xa5, 0x19, 0xba, 0xb3, 0xcd};
constexpr std::size_t kDidxHeaderBytes = 4096;
constexpr std::size_t kUuidAt = 8;
constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kCtimeAt = 24;
constexpr std::size_t kChecksumAt = 32;
constexpr std::int64_t kTimeMax = 253402300799;  // the end of the year 9999

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string didx_time_text(std::int64_t time_s) {
  const std::time_t time = time_s;
  struct tm utc {};
  ::gmtime_r(&time, &utc);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, length};
}

Error invalid_snapshot(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

Status check_snapshot(const PbsSnapshot& snapshot) {
  for (const std::string* name : {&snapshot.id, &snapshot.archive}) {
    if (is_pbs_name(*name)) continue;
    return invalid_snapshot(
        "\"" + *name + "\": Proxmox takes letters, digits, '_' and, not as the first, '.' and '-'");
  }
  if (snapshot.time_s >= 0 && snapshot.time_s <= kTimeMax) return Ok{};
  return invalid_snapshot("the time of a backup lies between 1970 and 9999");
}

// A group of backups belongs to somebody; who it is can be changed in Proxmox.
Status make_owner(const std::string& group) {
  const std::string path = group + "/owner";
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return Ok{};
  LETTERPRESS_TRY_ASSIGN(NewFile file, NewFile::create(path, 0644));
  LETTERPRESS_TRY(file.write(as_bytes("root@pam\n")));
  return file.commit(NewFile::Lasting::kYes);
}

}  // namespace

bool is_pbs_name(std::string_view name) noexcept {
  if (name.empty() || !is_letter_or_digit(name.front())) return false;
  return std::ranges::all_of(name,
                             [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
}

std::string chunk_folder(const PbsSnapshot& snapshot) { return snapshot.datastore + "/.chunks"; }

struct DidxFile::Checksum {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const noexcept { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};

  // libcrypto only fails here for want of memory.
  Checksum() {
    require(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  }
  static void require(bool is_done) {
    if (!is_done) throw std::bad_alloc();
  }
  void update(ByteView bytes) {
    require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  }
  StoreDigest finish() {
    StoreDigest digest{};
    require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
    return digest;
  }
};

DidxFile::DidxFile(PbsSnapshot snapshot, std::string path, NewFile file)
    : snapshot_(std::move(snapshot)),
      path_(std::move(path)),
      file_(std::move(file)),
      checksum_(std::make_unique<Checksum>()) {}
DidxFile::~DidxFile() = default;

Result<std::unique_ptr<DidxFile>> DidxFile::create(const PbsSnapshot& snapshot) {
  LETTERPRESS_TRY(check_snapshot(snapshot));
  const std::string group = snapshot.datastore + "/host/" + snapshot.id;
  const std::string folder = group + "/" + didx_time_text(snapshot.time_s);
  LETTERPRESS_TRY(make_folders(folder, 0755));
  LETTERPRESS_TRY(make_owner(group));
  std::string path = folder + "/" + snapshot.archive + ".didx";
  struct stat status {};
  if (::lstat((folder + "/index.json.blob").c_str(), &status) == 0) {
    return invalid_snapshot(folder + ": is there already; a backup has its own second (--time)");
  }
  LETTERPRESS_TRY_ASSIGN(NewFile file, NewFile::create(path, 0644));
  LETTERPRESS_TRY(file.write(Bytes(kDidxHeaderBytes)));  // filled at the end
  return std::unique_ptr<DidxFile>(new DidxFile(snapshot, std::move(path), std::move(file)));
}

Status DidxFile::add(std::uint64_t end, const StoreDigest& digest) {
  checksum_->update(index_row(end, digest));
  bytes_ = end;
  return rows_.add(end, digest, file_);
}

// The names have nothing that JSON would escape.
std::string DidxFile::manifest(const StoreDigest& checksum) const {
  return R"({"backup-type":"host","backup-id":")" + snapshot_.id + R"(","backup-time":)" +
         std::to_string(snapshot_.time_s) + R"(,"files":[{"filename":")" + snapshot_.archive +
         R"(.didx","crypt-mode":"none","size":)" + std::to_string(bytes_) + R"(,"csum":")" +
         to_hex(checksum) + R"("}],"unprotected":{},"signature":null})";
}

Status DidxFile::commit() {
  LETTERPRESS_TRY(rows_.flush(file_));
  const StoreDigest checksum = checksum_->finish();
  Bytes header(kDidxHeaderBytes);
  std::ranges::copy(kDidxMagic, header.begin());
  // Of version 8 (RFC 9562): made of what the index says, so that the same gives the same.
  std::copy_n(checksum.begin(), kUuidBytes, header.begin() + kUuidAt);
  header[kUuidAt + 6] = static_cast<std::uint8_t>(0x80 | (header[kUuidAt + 6] & 0x0f));
  header[kUuidAt + 8] = static_cast<std::uint8_t>(0x80 | (header[kUuidAt + 8] & 0x3f));
  store_le(header.data() + kCtimeAt, static_cast<std::uint64_t>(snapshot_.time_s));
  std::ranges::copy(checksum, header.begin() + kChecksumAt);
  LETTERPRESS_TRY(file_.write_at(0, header));
  LETTERPRESS_TRY(file_.commit(NewFile::Lasting::kYes));
  const std::string folder = path_.substr(0, path_.rfind('/'));
  LETTERPRESS_TRY_ASSIGN(NewFile blob, NewFile::create(folder + "/index.json.blob", 0644));
  LETTERPRESS_TRY(blob.write(plain_blob(as_bytes(manifest(checksum)))));
  return blob.commit(NewFile::Lasting::kYes);
}

}  // namespace letterpress::exports
