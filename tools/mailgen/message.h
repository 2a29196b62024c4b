// SPDX-License-Identifier: Apache-2.0
/// One message before it is delivered: header lines and body pieces, the attachments still as
/// references.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base64.h"
#include "document.h"

namespace mailgen {

/// The index of a document in the store's list; -1 for none.
using DocumentIndex = std::int64_t;

/// A text and, after it, an attachment in base64.
struct Piece {
  std::string text;
  DocumentIndex document = -1;
  std::uint8_t columns = 76;
};

struct Message {
  std::string envelope_from;
  std::string transport;  ///< what mail servers wrote; absent from the sender's own copy
  std::string header;     ///< what the sender's program wrote, all lines ended
  std::vector<Piece> body;
};

/// Bytes of one copy: on disk, and with each line ended by CRLF, as IMAP counts. Equal in a CRLF
/// copy.
struct CopySize {
  std::uint64_t stored = 0;
  std::uint64_t wire = 0;
};

/// `delivery` are the header lines of this copy alone.
CopySize copy_size(const Message& message, std::string_view delivery, bool sent, bool crlf,
                   const std::vector<Document>& documents);

/// The copy itself. `extra_header` are lines after the message's own header (mbox keeps flags
/// there). Replaces what is in `out`.
void render_copy(const Message& message, std::string_view delivery, std::string_view extra_header,
                 bool sent, bool crlf, const std::vector<Document>& documents, DocumentMaker& maker,
                 std::string& out);

}  // namespace mailgen
