// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kBase64ColumnShapes[] = {
    {"columns.1", "eml", "base64, one character a line", "{B}", "{b:1}\n"},
    {"columns.1-crlf", "eml", "the same with CRLF", "{B}", "{b:1}\r\n"},
    {"columns.2", "eml", "two characters a line", "{B}", "{b:2}\n"},
    {"columns.3", "eml", "three characters a line", "{B}", "{b:3}\n"},
    {"columns.4", "eml", "four characters a line", "{B}", "{b:4}\n"},
    {"columns.5", "eml", "five characters a line", "{B}", "{b:5}\n"},
    {"columns.19", "eml", "19 characters a line", "{B}", "{b:19}\n"},
    {"columns.61", "eml", "61 characters a line", "{B}", "{b:61}\n"},
    {"columns.77", "eml", "77 characters a line", "{B}", "{b:77}\n"},
    {"columns.998", "eml", "998 characters a line", "{B}", "{b:998}\n"},
    {"columns.2047", "eml", "2,047 characters a line", "{B}", "{b:2047}\n"},
    {"columns.64k", "eml", "65,532 characters a line", "{B}", "{b:65532}\n"},
    {"columns.any", "eml", "any length up to 200, all zeros", "{B}", "{l:200:A}\n"},
    {"columns.any-short", "eml", "any length up to 12", "{B}", "{l:12:Q}\n"},
    {"columns.any-long", "eml", "any length up to 100,000", "{B}", "{l:100000:Q}\n"},
    {"columns.two-lengths", "eml", "60 and 76 in turns", "{B}", "{b:60}\n{b:76}\n"},
    {"columns.nine-and-nine", "eml", "nine lines of 60, then nine of 76", "{B}",
     "{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:60}\n{b:76}\n{b:76}\n{b:"
     "76}\n"
     "{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n"},
    {"columns.seven-and-one", "eml", "seven lines of 76, then one of 75", "{B}",
     "{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:75}\n"},
    {"columns.odd-streaks", "eml", "seven odd lines after each regular one", "{B}",
     "{b:76}\n{b:20}\n{b:21}\n{b:22}\n{b:23}\n{b:24}\n{b:25}\n{b:26}\n"},
    {"columns.growing", "eml", "each line one character longer, up to 3,000", "{B}",
     "{s:3000:Q}\n"},
    {"columns.growing-fourfold", "eml", "each line four characters longer, up to 12,000", "{B}",
     "{s:3000:QUJD}\n"},
    {"columns.times-eight", "eml", "lines of 4, 36, 300, 2,500 and 21,000 characters", "{B}",
     "{b:4}\n{b:36}\n{b:300}\n{b:2500}\n{b:21000}\n"},
    {"columns.times-seven", "eml", "lines that are seven times as long as the one before", "{B}",
     "{b:4}\n{b:28}\n{b:196}\n{b:1372}\n{b:9604}\n{b:67228}\n"},
    {"columns.shape-then-long", "eml", "eight lines of one character, three more, then 100,000",
     "{B}", "A\nA\nA\nA\nA\nA\nA\nA\nAAA\n{f:100000:A}\n"},
    {"columns.shape-then-longer", "eml", "the same with megabytes in the line", "{B}",
     "A\nA\nA\nA\nA\nA\nA\nA\nAAA\n{f:1500000:A}\n"},
    {"columns.blanks-within", "eml", "a blank behind every fourth character", "{B}",
     "{b:4} {b:4} {b:4} {b:4}\n"},
};

}  // namespace

std::span<const Shape> base64_column_shapes() { return kBase64ColumnShapes; }

}  // namespace mailgen
