// SPDX-License-Identifier: Apache-2.0
// Limits of the splitter. They bound its state and its output; not part of the formats. Past one of
// them the rest of the message is plain, which costs ratio and nothing else.
#pragma once

#include <cstddef>

namespace letterpress::mail {

// Multiparts inside multiparts. Real mail stays below 8; every open one is compared with each line
// that begins with `--`.
inline constexpr std::size_t kNestingMax = 16;
// RFC 2046 allows 70; a longer one than this is not looked for.
inline constexpr std::size_t kBoundaryBytesMax = 200;
// Boundary lines in one message: bounds the pieces that a hostile message makes.
inline constexpr std::size_t kBoundaryLinesMax = 4096;
// The part of a Content-Type or Content-Transfer-Encoding field that is looked at, unfolded.
inline constexpr std::size_t kFieldBytesMax = 1000;
// A base64 layout: a run whose lines need more ends there, and another begins. Keeps a step of a
// recipe far below a chunk (docs/STREAM.md, "Limits").
inline constexpr std::size_t kLayoutBytesMax = 8192;
// An mbox From_ line that is longer than this is text.
inline constexpr std::size_t kFromLineBytesMax = 512;

}  // namespace letterpress::mail
