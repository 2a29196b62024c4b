// SPDX-License-Identifier: Apache-2.0
// Zip containers: docx, xlsx, pptx and plain zip. Texts are really deflated, pictures are stored.
#include <fmt/format.h>

#include <algorithm>

#include "document.h"

namespace mailgen {
namespace {

class ZipWriter {
 public:
  explicit ZipWriter(std::string& out) : out_(out) {}

  void add_stored(std::string_view name, std::string_view body) {
    add(name, 0, body, crc32(body), body.size());
  }
  void add_deflated(std::string_view name, std::string_view text, const Deflater& deflater) {
    std::string body;
    deflater.compress(text, body);
    add(name, 8, body, crc32(text), text.size());
  }
  /// The largest body under `name` with which the finished file is still `bytes`.
  std::uint64_t room(std::string_view name, std::uint64_t bytes) const {
    const std::uint64_t taken = out_.size() + central_.size() + 30 + 46 + 2 * name.size() + 22;
    return bytes > taken ? bytes - taken : 0;
  }
  void finish() {
    const std::size_t start = out_.size();
    out_.append(central_).append("PK\5\6");
    put(0, 4);
    put(entries_, 2);
    put(entries_, 2);
    put(central_.size(), 4);
    put(start, 4);
    put(0, 2);
  }

 private:
  void put(std::uint64_t value, unsigned bytes) { put(value, bytes, out_); }
  static void put(std::uint64_t value, unsigned bytes, std::string& to) {
    for (; bytes > 0; --bytes, value >>= 8U) to.push_back(static_cast<char>(value));
  }
  void add(std::string_view name, unsigned method, std::string_view body, std::uint32_t crc,
           std::size_t plain_bytes) {
    std::string fields;
    put(20, 2, fields);  // version needed
    put(0, 2, fields);
    put(method, 2, fields);
    put(0x0021'0000, 4, fields);  // 1980-01-01, as Office writes
    put(crc, 4, fields);
    put(body.size(), 4, fields);
    put(plain_bytes, 4, fields);
    put(name.size(), 2, fields);
    put(0, 2, fields);
    central_.append("PK\1\2");
    put(45, 2, central_);
    central_.append(fields).append(10, '\0');
    put(out_.size(), 4, central_);
    central_.append(name);
    out_.append("PK\3\4").append(fields).append(name).append(body);
    ++entries_;
  }

  std::string& out_;
  std::string central_;
  std::uint64_t entries_ = 0;
};

struct Shape {
  std::string_view folder;
  std::string_view text_file;
  std::string_view before;
  std::string_view after;
};

Shape shape_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kSheet:
      return {"xl", "xl/sharedStrings.xml", "<si><t xml:space=\"preserve\">", "</t></si>"};
    case DocumentKind::kSlides:
      return {"ppt", "ppt/slides/slide1.xml",
              "<a:p><a:pPr lvl=\"1\"/><a:r><a:rPr lang=\"en-US\" dirty=\"0\"/><a:t>",
              "</a:t></a:r></a:p>"};
    default:
      return {"word", "word/document.xml",
              "<w:p><w:pPr><w:pStyle w:val=\"BodyText\"/><w:jc w:val=\"both\"/></w:pPr><w:r><w:rPr>"
              "<w:lang w:val=\"en-US\"/></w:rPr><w:t xml:space=\"preserve\">",
              "</w:t></w:r></w:p>"};
  }
}

}  // namespace

void DocumentMaker::make_office_file(const Document& document) {
  ZipWriter zip(made_);
  const Shape shape = shape_of(document.kind);
  const std::uint64_t base = document.base_bytes;
  if (document.kind != DocumentKind::kZip) {
    zip.add_deflated(
        "[Content_Types].xml",
        fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<Types>"
                    "<Default Extension=\"xml\" ContentType=\"application/xml\"/><Override "
                    "PartName=\"/{}\"/></Types>",
                    shape.text_file),
        deflater_);
    // Styles and theme are the house's: the same bytes in each of its documents.
    Document styles;
    styles.id = document.house;
    zip.add_deflated(fmt::format("{}/styles.xml", shape.folder),
                     markup(styles, std::min<std::uint64_t>(base / 16, 5'000),
                            "<w:style w:type=\"paragraph\">"
                            "<w:name w:val=\"",
                            "\"/></w:style>"),
                     deflater_);
  }
  const std::uint64_t text =
      std::min<std::uint64_t>(base / (document.kind == DocumentKind::kSlides ? 12 : 4), 24'000);
  zip.add_deflated(shape.text_file, markup(document, text, shape.before, shape.after), deflater_);
  // Pictures: two thirds of what is left, in up to six. A plain zip holds pictures only.
  const std::uint64_t room = base > text + 8'000 ? (base - text - 8'000) / 3 * 2 : 0;
  const std::uint64_t pictures = std::min<std::uint64_t>(room / 6'000, 1 + document.id % 6);
  std::string picture;
  for (std::uint64_t index = 0; index < pictures; ++index) {
    Random random = part(document, 1'000'000 + index);
    picture.clear();
    append_jpeg(random, room / pictures, picture);
    zip.add_stored(fmt::format("{}/media/image{}.jpeg", shape.folder, index + 1), picture);
  }
  // The last member takes what is left; it is an embedded object that no revision touches but for
  // its end.
  const std::string last = fmt::format("{}/embeddings/oleObject1.bin", shape.folder);
  picture.clear();
  part(document, 2'000'000).append_bytes(zip.room(last, document.bytes), picture);
  zip.add_stored(last, picture);
  zip.finish();
}

}  // namespace mailgen
