# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/cut_points.txt to standard output, from the oracle.

The file itself says how to read it."""

import cut_points

HEADER = """\
# Chunk lengths of generated inputs, from tests/oracle/cut_points.py.
# Frozen: cuts are part of the format.
# A line is MIN AVG MAX INPUT = LENGTHS. INPUT is one or more pieces, joined by "+":
#   random:SEED:BYTES           bytes of the generator
#   base64:SEED:BYTES           lines of 76 characters and LF: a character is
#                               "A..Za..z0..9+/"[byte % 64], and LF takes no byte
#   bits:SEED:BYTES             "0" or "1": the generator's byte % 2
#   repeat:SEED:PERIOD:BYTES    PERIOD bytes of the generator, over and over
#   fill:HEX:BYTES              one byte, over and over
# The generator: x = SEED; for each byte x ^= x << 13, x ^= x >> 7, x ^= x << 17, in 64 bits;
# the byte is the highest of x.
"""

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

DEFAULT = "4096 16384 65536"
CASES = [
    (DEFAULT, "random:1:100000"),
    (DEFAULT, "random:2:400000"),
    (DEFAULT, "base64:3:400000"),
    (DEFAULT, "bits:4:200000"),
    (DEFAULT, "fill:00:200000"),
    (DEFAULT, "fill:20:100000"),
    (DEFAULT, "fill:ff:70000"),
    (DEFAULT, "random:5:30000+fill:00:100000+random:6:50000"),
    (DEFAULT, "random:7:10000+fill:00:3000+random:8:20000+fill:00:31+random:9:20000+fill:00:33"),
    (DEFAULT, "repeat:10:3:70000"),
    (DEFAULT, "repeat:11:1000:100000"),
    (DEFAULT, "repeat:12:20000:150000"),
    (DEFAULT, "random:13:4095"),
    (DEFAULT, "random:13:4096"),
    (DEFAULT, "random:13:4097"),
    (DEFAULT, "fill:41:65535"),
    (DEFAULT, "fill:41:65536"),
    (DEFAULT, "fill:41:65537"),
    ("64 1024 65536", "random:14:60000"),
    ("64 1024 1024", "random:15:60000"),
    ("64 1024 4096", "base64:16:60000"),
    ("1024 1024 4096", "random:17:60000"),
    ("100 2048 5000", "random:18:60000+fill:00:20000+bits:19:20000"),
    ("2048 4096 16384", "random:20:200000"),
    ("2048 8192 65536", "base64:21:300000"),
    ("8192 32768 65536", "random:22:400000"),
    ("16384 65536 65536", "random:23:600000"),
    ("64 65536 65536", "base64:24:600000"),
]


def generator(seed):
    x = seed
    while True:
        x ^= x << 13 & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= x << 17 & 0xFFFFFFFFFFFFFFFF
        yield x >> 56


def piece(text):
    kind, *fields, byte_count = text.split(":")
    byte_count = int(byte_count)
    if kind == "fill":
        return bytes.fromhex(fields[0]) * byte_count
    source = generator(int(fields[0]))
    if kind == "random":
        return bytes(next(source) for _ in range(byte_count))
    if kind == "bits":
        return bytes(b"01"[next(source) % 2] for _ in range(byte_count))
    if kind == "base64":
        return bytes(
            10 if i % 77 == 76 else ALPHABET[next(source) % 64] for i in range(byte_count)
        )
    period = int(fields[1])
    unit = bytes(next(source) for _ in range(period))
    return (unit * (byte_count // period + 1))[:byte_count]


def input_bytes(text):
    return b"".join(map(piece, text.split("+")))


def main():
    print(HEADER, end="")
    for sizes, text in CASES:
        lengths = cut_points.chunk_lengths(
            input_bytes(text), cut_points.Sizes(*map(int, sizes.split()))
        )
        print(sizes, text, "=", *lengths)


if __name__ == "__main__":
    main()
