# SPDX-License-Identifier: Apache-2.0
"""Makes streams, right ones and wrong ones, field by field, as docs/STREAM.md says. Written from
that text alone.

    stream = Stream()
    stream.block(0, TEXT, [b"hello\\n"])
    stream.entries(file(b"a", stretch(b"hello\\n", step(TEXT, jump=(0, 0, 0)))))
    stream.group()
    stream.end()
    stream.at("B")     # where the first block's frame begins
    stream.bytes()
"""

import struct

import blake3
import xxhash
import zstandard

HEADER, TEXT, ATTACHMENT, PLAIN, RECIPE = range(5)
IDENTITY, CRLF, BASE64 = range(3)
FILE, FOLDER, SYMLINK, HARD_LINK = range(4)
FIRST, LAST, ABANDONED, MOVED = 1, 2, 4, 8
JUMP, REST, SEVERAL = 16, 32, 64
TIME_NS = 1767225600123456789  # 2026-01-01T00:00:00.123456789Z


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def svarint(value):
    return varint(2 * value if value >= 0 else -2 * value - 1)


def text(value):
    return varint(len(value)) + value


def hash_of(data, key=None):
    return blake3.keyed_hash(key, data) if key else blake3.hash(data)


def packed(data, codec):
    """The payload; a codec that no document has leaves it as it is."""
    if codec != 1:
        return data
    return zstandard.ZstdCompressor(level=3, write_content_size=True).compress(data)


# Frames


def frame(letter, body, reserved=bytes(3)):
    head = letter.encode() + reserved + struct.pack("<I", len(body)) + body
    return head + struct.pack("<Q", xxhash.xxh3_64_intdigest(head))


def header(version=1, hash_number=None, flags=None, key=None, key_check=None,
           sizes=(4096, 16384, 65536), fields=(), magic=b"LPSTREAM"):
    """`fields`: (type, value) pairs."""
    if hash_number is None:
        hash_number = 2 if key else 1
    if flags is None:
        flags = 1 if fields else 0
    if key_check is None:
        key_check = blake3.hash(key)[:8] if key else bytes(8)
    body = magic + struct.pack("<HBB", version, hash_number, flags) + key_check
    body += struct.pack("<III", *sizes)
    return body + b"".join(bytes([kind]) + text(value) for kind, value in fields)


NEEDS_BORROWED = (1, b"borrowed-chunks")


# Blocks


def lengths_of(chunks):
    return b"".join(varint(len(chunk)) for chunk in chunks)


def block_body(number, kind, chunks, codec=0, flags=1, count=None, lengths=None, ids=None,
               payload=None, key=None):
    """The body of a `B` frame; what is given replaces what would be right."""
    data = b"".join(chunks)
    return (varint(number) + bytes([kind, codec, flags])
            + varint(len(chunks) if count is None else count)
            + (lengths_of(chunks) if lengths is None else lengths)
            + (b"".join(hash_of(chunk, key) for chunk in chunks) if ids is None else ids)
            + (packed(data, codec) if payload is None else payload))


def borrowed_body(number, kind, chunks, key=None):
    return (varint(number) + bytes([kind]) + varint(len(chunks)) + lengths_of(chunks)
            + b"".join(hash_of(chunk, key) for chunk in chunks))


# Recipes


def place(jump):
    delta, ordinal, offset = jump
    return svarint(delta) + varint(ordinal) + varint(offset)


def step(kind, jump=None, transform=IDENTITY, raw=None, dropped=None, stored=None, layout=None,
         extents=None, tag=None, count=None):
    """`jump`: (delta, ordinal, offset). `extents`: (bytes, jump or None) each. Without `raw` the
    step makes the rest of its stretch."""
    if tag is None:
        tag = (transform | kind << 2 | (JUMP if jump else 0) | (REST if raw is None else 0)
               | (SEVERAL if extents is not None else 0))
    out = bytes([tag])
    if raw is not None:
        out += varint(raw)
    if dropped is not None:
        out += varint(dropped)
    if stored is not None:
        out += varint(stored)
    if layout is not None:
        out += text(layout)
    if jump:
        out += place(jump)
    if extents is not None:
        out += varint(len(extents) if count is None else count)
        for length, to in extents:
            out += varint(2 * length + (1 if to else 0)) + (place(to) if to else b"")
    return out


def stretch(raw, *steps, length=None, digest=None, key=None):
    return (varint(len(raw) if length is None else length)
            + (hash_of(raw, key)[:16] if digest is None else digest) + b"".join(steps))


# Records


def metadata(kind=FILE, mode=0o640, user=1000, group=100, target=None):
    out = bytes([kind]) + varint(mode) + varint(user) + varint(group)
    return out + struct.pack("<q", TIME_NS) + (text(target) if target is not None else b"")


def record(path, recipe=b"", flags=FIRST | LAST, **fields):
    out = bytes([flags])
    if flags & FIRST:
        out += text(path) + metadata(**fields)
    return out + text(recipe)


def move(old, new):
    return bytes([MOVED]) + text(old) + text(new)


class Stream:
    """Frames that are right unless they are replaced. Counts for the end frame."""

    def __init__(self, head=None, **fields):
        self.key = fields.get("key")
        self.frames = [("H", header(**fields) if head is None else head, bytes(3))]
        self.totals = [0, 0, 0, 0]  # entries, raw bytes, blocks, chunks

    def add(self, letter, body, reserved=bytes(3)):
        self.frames.append((letter, body, reserved))

    def block(self, number, kind, chunks, **wrong):
        self.totals[2] += 1
        self.totals[3] += len(chunks)
        self.add("B", block_body(number, kind, chunks, key=self.key, **wrong))

    def borrowed(self, number, kind, chunks):
        self.totals[2] += 1
        self.totals[3] += len(chunks)
        self.add("K", borrowed_body(number, kind, chunks, key=self.key))

    def entries(self, *records, codec=0, raw_bytes=0, length=None, payload=None):
        data = b"".join(records)
        self.totals[1] += raw_bytes
        self.totals[0] += sum(1 for each in records if each[0] < MOVED and each[0] & FIRST)
        self.add("E", bytes([codec]) + varint(len(data) if length is None else length)
                 + (packed(data, codec) if payload is None else payload))

    def group(self):
        self.add("G", b"")

    def end(self, totals=None, sums=None, more=b""):
        """Without `sums` they are right."""
        body = b"".join(varint(total) for total in (totals or self.totals))
        if sums is None:
            sums = blake3.hash(b"".join(frame(*each)[-8:] for each in self.frames))
        self.add("Z", body + sums + more)

    def index(self, letter, number=0):
        return [i for i, each in enumerate(self.frames) if each[0] == letter][number]

    def replace(self, letter, number, body):
        self.frames[self.index(letter, number)] = (letter, body, bytes(3))

    def at(self, letter, number=0):
        """Where that frame begins."""
        index = self.index(letter, number)
        return sum(len(frame(*each)) for each in self.frames[:index])

    def bytes(self):
        return b"".join(frame(*each) for each in self.frames)
