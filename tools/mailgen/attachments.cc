// SPDX-License-Identifier: Apache-2.0
// Traffic's choice of files: new ones, revisions, files that went round before, logos.
#include <fmt/format.h>

#include <algorithm>

#include "traffic.h"

namespace mailgen {
namespace {

// Median and spread of attached files; see docs/MAILGEN.md. Servers refuse more than 25 MB.
constexpr std::uint64_t kMedianBytes = 42'000;
constexpr std::uint32_t kSigmaMilli = 1'550;
constexpr std::uint64_t kBytesMax = 18'000'000;
constexpr std::uint64_t kBytesMin = 1'100;

}  // namespace

DocumentIndex Traffic::new_document(Random& random, std::uint64_t bytes_max, std::uint64_t house,
                                    std::string_view stem) {
  std::uint64_t bytes = random.log_normal(kMedianBytes, kSigmaMilli);
  // The tail is a power law on top of the log-normal body: one in 50 is up to 32 times as large.
  if (random.chance(20)) bytes = bytes * 32 / (1 + random.below(32));
  Document document;
  document.id = mix(seed_ ^ mix(documents_.size()));
  const std::uint64_t most = std::clamp(bytes_max, kBytesMin, kBytesMax);
  // Sizes that do not fit are drawn again from those that do, or small stores would be full of
  // equal sizes.
  document.bytes = bytes <= most
                       ? std::max(bytes, kBytesMin)
                       : random.between(static_cast<std::uint32_t>(std::max(kBytesMin, most / 3)),
                                        static_cast<std::uint32_t>(most));
  document.base_bytes = document.bytes;
  document.kind = document_kind_for(random, document.bytes);
  document.house = house;
  std::string name(stem);
  std::replace(name.begin(), name.end(), ' ', '_');
  name.erase(std::remove_if(name.begin(), name.end(),
                            [](char c) { return c == '[' || c == ']' || c == '?'; }),
             name.end());
  document.name = fmt::format("{}.{}", name, document_extension(document.kind));
  documents_.push_back(std::move(document));
  return static_cast<DocumentIndex>(documents_.size() - 1);
}

DocumentIndex Traffic::revise(Random& random, DocumentIndex index) {
  Document document = documents_[static_cast<std::size_t>(index)];
  documents_[static_cast<std::size_t>(index)].revised = true;
  ++document.revision;
  document.bytes += random.below(64 + document.bytes / 200);
  const std::size_t dot = document.name.rfind('.');
  const std::size_t stem =
      document.name.find("_v") == std::string::npos ? dot : document.name.find("_v");
  document.name = fmt::format("{}_v{}{}", document.name.substr(0, stem), document.revision + 1,
                              document.name.substr(dot));
  document.seen = false;
  documents_.push_back(std::move(document));
  return static_cast<DocumentIndex>(documents_.size() - 1);
}

DocumentIndex Traffic::old_document(Random& random, std::uint64_t bytes_max) {
  // Twelve looks at the newest 400 for one that fits; most forwards are of recent mail.
  const std::size_t recent = std::min<std::size_t>(documents_.size(), 400);
  for (int attempt = 0; attempt < 12 && recent > 0; ++attempt) {
    const std::size_t index = documents_.size() - 1 - random.early(recent);
    if (documents_[index].seen && documents_[index].bytes <= bytes_max)
      return static_cast<DocumentIndex>(index);
  }
  return -1;
}

DocumentIndex Traffic::logo_of(Random& random, std::uint32_t company, std::uint64_t bytes_max) {
  if (logos_[company] >= 0) return logos_[company];
  Document document;
  document.id = mix(seed_ ^ mix(documents_.size()));
  document.kind = DocumentKind::kPng;
  document.bytes =
      std::clamp<std::uint64_t>(random.log_normal(7'000, 700), 1'500,
                                std::clamp<std::uint64_t>(bytes_max / 10, 1'500, 40'000));
  document.base_bytes = document.bytes;
  document.name = "image001.png";
  documents_.push_back(std::move(document));
  return logos_[company] = static_cast<DocumentIndex>(documents_.size() - 1);
}

void Traffic::attach_documents(Random& random, Thread& thread, bool several,
                               std::uint64_t bytes_max, Draft& draft) {
  const std::uint64_t copies = several ? draft.to.size() + 1 : 1;
  // Base64 takes 1.36 bytes for one; the rest of the budget is for header and text.
  std::uint64_t left =
      (bytes_max - std::min<std::uint64_t>(bytes_max, 8'000 * copies)) * 10 / 14 / copies;
  const std::uint64_t house = people_.company_of(people_.person(draft.from)).house;
  for (std::uint32_t files = random.chance(720) ? 1 : random.between(2, 4); files > 0; --files) {
    DocumentIndex index = -1;
    if (several && random.chance(300)) {
      index = old_document(random, left);
    } else if (thread.document >= 0 && random.chance(600)) {
      const Document& last = documents_[static_cast<std::size_t>(thread.document)];
      // A file has one line of revisions, whoever forwards it.
      const bool editable =
          !last.revised && last.kind != DocumentKind::kJpeg && last.kind != DocumentKind::kPng;
      if (editable && last.bytes + last.bytes / 100 <= left)
        index = revise(random, thread.document);
    }
    if (index < 0) index = new_document(random, left, house, prose_.title(random, thread.topic));
    if (std::find(draft.attachments.begin(), draft.attachments.end(), index) !=
        draft.attachments.end())
      continue;
    thread.document = index;
    draft.attachments.push_back(index);
    left -= std::min(left, documents_[static_cast<std::size_t>(index)].bytes);
    if (left < kBytesMin) return;
  }
}

}  // namespace mailgen
