// SPDX-License-Identifier: Apache-2.0
// Bytes of any kind, which may fail while they are read, written into the store of casync or of
// Proxmox Backup Server, twice, with damage in the chunks between.
// Invariants: a reader of the index (casync's caformat.h; Proxmox's "File Formats") finds each
// chunk under the digest of its bytes and of a size that the format allows, and they make up the
// bytes; what is counted is so; the second time gives the same index and mends what was damaged; an
// error of the source is that of the export, and leaves no index that was not there, no manifest,
// and nothing half written.
#include <openssl/evp.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/hex.h"
#include "exports/casync/casync.h"
#include "exports/pbs/pbs.h"
#include "made_source.h"
#include "require.h"
#include "working_folder.h"

namespace {

namespace exports = letterpress::exports;
namespace fuzz = letterpress::fuzz;
using exports::ChunkDigest;
using exports::StoreDigest;
using exports::StoreTotals;
using fuzz::FuzzInput;
using fuzz::require;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::Error;
using letterpress::ErrorCode;
using letterpress::load_le;
using letterpress::Ok;
using letterpress::Result;
using letterpress::Status;

class FailingContent final : public letterpress::stream::Content {
 public:
  FailingContent(ByteView bytes, std::optional<std::size_t> fails_at)
      : rest_(bytes), fails_at_(fails_at) {}
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    const std::size_t count = std::min(into.size(), rest_.size());
    if (fails_at_ && *fails_at_ <= at_ + count) return Error(ErrorCode::kIo, "the source broke");
    std::copy_n(rest_.begin(), count, into.begin());
    rest_ = rest_.subspan(count);
    at_ += count;
    return count;
  }
  Status finish() override { return Ok{}; }

 private:
  ByteView rest_;
  std::optional<std::size_t> fails_at_;
  std::size_t at_ = 0;
};

Bytes read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  require(in.is_open());
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

void write_whole(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(letterpress::as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  require(out.good());
}

StoreDigest digest_of(ByteView bytes, const EVP_MD* kind) {
  StoreDigest digest{};
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, kind, nullptr) == 1);
  return digest;
}

Bytes decompressed(ByteView frame, std::size_t bytes_max) {
  require(ZSTD_findFrameCompressedSize(frame.data(), frame.size()) == frame.size());
  Bytes bytes(bytes_max);
  const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  require(ZSTD_isError(size) == 0);
  bytes.resize(size);
  return bytes;
}

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

// Of Proxmox: magic, CRC-32, then the bytes or a frame of them.
Bytes opened_blob(ByteView blob, std::size_t bytes_max) {
  constexpr std::array<std::uint8_t, 8> kPlain{66, 171, 56, 7, 190, 131, 112, 161};
  constexpr std::array<std::uint8_t, 8> kCompressed{49, 185, 88, 66, 111, 182, 163, 127};
  require(blob.size() >= 12);
  const ByteView content = blob.subspan(12);
  require(load_le<std::uint32_t>(blob.data() + 8) == crc32(content));
  if (std::ranges::equal(blob.first(8), kPlain)) return Bytes(content.begin(), content.end());
  require(std::ranges::equal(blob.first(8), kCompressed));
  return decompressed(content, bytes_max);
}

// A store of one kind, and one index in it.
class Store {
 public:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}
  virtual ~Store() = default;

  virtual Result<StoreTotals> write(letterpress::stream::Content& content,
                                    const exports::StoreOptions& options, int run) = 0;
  virtual std::string chunks() const = 0;
  // What the index of a run says; of a run that failed it must not be there.
  virtual bool has_index(int run) const = 0;
  virtual Bytes rows(int run, std::uint64_t size_bytes) const = 0;
  virtual Bytes chunk(ByteView file) const = 0;
  virtual std::string suffix() const = 0;
  virtual const EVP_MD* digest() const = 0;

 protected:
  const std::string folder_;
};

constexpr std::uint32_t kAvgBytes = 4096;
constexpr std::size_t kChunkBytesMax = kAvgBytes * 4;

class CasyncStore final : public Store {
 public:
  CasyncStore(const std::string& folder, ChunkDigest digest) : Store(folder), format_(digest) {}

