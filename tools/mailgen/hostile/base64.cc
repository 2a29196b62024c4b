// SPDX-License-Identifier: Apache-2.0
#include "hostile/shape.h"

namespace mailgen {
namespace {

constexpr Shape kBase64Shapes[] = {
    {"base64.padding-each-line", "eml", "every line ends in padding", "{B}", "{b:74}==\n"},
    {"base64.padding-one", "eml", "every line ends in one =", "{B}", "{b:74}E=\n"},
    {"base64.padding-zero-bits", "eml", "every line is a whole base64 text", "{B}", "{b:73}A==\n"},
    {"base64.padding-once", "eml", "padding in the middle of a long text", "{B}{f:500:{b:76}\n}",
     "{b:76}\n{b:76}\nQUI=\n{f:40:"
     "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\n}"},
    {"base64.padding-in-line", "eml", "padding in the middle of each line", "{B}",
     "{b:36}QQ=={b:36}\n"},
    {"base64.padding-lines", "eml", "lines of padding", "{B}", "=\n==\n"},
    {"base64.padding-three", "eml", "three and four ==== in a row", "{B}", "{b:72}A===\n====\n"},
    {"base64.padding-own-line", "eml", "the padding on a line of its own", "{B}", "{b:74}\n==\n"},
    {"base64.padding-missing", "eml", "short texts without their padding, in parts", "{M}",
     "--x\nContent-Transfer-Encoding: base64\n\n{b:76}\n{b:76}\n{b:45}Q\n"},
    {"base64.pad-bits", "eml", "bits in the padding that are not zero", "{M}",
     "--x\nContent-Transfer-Encoding: base64\n\n{b:76}\n{b:76}\n{b:20}AB==\n"},
    {"base64.pad-bits-each-line", "eml", "the same in every line", "{B}",
     "{b:72}AB==\n{b:72}AAB=\n"},
    {"base64.illegal-each-line", "eml", "one illegal character a line", "{B}", "{b:38}!{b:37}\n"},
    {"base64.illegal-seldom", "eml", "one in a thousand characters is illegal", "{B}",
     "{f:13:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\n}{b:9}%{"
     "b:66}\n"},
    {"base64.illegal-first", "eml", "each line begins with an illegal character", "{B}",
     "*{b:75}\n"},
    {"base64.illegal-last", "eml", "each line ends with one", "{B}", "{b:75}*\n"},
    {"base64.high-bytes", "eml", "bytes from 0x80 on among the characters", "{B}",
     "{b:40}{8:1}{b:35}\n"},
    {"base64.nul", "eml", "a NUL in each line", "{B}", "{b:40}{0}{b:35}\n"},
    {"base64.url-alphabet", "eml", "the alphabet of URLs", "{B}", "{b:30}-_{b:44}\n"},
    {"base64.blank-behind", "eml", "a blank behind each line", "{B}", "{b:76} \n"},
    {"base64.blanks-behind", "eml", "any number of blanks behind each line", "{B}",
     "{b:76}{l:40: }\n"},
    {"base64.blank-before", "eml", "a blank before each line", "{B}", " {b:76}\n"},
    {"base64.tab-before-some", "eml", "a tab before every third line", "{B}",
     "{b:76}\n{b:76}\n\t{b:76}\n"},
    {"base64.blank-lines", "eml", "a blank line between all lines", "{B}", "{b:76}\n\n"},
    {"base64.two-blank-lines", "eml", "two blank lines, and one, in turns", "{B}",
     "{b:76}\n\n\n{b:76}\n\n"},
    {"base64.many-blank-lines", "eml", "31, 32 and 33 line feeds between lines", "{B}",
     "{b:76}{f:31:\n}{b:76}{f:32:\n}{b:76}{f:33:\n}"},
    {"base64.any-blank-lines", "eml", "up to 60 line feeds between lines", "{B}",
     "{b:76}{l:60:\n}"},
    {"base64.crlf", "eml", "CRLF", "{B}", "{b:76}\r\n"},
    {"base64.crlf-and-lf", "eml", "CRLF and LF in turns", "{B}", "{b:76}\r\n{b:76}\n"},
    {"base64.crlf-seldom", "eml", "one CRLF in nine lines", "{B}",
     "{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\n{b:76}\r\n"},
    {"base64.cr", "eml", "bare CR", "{B}", "{b:76}\r"},
    {"base64.crcrlf", "eml", "CR CR LF", "{B}", "{b:76}\r\r\n"},
    {"base64.joined-texts", "eml", "whole base64 texts behind each other", "{B}",
     "{b:76}\n{b:76}\n{b:30}QQ==\n"},
    {"base64.text-behind", "eml", "lines of text between lines of base64", "{B}",
     "{b:76}\n{b:76}\n{b:76}\n{t:70}\n"},
    {"base64.words-behind", "eml", "lines of base64 with one word of text between", "{B}",
     "{b:76}\n{b:76}\nword\n"},
    {"base64.labelled-text", "eml", "text under the label of base64", "{B}", "{t:75}\n"},
    {"base64.labelled-words", "eml", "text without blanks under the label of base64", "{B}",
     "{l:30:word}\n"},
    {"base64.labelled-bytes", "eml", "bytes under the label of base64", "{B}", "{x:75}\n"},
    {"base64.unlabelled", "eml", "base64 without its label", "{H}\n", "{b:76}\n"},
    {"base64.unlabelled-pairs", "eml", "two lines of base64, then text, without a label", "{H}\n",
     "{b:76}\n{b:76}\n{t:70}\n"},
    {"base64.unlabelled-triples", "eml", "three lines of base64, then text, without a label",
     "{H}\n", "{b:76}\n{b:76}\n{b:76}\n{t:70}\n"},
    {"base64.unlabelled-almost", "eml", "lines that are base64 but for their last character",
     "{H}\n", "{b:75}.\n"},
    {"base64.unlabelled-long", "eml", "lines of 8,000 characters, the third of them spoilt",
     "{H}\n", "{b:8000}\n{b:8000}\n{b:7999}!\n"},
    {"base64.letters", "eml", "text that looks like base64: words without blanks", "{H}\n",
     "TheQuickBrownFoxJumpsOverTheLazyDogAndThenItGoesHomeAgainToSleepUntilMorning\n"},
    {"base64.small-letters", "eml", "lines of small letters", "{H}\n", "{f:76:a}\n"},
    {"base64.hexadecimal", "eml", "lines of hexadecimal digits", "{H}\n",
     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677\n"},
    {"base64.hashes", "eml", "base64 of hashes, one a line", "{H}\n", "{b:43}=\n"},
    {"base64.of-base64", "eml", "base64 that decodes to lines of base64", "{B}",
     "UVVKRFJFVkdSMGhKU2t0TVRVNVBVRkZTVTFSVlZsZFlXVnBoWW1Oa1pXWm5hR2xxYTJ4dGJtOXdj\n"},
    {"base64.of-mail", "eml", "base64 that decodes to mail", "{B}",
     "RnJvbTogYQpTdWJqZWN0OiBiCkNvbnRlbnQtVHlwZTogbWVzc2FnZS9yZmM4MjIKCkZyb206IGEK\n"},
    {"base64.pem", "eml", "certificates in a text", "{H}\n",
     "-----BEGIN CERTIFICATE-----\n{b:64}\n{b:64}\n{b:64}\n{b:64}\n{b:40}\n-----END "
     "CERTIFICATE-----\n"},
    {"base64.pgp", "eml", "an armoured message with its checksum, again and again", "{H}\n",
     "-----BEGIN PGP MESSAGE-----\n\n{b:64}\n{b:64}\n{b:64}\n{b:62}==\n={b:4}\n-----END PGP "
     "MESSAGE-----\n"},
    {"base64.other-labels", "eml", "labels that are almost base64, in parts", "{M}",
     "--x\nContent-Transfer-Encoding: x-base64\n\n{b:76}\n{b:76}\n{b:76}\n--x\n"
     "Content-Transfer-Encoding: \"base64\"\n\n{b:76}\n{b:76}\n--x\nContent-Transfer-Encoding: "
     "BASE64 "
     "; a\n\n{b:76}\n{b:76}\n"},
    {"base64.uuencoded", "eml", "uuencoded lines under the label of base64", "{B}",
     "M5&AE('%U:6-K(&)R;W=N(&9O>\"!J=6UP<R!O=F5R('1H92!L87IY(&1O9RX*\n"},
    {"base64.ascii85", "eml", "Ascii85 under the label of base64", "{B}",
     "9jqo^BlbD-BleB1DJ+*+F(f,q/0JhKF<GL>Cj@.4Gp$d7F!,L7@<6@)/0JDEF<G%<+EV:2F!,O<\n"},
};

}  // namespace

std::span<const Shape> base64_shapes() { return kBase64Shapes; }

}  // namespace mailgen
