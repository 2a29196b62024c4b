// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr std::string_view kPrintable =
    "{H}Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n";

constexpr Shape kEncodingShapes[] = {
    {"encodings.soft-breaks", "eml", "quoted-printable of nothing but soft breaks", kPrintable,
     "=\n"},
    {"encodings.all-quoted", "eml", "every byte quoted", kPrintable,
     "=41=42=43=44=45=46=47=48=49=\n"},
    {"encodings.bad-digits", "eml", "equals signs without digits", kPrintable, "=G=1=zz==\n"},
    {"encodings.blanks-at-ends", "eml", "quoted-printable with blanks before the line feed",
     kPrintable, "{t:50}=20 \t \n"},
    {"encodings.equals", "eml", "equals signs only", kPrintable, "{f:76:=}\n"},
    {"encodings.high-bytes", "eml", "8-bit text in a character set of one byte",
     "{H}Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n",
     "{8:70}\n"},
    {"encodings.high-bytes-as-7bit", "eml", "8-bit text that says 7bit",
     "{H}Content-Transfer-Encoding: 7bit\n\n", "{8:30}{t:40}\n"},
    {"encodings.utf8", "eml", "characters of two, three and four bytes",
     "{H}Content-Type: text/plain; charset=utf-8\n\n",
     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xac\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xac\n"},
    {"encodings.utf8-cut", "eml", "characters that are cut off", "{H}\n",
     "\xe2\x82\n\xf0\x9f\x93\n\xc3\n"},
    {"encodings.utf8-overlong", "eml", "overlong characters", "{H}\n",
     "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf\xc0\x80\n"},
    {"encodings.utf8-surrogates", "eml", "surrogates and numbers above 10FFFF", "{H}\n",
     "\xed\xa0\x80\xed\xbf\xbf\xf4\x90\x80\x80\xf8\x88\x80\x80\x80\n"},
    {"encodings.utf8-continuations", "eml", "bytes that continue nothing", "{H}\n",
     "\x80\xbf\x80\xbf\x80\xbf\x80\xbf\n"},
    {"encodings.utf8-combining", "eml", "one letter with combining marks", "{H}\n",
     "a{f:500:\xcc\x81}\n"},
    {"encodings.utf8-direction", "eml", "marks of direction in names of files", "{M}",
     "--x\nContent-Disposition: attachment; filename=\"a\xe2\x80\xae"
     "fdp.exe\"\n\na\n"},
    {"encodings.byte-order-mark", "eml", "a byte-order mark before every line", "\xef\xbb\xbf{H}\n",
     "\xef\xbb\xbf{t:30}\n"},
    {"encodings.utf16-little", "eml", "mail in UTF-16, low bytes first",
     "\xff\xfe"
     "F{0}r{0}o{0}m{0}:{0} {0}a{0}\n{0}\n{0}",
     "h{0}e{0}l{0}l{0}o{0}\n{0}"},
    {"encodings.utf16-big", "eml", "mail in UTF-16, high bytes first",
     "\xfe\xff{0}F{0}r{0}o{0}m{0}:{0} {0}a{0}\n{0}\n", "{0}h{0}e{0}l{0}l{0}o{0}\n"},
    {"encodings.utf7", "eml", "UTF-7", "{H}Content-Type: text/plain; charset=utf-7\n\n",
     "+ADw-script+AD4-{t:40}\n"},
    {"encodings.escapes", "eml", "ISO-2022-JP that goes in and out all the time",
     "{H}Content-Type: text/plain; charset=iso-2022-jp\n\n", "\x1b$B$\"\x1b(B\x1b$B$$\x1b(J\n"},
    {"encodings.uuencoded", "eml", "uuencoded files in a text", "{H}\n",
     "begin 644 a\nM5&AE('%U:6-K(&)R;W=N(&9O>\"!J=6UP<R!O=F5R('1H92!L87IY(&1O9RX*\n`\nend\n"},
    {"encodings.yenc", "eml", "yEnc lines", "{H}\n=ybegin line=128 size=9 name=a\n", "{8:128}\r\n"},
    {"encodings.binhex", "eml", "BinHex under its old header",
     "{H}\n(This file must be converted with BinHex 4.0)\n\n:",
     "\"&4&8C[\"8&\"fD#0M!*!!!!!!!!!!!3!N!-\"3!!!!!N!-\"3!!!!!N!-\"3!!!!!N!\n"},
    {"encodings.entities", "eml", "XML entities that grow",
     "{H}Content-Type: text/xml\n\n<!DOCTYPE a [<!ENTITY e0 \"x\">\n",
     "<!ENTITY e{n} \"&e{i};&e{i};\">\n", "]><a/>\n"},
    {"encodings.tnef", "eml", "an attachment with the signature of winmail.dat and noise",
     "{H}Content-Type: application/ms-tnef\nContent-Transfer-Encoding: binary\n\n\x78\x9f\x3e\x22",
     "{x:1000}"},
};

}  // namespace

std::span<const Shape> encoding_shapes() { return kEncodingShapes; }

}  // namespace mailgen