  Result<StoreTotals> write(letterpress::stream::Content& content,
                            const exports::StoreOptions& options, int run) override {
    LETTERPRESS_TRY_ASSIGN(const auto index,
                           exports::CaibxFile::create(path(run), format_, options.cuts));
    LETTERPRESS_TRY_ASSIGN(const StoreTotals totals,
                           exports::export_chunks(content, {chunks(), format_}, *index, options));
    LETTERPRESS_TRY(index->commit());
    return totals;
  }
  std::string chunks() const override { return folder_ + "/store.castr"; }
  bool has_index(int run) const override { return std::filesystem::exists(path(run)); }
  Bytes rows(int run, std::uint64_t) const override {
    const Bytes file = read_whole(path(run));
    require(file.size() >= 104 && (file.size() - 104) % 40 == 0);
    const auto number = [&](std::size_t at) { return load_le<std::uint64_t>(file.data() + at); };
    require(number(0) == 48 && number(8) == 0x96824d9c7b129ff9);
    const bool is_512 = (number(16) & 0x2000000000000000) != 0;
    require(is_512 == (format_.digest() == ChunkDigest::kSha512_256));
    require(number(24) >= 1 && number(24) <= number(32) && number(32) <= number(40));
    require(number(40) == kChunkBytesMax);
    require(number(48) == UINT64_MAX && number(56) == 0xe75b9e112f17417d);
    const std::size_t tail = file.size() - 40;
    require(number(tail) == 0 && number(tail + 8) == 0 && number(tail + 16) == 48);
    require(number(tail + 24) == file.size() - 48 && number(tail + 32) == 0x4b4f050e5549ecd1);
    return Bytes(file.begin() + 64, file.end() - 40);
  }
  Bytes chunk(ByteView file) const override { return decompressed(file, kChunkBytesMax); }
  std::string suffix() const override { return ".cacnk"; }
  const EVP_MD* digest() const override {
    return format_.digest() == ChunkDigest::kSha256 ? EVP_sha256() : EVP_sha512_256();
  }

 private:
  std::string path(int run) const { return folder_ + "/" + std::to_string(run) + ".caibx"; }

  const exports::CastrFormat format_;
};

class PbsStore final : public Store {
 public:
  using Store::Store;

  Result<StoreTotals> write(letterpress::stream::Content& content,
                            const exports::StoreOptions& options, int run) override {
    const exports::PbsSnapshot snapshot{folder_, "mx1", run, "mail.tar"};
    LETTERPRESS_TRY_ASSIGN(const auto index, exports::DidxFile::create(snapshot));
    LETTERPRESS_TRY_ASSIGN(const StoreTotals totals,
                           exports::export_chunks(content, {chunks(), format_}, *index, options));
    LETTERPRESS_TRY(index->commit());
    return totals;
  }
  std::string chunks() const override { return folder_ + "/.chunks"; }
  bool has_index(int run) const override {
    return std::filesystem::exists(path(run) + "mail.tar.didx") ||
           std::filesystem::exists(path(run) + "index.json.blob");
  }
  Bytes rows(int run, std::uint64_t size_bytes) const override {
    const Bytes file = read_whole(path(run) + "mail.tar.didx");
    constexpr std::array<std::uint8_t, 8> kMagic{28, 145, 78, 165, 25, 186, 179, 205};
    require(file.size() >= 4096 && std::equal(kMagic.begin(), kMagic.end(), file.begin()));
    require(load_le<std::uint64_t>(file.data() + 24) == static_cast<std::uint64_t>(run));
    Bytes rows(file.begin() + 4096, file.end());
    const StoreDigest sum = digest_of(rows, EVP_sha256());
    require(std::equal(sum.begin(), sum.end(), file.begin() + 32));
    const auto manifest =
        nlohmann::json::parse(opened_blob(read_whole(path(run) + "index.json.blob"), 1 << 20));
    require(manifest["backup-id"] == "mx1" && manifest["backup-time"] == run);
    require(manifest["files"].size() == 1);
    const auto& listed = manifest["files"][0];
    require(listed["filename"] == "mail.tar.didx" && listed["size"] == size_bytes);
    require(listed["csum"] == letterpress::to_hex(sum));
    return rows;
  }
  Bytes chunk(ByteView file) const override { return opened_blob(file, kChunkBytesMax); }
  std::string suffix() const override { return ""; }
  const EVP_MD* digest() const override { return EVP_sha256(); }

 private:
  std::string path(int run) const {
    return folder_ + "/host/mx1/1970-01-01T00:00:0" + std::to_string(run) + "Z/";
  }

  const exports::PbsChunkFormat format_{};
};

