// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kByteShapes[] = {
    {"bytes.zeros", "bin", "nothing but zeros", "", "{0}"},
    {"bytes.ff", "bin", "nothing but 0xff", "", "\xff"},
    {"bytes.random", "bin", "noise", "", "{x:4096}"},
    {"bytes.random-mail", "eml", "noise behind a header", "{H}\n", "{x:4096}"},
    {"bytes.all-values", "bin", "random values with long runs", "", "{x:3}{f:200:\xaa}"},
    {"bytes.nul-lines", "eml", "NULs in lines", "{H}\n", "{f:70:{0}}\n"},
    {"bytes.controls", "eml", "control characters", "{H}\n", "\x01\x02\x03\x07\x08\x1b[2J\x7f\n"},
    {"bytes.period-2", "bin", "two bytes, again and again", "", "\xa5\x3c"},
    {"bytes.period-3", "bin", "three bytes, again and again", "", "\x12\x80\xfe"},
    {"bytes.period-7", "bin", "seven bytes, again and again", "", "letters"},
    {"bytes.period-31", "bin", "one byte less than the window of the cut points", "",
     "0123456789abcdefghijklmnopqrstu"},
    {"bytes.period-32", "bin", "the window of the cut points", "",
     "0123456789abcdefghijklmnopqrstuv"},
    {"bytes.period-33", "bin", "one byte more", "", "0123456789abcdefghijklmnopqrstuvw"},
    {"bytes.period-64", "bin", "64 bytes, again and again", "",
     "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/"},
    {"bytes.period-4096", "bin", "a page, again and again", "",
     "{f:127:0123456789abcdefghijklmnopqrstuv}the last of it is other bytes!!\n"},
    {"bytes.zeros-and-ones", "bin", "33 zeros and one other byte", "", "{f:33:{0}}\x01"},
    {"bytes.zeros-and-noise", "bin", "4 KB of zeros, 40 bytes of noise", "", "{f:4096:{0}}{x:40}"},
    {"bytes.zeros-mail", "eml", "a sparse attachment", "{B}", "{f:76:A}\n"},
    {"bytes.numbers", "bin", "rising numbers", "", "{i}\n"},
    {"bytes.text", "bin", "text that is no mail", "", "{t:70}\n"},
};

}  // namespace

std::span<const Shape> byte_shapes() { return kByteShapes; }

}  // namespace mailgen
