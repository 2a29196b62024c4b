// SPDX-License-Identifier: Apache-2.0
// PDF: pages of really deflated text operators, a house font and JPEG pictures as streams, a right
// xref.
#include <fmt/format.h>

#include <algorithm>

#include "document.h"

namespace mailgen {
namespace {

class PdfWriter {
 public:
  explicit PdfWriter(std::string& out) : out_(out) { out_.append("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"); }

  void add(std::string_view dictionary) {
    open();
    fmt::format_to(std::back_inserter(out_), "<< {} >>\nendobj\n", dictionary);
  }
  void add_stream(std::string_view dictionary, std::string_view body) {
    open();
    fmt::format_to(std::back_inserter(out_), "<< {} /Length {:08} >>\nstream\n", dictionary,
                   body.size());
    out_.append(body).append("\nendstream\nendobj\n");
  }
  std::size_t objects() const { return offsets_.size(); }
  /// Ends the file so that it has exactly `bytes`: the XMP packet is padded with blanks, as usual.
  void finish(std::uint64_t bytes) {
    constexpr std::string_view kDictionary = "/Type /Metadata /Subtype /XML";
    std::string packet = "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n";
    const std::size_t frame =
        fmt::format("{} 0 obj\n<<  /Length 00000000 >>\nstream\n\nendstream\nendobj\n",
                    objects() + 1)
            .size() +
        kDictionary.size();
    const std::size_t taken = out_.size() + frame + packet.size() + table_bytes(objects() + 1);
    if (bytes > taken) packet.append(bytes - taken, ' ');
    for (std::size_t at = 150; at < packet.size(); at += 101) packet[at] = '\n';
    add_stream(kDictionary, packet);
    const std::size_t table = out_.size();
    fmt::format_to(std::back_inserter(out_), "xref\n0 {:06}\n0000000000 65535 f \n", objects() + 1);
    for (const std::size_t offset : offsets_) {
      fmt::format_to(std::back_inserter(out_), "{:010} 00000 n \n", offset);
    }
    fmt::format_to(std::back_inserter(out_),
                   "trailer\n<< /Size {:06} /Root 1 0 R >>\nstartxref\n{:010}\n%%EOF\n",
                   objects() + 1, table);
  }

 private:
  void open() {
    offsets_.push_back(out_.size());
    fmt::format_to(std::back_inserter(out_), "{} 0 obj\n", objects());
  }
  static std::size_t table_bytes(std::size_t objects) {
    return std::string_view("xref\n0 000000\n").size() + 20 * (objects + 1) +
           std::string_view(
               "trailer\n<< /Size 000000 /Root 1 0 R >>\nstartxref\n0000000000\n%%EOF\n")
               .size();
  }

  std::string& out_;
  std::vector<std::size_t> offsets_;
};

}  // namespace

void DocumentMaker::make_pdf(const Document& document) {
  PdfWriter pdf(made_);
  const std::uint64_t base = document.base_bytes;
  pdf.add("/Type /Catalog /Pages 2 0 R");
  // The page tree comes before the pages, whose numbers are known: each page is two objects from 4
  // on.
  const std::uint64_t text = std::min<std::uint64_t>(base / 5, 36'000);
  const std::uint64_t pages = 1 + text / 6'000;
  std::string kids;
  for (std::uint64_t page = 0; page < pages; ++page) kids += fmt::format("{} 0 R ", 4 + 2 * page);
  pdf.add(fmt::format("/Type /Pages /Count {} /Kids [ {}]", pages, kids));
  std::string body;
  const std::uint64_t font = std::min<std::uint64_t>(base / 8, 22'000);
  Random(seed_, kMediaStream, document.house).append_bytes(font, body);
  pdf.add_stream("/Length1 41236 /Filter /FlateDecode", body);
  for (std::uint64_t page = 0; page < pages; ++page) {
    Document content = document;
    content.id = mix(document.id + page);
    body.assign("\x78\x01");
    const std::string operators =
        markup(content, text / pages * 4 / 5, "BT /F1 10.5 Tf 72 700 Td (", ") Tj ET");
    deflater_.compress(operators, body);
    std::uint32_t low = 1;  // the stream is zlib's: it ends in the Adler-32 of the plain bytes
    std::uint32_t high = 0;
    for (const char byte : operators) {
      low = (low + static_cast<unsigned char>(byte)) % 65'521;
      high = (high + low) % 65'521;
    }
    for (const std::uint32_t half : {high, low}) {
      body.push_back(static_cast<char>(half >> 8U));
      body.push_back(static_cast<char>(half));
    }
    pdf.add(fmt::format("/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R",
                        pdf.objects() + 2));
    pdf.add_stream("/Filter /FlateDecode", body);
  }
  const std::uint64_t reserve = 3'000 + text / 8 + 400 * pages;
  const std::uint64_t room = base > text + font + reserve ? base - text - font - reserve : 0;
  const std::uint64_t pictures = std::min<std::uint64_t>(room / 4'000, 1 + document.id % 5);
  for (std::uint64_t index = 0; index < pictures; ++index) {
    Random random = part(document, 1'000'000 + index);
    body.clear();
    append_jpeg(random, room / pictures, body);
    pdf.add_stream("/Type /XObject /Subtype /Image /Filter /DCTDecode", body);
  }
  pdf.finish(document.bytes);
}

}  // namespace mailgen
