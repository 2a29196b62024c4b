// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr std::string_view kText = "{t:70}\n";

constexpr Shape kUnterminatedShapes[] = {
    {"unterminated.quoted-string", "eml", "a quoted boundary that does not end",
     "{H}Content-Type: multipart/mixed; boundary=\"x\n\n", "--x\n\n{t:70}\n"},
    {"unterminated.comment", "eml", "a comment that does not end, in Content-Type",
     "{H}Content-Type: multipart/mixed (comment; boundary=x\n\n", "--x\n\n{t:70}\n"},
    {"unterminated.escape", "eml", "a field that ends in a backslash, for each part", "{M}",
     "--x\nContent-Type: multipart/mixed; boundary=\"y\\\n\n--y\n\na\n"},
    {"unterminated.multipart", "eml", "a multipart without its end", "{M}", "--x\n\n{t:70}\n"},
    {"unterminated.boundary", "eml", "the file ends inside a boundary line", "{M}",
     "--x\n\n{t:70}\n", "--"},
    {"unterminated.header", "eml", "the file ends inside a field", "{H}", "X-A: {t:70}\n",
     "Content-Ty"},
    {"unterminated.fold", "eml", "the file ends inside a folded field", "{H}X-A: b\n", "\t{t:70}\n",
     "\t"},
    {"unterminated.encoded-word", "eml", "the file ends inside an encoded word", "{H}",
     "Subject: =?utf-8?B?{b:40}?=\n", "Subject: =?utf-8?B?QU"},
    {"unterminated.quantum", "eml", "base64 that ends inside a quantum", "{B}", "{b:76}\n",
     "AAAAA"},
    {"unterminated.line", "eml", "base64 without its last line feed", "{B}", "{b:76}\n", "{b:40}"},
    {"unterminated.padding", "eml", "base64 that ends in half of its padding", "{B}", "{b:76}\n",
     "AA="},
    {"unterminated.crlf", "eml", "the file ends between CR and LF", "From: a\r\n\r\n", "{t:70}\r\n",
     "a\r"},
    {"unterminated.quoted-printable", "eml", "the file ends in a soft break",
     "{H}Content-Transfer-Encoding: quoted-printable\n\n", kText, "a="},
    {"unterminated.from-line", "mbox", "the file ends inside a From_ line", "{F}{H}\n", "{t:70}\n",
     "\nFrom a 1:1"},
    {"unterminated.from-line-dated", "mbox", "the file ends in a From_ line without a line feed",
     "{F}{H}\n", kText, "\nFrom a 1:11 2000"},
    {"unterminated.character", "eml", "the file ends inside a character", "{H}\n",
     "\xe2\x82\xac{t:60}\n", "\xe2\x82"},
    {"unterminated.message", "eml", "each part is a message whose header does not end", "{M}",
     "--x\nContent-Type: message/rfc822\n\nSubject: a\nX-A: b\n"},
};

}  // namespace

std::span<const Shape> unterminated_shapes() { return kUnterminatedShapes; }

}  // namespace mailgen
