// SPDX-License-Identifier: Apache-2.0
#include "exports/restic/index_file.h"

#include <array>
#include <nlohmann/json.hpp>

#include "exports/restic/box.h"

namespace letterpress::restic {
namespace {

constexpr std::size_t kIndexBlobsMax = 50'000;

// Follows {"packs":[{"id":"...","blobs":[{...}]}]} and passes over whatever else there is.
class IndexScan final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit IndexScan(const std::function<void(const IndexedPack&)>& take) : take_(take) {}

  bool has_packs() const noexcept { return has_packs_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return !is_in_blob(); }
  bool number_float(number_float_t, const string_t&) override { return !is_in_blob(); }
  bool binary(binary_t&) override { return true; }

  bool number_unsigned(number_unsigned_t value) override {
    if (!is_in_blob()) return true;
    PackedBlob& blob = pack_.blobs.back();
    if (keys_[kBlob] == "offset") blob.offset = value;
    if (keys_[kBlob] == "length") blob.sealed_bytes = value;
    if (keys_[kBlob] == "uncompressed_length") blob.raw_bytes = value;
    return value <= 0xffffffff;
  }
  bool string(string_t& value) override {
    if (depth_ == kPack && is_in_packs_ && keys_[kPack] == "id") {
      return vault::parse_hex(value, pack_.id.bytes);
    }
    if (!is_in_blob()) return true;
    PackedBlob& blob = pack_.blobs.back();
    if (keys_[kBlob] == "id") {
      has_id_ = vault::parse_hex(value, blob.id.bytes);
      return has_id_;
    }
    if (keys_[kBlob] == "type") {
      blob.type = value == "tree" ? BlobType::kTree : BlobType::kData;
      has_type_ = value == "tree" || value == "data";
      return has_type_;
    }
    return true;
  }
  bool key(string_t& value) override {
    if (depth_ < keys_.size()) keys_[depth_] = value;
    return true;
  }
  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == kPack && is_in_packs_) pack_ = {};
    if (is_in_blob()) {
      has_id_ = false;
      has_type_ = false;
      pack_.blobs.emplace_back();
    }
    return true;
  }
  bool end_object() override {
    bool is_whole = true;
    if (is_in_blob()) {
      is_whole = has_id_ && has_type_ && pack_.blobs.back().sealed_bytes >= kBoxExtraBytes;
    } else if (depth_ == kPack && is_in_packs_) {
      is_whole = pack_.id != BlobId{};
      if (is_whole) take_(pack_);
    }
    --depth_;
    return is_whole;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    if (depth_ == kPacks) is_in_packs_ = keys_[kTop] == "packs";
    if (depth_ == kBlobs) is_in_blobs_ = is_in_packs_ && keys_[kPack] == "blobs";
    has_packs_ = has_packs_ || is_in_packs_;
    return depth_ != kTop && !is_in_blob();  // an array where a blob should be
  }
  bool end_array() override {
    if (depth_ == kBlobs) is_in_blobs_ = false;
    if (depth_ == kPacks) is_in_packs_ = false;
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  enum Depth : std::size_t { kTop = 1, kPacks, kPack, kBlobs, kBlob };

  bool is_in_blob() const noexcept { return depth_ == kBlob && is_in_blobs_; }

  const std::function<void(const IndexedPack&)>& take_;
  std::size_t depth_ = 0;
  std::array<std::string, kBlob + 1> keys_;  // the last one of each depth
  bool has_packs_ = false;
  bool is_in_packs_ = false;
  bool is_in_blobs_ = false;
  bool has_id_ = false;
  bool has_type_ = false;
  IndexedPack pack_;
};

}  // namespace

std::uint64_t IndexedPack::file_bytes() const noexcept {
  std::uint64_t bytes = kBoxExtraBytes + kPackLengthBytes;
  for (const PackedBlob& blob : blobs) {
    bytes += blob.sealed_bytes;
    bytes += blob.raw_bytes > 0 ? kPackCompressedEntryBytes : kPackEntryBytes;
  }
  return bytes;
}

Status read_index(std::string_view json, const std::function<void(const IndexedPack&)>& take) {
  IndexScan scan(take);
  if (!nlohmann::json::sax_parse(json, &scan) || !scan.has_packs()) {
    return Error(ErrorCode::kCorrupt, "is no index of a restic repository");
  }
  return Ok{};
}

Status IndexWriter::add(const IndexedPack& pack) {
  json_ += json_.empty() ? R"({"packs":[)" : ",";
  json_ += R"({"id":")" + vault::to_hex(pack.id.bytes) + R"(","blobs":[)";
  for (const PackedBlob& blob : pack.blobs) {
    if (json_.back() == '}') json_ += ',';
    json_ += R"({"id":")" + vault::to_hex(blob.id.bytes);
    json_ += blob.type == BlobType::kTree ? R"(","type":"tree","offset":)"
                                          : R"(","type":"data","offset":)";
    json_ += std::to_string(blob.offset) + R"(,"length":)" + std::to_string(blob.sealed_bytes);
    if (blob.raw_bytes > 0) json_ += R"(,"uncompressed_length":)" + std::to_string(blob.raw_bytes);
    json_ += '}';
  }
  json_ += "]}";
  blobs_ += pack.blobs.size();
  return blobs_ >= kIndexBlobsMax ? flush() : Ok{};
}

Status IndexWriter::flush() {
  if (json_.empty()) return Ok{};
  json_ += "]}";
  LETTERPRESS_TRY(put_unpacked(folder_, box_, "index", json_));
  json_.clear();
  blobs_ = 0;
  return Ok{};
}

}  // namespace letterpress::restic
