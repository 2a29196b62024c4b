// SPDX-License-Identifier: Apache-2.0
// Tar archives of mail whose headers lie.
#include <fmt/format.h>

#include <string>

#include "hostile/pattern.h"
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr std::size_t kBlockBytes = 512;

enum class Sum { kRight, kWrong, kBlank, kSigned };

struct Member {
  char type = '0';
  std::string size_field;  // 12 bytes, as they stand in the header
  std::string_view magic = "ustar";
  Sum sum = Sum::kRight;
};

std::string octal(std::uint64_t size) { return fmt::format("{:011o} ", size); }

// GNU's way for what octal has no room for: the first bit set, then 95 bits, high bytes first.
std::string binary(std::uint64_t size, char first = '\x80') {
  std::string field(12, first == '\xff' ? '\xff' : '\0');
  field[0] = first;
  for (std::size_t i = 0; i < 8; ++i) field[11 - i] = static_cast<char>(size >> (8 * i));
  return field;
}

void put_header(PatternText& out, std::string_view name, const Member& member) {
  std::string block(kBlockBytes, '\0');
  block.replace(0, name.size(), name);
  block.replace(100, 8, "0000644 ");
  block.replace(124, 12, member.size_field);
  block.replace(136, 12, "14000000000 ");
  block.replace(148, 8, "        ");
  block[156] = member.type;
  block.replace(257, member.magic.size(), member.magic);
  block.replace(262, 3,
                std::string("\0"
                            "00",
                            3));
  if (member.sum != Sum::kBlank) {
    std::int64_t sum = 0;
    for (const char byte : block) {
      sum += member.sum == Sum::kSigned ? static_cast<signed char>(byte)
                                        : static_cast<unsigned char>(byte);
    }
    if (member.sum == Sum::kWrong) ++sum;
    block.replace(148, 8, fmt::format("{:06o}", sum & 0777777) + std::string("\0 ", 2));
  }
  out.put(block);
}

std::string mail(std::uint64_t number, std::size_t body_bytes = 1500) {
  std::string text = fmt::format("From: a\nTo: b\nSubject: {}\n\n", number);
  while (text.size() < body_bytes) text += fmt::format("line {} of a mail in an archive\n", number);
  return text;
}

void put_content(PatternText& out, std::string_view content) {
  out.put(content);
  out.repeat(std::string_view("\0", 1), (kBlockBytes - content.size() % kBlockBytes) % kBlockBytes);
}

void put_file(PatternText& out, std::uint64_t number, std::string_view content) {
  put_header(out, fmt::format("mail/cur/{}", number), {'0', octal(content.size())});
  put_content(out, content);
}

// One right member, so that it is an archive, then `member(out, number)` again and again.
template <class Write>
void put_archive(PatternText& out, std::uint64_t bytes, Write member) {
  put_file(out, 0, mail(0));
  for (std::uint64_t number = 1; out.bytes() < bytes; ++number) member(number);
}

// Members of a mail under this header.
void put_mails_as(PatternText& out, std::uint64_t bytes, const Member& member) {
  put_archive(out, bytes, [&](std::uint64_t number) {
    put_header(out, fmt::format("mail/cur/{}", number), member);
    put_content(out, mail(number));
  });
}

constexpr Shape archive(std::string_view name, std::string_view what,
                        void (*write)(PatternText& out, std::uint64_t bytes)) {
  return {name, "tar", what, {}, {}, {}, {}, false, write};
}

