// SPDX-License-Identifier: Apache-2.0
// Splits a text into pieces that a test can read: `header|Subject: x\n\n`.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mail/split_entry.h"

namespace letterpress::test {

struct ReadPiece {
  Kind kind;
  mail::Transform transform;
  bool begins_message;
  std::string raw;
  std::string stored;
};

// Splits at the given borders, or at none, and checks that the pieces cover the text and come back.
inline std::vector<ReadPiece> split_pieces(std::string_view text, mail::Format format,
                                           const std::vector<std::size_t>& borders = {}) {
  std::vector<ReadPiece> pieces;
  mail::Splitter splitter(format);
  mail::SplitSegment out;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= borders.size(); ++i) {
    const std::size_t end = i < borders.size() ? borders[i] : text.size();
    const ByteView segment = as_bytes(text.substr(at, end - at));
    mail::Splitter next = splitter;
    next.split(segment, out);
    EXPECT_EQ(as_text(rebuild_segment(segment, out)), as_text(segment));
    std::size_t piece_at = 0;
    for (const mail::Piece& piece : out.pieces) {
      EXPECT_GT(piece.raw_bytes, 0U);
      pieces.push_back({piece.kind, piece.transform, piece.begins_message,
                        std::string(as_text(segment.subspan(piece_at, piece.raw_bytes))),
                        std::string(as_text(stored_bytes(piece, segment, out)))});
      piece_at += piece.raw_bytes;
    }
    EXPECT_EQ(piece_at, segment.size());
    splitter = next;
    at = end;
  }
  return pieces;
}

inline std::size_t count_messages(const std::vector<ReadPiece>& pieces) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pieces, [](const ReadPiece& piece) { return piece.begins_message; }));
}

// One line a piece: `*` if it begins a message, its kind, its transform, and what it stores.
inline std::string describe(const std::vector<ReadPiece>& pieces) {
  constexpr std::string_view kTransforms[] = {"", " crlf", " base64"};
  std::string text;
  for (const ReadPiece& piece : pieces) {
    text += piece.begins_message ? "*" : " ";
    text += kind_name(piece.kind);
    text += kTransforms[static_cast<std::size_t>(piece.transform)];
    text += " [";
    for (const char c : piece.stored) text += c == '\n' ? std::string("$") : std::string(1, c);
    text += "]\n";
  }
  return text;
}

inline std::string split_text(std::string_view text, mail::Format format) {
  return describe(split_pieces(text, format));
}

}  // namespace letterpress::test
