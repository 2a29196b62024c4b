// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

// A line that does not end, or only at the end of the file.
constexpr Shape line(std::string_view name, std::string_view what, std::string_view head,
                     std::string_view unit, std::string_view tail = "\n",
                     std::string_view extension = "eml") {
  return {name, extension, what, head, unit, tail, {}, true};
}

constexpr Shape kLineShapes[] = {
    line("lines.one-body", "one line of text", "{H}\n", "x"),
    line("lines.one-text", "one line of random letters", "{H}\n", "{t:1000}"),
    line("lines.one-header-value", "one field", "{H}Subject: ", "x", "\n\nend\n"),
    line("lines.one-header-name", "one line in a header without a colon", "{H}", "x", "\n\nend\n"),
    line("lines.one-type", "one Content-Type field",
         "{H}Content-Type: multipart/mixed; boundary=", "x", "\n\nend\n"),
    line("lines.one-quoted-type", "the same in quotes",
         "{H}Content-Type: multipart/mixed; boundary=\"", "x", "\"\n\nend\n"),
    line("lines.one-blank-header", "one field of blanks", "{H}X-A:", " ", "\n\nend\n"),
    line("lines.one-blank-body", "one line of blanks", "{H}\n", " "),
    line("lines.one-boundary", "a boundary line that goes on", "{M}--x\n\na\n--x", "x"),
    line("lines.one-blank-boundary", "a boundary line with blanks behind", "{M}--x\n\na\n--x", " ",
         "\n\nend\n--x--\n"),
    line("lines.one-dashes", "one line of dashes in a multipart", "{M}", "-"),
    line("lines.one-base64", "base64 without a line feed", "{B}", "{b:1000}"),
    line("lines.one-base64-unlabelled", "the same without its label", "{H}\n", "{b:1000}"),
    line("lines.one-base64-as", "base64 of zeros without a line feed", "{B}", "A"),
    line("lines.one-base64-spoilt", "the same with a ! every 100 KB", "{B}", "{f:100000:A}!"),
    line("lines.one-padding", "one line of padding", "{B}", "="),
    line("lines.one-base64-blanks", "base64 with a blank behind every character", "{B}", "A "),
    line("lines.one-base64-broken-late", "a line of base64 behind eight lines of one character",
         "{B}{f:9:A\n}", "A"),
    line("lines.one-from", "a From_ line without an end", "{F}{H}\na\n\nFrom ", "x",
         " Thu Jan  1 00:00:00 2026\n", "mbox"),
    line("lines.one-quote", "one line of >", "{F}{H}\na\n\n", ">", "From x\n", "mbox"),
    line("lines.one-nul", "NULs behind a header", "{H}\n", "{0}"),
    line("lines.one-cr", "carriage returns behind a header", "{H}\n", "\r"),
    line("lines.one-ff", "bytes 0xff behind a header", "{H}\n", "\xff"),
    line("lines.one-no-header", "one line, and nothing else", "", "x", "", "bin"),
    line("lines.one-quoted-printable", "quoted-printable without an end",
         "{H}Content-Transfer-Encoding: quoted-printable\n\n", "=3D"),
    {"lines.one-byte", "eml", "lines of one byte", "{H}\n", "x\n"},
    {"lines.empty", "eml", "empty lines", "{H}\n", "\n"},
    {"lines.empty-crlf", "eml", "empty lines, CRLF", "{H}\n", "\r\n"},
    {"lines.blank", "eml", "lines of a blank", "{H}\n", " \n"},
    {"lines.998", "eml", "lines of 998 letters", "{H}\n", "{t:998}\n"},
    {"lines.64k", "eml", "lines of 64 KiB less one byte", "{H}\n", "{t:65535}\n"},
    {"lines.growing", "eml", "each line a byte longer than the one before", "{H}\n",
     "{s:20000:x}\n"},
    {"lines.any-length", "eml", "lines of any length up to 2,000", "{H}\n", "{l:2000:y}\n"},
    {"lines.short-and-long", "eml", "one byte and a hundred thousand in turns", "{H}\n",
     "a\n{f:100000:b}\n"},
    {"lines.dashes", "eml", "lines of two dashes in a multipart", "{M}", "--\n"},
    {"lines.dashes-and-text", "eml", "lines that begin with dashes", "{M}", "--{t:20}\n-{t:20}\n"},
    {"lines.signatures", "eml", "signature dashes", "{M}", "-- \n{t:30}\n"},
};

}  // namespace

std::span<const Shape> line_shapes() { return kLineShapes; }

}  // namespace mailgen
