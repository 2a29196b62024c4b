// SPDX-License-Identifier: Apache-2.0
// Tar archives whose headers have right checksums: members of any types, sizes that are true or
// not, contents that are mail or not.
// Invariants: those of mail_splitter_fuzz.cc; what next_header() gives lies where it was asked for
// or behind it, and a walk that passes it stands before a header; of an archive that does not lie
// each header is found where it is.
#include <algorithm>
#include <array>
#include <cstdio>

#include "damage.h"
#include "made_mail.h"
#include "mail/tar.h"
#include "split_check.h"

namespace {

namespace mail = letterpress::mail;
using letterpress::append;
using letterpress::Bytes;
using letterpress::ByteView;
using letterpress::fuzz::FuzzInput;
using letterpress::fuzz::require;

constexpr std::size_t kBlock = mail::kTarBlockBytes;

// POSIX.1-1988; the checksum is that of what the block says, whatever that is.
Bytes header(std::uint8_t type, std::uint64_t size, bool is_binary) {
  Bytes block(kBlock);
  const auto put = [&](std::size_t at, std::string_view text) {
    std::ranges::copy(text, block.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, "m/cur/1:2,S");
  put(148, "        ");
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  block[156] = type;
  if (is_binary) {
    block[124] = 0x80;
    for (std::size_t i = 0; i < 8; ++i) {
      block[135 - i] = static_cast<std::uint8_t>(size >> (8 * i));
    }
  } else {
    std::array<char, 24> digits{};
    std::snprintf(digits.data(), digits.size(), "%011llo",
                  static_cast<unsigned long long>(size & 077777777777));
    put(124, std::string_view(digits.data(), 11));
  }
  unsigned sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  put(148, std::string_view(digits.data(), 7));
  return block;
}

struct Archive {
  Bytes bytes;
  std::vector<std::size_t> headers;
  bool lies = false;
};

Archive made_archive(FuzzInput& input) {
  constexpr std::string_view kTypes = "00007125xgL";
  Archive archive;
  const auto count = input.from_to(1, 6);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto type = static_cast<std::uint8_t>(kTypes[input.up_to(kTypes.size() - 1)]);
    const bool is_bare = type >= '1' && type <= '6';
    Bytes content;
    if (is_bare) {
      content.clear();
    } else if (input.flag()) {
      append(content, letterpress::as_bytes(letterpress::fuzz::made_mail(input).bytes));
    } else {
      append(content, input.take(input.size_up_to(1500)));
    }
    std::uint64_t size = content.size();
    if (input.up_to(15) == 0) {
      size = input.up_to(UINT64_MAX);
      archive.lies = true;
    }
    archive.headers.push_back(archive.bytes.size());
    append(archive.bytes, header(type, size, input.up_to(7) == 0));
    append(archive.bytes, content);
    archive.bytes.resize((archive.bytes.size() + kBlock - 1) / kBlock * kBlock);
  }
  archive.bytes.resize(archive.bytes.size() + input.size_up_to(3) * kBlock);
  return archive;
}

void check_walk(const Archive& archive) {
  for (const std::size_t at : archive.headers) {
    const mail::TarWalk walk;
    require(walk.next_header(archive.bytes, at) == at);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input({data, size});
  const std::uint64_t from = input.up_to(0xffff);
  const std::uint64_t border = input.up_to(0xffff);
  Archive archive = made_archive(input);
  if (!letterpress::fuzz::damage(input, archive.bytes) && !archive.lies) check_walk(archive);
  const ByteView bytes(archive.bytes);
  mail::TarWalk walk;
  const std::uint64_t next = walk.next_header(bytes, from % (bytes.size() + 1));
  require(next >= from % (bytes.size() + 1));
  if (next <= bytes.size()) {
    walk.pass(bytes.first(static_cast<std::size_t>(next)));
    require(walk.bytes_to_header() == 0);
  }
  mail::Splitter splitter(mail::Format::kTar);
  mail::Splitter again(mail::Format::kTar);
  const ByteView first = bytes.first(border % (bytes.size() + 1));
  letterpress::fuzz::check_split(splitter, again, first);
  letterpress::fuzz::check_split(splitter, again, bytes.subspan(first.size()));
  return 0;
}
