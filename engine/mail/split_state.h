// SPDX-License-Identifier: Apache-2.0
// What the splitter carries from line to line, and so from segment to segment: where in a message
// it is.
//
// Plain values of fixed size: a SplitState can be copied at any segment border and taken up again.
#pragma once

#include <array>

#include "letterpress/chunk.h"
#include "mail/format.h"
#include "mail/header_fields.h"
#include "mail/limits.h"

namespace letterpress::mail {

// The boundaries of the multiparts that are open, outermost first.
struct BoundaryStack {
  std::array<Boundary, kNestingMax> open;
  std::uint8_t depth = 0;
};

enum class Place : std::uint8_t {
  kHeader,   // in the header block of a message or a part
  kBody,     // in a body, a preamble or an epilogue
  kGivenUp,  // past a limit: the rest of the message is plain
};

// Where in an archive the splitter is, between its members or in the content of one.
struct TarPlace {
  bool is_archive = false;
  bool has_begun = false;          // the format of the content is known
  bool is_lost = false;            // what should have been a header was none
  std::uint64_t content_left = 0;  // of a file
  std::uint64_t blank_left = 0;    // what fills its last block; content that is no file's
};

struct SplitState {
  TarPlace tar;
  Format format = Format::kPlain;  // in an archive: of this file
  Place place = Place::kHeader;
  bool entry_begun = false;              // some bytes of the entry were split already
  bool after_blank_line = true;          // so that an mbox message may begin here
  bool in_line = false;                  // the last segment, or a base64 run, ended inside a line
  bool in_part_header = false;           // of a multipart's part, not of a message
  bool is_base64 = false;                // the body is labelled so
  bool in_base64 = false;                // the last segment ended inside a run of that body
  std::uint8_t base64_skip = 0;          // characters until the next quantum of that run begins
  Kind body_kind = Kind::kText;          // of the body as it is
  Kind base64_kind = Kind::kAttachment;  // of what is decoded from it
  std::uint32_t boundary_lines = 0;      // of this message
  HeaderFields fields;
  BoundaryStack boundaries;
};

}  // namespace letterpress::mail
