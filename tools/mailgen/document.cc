// SPDX-License-Identifier: Apache-2.0
#include "document.h"

#include <fmt/format.h>

#include <algorithm>

#include "drawn_text.h"

namespace mailgen {
namespace {

struct KindFacts {
  std::string_view extension;
  std::string_view media_type;
  std::uint64_t least_bytes;   // smaller ones of this kind are not made
  std::uint32_t small_weight;  // below 64 KiB
  std::uint32_t large_weight;
};

// Weights are of files, not bytes. Office and PDF together are 30 to 50 % of corporate mail volume.
constexpr std::array<KindFacts, kDocumentKinds> kFacts = {{
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 12'000, 18,
     12},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 9'000, 12, 6},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", 60'000, 0,
     12},
    {"pdf", "application/pdf", 10'000, 24, 26},
    {"jpg", "image/jpeg", 5'000, 16, 26},
    {"png", "image/png", 1'024, 22, 12},
    {"zip", "application/zip", 20'000, 2, 4},
    {"csv", "text/csv", 1'024, 8, 2},
    {"txt", "text/plain", 1'024, 8, 1},
    {"ics", "text/calendar", 1'024, 6, 0},
}};

const KindFacts& facts(DocumentKind kind) { return kFacts[static_cast<std::size_t>(kind)]; }

}  // namespace

std::string_view document_extension(DocumentKind kind) { return facts(kind).extension; }
std::string_view document_media_type(DocumentKind kind) { return facts(kind).media_type; }

DocumentKind document_kind_for(Random& random, std::uint64_t bytes) {
  const auto weight = [&](const KindFacts& kind) {
    return bytes < kind.least_bytes ? 0 : (bytes < 65'536 ? kind.small_weight : kind.large_weight);
  };
  std::uint32_t total = 0;
  for (const auto& kind : kFacts) total += weight(kind);
  std::uint32_t left = random.below(total);
  for (std::size_t index = 0; index < kDocumentKinds; ++index) {
    if (left < weight(kFacts[index])) return static_cast<DocumentKind>(index);
    left -= weight(kFacts[index]);
  }
  return DocumentKind::kText;
}

DocumentMaker::DocumentMaker(std::uint64_t seed, const Prose& prose)
    : seed_(seed), prose_(prose), deflater_([&] {
        Random random(seed, kDocumentStream);
        std::string sample = prose.paragraphs(random, prose.topic(random), 20'000, 0);
        for (int repeat = 0; repeat < 40; ++repeat)
          sample += "<w:rPr val=\"\"/></w:t></w:r>BT Tj ET";
        return sample;
      }()) {}

Random DocumentMaker::part(const Document& document, std::uint64_t number) const {
  return Random(seed_ ^ mix(document.id), kMediaStream, number);
}

Random DocumentMaker::edited_part(const Document& document, std::uint64_t number) const {
  std::uint64_t edit = document.revision;
  while (edit > 0 && mix(mix(document.id ^ number) + edit) % 24 != 0) --edit;
  return Random(seed_ ^ mix(document.id), kDocumentStream + 100 * edit, number);
}

std::string DocumentMaker::markup(const Document& document, std::size_t deflated_bytes,
                                  std::string_view before, std::string_view after) const {
  Random topic_random = part(document, 3'000'000);
  const Topic topic = prose_.topic(topic_random);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<body>\r\n";
  std::string sentences;
  // A text of this prose and these tags deflates to two fifths of its size; a little less is asked
  // for, because a file has to have its size to the byte and what is missing is filled up.
  const std::size_t plain_bytes = deflated_bytes * 9 / 4;
  for (std::uint64_t number = 0; text.size() < plain_bytes; ++number) {
    Random random = edited_part(document, number);
    sentences.clear();
    for (std::uint32_t left = random.between(1, 5); left > 0; --left) {
      prose_.sentence(random, topic, sentences);
      sentences.push_back(' ');
    }
    text.append(before).append(sentences).append(after).append("\r\n");
  }
  return text.append("</body>");
}

void DocumentMaker::make_table(const Document& document) {
  Random random = part(document, 0);
  const auto names = prose_.topic(random);
  made_.append("date;article;name;count;price;status\r\n");
  for (std::uint64_t row = 0; made_.size() < document.bytes; ++row) {
    Random cells = edited_part(document, row + 1);
    append_drawn(made_, "2025-{:02}-{:02};{}-{:05};item {};{};{}.{:02};{}\r\n",
                 Drawn{1 + row / 40 % 12, 1 + row % 28, document.id % 90 + 10, cells.below(4'000),
                       names[cells.below(names.size())], cells.between(1, 60), cells.below(900),
                       cells.below(100), cells.chance(800) ? "delivered" : "open"});
  }
}

void DocumentMaker::make_text(const Document& document) {
  Random topic_random = part(document, 0);
  const Topic topic = prose_.topic(topic_random);
  for (std::uint64_t number = 1; made_.size() < document.bytes; ++number) {
    Random random = edited_part(document, number);
    made_.append(prose_.paragraphs(random, topic, 400, 78));
  }
}

void DocumentMaker::make_calendar(const Document& document) {
  Random topic_random = part(document, 0);
  const Topic topic = prose_.topic(topic_random);
  made_.append(
      "BEGIN:VCALENDAR\r\nPRODID:-//Example//Calendar "
      "4.2//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n");
  for (std::uint64_t event = 1; made_.size() < document.bytes; ++event) {
    Random random = edited_part(document, event);
    const std::uint32_t day = random.between(1, 28);
    append_drawn(
        made_,
        "BEGIN:VEVENT\r\nDTSTART:202603{:02}T{:02}0000Z\r\nDTEND:202603{:02}T{:02}0000Z\r\nUID:",
        Drawn{day, random.between(8, 12), day, random.between(13, 18)});
    random.append_letters(32, kUpperHexLetters, made_);
    made_.append("\r\nSUMMARY:").append(prose_.title(random, topic)).append("\r\nDESCRIPTION:");
    prose_.sentence(random, topic, made_);
    made_.append("\r\nEND:VEVENT\r\n");
  }
}

const std::string& DocumentMaker::bytes(const Document& document) {
  for (const Made& made : kept_) {
    if (document.id == made.id && document.revision == made.revision) return made.bytes;
  }
  Made& kept = kept_[next_kept_++ % kept_.size()];
  kept.id = document.id;
  kept.revision = document.revision;
  made_ = std::move(kept.bytes);
  made_.clear();
  Random random = part(document, 0);
  switch (document.kind) {
    case DocumentKind::kPdf:
      make_pdf(document);
      break;
    case DocumentKind::kJpeg:
      append_jpeg(random, document.bytes, made_);
      break;
    case DocumentKind::kPng:
      append_png(random, document.bytes, made_);
      break;
    case DocumentKind::kCsv:
      make_table(document);
      break;
    case DocumentKind::kText:
      make_text(document);
      break;
    case DocumentKind::kCalendar:
      make_calendar(document);
      break;
    default:
      make_office_file(document);
      break;
  }
  // Only texts come out longer, and they may end anywhere.
  made_.resize(document.bytes, ' ');
  kept.bytes = std::move(made_);
  return kept.bytes;
}

}  // namespace mailgen
