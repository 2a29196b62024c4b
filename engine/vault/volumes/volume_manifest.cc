// SPDX-License-Identifier: Apache-2.0
#include "vault/volumes/volume_manifest.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "vault/keys/utc_text.h"
#include "vault/limits.h"
#include "vault/storage/layout.h"

namespace letterpress::vault {

namespace {

// Part of the format.
constexpr std::string_view kManifestKind = "volume set";
constexpr std::string_view kManifestLabels[] = {"set",    "vault", "created", "since", "data",
                                                "parity", "piece", "lacking", "file*"};
constexpr std::string_view kLabelKind = "volume";
constexpr std::string_view kLabelLabels[] = {"set", "vault", "number", "data", "parity"};
constexpr std::string_view kSealKind = "volume seal";
constexpr std::string_view kSealLabels[] = {"set", "manifest", "sealed", "without", "stripe*"};
constexpr std::string_view kNoSet = "-";

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(number) == text;
}

Error cannot_be(std::string_view file) {
  return Error(ErrorCode::kCorrupt, std::string(file) + ": has a value that cannot be");
}

std::string_view take_word(std::string_view& text) {
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return word;
}

std::string format_file(const VolumeFile& file) {
  return to_hex(file.sha256.bytes) + ' ' + std::to_string(file.bytes) + ' ' + file.path;
}

// Exactly what format_file() gives, of a file that may be on a volume.
bool parse_file(std::string_view text, VolumeFile& file) {
  if (!parse_hex(take_word(text), file.sha256.bytes)) return false;
  if (!parse_number(take_word(text), file.bytes) || file.bytes == 0) return false;
  file.path = text;
  const PathKind kind = kind_of_path(text);
  if (kind == PathKind::kPack) {
    return file.path == pack_path(file.sha256) && file.bytes <= kPackFileBytesMax;
  }
  return kind != PathKind::kNone;
}

// Paths as a writer gives them: none twice, in byte order, a space between two.
bool parse_lacking(std::string_view text, std::vector<std::string>& paths) {
  while (!text.empty()) {
    std::string path(take_word(text));
    const PathKind kind = kind_of_path(path);
    const bool can_lack =
        kind == PathKind::kPack || kind == PathKind::kIndex || kind == PathKind::kLog;
    if (!can_lack || (!paths.empty() && path <= paths.back())) return false;
    paths.push_back(std::move(path));
  }
  return true;
}

std::string format_lacking(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : " ") + path;
  return text;
}

bool parse_files(const LabelledText& text, VolumeManifest& manifest) {
  std::set<std::string> paths;
  for (std::size_t i = std::size(kManifestLabels) - 1; i < text.lines.size(); ++i) {
    VolumeFile file;
    if (!parse_file(text.lines[i].second, file) || !paths.insert(file.path).second) return false;
    const bool is_pack = kind_of_path(file.path) == PathKind::kPack;
    (is_pack ? manifest.packs : manifest.copies).push_back(std::move(file));
  }
  return manifest.packs.size() <= kStripesMax;
}

}  // namespace

std::uint64_t VolumeManifest::stripe_bytes(std::uint64_t stripe) const noexcept {
  std::uint64_t longest = 0;
  for (unsigned member = 0; member < counts.data; ++member) {
    const VolumeFile* const file = pack(stripe, member);
    if (file != nullptr) longest = std::max(longest, file->bytes);
  }
  return longest;
}

std::uint64_t VolumeManifest::member_bytes(std::uint64_t stripe, unsigned member) const noexcept {
  if (member >= counts.data) return stripe_bytes(stripe);
  const VolumeFile* const file = pack(stripe, member);
  return file == nullptr ? 0 : file->bytes;
}

std::string VolumeManifest::member_path(std::uint64_t stripe, unsigned member) const {
  if (member >= counts.data) return parity_path(stripe, member);
  const VolumeFile* const file = pack(stripe, member);
  return file == nullptr ? std::string() : file->path;
}

void order_packs(std::vector<VolumeFile>& packs) {
  std::sort(packs.begin(), packs.end(), [](const VolumeFile& a, const VolumeFile& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.sha256 < b.sha256;
  });
}

std::string encode_manifest(const VolumeManifest& manifest) {
  LabelledText text{
      std::string(kManifestKind),
      kFormatVersion,
      {{"set", to_hex(manifest.set.bytes)},
       {"vault", to_hex(manifest.vault.bytes)},
       {"created", format_utc(manifest.created_s)},
       {"since", manifest.since ? to_hex(manifest.since->bytes) : std::string(kNoSet)},
       {"data", std::to_string(manifest.counts.data)},
       {"parity", std::to_string(manifest.counts.parity)},
       {"piece", std::to_string(kPieceBytes)},
       {"lacking", format_lacking(manifest.lacking)}}};
  for (const VolumeFile& file : manifest.copies) text.lines.emplace_back("file", format_file(file));
  for (const VolumeFile& file : manifest.packs) text.lines.emplace_back("file", format_file(file));
  return format_labelled_text(text);
}

