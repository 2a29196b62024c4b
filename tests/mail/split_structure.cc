// SPDX-License-Identifier: Apache-2.0
// Prints what the splitter finds in every file of a folder, for tests/oracle/mail_split_test.py,
// which finds it again by itself.
//
//   split_structure FOLDER
//
// For each file, by path, with offsets in the file:
//   F FORMAT PATH             as recognise() tells it: plain, message, mbox, tar
// and, of messages and mboxes, as they come:
//   M OFFSET                  a message begins
//   H OFFSET                  a header block ends: here its body begins
//   D OFFSET LEVEL            a line opens the next part of a multipart; level 1 is the outermost
//   C OFFSET LEVEL            a line closes that multipart
//   G OFFSET                  past a limit: the rest of the message is plain
// then what is stored, which is split a second time, in large segments as the program does:
//   P OFFSET END              a piece of headers
//   B OFFSET END XXH3         a run of base64, and the XXH3 of what it decodes to, 128 bits
// The first five are watched: the lines are given to the splitter one by one.
#include <xxhash.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "mail/segment_scan.h"
#include "mail/sorted_files.h"
#include "mail/split_entry.h"

namespace letterpress::test {
namespace {

constexpr const char* kFormats[] = {"plain", "message", "mbox", "tar"};

using mail::Place;
using mail::SplitState;

// Only the end of a header block makes a part's header, or a typed one, a message's without type.
bool ends_header(const SplitState& before, const SplitState& after) noexcept {
  if (before.place != Place::kHeader) return false;
  if (after.place == Place::kBody) return true;
  return (before.in_part_header && !after.in_part_header) ||
         (before.fields.describe().is_typed && !after.fields.describe().is_typed);
}

// What the line that lies from `at` to `end` did.
void print_change(std::size_t at, std::size_t end, const SplitState& before,
                  const SplitState& after, bool begins_message) {
  if (begins_message) std::printf("M %zu\n", at);
  // A From_ line is nothing else; without one a message begins with its first line.
  if (begins_message && at != 0) return;
  if (after.place == Place::kGivenUp) {
    if (before.place != Place::kGivenUp) std::printf("G %zu\n", at);
  } else if (after.boundary_lines != before.boundary_lines) {
    const bool closes = after.place == Place::kBody;
    const int level = after.boundaries.depth + (closes ? 1 : 0);
    // The line is no field, so it ended the header block that named its boundary.
    if (level > before.boundaries.depth) std::printf("H %zu\n", at);
    std::printf("%c %zu %d\n", closes ? 'C' : 'D', at, level);
  } else if (ends_header(before, after)) {
    std::printf("H %zu\n", after.after_blank_line ? end : at);
  }
}

void print_lines(ByteView file, mail::Format format) {
  SplitState state;
  state.format = format;
  mail::SplitSegment out;
  for (std::size_t at = 0; at < file.size();) {
    const ByteView rest = file.subspan(at, std::min(file.size() - at, kSegmentBytesMax));
    const void* feed = std::memchr(rest.data(), '\n', rest.size());
    const std::size_t size =
        feed == nullptr
            ? rest.size()
            : static_cast<std::size_t>(static_cast<const std::uint8_t*>(feed) - rest.data()) + 1;
    const SplitState before = state;
    out.clear();
    mail::SegmentScan(state, rest.first(size), out).run();
    const bool begins = !out.pieces.empty() && out.pieces.front().begins_message;
    print_change(at, at + size, before, state, begins);
    at += size;
  }
}

void print_pieces(ByteView file) {
  mail::SplitSegment reused;
  split_entry(file, {}, reused, [](std::size_t at, ByteView segment, const auto& out) {
    for (const mail::Piece& piece : out.pieces) {
      const std::size_t end = at + piece.raw_bytes;
      if (piece.kind == Kind::kHeader) std::printf("P %zu %zu\n", at, end);
      if (piece.transform == mail::Transform::kBase64) {
        const ByteView decoded = stored_bytes(piece, segment, out);
        const XXH128_hash_t hash = XXH3_128bits(decoded.data(), decoded.size());
        std::printf("B %zu %zu %016" PRIx64 "%016" PRIx64 "\n", at, end, hash.high64, hash.low64);
      }
      at = end;
    }
  });
}

bool print_file(const std::string& path, const std::string& name) {
  constexpr std::uint64_t kFileBytesMax = 1ULL << 32;
  const Result<Bytes> file = read_file(path, kFileBytesMax);
  if (!file) {
    std::fprintf(stderr, "%s\n", file.error().message().c_str());
    return false;
  }
  const mail::Format format = mail::recognise(*file);
  std::printf("F %s %s\n", kFormats[static_cast<std::size_t>(format)], name.c_str());
  if (format == mail::Format::kPlain || format == mail::Format::kTar) return true;
  print_lines(*file, format);
  print_pieces(*file);
  return true;
}

int print_folder(const std::filesystem::path& folder) {
  for (const std::string& path : sorted_files(folder)) {
    if (!print_file(path, std::filesystem::relative(path, folder).string())) return 2;
  }
  return 0;
}

}  // namespace
}  // namespace letterpress::test

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: split_structure FOLDER\n");
    return 2;
  }
  return letterpress::test::print_folder(arguments[1]);
}
