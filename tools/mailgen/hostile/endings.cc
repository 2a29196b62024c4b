// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kEndingShapes[] = {
    {"endings.crlf", "eml", "CRLF throughout", "From: a\r\nTo: b\r\n\r\n", "{t:70}\r\n"},
    {"endings.cr", "eml", "CR throughout", "From: a\rTo: b\r\r", "{t:70}\r"},
    {"endings.in-turns", "eml", "LF and CRLF in turns", "{H}\n", "{t:35}\n{t:35}\r\n"},
    {"endings.all-kinds", "eml", "LF, CR, CRLF, LFCR, CR CR LF and none", "{H}\n",
     "{t:9}\n{t:9}\r{t:9}\r\n{t:9}\n\r{t:9}\r\r\n{t:9}"},
    {"endings.lfcr", "eml", "LFCR", "{H}\n", "{t:70}\n\r"},
    {"endings.crcrlf", "eml", "CR CR LF", "{H}\n", "{t:70}\r\r\n"},
    {"endings.crlf-header", "eml", "a header of CRLF, a body of LF", "From: a\r\nTo: b\r\n\r\n",
     "{t:70}\n"},
    {"endings.crlf-body", "eml", "a header of LF, a body of CRLF", "{H}\n", "{t:70}\r\n"},
    {"endings.lf-seldom", "eml", "one LF among a thousand CRLF", "From: a\r\n\r\n",
     "{f:1000:crlf crlf crlf\r\n}\n"},
    {"endings.crlf-seldom", "eml", "one CRLF among a thousand LF", "From: a\n\n",
     "{f:1000:lf lf lf lf lf\n}\r\n"},
    {"endings.cr-in-lines", "eml", "CRLF, and bare CR inside the lines", "From: a\r\n\r\n",
     "{t:30}\r{t:30}\r\n"},
    {"endings.short-crlf", "eml", "one byte and CRLF", "From: a\r\n\r\n", "a\r\n"},
    {"endings.crs", "eml", "many CR before each LF", "{H}\n", "{t:20}{l:50:\r}\n"},
    {"endings.lf-before-crs", "eml", "LF, then many CR", "{H}\n", "\n{f:200:\r}"},
    {"endings.form-feeds", "eml", "form feeds and vertical tabs", "{H}\n", "{t:30}\f{t:30}\v\n"},
    {"endings.next-lines", "eml", "NEL and the separators of Unicode", "{H}\n",
     "{t:20}\xc2\x85{t:20}\xe2\x80\xa8{t:20}\xe2\x80\xa9"},
    {"endings.nul", "eml", "lines that end in NUL", "{H}\n", "{t:70}{0}"},
    {"endings.end-of-file", "eml", "control-Z behind every line", "{H}\n", "{t:50}\x1a\n"},
    {"endings.dots", "eml", "SMTP: lines of one dot", "From: a\r\n\r\n", ".\r\n..\r\n{t:30}\r\n"},
    {"endings.smuggled", "eml", "SMTP: ends of data in all wrong endings", "From: a\r\n\r\n",
     "\n.\n\r.\r\r\n.\r\r\n\n.\r\nMAIL FROM:<a@b.example>\r\n"},
};

}  // namespace

std::span<const Shape> ending_shapes() { return kEndingShapes; }

}  // namespace mailgen