constexpr Shape kTarShapes[] = {
    archive("tar.mails", "an archive of small mails",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) { put_file(out, n, mail(n)); });
            }),
    archive("tar.empty-files", "files without content",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) { put_file(out, n, ""); });
            }),
    archive("tar.one-byte-files", "files of one byte",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) { put_file(out, n, "F"); });
            }),
    archive("tar.large-mails", "mails of 5 MB",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes,
                          [&](std::uint64_t n) { put_file(out, n, mail(n, 5'000'000)); });
            }),
    archive("tar.mboxes", "files that are mboxes",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                std::string box;
                for (std::uint64_t i = 0; i < 20; ++i)
                  box += "From a 1:11 2000\n" + mail(n, 300) + "\n";
                put_file(out, n, box);
              });
            }),
    archive("tar.nested", "archives in the archive",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_header(out, "inner.tar", {'0', octal(4 * kBlockBytes)});
                put_file(out, n, mail(n, 1400));
              });
            }),
    archive("tar.sizes-too-large", "sizes of 1 MB before 1.5 KB",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(1'000'000)});
            }),
    archive("tar.sizes-too-small", "sizes of 10 bytes before 1.5 KB",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(10)});
            }),
    archive("tar.sizes-zero", "sizes of 0 before 1.5 KB",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(0)});
            }),
    archive("tar.size-largest-octal", "sizes of 8 GiB less one",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "77777777777 "});
            }),
    archive("tar.size-12-digits", "sizes of twelve octal digits",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "777777777777"});
            }),
    archive("tar.size-2-60", "sizes of 2^60",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', binary(std::uint64_t{1} << 60)});
            }),
    archive("tar.size-2-63", "sizes of 2^63",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', binary(std::uint64_t{1} << 63)});
            }),
    archive("tar.size-2-64", "sizes just below 2^64",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', binary(~0ULL)});
            }),
    archive("tar.size-wraps", "sizes that are 0 when they are rounded up to a block",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', binary(~0ULL - 510)});
            }),
    archive("tar.size-negative", "negative sizes in binary",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', binary(~0ULL, '\xff')});
            }),
    archive("tar.size-minus", "sizes with a minus",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "-0000000001 "});
            }),
    archive("tar.size-letters", "sizes of letters",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "some letters"});
            }),
    archive("tar.size-blank", "sizes of blanks",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "            "});
            }),
    archive("tar.size-8", "sizes with the digit 8",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', "00000000800 "});
            }),
    archive("tar.sum-wrong", "checksums that are off by one",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(1500), "ustar", Sum::kWrong});
            }),
    archive("tar.sum-blank", "checksums of blanks",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(1500), "ustar", Sum::kBlank});
            }),
    archive("tar.sum-signed", "checksums of signed bytes, as old programs made them",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_header(out, "m\xe4il", {'0', octal(1536), "ustar", Sum::kSigned});
                put_content(out, mail(n));
              });
            }),
    archive("tar.no-magic", "headers of before POSIX",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'0', octal(1500), ""});
            }),
    archive("tar.types", "every type there is, each with a size and a content",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                constexpr std::string_view kTypes = "01234567xgLKSVMDNIAX\xff";
                put_header(out, "x", {kTypes[n % kTypes.size()], octal(600)});
                put_content(out, mail(n, 600));
              });
            }),
    archive("tar.folders-with-sizes", "folders that say they have content",
            [](PatternText& out, std::uint64_t bytes) {
              put_mails_as(out, bytes, {'5', octal(1500)});
            }),
    archive("tar.pax-sizes", "extended headers that give another size",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                constexpr std::string_view kRecord = "22 size=1000000000000\n";
                put_header(out, "pax", {'x', octal(kRecord.size())});
                put_content(out, kRecord);
                put_file(out, n, mail(n));
              });
            }),
    archive("tar.pax-flood", "nothing but extended headers",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                const std::string record = fmt::format("20 comment={:08}\n", n % 100'000'000);
                put_header(out, "pax", {'x', octal(record.size())});
                put_content(out, record);
              });
            }),
    archive("tar.long-names", "names of 3,000 bytes, one after the other",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_header(out, "././@LongLink", {'L', octal(3000)});
                put_content(out, std::string(3000, static_cast<char>('a' + n % 26)));
              });
            }),
    archive("tar.zero-blocks", "a block of zeros behind each file",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_file(out, n, mail(n));
                out.repeat(std::string_view("\0", 1), kBlockBytes);
              });
            }),
    archive("tar.goes-on", "the end of the archive, and then more, again and again",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_file(out, n, mail(n));
                out.repeat(std::string_view("\0", 1), 20 * kBlockBytes);
              });
            }),
    archive("tar.unaligned", "a byte too many behind each file",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t n) {
                put_file(out, n, mail(n));
                out.put("x");
              });
            }),
    archive("tar.cut-headers", "headers that are cut off",
            [](PatternText& out, std::uint64_t bytes) {
              put_archive(out, bytes, [&](std::uint64_t) {
                put_header(out, "x", {'0', octal(100)});
                out.put("ustar");
              });
            }),
};

}  // namespace

std::span<const Shape> tar_shapes() { return kTarShapes; }

}  // namespace mailgen
