# SPDX-License-Identifier: Apache-2.0
"""Checks the independent reader on the document's example: stream_reader_test.py STREAM.md"""

import io
import re
import struct
import sys
import unittest

import blake3
import stream_reader
import xxhash

with open(sys.argv.pop(), encoding="ascii") as document:
    SECTION = document.read().partition("\n## Example\n")[2].partition("\n## ")[0]


def fenced(language):
    return re.search(rf"^```{language}\n(.*?)^```", SECTION, re.M | re.S)[1]


STREAM = bytes.fromhex("".join(line.partition(";")[0] for line in fenced("hex").splitlines()))
TEXT = fenced("text").encode()


class Record:
    """A sink that remembers."""

    def __init__(self):
        self.files = {}

    def begin(self, entry):
        self.path = entry.path
        self.files[self.path] = b""

    def write(self, data):
        self.files[self.path] += data

    def end(self):
        pass

    abandon = end

    def move(self, old, new):
        self.files[new] = self.files.pop(old)


def read(stream, **options):
    sink = Record()
    stream_reader.read_stream(io.BytesIO(stream), sink, **options)
    return sink.files


def frames_of(stream):
    """Type and body of each frame."""
    frames = []
    while stream:
        length = struct.unpack("<I", stream[4:8])[0]
        frames.append([stream[:1], stream[8 : 8 + length]])
        stream = stream[16 + length :]
    return frames


def sealed(frames):
    """The stream of these frames, with right sums."""
    stream = sums = b""
    for letter, body in frames:
        if letter == b"Z":
            body = body[:-32] + blake3.hash(sums)
        frame = letter + bytes(3) + struct.pack("<I", len(body)) + body
        frame_sum = struct.pack("<Q", xxhash.xxh3_64_intdigest(frame))
        stream += frame + frame_sum
        sums += frame_sum
    return stream


class Example(unittest.TestCase):
    def test_is_read(self):
        self.assertEqual(read(STREAM), {b"hello.eml": TEXT})

    def test_begins_as_the_document_says(self):
        self.assertEqual(STREAM[:16], bytes.fromhex("4800000020000000") + b"LPSTREAM")

    def test_each_truncation_is_rejected(self):
        for length in range(len(STREAM)):
            with self.assertRaises(stream_reader.Damaged):
                read(STREAM[:length])

    def test_each_flipped_bit_is_rejected(self):
        for bit in range(8 * len(STREAM)):
            flipped = bytearray(STREAM)
            flipped[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(stream_reader.Damaged):
                read(bytes(flipped), checks=False)

    def test_sealed_flips_make_nothing_else(self):
        self.assertEqual(sealed(frames_of(STREAM)), STREAM)
        for number, (_, body) in enumerate(frames_of(STREAM)):
            for bit in range(8 * len(body)):
                flipped = bytearray(body)
                flipped[bit // 8] ^= 1 << bit % 8
                frames = frames_of(STREAM)
                frames[number][1] = bytes(flipped)
                try:
                    files = read(sealed(frames))
                except stream_reader.Damaged:
                    continue
                self.assertEqual(list(files.values()), [TEXT])

    def test_frames_have_an_order(self):
        frames = frames_of(STREAM)
        h, b1, b2, e, g, z = frames
        for wrong in ([b1, h, b2, e, g, z], [h, h, b1, b2, e, g, z], [h, b1, e, b2, g, z],
                      [h, b1, b2, e, z], [h, b1, b2, e, g, g], [h, b1, b2, b2, e, g, z],
                      [h, b2, e, g, z], [h, b1, b2, g, z], [h, b1, b2, e, e, g, z]):
            with self.assertRaises(stream_reader.Damaged):
                read(sealed(wrong))
        self.assertEqual(read(sealed([h, b2, b1, g, g, e, g, z])), {b"hello.eml": TEXT})


if __name__ == "__main__":
    unittest.main()
