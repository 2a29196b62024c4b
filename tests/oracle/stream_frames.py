# SPDX-License-Identifier: Apache-2.0
"""Fields, frames and the header of a stream, as docs/STREAM.md says. Written from that text alone.

    frames = Frames(file)
    _, body = frames.next()
    hashes, features = read_header(body, key, checks=True)
    letter, body = frames.next()

Whatever the document says that a reader must reject raises Damaged.
"""

import contextlib
import re
import string
import struct

import blake3
import xxhash
import zstandard

FRAME_BYTES_MAX = 8 << 20
HEADER_BYTES = 32, 4096
CHUNK_BYTES_MAX = 64 << 10
FIELD_NEEDS = 1
BORROWED_CHUNKS = b"borrowed-chunks"


class Damaged(Exception):
    """The stream is not what docs/STREAM.md says. `name` is that of its section "Errors"; `offset`
    that of the frame."""

    def __init__(self, what, name=None):
        super().__init__(what)
        self.name = name
        self.offset = None


def need(condition, what, name=None):
    if not condition:
        raise Damaged(what, name)


@contextlib.contextmanager
def errors_are(name):
    """Names the errors that have no name of their own."""
    try:
        yield
    except Damaged as damage:
        damage.name = damage.name or name
        raise


class Cursor:
    """Reads fields from bytes, and never past their end."""

    def __init__(self, data, what):
        self.data = data
        self.at = 0
        self.what = what

    def at_end(self):
        return self.at == len(self.data)

    def take(self, count):
        need(count <= len(self.data) - self.at, f"{self.what}: cut short at byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def rest(self):
        return self.take(len(self.data) - self.at)

    def fixed(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                need(value < 1 << 64, f"{self.what}: a varint of more than 64 bits")
                return value
        raise Damaged(f"{self.what}: a varint of more than 10 bytes")

    def svarint(self):
        coded = self.varint()
        return -(coded + 1) // 2 if coded & 1 else coded // 2

    def text(self):
        return self.take(self.varint())


class Frames:
    """The frames of a stream, in the order that the document demands, with their sums checked.

    Frames that may be skipped are. `offset` is behind the last whole frame, `begin` where the
    newest begins.
    """

    AFTER = {None: "H", "H": "BKEGZ", "B": "BKEG", "K": "BKEG", "E": "EG", "G": "BKEGZ"}
    LETTERS = string.ascii_letters.encode()

    def __init__(self, file):
        self.file = file
        self.begin = self.offset = self.input_bytes = 0
        self.groups = self.group_offset = 0
        self.last_type = None
        self.sums = b""  # of all frames before the newest
        self.newest_sum = b""

    def read(self, count):
        data = self.file.read(count)
        self.input_bytes += len(data)
        need(len(data) == count, "the stream ends before its end frame", "cut-short")
        return data

    def next(self):
        while True:
            letter, body = self.read_frame()
            if not letter.islower():
                break
        need(letter in "HBKEGZ", f"made by a newer version: needs frames of type {letter!r}",
             "unknown-frame")
        need(letter in self.AFTER[self.last_type], f"a frame {letter!r} out of order",
             "frame-order")
        self.last_type = letter
        return letter, body

    def read_frame(self):
        self.begin = self.offset
        head = self.read(8)
        reserved, length = head[1:4], struct.unpack("<I", head[4:])[0]
        is_frame = (head[0] in self.LETTERS and reserved == bytes(3)
                    and length <= FRAME_BYTES_MAX)
        if self.offset == 0:
            need(is_frame and head[0:1] == b"H" and HEADER_BYTES[0] <= length <= HEADER_BYTES[1],
                 "this is not a letterpress stream", "not-a-stream")
        need(is_frame, "no frame starts here", "bad-frame")
        body, frame_sum = self.read(length), self.read(8)
        computed = struct.pack("<Q", xxhash.xxh3_64_intdigest(head + body))
        need(computed == frame_sum, "the checksum of this frame does not match", "bad-sum")
        self.sums += self.newest_sum
        self.newest_sum = frame_sum
        self.offset += 16 + length
        return chr(head[0]), body

    def end_group(self):
        self.groups += 1
        self.group_offset = self.offset


def decompress(codec, stored, raw_bytes, what):
    with errors_are("bad-payload"):
        return decompressed(codec, stored, raw_bytes, what)


def decompressed(codec, stored, raw_bytes, what):
    if codec == 0:
        need(len(stored) == raw_bytes, f"{what}: raw payload of a wrong length")
        return stored
    try:
        promised = zstandard.get_frame_parameters(stored).content_size
        need(promised in (raw_bytes, zstandard.CONTENTSIZE_UNKNOWN), f"{what}: wrong length")
        decompressor = zstandard.ZstdDecompressor().decompressobj()
        raw = b""
        # Fed in pieces that cannot become much: a frame that does not say its size may be a bomb.
        for at in range(0, len(stored), 1024):
            need(len(raw) <= raw_bytes and not decompressor.eof, f"{what}: wrong length")
            raw += decompressor.decompress(stored[at : at + 1024])
        need(decompressor.eof and not decompressor.unused_data, f"{what}: not one zstd frame")
    except zstandard.ZstdError as error:
        raise Damaged(f"{what}: does not decompress: {error}") from None
    need(len(raw) == raw_bytes, f"{what}: decompresses to {len(raw)} bytes, not {raw_bytes}")
    return raw


class Hashes:
    """The stream's BLAKE3, keyed or not; `checks` says whether digests and ids are compared."""

    def __init__(self, key, checks):
        self.key = key
        self.checks = checks

    def of(self, data):
        return blake3.keyed_hash(self.key, data) if self.key else blake3.hash(data)


def read_header(body, key, checks):
    """The stream's Hashes, and the features that it needs."""
    cursor = Cursor(body, "header")
    need(cursor.take(8) == b"LPSTREAM", "this is not a letterpress stream", "not-a-stream")
    newer = "made by a newer version: needs"
    version = cursor.fixed("H")
    need(version == 1, f"{newer} stream version {version}", "unknown-version")
    kind_of_hash, flags, key_check = cursor.fixed("B"), cursor.fixed("B"), cursor.take(8)
    low, middle, high = (cursor.fixed("I") for _ in range(3))
    need(kind_of_hash in (1, 2), f"{newer} the hash of number {kind_of_hash}", "unknown-feature")
    need(flags < 2, f"{newer} the flags {flags & ~1} of its header", "unknown-feature")
    with errors_are("bad-header"):
        need(flags or cursor.at_end(), "header: bytes left over")
        need(low <= middle <= high <= CHUNK_BYTES_MAX, "header: chunk sizes out of range")
        need(kind_of_hash == 2 or key_check == bytes(8), "header: a key check without a key")
        features = read_fields(cursor)
    unknown = sorted(features - {BORROWED_CHUNKS})
    need(not unknown, f"{newer} the feature {b', '.join(unknown).decode()!r}", "unknown-feature")
    if kind_of_hash == 1:
        need(key is None, "the stream was made without a key", "wrong-key")
        return Hashes(None, checks), features
    if key is None:
        need(not checks, "the stream is keyed: give its key, or --no-digests", "key-needed")
        return Hashes(None, checks), features
    need(blake3.hash(key)[:8] == key_check, "the stream was made with another key", "wrong-key")
    return Hashes(key, checks), features


def read_fields(cursor):
    """The names of the features that the stream needs; other fields are skipped."""
    names = set()
    while not cursor.at_end():
        kind, value = cursor.fixed("B"), cursor.text()
        if kind == FIELD_NEEDS:
            need(re.fullmatch(rb"[a-z0-9-]{1,64}", value), "header: a feature without a name")
            names.add(value)
    return names
