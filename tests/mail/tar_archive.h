// SPDX-License-Identifier: Apache-2.0
// Makes tar archives by the table of fields in POSIX.1-2017, pax, "ustar Interchange Format".
#pragma once

#include <numeric>
#include <string>
#include <string_view>

namespace letterpress::test {

struct TarMember {
  std::string name;
  std::string content;
  char type = '0';
};

inline std::string octal(std::size_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (; digits-- > 0; value /= 8) text[digits] = static_cast<char>('0' + value % 8);
  return text;
}

// Name 100, mode 8, uid 8, gid 8, size 12, mtime 12, chksum 8, typeflag 1, linkname 100, magic 6,
// version 2, and fields that may be empty.
inline std::string tar_header(const TarMember& member) {
  std::string header = member.name;
  header.resize(100, '\0');
  for (const char* field : {"0000644", "0000000", "0000000"}) header.append(field, 8);
  header += octal(member.content.size(), 11) + '\0' + octal(1'700'000'000, 11) + '\0';
  header += std::string(8, ' ') + member.type + std::string(100, '\0');
  header.append(
      "ustar\0"
      "00",
      8);
  header.resize(512, '\0');
  const auto sum = std::accumulate(
      header.begin(), header.end(), std::size_t{0},
      [](std::size_t total, char c) { return total + static_cast<unsigned char>(c); });
  header.replace(148, 8, octal(sum, 6) + '\0' + ' ');
  return header;
}

inline std::string tar_member(const TarMember& member) {
  std::string text = tar_header(member) + member.content;
  text.resize((text.size() + 511) / 512 * 512, '\0');
  return text;
}

inline std::string tar_end() { return std::string(1024, '\0'); }

}  // namespace letterpress::test
