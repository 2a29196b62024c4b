// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kPartShapes[] = {
    {"parts.bare", "eml", "boundary lines and nothing between", "{M}", "--x\n", "--x--\n"},
    {"parts.empty", "eml", "parts of an empty header and an empty body", "{M}", "--x\n\n",
     "--x--\n"},
    {"parts.one-byte", "eml", "parts of one byte", "{M}", "--x\n\na\n", "--x--\n"},
    {"parts.one-byte-crlf", "eml", "the same with CRLF", "{M}", "--x\r\n\r\na\r\n", "--x--\r\n"},
    {"parts.header-only", "eml", "parts without a body", "{M}", "--x\nContent-Type: text/plain\n",
     "--x--\n"},
    {"parts.closed-each-time", "eml", "only closing lines", "{M}", "--x--\n"},
    {"parts.after-the-end", "eml", "parts behind the closing line", "{M}--x\n\na\n--x--\n",
     "--x\n\n{t:40}\n"},
    {"parts.close-and-reopen", "eml", "closed and opened in turns", "{M}", "--x\n\na\n--x--\n"},
    {"parts.base64-one-quantum", "eml", "base64 parts of four characters", "{M}",
     "--x\nContent-Transfer-Encoding: base64\n\nAAAA\n", "--x--\n"},
    {"parts.base64-one-line", "eml", "base64 parts of one line", "{M}",
     "--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n{b:76}\n", "--x--\n"},
    {"parts.base64-ten-lines", "eml", "base64 parts of ten lines", "{M}",
     "--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n{b:76}\n{b:76}\n{b:76}\n"
     "{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:20}\n",
     "--x--\n"},
    {"parts.base64-not", "eml", "parts that say base64 and are text", "{M}",
     "--x\nContent-Transfer-Encoding: base64\n\nnot, base64. {t:30}\n", "--x--\n"},
    {"parts.all-types", "eml", "one part of each type, again and again", "{M}",
     "--x\nContent-Type: text/html\n\n<p>\n--x\nContent-Type: image/gif\n\nGIF\n--x\nContent-Type: "
     "application/pdf\nContent-Transfer-Encoding: 8bit\n\n%PDF\n--x\nContent-Type: audio/x\n\na\n"
     "--x\nContent-Type: font/x\nContent-Transfer-Encoding: binary\n\n{x:30}\n--x\nContent-Type: "
     "message/rfc822\n\nSubject: a\n\nb\n"},
    {"parts.messages", "eml", "parts that are messages", "{M}",
     "--x\nContent-Type: message/rfc822\n\n{H}\nhello\n", "--x--\n"},
    {"parts.digest", "eml", "a digest of very many messages",
     "{H}Content-Type: multipart/digest; boundary=x\n\n", "--x\n\nSubject: {i}\n\nhello\n",
     "--x--\n"},
    {"parts.long-headers", "eml", "parts with 64 KB of header", "{M}",
     "--x\n{f:8000:X-A: b\n}\na\n", "--x--\n"},
    {"parts.blank-lines", "eml", "sixty blank lines before each boundary", "{M}",
     "--x\n\n{t:20}\n{f:60:\n}", "--x--\n"},
    {"parts.blank-tails", "eml", "boundary lines with a thousand blanks behind", "{M}",
     "--x{f:1000: }\n\na\n", "--x--\n"},
    {"parts.tab-tails", "eml",
     "boundary lines with blanks, tabs and CRs behind, or a letter at last", "{M}",
     "--x \t\r \n\na\n--x \t\r b\n"},
    {"parts.limit-then-text", "eml", "five thousand parts, then text", "{M}{f:5000:--x\n\na\n}",
     "{t:75}\n"},
    {"parts.limit-then-base64", "eml", "five thousand parts, then base64",
     "{M}{f:5000:--x\n\na\n}--x\nContent-Transfer-Encoding: base64\n\n", "{b:76}\n"},
    {"parts.sized-at-the-cut", "eml", "texts just below, at and above the largest chunk", "{M}",
     "--x\n\n{f:65535:a}\n--x\n\n{f:65536:b}\n--x\n\n{f:65537:c}\n"},
    {"parts.same-attachment", "eml", "one attachment of 4 KB, again and again", "{M}",
     "--x\nContent-Transfer-Encoding: base64\n\n{f:70:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZna"
     "Glqa2xtbm9wcXJzdHV2d3h5ejAx\n}"},
    {"parts.binary", "eml", "parts of random bytes", "{M}",
     "--x\nContent-Type: application/x\nContent-Transfer-Encoding: binary\n\n{x:3000}\n"},
    {"parts.numbered-texts", "eml", "short texts that all differ", "{M}", "--x\n\n{i} {t:200}\n"},
};

}  // namespace

std::span<const Shape> part_shapes() { return kPartShapes; }

}  // namespace mailgen
