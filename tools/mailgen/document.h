// SPDX-License-Identifier: Apache-2.0
/// Attached files. A Document says what a file is; its bytes are made from the seed when they are
/// needed and have exactly the size that the Document says, so that messages can be sized without
/// them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base64.h"
#include "deflate.h"
#include "prose.h"
#include "random.h"

namespace mailgen {

enum class DocumentKind : std::uint8_t {
  kWord,
  kSheet,
  kSlides,
  kPdf,
  kJpeg,
  kPng,
  kZip,
  kCsv,
  kText,
  kCalendar
};
inline constexpr std::size_t kDocumentKinds = 10;

struct Document {
  std::uint64_t id = 0;        ///< shared by all revisions
  std::uint32_t revision = 0;  ///< each has a few edits more than the one before
  DocumentKind kind = DocumentKind::kText;
  std::uint64_t base_bytes = 0;  ///< size of revision 0: what pictures in it take does not change
  std::uint64_t bytes = 0;
  std::uint64_t house = 0;  ///< fonts and styles are those of the house
  std::string name;
  bool revised = false;     ///< whether there is a next revision
  bool seen = false;        ///< whether it has been in some message
  Wrapping first_wrapping;  ///< as it was in that message
};

std::string_view document_extension(DocumentKind kind);
std::string_view document_media_type(DocumentKind kind);
/// A kind that is usual at this size.
DocumentKind document_kind_for(Random& random, std::uint64_t bytes);

/// Makes the bytes. Not thread-safe: it keeps the last few documents, because a message often goes
/// to several mailboxes. Keeps a reference to the prose.
class DocumentMaker {
 public:
  DocumentMaker(std::uint64_t seed, const Prose& prose);
  /// Valid until the next call.
  const std::string& bytes(const Document& document);

 private:
  void make_office_file(const Document& document);
  void make_pdf(const Document& document);
  void make_table(const Document& document);
  void make_text(const Document& document);
  void make_calendar(const Document& document);
  /// Marked-up paragraphs that deflate to about `deflated_bytes`.
  std::string markup(const Document& document, std::size_t deflated_bytes, std::string_view before,
                     std::string_view after) const;
  Random part(const Document& document, std::uint64_t number) const;
  /// Like part(), but other after each revision that edits this part (one in 24 does).
  Random edited_part(const Document& document, std::uint64_t number) const;

  std::uint64_t seed_;
  const Prose& prose_;
  Deflater deflater_;
  struct Made {
    std::uint64_t id = ~std::uint64_t{0};
    std::uint32_t revision = 0;
    std::string bytes;
  };
  std::array<Made, 5> kept_;  // a letter has four attachments and a logo at most
  std::size_t next_kept_ = 0;
  std::string made_;
};

/// Appends a JPEG or PNG of exactly `bytes`: right markers and checksums around noise.
void append_jpeg(Random& random, std::uint64_t bytes, std::string& out);
void append_png(Random& random, std::uint64_t bytes, std::string& out);

}  // namespace mailgen
