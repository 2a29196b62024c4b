// SPDX-License-Identifier: Apache-2.0
#include "body.h"

#include <fmt/format.h>

#include <algorithm>

#include "markup.h"

namespace mailgen {
namespace {

std::string boundary(Random& random, Client client) {
  std::string token;
  random.append_letters(
      24, client == Client::kThunderbird ? kBase64Letters.substr(0, 32) : kHexLetters, token);
  switch (client) {
    case Client::kOutlook:
      return "_000_" + token.substr(0, 20) + "exchange_";
    case Client::kApple:
      return "Apple-Mail=_" + token;
    case Client::kThunderbird:
      return "------------" + token;
    default:
      return "000000000000" + token.substr(0, 16);
  }
}

// Builds the body from the outside in: mixed around related around alternative, each only when
// needed.
class BodyWriter {
 public:
  BodyWriter(Random& random, Client client, const Draft& draft,
             const std::vector<Document>& documents)
      : random_(random), client_(client), draft_(draft), documents_(documents) {}

  /// Returns the message's own content lines.
  std::string write(std::vector<Piece>& body) {
    std::string content = mixed();
    pieces_.push_back({std::move(text_)});
    body = std::move(pieces_);
    return content;
  }

 private:
  // Each returns the content lines of what it appended to text_: they belong before it, in the
  // caller's place.
  std::string mixed() {
    if (draft_.attachments.empty()) return related();
    const std::string mark = boundary(random_, client_);
    nest(mark, [&] { return related(); });
    for (const DocumentIndex index : draft_.attachments) document(mark, index, "attachment", "");
    return close(mark, "multipart/mixed");
  }
  std::string related() {
    if (draft_.logo < 0) return alternative();
    const std::string mark = boundary(random_, client_);
    nest(mark, [&] { return alternative(); });
    document(mark, draft_.logo, "inline", "Content-ID: <image001.png@01DB>\n");
    return close(mark, "multipart/related");
  }
  std::string alternative() {
    if (draft_.html.empty()) return text("plain", draft_.text);
    const std::string mark = boundary(random_, client_);
    nest(mark, [&] { return text("plain", draft_.text); });
    nest(mark, [&] { return text("html", draft_.html); });
    return close(mark, "multipart/alternative");
  }
  std::string text(std::string_view subtype, const std::string& content) {
    const bool ascii = std::all_of(content.begin(), content.end(),
                                   [](char c) { return c == '\n' || (c >= ' ' && c < 127); });
    const bool encode = client_ == Client::kOutlook || subtype == "html" ||
                        (!ascii && client_ == Client::kWeb) || long_lines(content);
    if (encode) {
      append_quoted_printable(content, text_);
    } else {
      text_.append(content);
    }
    return fmt::format("Content-Type: text/{}; charset=\"{}\"\nContent-Transfer-Encoding: {}\n",
                       subtype, ascii && !encode ? "us-ascii" : "utf-8",
                       encode ? "quoted-printable" : (ascii ? "7bit" : "8bit"));
  }
  static bool long_lines(std::string_view content) {
    for (std::size_t at = 0; at < content.size();) {
      const std::size_t end = std::min(content.find('\n', at), content.size());
      if (end - at > 900) return true;
      at = end + 1;
    }
    return false;
  }
  template <typename Inner>
  void nest(const std::string& mark, Inner inner) {
    text_.append("--").append(mark).append("\n");
    // Content lines are known only after the inside is made, which may itself have begun new
    // pieces.
    const std::size_t piece = pieces_.size();
    const std::size_t at = text_.size();
    const std::string content = inner() + "\n";
    (piece == pieces_.size() ? text_ : pieces_[piece].text).insert(at, content);
    if (text_.empty() || text_.back() != '\n') text_.push_back('\n');
  }
  void document(const std::string& mark, DocumentIndex index, std::string_view disposition,
                std::string_view extra) {
    const Document& document = documents_[static_cast<std::size_t>(index)];
    text_.append(fmt::format(
        "--{}\nContent-Type: {}; name=\"{}\"\nContent-Disposition: {}; filename=\"{}\"\n{}"
        "Content-Transfer-Encoding: base64\n\n",
        mark, document_media_type(document.kind), document.name, disposition, document.name,
        extra));
    pieces_.push_back({std::move(text_), index, draft_.columns});
    text_.clear();
  }
  std::string close(const std::string& mark, std::string_view type) {
    text_.append("--").append(mark).append("--\n");
    return fmt::format("Content-Type: {}; boundary=\"{}\"\n", type, mark);
  }

  Random& random_;
  Client client_;
  const Draft& draft_;
  const std::vector<Document>& documents_;
  std::vector<Piece> pieces_;
  std::string text_;
};

}  // namespace

std::string compose_body(Random& random, Client client, const Draft& draft,
                         const std::vector<Document>& documents, std::vector<Piece>& body) {
  return BodyWriter(random, client, draft, documents).write(body);
}

}  // namespace mailgen
