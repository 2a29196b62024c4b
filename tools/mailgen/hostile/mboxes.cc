// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kMboxShapes[] = {
    {"mbox.from-lines", "mbox", "From_ lines without messages", "{F}{H}\n\n", "{F}\n"},
    {"mbox.shortest", "mbox", "the shortest messages there are", "", "From a 1:11 2000\nTo:\n\n"},
    {"mbox.no-blank-line", "mbox", "From_ lines that follow no blank line", "{F}{H}\n", "a\n{F}"},
    {"mbox.in-bodies", "mbox", "From_ lines without a date in bodies", "{F}{H}\n",
     "\nFrom here on it is text\n"},
    {"mbox.in-bodies-dated", "mbox", "From_ lines with a date in bodies, not quoted", "",
     "{F}{H}\n{t:60}\n\nFrom us, at 1:11 in 2026\n{t:60}\n\n"},
    {"mbox.quoted", "mbox", "mboxo: quoted From lines", "{F}{H}\n", ">From {t:20}\n\n"},
    {"mbox.quoted-deep", "mbox", "mboxrd: From lines quoted up to 300 times", "{F}{H}\n",
     "{s:300:>}From {t:20}\n\n"},
    {"mbox.content-length", "mbox", "mboxcl: right lengths", "",
     "From a 1:11 2000\nTo: a\nContent-Length: 9\n\n12345678\n\n"},
    {"mbox.content-length-short", "mbox", "mboxcl2: From lines inside the length, not quoted", "",
     "From a 1:11 2000\nTo: a\nContent-Length: 44\n\n{F}\n"},
    {"mbox.content-length-huge", "mbox", "lengths of 2^63, and negative ones", "",
     "From a 1:11 2000\nTo: a\nContent-Length: 9223372036854775808\n\na\n\nFrom a 1:11 2000\nTo: "
     "a\nContent-Length: -1\n\na\n\n"},
    {"mbox.content-length-zero", "mbox", "lengths of 0 before bodies", "",
     "From a 1:11 2000\nTo: a\nContent-Length: 0\n\n{t:60}\n\n"},
    {"mbox.long-from-lines", "mbox", "From_ lines of 511, 512 and 513 bytes", "",
     "From {f:484:a} Jan  1 00:00:00 2026\nTo: a\n\nb\n\nFrom {f:485:a} Jan  1 00:00:00 2026\nTo: "
     "a\n\nb\n\nFrom {f:486:a} Jan  1 00:00:00 2026\nTo: a\n\nb\n\n"},
    {"mbox.almost-long-from-lines", "mbox", "From_ lines of 500 digits and colons without a date",
     "{F}{H}\n", "\nFrom {f:250:1:}\n"},
    {"mbox.years", "mbox", "years that are none", "{F}{H}\n",
     "\nFrom a 1:11 1899\n\nFrom a 1:11 2200\n\nFrom a 1:11 20000\n\nFrom a 1:11\n"},
    {"mbox.crlf", "mbox", "CRLF throughout", "",
     "From a 1:11 2000\r\nTo: a\r\nSubject: {i}\r\n\r\n{t:60}\r\n\r\n"},
    {"mbox.mixed-endings", "mbox", "messages of LF, CRLF and both", "",
     "{F}To: a\n\n{t:40}\n\nFrom a 1:11 2000\r\nTo: a\r\n\r\n{t:40}\r\n\r\nFrom a 1:11 2000\nTo: "
     "a\r\n\n{t:40}\r\n\n"},
    {"mbox.cr", "mbox", "CR throughout", "{F}{H}\n", "From a 1:11 2000\rTo: a\r\r{t:60}\r\r"},
    {"mbox.no-header", "mbox", "From_ lines before text that is no header", "{F}{H}\n\n",
     "{F}no header here\n{t:60}\n\n"},
    {"mbox.in-headers", "mbox", "From_ lines between fields", "", "{F}To: a\n{F}Cc: b\n\nc\n\n"},
    {"mbox.in-base64", "mbox", "From_ lines inside base64", "",
     "{F}{B}{b:76}\n{b:76}\n\nFrom a 1:11 2000\n{b:76}\n\n"},
    {"mbox.in-attachments", "mbox", "an attached mbox, not quoted", "",
     "{F}{M}--x\nContent-Type: application/mbox\n\n{F}To: a\n\nb\n\n{F}To: a\n\nb\n--x--\n\n"},
    {"mbox.open-parts", "mbox", "messages that end inside their multiparts", "",
     "{F}{M}--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\nContent-Transfer-Encoding: "
     "base64\n\n{b:76}\n{b:30}\n\n"},
    {"mbox.open-headers", "mbox", "messages that end inside a header", "",
     "{F}To: a\nCc:\n\tb,\n\n"},
    {"mbox.uucp", "mbox", "From_ lines with remote from", "",
     "From a Thu Jan  1 00:00:00 2026 remote from b\nTo: a\n\n{t:50}\n\n"},
    {"mbox.blank-lines", "mbox", "fifty blank lines between messages", "",
     "{F}To: a\n\nb\n{f:50:\n}"},
    {"mbox.nul", "mbox", "NULs between messages", "", "{F}To: a\n\nb\n{0}{0}\n\n"},
    {"mbox.mmdf", "mbox", "MMDF: messages between lines of four 0x01", "{F}{H}\n",
     "\x01\x01\x01\x01\nTo: a\n\n{t:60}\n\x01\x01\x01\x01\n"},
    {"mbox.status", "mbox", "flags and numbers with padding, as servers keep them", "",
     "{F}To: a\nX-UID: {i}\nStatus: RO\nX-Keywords:{f:300: }\n\n{t:30}\n\n"},
    {"mbox.binary-behind", "mbox", "one message, then noise", "{F}{H}\na\n\n", "{x:4000}\n\n"},
    {"mbox.large-messages", "mbox", "messages of 3 MB, each with a From_ line before its end", "",
     "{F}To: a\n\n{t:3000000}\n\nFrom a 1:11 2000\n"},
    {"mbox.tiny-attachments", "mbox", "mails that are one line of base64 each", "",
     "{F}{B}{b:76}\n\n"},
    {"mbox.same-message", "mbox", "one message of 2 KB, again and again", "",
     "{F}To: a\nSubject: same\n\n{f:40:The quick brown fox jumps over the lazy dog\n}\n"},
};

}  // namespace

std::span<const Shape> mbox_shapes() { return kMboxShapes; }

}  // namespace mailgen
