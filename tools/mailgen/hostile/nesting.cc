// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kNestingShapes[] = {
    {"nesting.multipart", "eml", "multiparts inside each other, none closed",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\nContent-Type: multipart/mixed; boundary=b{n}\n\n"},
    {"nesting.multipart-closed", "eml", "the same, and all closed again",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\nContent-Type: multipart/mixed; boundary=b{n}\n\n", "", "--b{n}--\n"},
    {"nesting.multipart-text", "eml", "the same with a text at every depth",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\n\n{t:60}\n--b{i}\nContent-Type: multipart/mixed; boundary=b{n}\n\n", "",
     "--b{n}--\n"},
    {"nesting.one-boundary", "eml", "multiparts inside each other with one boundary for all", "{M}",
     "--x\nContent-Type: multipart/mixed; boundary=x\n\n"},
    {"nesting.no-delimiter", "eml", "headers of multiparts that never begin a part", "{M}",
     "Content-Type: multipart/mixed; boundary=b{i}\n\n"},
    {"nesting.growing-boundary", "eml", "each boundary begins with the one outside of it",
     "{H}Content-Type: multipart/mixed; boundary=b\n\n",
     "--b{s:60:x}\nContent-Type: multipart/mixed; boundary=bx{s:60:x}\n\n"},
    {"nesting.left-open", "eml", "each part begins a multipart that it does not end", "{M}",
     "--x\nContent-Type: multipart/mixed; boundary=y{i}\n\n--y{i}\n\na\n"},
    {"nesting.rotating-types", "eml", "mixed in alternative in related, with a part each",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\nContent-Type: multipart/alternative; boundary=a{i}\n\n--a{i}\nContent-Type: "
     "multipart/related; boundary=r{i}\n\n--r{i}\nContent-Type: multipart/mixed; "
     "boundary=b{n}\n\n"},
    {"nesting.message", "eml", "message/rfc822 in message/rfc822", "",
     "Content-Type: message/rfc822\n\n", "\nend\n"},
    {"nesting.message-crlf", "eml", "the same with CRLF", "",
     "Content-Type: message/rfc822\r\n\r\n", "\r\nend\r\n"},
    {"nesting.whole-messages", "eml", "the same with all header fields", "",
     "{H}Content-Type: message/rfc822\n\n", "\nend\n"},
    {"nesting.message-base64", "eml", "message/rfc822 that says it is base64", "",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"},
    {"nesting.message-global", "eml", "message/global, news and rfc822 in turns", "",
     "Content-Type: message/global\n\nContent-Type: message/news\n\nContent-Type: "
     "message/rfc822\n\n"},
    {"nesting.message-partial", "eml", "message/partial in message/partial", "",
     "Content-Type: message/partial; number={i}; total={n}; id=\"p\"\n\n"},
    {"nesting.message-in-multipart", "eml", "a message in a multipart in a message",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\nContent-Type: message/rfc822\n\nSubject: {i}\nContent-Type: multipart/mixed; "
     "boundary=b{n}\n\n"},
    {"nesting.message-with-attachment", "eml", "messages in each other, each with base64 beside it",
     "{H}Content-Type: multipart/mixed; boundary=b0\n\n",
     "--b{i}\nContent-Transfer-Encoding: base64\n\n{b:76}\n{b:76}\n{b:76}\n--b{i}\nContent-Type: "
     "message/rfc822\n\nSubject: {i}\nContent-Type: multipart/mixed; boundary=b{n}\n\n"},
    {"nesting.digest", "eml", "a digest in a digest",
     "{H}Content-Type: multipart/digest; boundary=b0\n\n",
     "--b{i}\nContent-Type: multipart/digest; boundary=b{n}\n\n"},
    {"nesting.digest-untyped", "eml",
     "a digest whose parts are messages without a type, in digests",
     "{H}Content-Type: multipart/digest; boundary=b0\n\n",
     "--b{i}\n\nSubject: {i}\nContent-Type: multipart/digest; boundary=b{n}\n\n"},
    {"nesting.full-stack", "eml", "sixteen open multiparts, then lines that are almost theirs",
     "{H}Content-Type: multipart/mixed; boundary={f:190:b}0\n\n"
     "--{f:190:b}0\nContent-Type: multipart/mixed; boundary={f:190:b}1\n\n"
     "--{f:190:b}1\nContent-Type: multipart/mixed; boundary={f:190:b}2\n\n"
     "--{f:190:b}2\nContent-Type: multipart/mixed; boundary={f:190:b}3\n\n"
     "--{f:190:b}3\nContent-Type: multipart/mixed; boundary={f:190:b}4\n\n"
     "--{f:190:b}4\nContent-Type: multipart/mixed; boundary={f:190:b}5\n\n"
     "--{f:190:b}5\nContent-Type: multipart/mixed; boundary={f:190:b}6\n\n"
     "--{f:190:b}6\nContent-Type: multipart/mixed; boundary={f:190:b}7\n\n"
     "--{f:190:b}7\nContent-Type: multipart/mixed; boundary={f:190:b}8\n\n"
     "--{f:190:b}8\nContent-Type: multipart/mixed; boundary={f:190:b}9\n\n"
     "--{f:190:b}9\nContent-Type: multipart/mixed; boundary={f:190:b}a\n\n"
     "--{f:190:b}a\nContent-Type: multipart/mixed; boundary={f:190:b}b\n\n"
     "--{f:190:b}b\nContent-Type: multipart/mixed; boundary={f:190:b}c\n\n"
     "--{f:190:b}c\nContent-Type: multipart/mixed; boundary={f:190:b}d\n\n"
     "--{f:190:b}d\nContent-Type: multipart/mixed; boundary={f:190:b}e\n\n--{f:190:b}e\n\n",
     "--{f:190:b}Z\n"},
    {"nesting.reopened", "eml", "three deep, and back to the outermost, again and again", "{M}",
     "--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\nContent-Type: multipart/mixed; "
     "boundary=z\n\n--z\n\na\n"},
    {"nesting.comments", "eml", "comments in comments in a header field", "{H}X-A: ", "(",
     "\n\nend\n"},
    {"nesting.comments-closed", "eml", "the same, closed again", "{H}X-A: ", "(", "\n\nend\n", ")"},
    {"nesting.groups", "eml", "address groups in address groups", "{H}Cc: ", "g{i}:a@b.example,\n ",
     "\n\nend\n", ";"},
    {"nesting.html", "eml", "HTML elements in each other, each with a style",
     "{H}Content-Type: text/html\n\n", "<div style=\"margin:0\"><table><tr><td>", "\n",
     "</td></tr></table></div>"},
};

}  // namespace

std::span<const Shape> nesting_shapes() { return kNestingShapes; }

}  // namespace mailgen
