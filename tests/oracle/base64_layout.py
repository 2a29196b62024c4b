# SPDX-License-Identifier: Apache-2.0
"""Puts base64 back as docs/STREAM.md, "Base64 layout", says. Written from that text alone.

    text = decode(layout, stored)      # all bytes; ValueError if the layout is malformed

    base64_layout.py LAYOUT_LINES

As a program it runs LAYOUT_LINES (tests/mail/layout_lines.cc), which prints lines `LAYOUT STORED
TEXT`, each in hexadecimal with `-` for no bytes, and fails at the first whose layout and stored
bytes do not make the text.
"""

import base64
import subprocess
import sys

KNOWN_SHAPES = [
    (76, b"\n"), (76, b"\r\n"), (72, b"\n"), (72, b"\r\n"), (64, b"\n"), (64, b"\r\n"),
    (60, b"\n"), (60, b"\r\n"), (0, b"\n"), (0, b"\r\n"), (76, b" \n"), (76, b" \r\n"),
]


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise ValueError("cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self):
        value = 0
        for shift in range(0, 64, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64:
                    break
                return value
        raise ValueError("varint of more than 64 bits")


def read_head(reader):
    flags = reader.take(1)[0]
    shape = flags & 0x1F
    if flags & 0x80 or shape > len(KNOWN_SHAPES):
        raise ValueError("unknown flags")
    if shape:
        line_chars, ending = KNOWN_SHAPES[shape - 1]
    else:
        line_chars = reader.varint()
        ending_bytes = reader.take(1)[0]
        if ending_bytes > 8:
            raise ValueError("ending of more than 8 bytes")
        ending = reader.take(ending_bytes)
    return line_chars, ending, bool(flags & 0x20), bool(flags & 0x40)


def read_exceptions(reader, ending, count):
    exceptions = {}
    position = 0
    while reader.at < len(reader.data):
        delta, code = divmod(reader.varint(), 4)
        if delta == 0 and exceptions:
            raise ValueError("positions do not rise")
        position += delta
        if position > count:
            raise ValueError("exception behind the last character")
        literal = reader.take(reader.varint()) if code == 3 else None
        exceptions[position] = {0: ending, 1: b"", 2: ending + ending, 3: literal}[code]
    return exceptions


def decode(layout, stored):
    reader = Reader(layout)
    line_chars, ending, ends, unpadded = read_head(reader)
    characters = base64.b64encode(stored)
    if unpadded:
        characters = characters.rstrip(b"=")
    count = len(characters)
    exceptions = read_exceptions(reader, ending, count)
    text = bytearray()
    column = 0
    for p in range(count + 1):
        if p in exceptions:
            text += exceptions[p]
            column = 0
        elif p == count:
            text += ending if ends else b""
        elif line_chars and column == line_chars:
            text += ending
            column = 0
        if p < count:
            text.append(characters[p])
            column += 1
    return bytes(text)


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    ran = subprocess.run([arguments[1]], capture_output=True, check=True, text=True)
    lines = ran.stdout.splitlines()
    for number, line in enumerate(lines, start=1):
        layout, stored, text = (bytes.fromhex(word.strip("-")) for word in line.split())
        if decode(layout, stored) != text:
            sys.exit(f"line {number} makes other bytes: {line[:200]}")
    print(f"{len(lines)} layouts read")
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
