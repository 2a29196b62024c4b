// SPDX-License-Identifier: Apache-2.0
// Splits every file of a folder, puts it together again, and reports which base64 was undone.
//
//   split_report FOLDER
//
// Prints a line `F SIZE PATH` for each file, by path, then a line `B OFFSET LENGTH` for each run of
// base64 that was undone in it. Exit code 1 if a file does not come back byte for byte, 2 if it
// cannot be read. The last line is `T BYTES PIECES LAYOUT_BYTES NANOSECONDS`: totals, and the time
// spent in split() alone.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "mail/sorted_files.h"
#include "mail/split_entry.h"

namespace letterpress::test {
namespace {

struct Totals {
  mail::SplitSegment out;  // reused, as a reader of many files does
  std::size_t bytes = 0;
  std::size_t pieces = 0;
  std::size_t layout_bytes = 0;
  std::chrono::nanoseconds in_split{0};
};

bool report_file(const std::string& path, const std::string& name, Totals& totals) {
  constexpr std::uint64_t kFileBytesMax = 1ULL << 32;
  const Result<Bytes> file = read_file(path, kFileBytesMax);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.error().message().c_str());
    std::exit(2);
  }
  std::printf("F %zu %s\n", file->size(), name.c_str());
  bool whole = true;
  auto started = std::chrono::steady_clock::now();
  split_entry(*file, {}, totals.out,
              [&](std::size_t at, ByteView segment, const mail::SplitSegment& out) {
                totals.in_split += std::chrono::steady_clock::now() - started;
                whole = whole && std::ranges::equal(rebuild_segment(segment, out), segment);
                for (const mail::Piece& piece : out.pieces) {
                  if (piece.transform == mail::Transform::kBase64)
                    std::printf("B %zu %u\n", at, piece.raw_bytes);
                  at += piece.raw_bytes;
                  totals.layout_bytes += piece.layout_bytes;
                }
                totals.bytes += segment.size();
                totals.pieces += out.pieces.size();
                started = std::chrono::steady_clock::now();
              });
  if (!whole) std::fprintf(stderr, "%s does not come back\n", path.c_str());
  return whole;
}

int report_folder(const std::filesystem::path& folder) {
  Totals totals;
  bool whole = true;
  for (const std::string& path : sorted_files(folder)) {
    whole = report_file(path, std::filesystem::relative(path, folder).string(), totals) && whole;
  }
  std::printf("T %zu %zu %zu %lld\n", totals.bytes, totals.pieces, totals.layout_bytes,
              static_cast<long long>(totals.in_split.count()));
  return whole ? 0 : 1;
}

}  // namespace
}  // namespace letterpress::test

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: split_report FOLDER\n");
    return 2;
  }
  return letterpress::test::report_folder(arguments[1]);
}
