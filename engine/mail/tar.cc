// SPDX-License-Identifier: Apache-2.0
#include "mail/tar.h"

#include <limits>

namespace letterpress::mail {
namespace {

// Of the fields of a header, by POSIX: where they are and how long.
constexpr std::size_t kSizeOffset = 124;
constexpr std::size_t kSizeBytes = 12;
constexpr std::size_t kChecksumOffset = 148;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kTypeOffset = 156;
constexpr std::size_t kMagicOffset = 257;
constexpr std::string_view kMagic = "ustar";  // GNU follows it with a blank, POSIX with a NUL

// No archive has a larger member, and sums of two cannot wrap.
constexpr std::uint64_t kContentBytesMax = std::uint64_t{1} << 60;

// An octal number, with blanks before and a blank or NUL behind it.
std::optional<std::uint64_t> read_octal(ByteView field) noexcept {
  std::size_t at = 0;
  while (at < field.size() && field[at] == ' ') ++at;
  std::uint64_t value = 0;
  const std::size_t first_digit = at;
  for (; at < field.size() && field[at] >= '0' && field[at] <= '7'; ++at) {
    value = value << 3 | static_cast<std::uint64_t>(field[at] - '0');
  }
  if (at == first_digit || (at < field.size() && field[at] != ' ' && field[at] != 0)) {
    return std::nullopt;
  }
  return value;
}

// Octal, or where that is too short, and the first bit says so, binary with high bytes first.
std::optional<std::uint64_t> read_size(ByteView field) noexcept {
  if (field[0] != 0x80) return read_octal(field);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : field.subspan(1)) {
    if (value > std::numeric_limits<std::uint64_t>::max() >> 8) return std::nullopt;
    value = value << 8 | byte;
  }
  return value;
}

// Of all bytes, with the field itself as if it were blank.
std::uint64_t checksum_of(ByteView block) noexcept {
  std::uint64_t sum = kChecksumBytes * ' ';
  for (const std::uint8_t byte : block) sum += byte;
  for (const std::uint8_t byte : block.subspan(kChecksumOffset, kChecksumBytes)) sum -= byte;
  return sum;
}

// Types whose header is followed by content that is a file's.
bool is_file_type(std::uint8_t type) noexcept { return type == '0' || type == 0 || type == '7'; }

// Types that have no content, whatever their size says: links, devices, folders.
bool is_bare_type(std::uint8_t type) noexcept { return type >= '1' && type <= '6'; }

std::uint64_t bytes_to_next_header(ByteView bytes) noexcept {
  const std::optional<TarHeader> header = read_tar_header(bytes);
  // The end of an archive is zeros, and what is no header may be followed by one.
  return kTarBlockBytes + (header ? header->padded_bytes() : 0);
}

}  // namespace

std::optional<TarHeader> read_tar_header(ByteView bytes) noexcept {
  if (bytes.size() < kTarBlockBytes) return std::nullopt;
  const ByteView block = bytes.first(kTarBlockBytes);
  if (as_text(block.subspan(kMagicOffset, kMagic.size())) != kMagic) return std::nullopt;
  const auto checksum = read_octal(block.subspan(kChecksumOffset, kChecksumBytes));
  const auto size = read_size(block.subspan(kSizeOffset, kSizeBytes));
  if (!checksum || *checksum != checksum_of(block) || !size || *size > kContentBytesMax) {
    return std::nullopt;
  }
  const std::uint8_t type = block[kTypeOffset];
  return TarHeader{is_bare_type(type) ? 0 : *size, is_file_type(type)};
}

std::uint64_t TarWalk::next_header(ByteView window, std::uint64_t from) const noexcept {
  std::uint64_t at = to_header_;
  while (at < from) {
    if (at + kTarBlockBytes > window.size()) return at + kTarBlockBytes;
    at += bytes_to_next_header(window.subspan(static_cast<std::size_t>(at)));
  }
  return at;
}

void TarWalk::pass(ByteView bytes) noexcept {
  while (to_header_ < bytes.size()) {
    bytes = bytes.subspan(static_cast<std::size_t>(to_header_));
    to_header_ = bytes_to_next_header(bytes);
  }
  to_header_ -= bytes.size();
}

}  // namespace letterpress::mail