std::string chunk_path(const Store& store, ByteView digest) {
  StoreDigest id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  const std::string name = letterpress::to_hex(id);
  return store.chunks() + "/" + name.substr(0, 4) + "/" + name + store.suffix();
}

// The rows give the bytes back.
void check_rows(const Store& store, ByteView rows, ByteView bytes, const StoreTotals& totals) {
  require(rows.size() % 40 == 0 && totals.chunks == rows.size() / 40);
  require(totals.bytes == bytes.size());
  std::uint64_t begin = 0;
  for (std::size_t at = 0; at < rows.size(); at += 40) {
    const auto end = load_le<std::uint64_t>(rows.data() + at);
    require(end > begin && end <= bytes.size() && end - begin <= kChunkBytesMax);
    const ByteView digest = rows.subspan(at + 8, 32);
    const Bytes chunk = store.chunk(read_whole(chunk_path(store, digest)));
    require(std::ranges::equal(chunk, bytes.subspan(begin, end - begin)));
    require(std::ranges::equal(digest_of(chunk, store.digest()), digest));
    begin = end;
  }
  require(begin == bytes.size());
}

std::size_t files_below(const std::string& folder, bool parts_only) {
  std::size_t count = 0;
  if (!std::filesystem::exists(folder)) return count;
  for (const auto& found : std::filesystem::recursive_directory_iterator(folder)) {
    if (!found.is_regular_file()) continue;
    if (!parts_only || found.path().extension() == ".part") ++count;
  }
  return count;
}

// How many chunks have other bytes now.
std::size_t damage_chunks(FuzzInput& input, const Store& store, ByteView rows) {
  if (rows.empty()) return 0;
  std::set<std::string> damaged;
  const auto count = input.up_to(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t row = input.size_up_to(rows.size() / 40 - 1);
    const std::string path = chunk_path(store, rows.subspan(row * 40 + 8, 32));
    if (damaged.contains(path)) continue;
    const Bytes before = read_whole(path);
    Bytes bytes = before;
    fuzz::damage(input, bytes);
    if (bytes == before) continue;
    write_whole(path, bytes);
    damaged.insert(path);
  }
  return damaged.size();
}

void run(FuzzInput& input, Store& store, ByteView bytes, std::optional<std::size_t> fails_at) {
  exports::StoreOptions options;
  options.cuts.chunk_bytes_avg = kAvgBytes;
  options.level = 1;
  options.threads = 1;
  FailingContent content(bytes, fails_at);
  const auto totals = store.write(content, options, 1);
  require(files_below(store.chunks(), true) == 0);
  if (!fuzz::succeeds(totals)) {
    require(fails_at && totals.error().message().find("the source broke") != std::string::npos);
    require(!store.has_index(1));
  } else {
    require(!fails_at);
    check_rows(store, store.rows(1, bytes.size()), bytes, *totals);
    require(totals->new_chunks == files_below(store.chunks(), false));
    require(totals->mended_chunks == 0);
  }
  const std::size_t before = files_below(store.chunks(), false);
  const Bytes rows = totals ? store.rows(1, bytes.size()) : Bytes();
  const std::size_t damaged = damage_chunks(input, store, rows);
  FailingContent again(bytes, std::nullopt);
  const StoreTotals second = fuzz::take(store.write(again, options, 2));
  check_rows(store, store.rows(2, bytes.size()), bytes, second);
  // Damage behind a frame's last byte, or in a field that nobody reads, may be none.
  require(second.mended_chunks <= damaged);
  require(!totals || (second.new_chunks == 0 && store.rows(2, bytes.size()) == rows));
  require(second.new_chunks == files_below(store.chunks(), false) - before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const auto kind = input.up_to(2);
  std::vector<fuzz::MadeEntry> before;
  Bytes bytes;
  const auto count = input.from_to(0, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    before.push_back({{}, fuzz::made_content(input, before)});
    append(bytes, before.back().bytes);
  }
  std::optional<std::size_t> fails_at;
  if (input.up_to(7) == 7) fails_at = input.size_up_to(bytes.size());
  const std::string& folder = fuzz::empty_folder();
  if (kind == 0) {
    PbsStore store(folder);
    run(input, store, bytes, fails_at);
  } else {
    CasyncStore store(folder, kind == 1 ? ChunkDigest::kSha256 : ChunkDigest::kSha512_256);
    run(input, store, bytes, fails_at);
  }
  return 0;
}