Result<VolumeManifest> decode_manifest(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(bytes, kManifestKind, kManifestLabels, file));
  VolumeManifest manifest;
  std::size_t piece = 0;
  const std::optional<std::int64_t> created_s = parse_utc(text.lines[2].second);
  bool is_good = parse_hex(text.lines[0].second, manifest.set.bytes) &&
                 parse_hex(text.lines[1].second, manifest.vault.bytes) && created_s;
  if (text.lines[3].second != kNoSet) {
    is_good = parse_hex(text.lines[3].second, manifest.since.emplace().bytes) && is_good;
  }
  is_good = is_good && parse_number(text.lines[4].second, manifest.counts.data) &&
            parse_number(text.lines[5].second, manifest.counts.parity) &&
            manifest.counts.data <= kVolumesMax && manifest.counts.parity <= kVolumesMax &&
            check_counts(manifest.counts) && parse_number(text.lines[6].second, piece) &&
            piece == kPieceBytes && parse_lacking(text.lines[7].second, manifest.lacking) &&
            parse_files(text, manifest);
  if (!is_good) return cannot_be(file);
  manifest.created_s = *created_s;
  return manifest;
}

std::string encode_label(const VolumeLabel& label) {
  return format_labelled_text({std::string(kLabelKind),
                               kFormatVersion,
                               {{"set", to_hex(label.set.bytes)},
                                {"vault", to_hex(label.vault.bytes)},
                                {"number", std::to_string(label.number + 1)},
                                {"data", std::to_string(label.counts.data)},
                                {"parity", std::to_string(label.counts.parity)}}});
}

Result<VolumeLabel> decode_label(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(bytes, kLabelKind, kLabelLabels, file));
  VolumeLabel label;
  const bool is_good = parse_hex(text.lines[0].second, label.set.bytes) &&
                       parse_hex(text.lines[1].second, label.vault.bytes) &&
                       parse_number(text.lines[2].second, label.number) &&
                       parse_number(text.lines[3].second, label.counts.data) &&
                       parse_number(text.lines[4].second, label.counts.parity) &&
                       label.counts.data <= kVolumesMax && label.counts.parity <= kVolumesMax &&
                       check_counts(label.counts) && label.number >= 1 &&
                       label.number <= label.counts.all();
  if (!is_good) return cannot_be(file);
  --label.number;
  return label;
}

std::string encode_seal(const VolumeSeal& seal) {
  std::string without;
  for (const unsigned volume : seal.without) {
    if (!without.empty()) without += ' ';
    without += std::to_string(volume + 1);
  }
  LabelledText text{std::string(kSealKind),
                    kFormatVersion,
                    {{"set", to_hex(seal.set.bytes)},
                     {"manifest", to_hex(seal.manifest.bytes)},
                     {"sealed", format_utc(seal.sealed_s)},
                     {"without", without}}};
  for (const Sha256Digest& stripe : seal.stripes) {
    text.lines.emplace_back("stripe", to_hex(stripe.bytes));
  }
  return format_labelled_text(text);
}

Result<VolumeSeal> decode_seal(ByteView bytes, std::string_view file) {
  LETTERPRESS_TRY_ASSIGN(const LabelledText text,
                         parse_labelled_text(bytes, kSealKind, kSealLabels, file));
  VolumeSeal seal;
  const std::optional<std::int64_t> sealed_s = parse_utc(text.lines[2].second);
  bool is_good = parse_hex(text.lines[0].second, seal.set.bytes) &&
                 parse_hex(text.lines[1].second, seal.manifest.bytes) && sealed_s;
  std::string_view without = text.lines[3].second;
  while (is_good && !without.empty()) {
    unsigned& volume = seal.without.emplace_back();
    is_good = parse_number(take_word(without), volume) && volume >= 1 && volume <= kVolumesMax &&
              seal.without.size() <= kParityVolumesMax;
    --volume;
  }
  for (std::size_t i = std::size(kSealLabels) - 1; i < text.lines.size(); ++i) {
    is_good = parse_hex(text.lines[i].second, seal.stripes.emplace_back().bytes) && is_good;
  }
  if (!is_good) return cannot_be(file);
  seal.sealed_s = *sealed_s;
  return seal;
}

}  // namespace letterpress::vault
