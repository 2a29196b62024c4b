// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <algorithm>

namespace mailgen {
namespace {

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Texts are kept with LF.
void append_lines(std::string_view text, bool crlf, std::string& out) {
  if (!crlf) {
    out.append(text);
    return;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.append(text.substr(0, end));
    if (end == text.size()) return;
    out.append("\r\n");
    text.remove_prefix(end + 1);
  }
}

}  // namespace

CopySize copy_size(const Message& message, std::string_view delivery, bool sent, bool crlf,
                   const std::vector<Document>& documents) {
  std::uint64_t bytes = 1;
  std::uint64_t lines = 1;
  const auto add = [&](std::string_view text) {
    bytes += text.size();
    lines += lines_in(text);
  };
  add(delivery);
  if (!sent) add(message.transport);
  add(message.header);
  for (const Piece& piece : message.body) {
    add(piece.text);
    if (piece.document < 0) continue;
    const std::uint64_t size = documents[static_cast<std::size_t>(piece.document)].bytes;
    bytes += base64_bytes(size, {piece.columns, false});
    lines += base64_lines(size, {piece.columns, false});
  }
  return {crlf ? bytes + lines : bytes, bytes + lines};
}

void render_copy(const Message& message, std::string_view delivery, std::string_view extra_header,
                 bool sent, bool crlf, const std::vector<Document>& documents, DocumentMaker& maker,
                 std::string& out) {
  out.clear();
  append_lines(delivery, crlf, out);
  if (!sent) append_lines(message.transport, crlf, out);
  append_lines(message.header, crlf, out);
  append_lines(extra_header, crlf, out);
  append_lines("\n", crlf, out);
  for (const Piece& piece : message.body) {
    append_lines(piece.text, crlf, out);
    if (piece.document < 0) continue;
    const Document& document = documents[static_cast<std::size_t>(piece.document)];
    append_base64(maker.bytes(document), {piece.columns, crlf}, out);
  }
}

}  // namespace mailgen
