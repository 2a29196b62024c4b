// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kParameterShapes[] = {
    {"parameters.flood", "eml", "very many parameters in one line", "{H}Content-Type: text/plain",
     "; a{i}=b", "\n\nend\n"},
    {"parameters.flood-folded", "eml", "the same, folded", "{H}Content-Type: text/plain",
     ";\n a{i}=b", "\n\nend\n"},
    {"parameters.semicolons", "eml", "nothing but semicolons", "{H}Content-Type: multipart/mixed",
     ";", "boundary=x\n\n--x\n\nend\n"},
    {"parameters.equals", "eml", "nothing but equals signs", "{H}Content-Type: multipart/mixed;",
     "=", "\n\nend\n"},
    {"parameters.quotes", "eml", "quotes in quotes", "{H}Content-Type: text/plain; a=\"", "\\\"",
     "\"\n\nend\n"},
    {"parameters.backslashes", "eml", "nothing but backslashes in a quoted boundary",
     "{H}Content-Type: multipart/mixed; boundary=\"", "\\", "\"\n\nend\n"},
    {"parameters.names-only", "eml", "parameters without a value",
     "{H}Content-Type: multipart/mixed", "; boundary", "\n\nend\n"},
    {"parameters.rfc2231-pieces", "eml", "a file name in very many RFC 2231 pieces",
     "{H}Content-Type: application/x", ";\n\tname*{i}*=%41%42", "\n\nend\n"},
    {"parameters.rfc2231-one-line", "eml", "the same in one line", "{H}Content-Type: application/x",
     "; name*{i}=a", "\n\nend\n"},
    {"parameters.rfc2231-one-number", "eml", "pieces that all have the number 0",
     "{H}Content-Type: application/x", "; name*0=a", "\n\nend\n"},
    {"parameters.rfc2231-large-numbers", "eml", "pieces with huge and negative numbers",
     "{H}Content-Disposition: attachment",
     ";\n\tfilename*99999999999999999999{i}*=a;\n\tfilename*-1=b", "\n\nend\n"},
    {"parameters.rfc2231-boundary", "eml", "a boundary in very many pieces",
     "{H}Content-Type: multipart/mixed", ";\n\tboundary*{i}=x", "\n\n--xxxx\n\nend\n"},
    {"parameters.rfc2231-fields", "eml", "a field of pieces for each of very many parts", "{M}",
     "--x\nContent-Disposition: attachment;\n filename*0*=utf-8'en'%E2%82%AC;\n "
     "filename*1*=%41{i};\n "
     "filename*2=\".txt\"\n\na\n"},
    {"parameters.rfc2231-percents", "eml", "percent signs without digits",
     "{H}Content-Type: application/x; name*=utf-8''", "%%4%zz", "\n\nend\n"},
    {"parameters.rfc2231-stars", "eml", "a name of nothing but stars",
     "{H}Content-Type: multipart/mixed; boundary", "*", "=x\n\n--x\n\nend\n"},
    {"parameters.words-one-line", "eml", "encoded words in one line",
     "{H}Subject:", " =?utf-8?B?QUJD?=", "\n\nend\n"},
    {"parameters.words-folded", "eml", "encoded words, folded",
     "{H}Subject:", "\n =?iso-8859-1?Q?a=20{i}?=", "\n\nend\n"},
    {"parameters.words-joined", "eml", "encoded words without blanks between",
     "{H}Subject: ", "=?utf-8?Q?a?=", "\n\nend\n"},
    {"parameters.words-unclosed", "eml", "encoded words that begin and do not end",
     "{H}Subject:", " =?utf-8?B?", "\n\nend\n"},
    {"parameters.words-in-words", "eml", "encoded words in encoded words",
     "{H}Subject: ", "=?utf-8?Q?=3D=3Futf-8=3F", "\n\nend\n"},
    {"parameters.words-charsets", "eml", "each word in a character set of its own",
     "{H}Subject:", "\n =?x-unknown-{i}?B?{b:40}?=", "\n\nend\n"},
    {"parameters.words-fields", "eml", "a field for each word", "{H}",
     "Subject: =?utf-8?B?{b:60}?=\n", "\nend\n"},
    {"parameters.question-marks", "eml", "nothing but = and ?", "{H}Subject: ", "=?", "\n\nend\n"},
    {"parameters.comments", "eml", "comments between all words of Content-Type",
     "{H}Content-Type: (a) multipart (b) / (c) mixed", " (d{i})",
     "; (e) boundary=x\n\n--x\n\nend\n"},
};

}  // namespace

std::span<const Shape> parameter_shapes() { return kParameterShapes; }

}  // namespace mailgen
