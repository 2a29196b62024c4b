// SPDX-License-Identifier: Apache-2.0
// Reads a tar archive, as POSIX.1-2017 has it ("pax"), and takes nothing that it does not say.
//
//   const std::vector<TarMember> members = read_tar(archive);     // ends the program if it is none
#pragma once

#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "require.h"
#include "stream/entry.h"

namespace letterpress::fuzz {

struct TarMember {
  std::string path;  // of a folder without the slash behind it
  stream::EntryType type = stream::EntryType::kFile;
  std::uint64_t mode = 0;
  std::uint64_t user_id = 0;
  std::uint64_t group_id = 0;
  std::int64_t mtime_ns = 0;
  std::string target;
  Bytes content;
};

class TarReader {
 public:
  explicit TarReader(ByteView archive) : rest_(archive) {}

  std::vector<TarMember> read() {
    require(rest_.size() % 10240 == 0);
    std::vector<TarMember> members;
    while (true) {
      const ByteView header = take_bytes(kBlockBytes);
      if (is_zero(header)) break;
      check_header(header);
      if (header[156] == 'x') {
        require(records_.empty());
        read_records(take_content(octal(header.subspan(124, 12))));
        continue;
      }
      members.push_back(read_member(header));
      records_.clear();
    }
    require(records_.empty() && is_zero(rest_) && rest_.size() >= kBlockBytes);
    return members;
  }

 private:
  static constexpr std::size_t kBlockBytes = 512;

  static bool is_zero(ByteView bytes) {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
  }
  static std::string text(ByteView field) {
    return std::string(field.begin(), std::ranges::find(field, 0));
  }
  static std::uint64_t octal(ByteView field) {
    std::uint64_t value = 0;
    std::size_t i = 0;
    for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) {
      value = value * 8 + (field[i] - '0');
    }
    require(i > 0 && i < field.size() && (field[i] == 0 || field[i] == ' '));
    return value;
  }
  template <class Number>
  static Number decimal(std::string_view digits) {
    Number value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    require(read.ec == std::errc() && read.ptr == digits.data() + digits.size());
    return value;
  }

  ByteView take_bytes(std::size_t count) {
    require(count <= rest_.size());
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  ByteView take_content(std::uint64_t count) {
    require(count <= rest_.size());
    const ByteView content = take_bytes(static_cast<std::size_t>(count));
    require(is_zero(take_bytes((kBlockBytes - content.size() % kBlockBytes) % kBlockBytes)));
    return content;
  }

  static void check_header(ByteView header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
      sum += i >= 148 && i < 156 ? std::uint8_t{' '} : header[i];
    }
    require(octal(header.subspan(148, 8)) == sum);
    require(as_text(header.subspan(257, 8)) == std::string_view("ustar\0"
                                                                "00",
                                                                8));
    require(is_zero(header.subspan(500)));
  }

  // "LENGTH KEY=VALUE\n", each length with its own digits.
  void read_records(ByteView bytes) {
    std::string_view all = as_text(bytes);
    while (!all.empty()) {
      const std::size_t space = all.find(' ');
      require(space != all.npos);
      const auto length = decimal<std::size_t>(all.substr(0, space));
      require(length > space + 1 && length <= all.size() && all[length - 1] == '\n');
      const std::string_view record = all.substr(space + 1, length - space - 2);
      const std::size_t equals = record.find('=');
      require(equals != record.npos);
      require(records_.emplace(record.substr(0, equals), record.substr(equals + 1)).second);
      all = all.substr(length);
    }
    require(!records_.empty());
  }

  // Seconds with a fraction; a minus is before both.
  static std::int64_t nanoseconds(std::string_view text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    const std::size_t dot = text.find('.');
    std::string fraction(dot == text.npos ? "" : text.substr(dot + 1));
    require(fraction.size() <= 9 && (dot == text.npos || !fraction.empty()));
    fraction.resize(9, '0');
    __extension__ typedef __int128 Wide;  // the least time there is has no positive twin
    const Wide distance =
        static_cast<Wide>(decimal<std::uint64_t>(text.substr(0, dot))) * 1'000'000'000 +
        decimal<std::uint64_t>(fraction);
    return static_cast<std::int64_t>(is_negative ? -distance : distance);
  }

  std::string take_record(const char* key, std::string otherwise) {
    const auto found = records_.find(key);
    if (found == records_.end()) return otherwise;
    std::string value = found->second;
    records_.erase(found);
    return value;
  }
  std::uint64_t take_number(const char* key, std::uint64_t otherwise) {
    return decimal<std::uint64_t>(take_record(key, std::to_string(otherwise)));
  }

  TarMember read_member(ByteView header) {
    const std::string prefix = text(header.subspan(345, 155));
    const std::string name = text(header.first(100));
    TarMember member;
    const std::string charset = take_record("hdrcharset", "BINARY");
    require(charset == "BINARY");
    member.path = take_record("path", prefix.empty() ? name : prefix + "/" + name);
    member.target = take_record("linkpath", text(header.subspan(157, 100)));
    member.mode = octal(header.subspan(100, 8));
    member.user_id = take_number("uid", octal(header.subspan(108, 8)));
    member.group_id = take_number("gid", octal(header.subspan(116, 8)));
    member.mtime_ns =
        nanoseconds(take_record("mtime", std::to_string(octal(header.subspan(136, 12)))));
    const std::uint64_t size = take_number("size", octal(header.subspan(124, 12)));
    require(records_.empty());
    const char type = static_cast<char>(header[156]);
    require(type == '0' || type == '1' || type == '2' || type == '5');
    if (type == '1') member.type = stream::EntryType::kHardLink;
    if (type == '2') member.type = stream::EntryType::kSymlink;
    if (type == '5') {
      member.type = stream::EntryType::kFolder;
      require(member.path.ends_with('/'));
      member.path.pop_back();
    }
    const ByteView content = take_content(size);
    member.content.assign(content.begin(), content.end());
    return member;
  }

  ByteView rest_;
  std::map<std::string, std::string, std::less<>> records_;  // for the next member
};

inline std::vector<TarMember> read_tar(ByteView archive) { return TarReader(archive).read(); }

}  // namespace letterpress::fuzz
