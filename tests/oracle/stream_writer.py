# SPDX-License-Identifier: Apache-2.0
"""Writes streams as docs/STREAM.md says, and also as it forbids. Written from that text alone.

    stream = Stream()
    stream.block([b"hello\\n"])                        # block 0, with right ids
    stream.entries([entry(b"a/../b", recipe=stretch(b"hello\\n", place(0)))])
    stream.end_group()
    data = stream.end()                               # sums and totals are right

What a function is not told, it makes right; every argument can be a lie. Needs python3-zstandard
and python3-xxhash.
"""
import struct

import blake3
import xxhash
import zstandard

FILE, FOLDER, SYMLINK, HARD_LINK = range(4)
FIRST, LAST, ABANDONED, MOVED = 1, 2, 4, 8
IDENTITY, CRLF, BASE64 = range(3)
JUMP, REST, SEVERAL = 16, 32, 64
RAW, ZSTD = 0, 1
NEW_YEAR_NS = 1767225600 * 10**9


def varint(value):
    coded = b""
    while value >= 0x80:
        coded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return coded + bytes([value])


def svarint(value):
    return varint(2 * value if value >= 0 else -2 * value - 1)


def text(data):
    return varint(len(data)) + data


def place(block, ordinal=0, offset=0):
    """The first place of a recipe; of later ones, `block` is the difference."""
    return svarint(block) + varint(ordinal) + varint(offset)


def stretch(made, where, length=None, digest=None, raw=None):
    """A stretch of one identity step, of kind text, that begins at a place."""
    step = bytes([JUMP | REST | 4]) if raw is None else bytes([JUMP | 4]) + varint(raw)
    return (varint(len(made) if length is None else length)
            + (blake3.hash(made)[:16] if digest is None else digest) + step + where)


def entry(path, kind=FILE, recipe=b"", target=None, mode=0o644, flags=FIRST | LAST, user=0,
          group=0):
    record = bytes([flags]) + text(path) + bytes([kind]) + varint(mode)
    record += varint(user) + varint(group) + struct.pack("<q", NEW_YEAR_NS)
    if target is not None:
        record += text(target)
    return record + text(recipe)


def move(old, new):
    return bytes([MOVED]) + text(old) + text(new)


def compressed(data):
    return zstandard.ZstdCompressor().compress(data)


class Stream:
    def __init__(self):
        self.data = self.sums = b""
        self.entry_count = self.raw_bytes = self.block_count = self.chunk_count = 0
        self.frame(b"H", b"LPSTREAM" + struct.pack("<HBB8xIII", 1, 1, 0, 4096, 16384, 65536))

    def frame(self, letter, body, length=None):
        head = letter + bytes(3) + struct.pack("<I", len(body) if length is None else length)
        frame_sum = struct.pack("<Q", xxhash.xxh3_64_intdigest(head + body))
        self.data += head + body + frame_sum
        self.sums += frame_sum

    def block(self, chunks, kind=1, number=None, codec=RAW, ids=None, count=None, lengths=None,
              payload=None):
        joined = b"".join(chunks)
        if payload is None:
            payload = compressed(joined) if codec == ZSTD else joined
        number = self.block_count if number is None else number
        body = varint(number) + bytes([kind, codec, 1])
        body += varint(len(chunks) if count is None else count)
        for length in map(len, chunks) if lengths is None else lengths:
            body += varint(length)
        body += b"".join(map(blake3.hash, chunks) if ids is None else ids)
        self.frame(b"B", body + payload)
        self.block_count += 1
        self.chunk_count += len(chunks)

    def entries(self, records, codec=RAW, length=None, payload=None):
        joined = b"".join(records)
        if payload is None:
            payload = compressed(joined) if codec == ZSTD else joined
        head = bytes([codec]) + varint(len(joined) if length is None else length)
        self.frame(b"E", head + payload)
        self.entry_count += sum(record[0] & FIRST for record in records)

    def end_group(self):
        self.frame(b"G", b"")

    def end(self, raw_bytes=0):
        """All bytes. `raw_bytes`: of all stretches."""
        body = b"".join(map(varint, (self.entry_count, raw_bytes, self.block_count,
                                     self.chunk_count)))
        self.frame(b"Z", body + blake3.hash(self.sums))
        return self.data
