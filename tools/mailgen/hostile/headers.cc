// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kHeaderShapes[] = {
    {"headers.lines", "eml", "very many short fields", "{H}", "X-A: b\n", "\nend\n"},
    {"headers.lines-crlf", "eml", "the same with CRLF", "", "From: b\r\n", "\r\nend\r\n"},
    {"headers.numbered", "eml", "fields that all differ", "{H}", "X-{i}: {t:30}\n", "\nend\n"},
    {"headers.received", "eml", "very many Received fields", "{H}",
     "Received: from a{i}.example (a.example [192.0.2.1])\n\tby b.example with ESMTP id {b:12}\n"
     "\tfor <c@d.example>; Thu, 1 Jan 2026 00:00:00 +0000\n",
     "\nend\n"},
    {"headers.no-end", "eml", "fields to the end of the file", "{H}", "X-A: {t:60}\n"},
    {"headers.names-only", "eml", "fields without a value", "{H}", "X-A:\n", "\nend\n"},
    {"headers.long-names", "eml", "names of 900 characters", "{H}", "{f:900:x}: y\n", "\nend\n"},
    {"headers.long-names-of-c", "eml", "names of 8,000 characters that begin as Content-Type does",
     "{H}", "Content-Typ{f:8000:e}: y\n", "\nend\n"},
    {"headers.no-colon", "eml", "lines that are no fields", "{H}", "field without colon\n",
     "\nend\n"},
    {"headers.colons", "eml", "lines of a colon", "{H}", ":\n", "\nend\n"},
    {"headers.blank-before-colon", "eml", "500 blanks between name and colon", "{H}",
     "Subject{f:500: }: x\n", "\nend\n"},
    {"headers.blank-no-colon", "eml", "the same without the colon", "{H}", "Subject{f:500: }\n",
     "\nend\n"},
    {"headers.high-bytes", "eml", "values with bytes from 0x80 on", "{H}", "Subject: {8:60}\n",
     "\nend\n"},
    {"headers.high-names", "eml", "names with bytes from 0x80 on", "{H}", "{8:8}: value\n",
     "\nend\n"},
    {"headers.nul-values", "eml", "values with NULs", "{H}", "Subject: a{0}b{0}{0}c\n", "\nend\n"},
    {"headers.nul-names", "eml", "names with NULs", "{H}", "X{0}A: b\n", "\nend\n"},
    {"headers.from-lines", "eml", "From and >From lines between the fields", "{H}",
     "From ann@a.example\n>From ann@a.example\nX-A: b\n", "\nend\n"},
    {"headers.content-types", "eml", "very many Content-Type fields", "{H}",
     "Content-Type: text/plain; charset=c{i}\n", "\nend\n"},
    {"headers.multipart-types", "eml", "very many Content-Type fields with a boundary each", "{H}",
     "Content-Type: multipart/mixed; boundary=b{i}\n", "\n--b0\n\na\n--b1\n\nend\n"},
    {"headers.encodings", "eml", "very many Content-Transfer-Encoding fields", "{H}",
     "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n", "\nAAAA\n"},
    {"headers.almost-content", "eml", "names that are almost the ones that count", "{H}",
     "content-typ: a\ncontent-typee: a\ncontent-transfer-encodin: a\nContent-Type : text/plain\n",
     "\nend\n"},
    {"headers.begin-with-c", "eml", "names that begin with c", "{H}", "c{i}: x\nC: y\n", "\nend\n"},
    {"headers.folded", "eml", "one field folded very often", "{H}X-A: b\n", "\tb\n", "\nend\n"},
    {"headers.folded-crlf", "eml", "the same with CRLF", "From: a\r\nX-A: b\r\n", "\tb\r\n",
     "\r\nend\r\n"},
    {"headers.folded-blank", "eml", "one field folded into lines of one blank", "{H}X-A: b\n",
     " \n", "\nend\n"},
    {"headers.folded-type", "eml", "Content-Type folded very often",
     "{H}Content-Type: text/plain\n", "\t;a=b\n", "\nend\n"},
    {"headers.folded-type-blank", "eml", "Content-Type folded into blank lines, then a boundary",
     "{H}Content-Type: multipart/mixed;\n", "\t\n", "\tboundary=x\n\n--x\n\nend\n"},
    {"headers.folded-encoding", "eml", "Content-Transfer-Encoding folded very often",
     "{H}Content-Transfer-Encoding:\n", " \t\n", " base64\n\nAAAA\n"},
    {"headers.folded-each", "eml", "every field folded a hundred times", "{H}",
     "X-A: b\n{f:100:\tb\n}", "\nend\n"},
    {"headers.addresses", "eml", "very many addresses in a folded field", "{H}Cc: a@b.example",
     ",\n \"Ann {i}\" <ann{i}@a.example>", "\n\nend\n"},
    {"headers.addresses-one-line", "eml", "the same in one line", "{H}Cc: a@b.example",
     ", ann{i}@a.example", "\n\nend\n"},
    {"headers.address-fields", "eml", "a field for each address", "{H}", "To: ann{i}@a.example\n",
     "\nend\n"},
    {"headers.references", "eml", "very many message ids in References",
     "{H}References:", "\n <{i}.{b:20}@a.example>", "\n\nend\n"},
    {"headers.signature", "eml", "a DKIM signature of megabytes",
     "{H}DKIM-Signature: v=1; b=", "\n\t{b:70}", "\n\nend\n"},
    {"headers.text-as-fields", "eml", "text that looks like fields, and is a body", "{H}\n",
     "Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"},
};

}  // namespace

std::span<const Shape> header_shapes() { return kHeaderShapes; }

}  // namespace mailgen
