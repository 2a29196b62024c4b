# SPDX-License-Identifier: Apache-2.0
"""Blocks of a stream, and what recipes make of them, as docs/STREAM.md says. Written from that text
alone.

    blocks = Blocks(spool_file)
    blocks.add(body_of_a_frame, hashes)
    for stretch in Rebuilder(recipe, blocks, hashes).stretches(): ...
"""

import collections
import os

import base64_layout
from stream_frames import CHUNK_BYTES_MAX, Cursor, Damaged, decompress, errors_are, need

STRETCH_BYTES_MAX = 8 << 20
BLOCK_BYTES_MAX = 4 << 20
BLOCK_CHUNKS_MAX = 65536
BLOCK_NUMBER_MAX = (1 << 48) - 2
STEP_EXTENTS_MAX = 131072
BLOCKS_KEPT = 16
IDENTITY, CRLF, BASE64 = range(3)


class Block:
    def __init__(self, body, has_ids=True):
        with errors_are("bad-block"):
            self.parse(body, has_ids)

    def parse(self, body, has_ids):
        cursor = self.begin(body)
        self.codec, flags = cursor.fixed("B"), cursor.fixed("B")
        need(self.codec <= 1, f"{cursor.what}: unknown codec")
        # A stream's blocks have ids. A vault's do not, and may be one mailbox's.
        need(flags in ((1,) if has_ids else (0, 2)), f"{cursor.what}: unknown flags, or ids amiss")
        count = self.read_lengths(cursor)
        self.ids = [cursor.take(32) for _ in range(count)] if has_ids else []
        self.mailbox = cursor.take(16) if flags & 2 else None
        self.payload = cursor.rest()

    def begin(self, body):
        cursor = Cursor(body, "block")
        self.number = cursor.varint()
        self.what = cursor.what = f"block {self.number}"
        need(self.number <= BLOCK_NUMBER_MAX, "block: its number is out of range")
        need(cursor.fixed("B") <= 4, f"{cursor.what}: unknown kind")
        return cursor

    def read_lengths(self, cursor):
        count = cursor.varint()
        need(1 <= count <= BLOCK_CHUNKS_MAX, f"{cursor.what}: chunk count is out of range")
        self.starts = [0]
        for _ in range(count):
            length = cursor.varint()
            need(1 <= length <= CHUNK_BYTES_MAX, f"{cursor.what}: a chunk length is out of range")
            self.starts.append(self.starts[-1] + length)
        need(self.starts[-1] <= BLOCK_BYTES_MAX, f"{cursor.what}: is too large")
        return count

    def open(self):
        self.data = decompress(self.codec, self.payload, self.starts[-1], self.what)
        return self

    def chunk(self, ordinal):
        return self.data[self.starts[ordinal] : self.starts[ordinal + 1]]

    def check_ids(self, hashes):
        for ordinal, chunk_id in enumerate(self.ids):
            need(hashes.of(self.chunk(ordinal)) == chunk_id,
                 f"{self.what}: chunk {ordinal} is not what its id says", "bad-id")


class BorrowedBlock(Block):
    """Chunks that are not in the stream: `lend` gives them by id, or None."""

    def __init__(self, body, lend):
        self.lend = lend
        super().__init__(body)

    def parse(self, body, has_ids):
        cursor = self.begin(body)
        count = self.read_lengths(cursor)
        self.ids = [cursor.take(32) for _ in range(count)]
        need(cursor.at_end(), f"{cursor.what}: bytes left over")

    def open(self):
        chunks = [self.lend(chunk_id) for chunk_id in self.ids]
        for chunk_id, chunk in zip(self.ids, chunks):
            need(chunk is not None, f"needs chunk {chunk_id.hex()}, which it does not carry",
                 "missing-chunk")
        self.data = b"".join(chunks)
        need(len(self.data) == self.starts[-1], f"{self.what}: chunks of other lengths",
             "bad-recipe")
        return self


class Blocks:
    """All blocks so far, spooled as they came; a few of them uncompressed."""

    def __init__(self, spool, lend=None):
        self.spool = spool
        self.lend = lend or (lambda chunk_id: None)
        self.where = {}
        self.kept = collections.OrderedDict()
        self.group_begin = 0
        self.chunk_count = 0
        self.places = {}  # id of a chunk that is carried -> block, ordinal

    def parse(self, body, is_borrowed):
        return BorrowedBlock(body, self.lend) if is_borrowed else Block(body)

    def add(self, body, hashes, is_borrowed=False):
        block = self.parse(body, is_borrowed)
        need(block.number >= self.group_begin and block.number not in self.where,
             f"block {block.number}: its number was there before", "block-number")
        block.open()
        if hashes.checks:
            block.check_ids(hashes)
        self.where[block.number] = (self.spool.seek(0, os.SEEK_END), len(body), is_borrowed)
        self.spool.write(body)
        self.chunk_count += len(block.ids)
        if not is_borrowed:
            for ordinal, chunk_id in enumerate(block.ids):
                self.places.setdefault(chunk_id, (block.number, ordinal))

    def end_group(self):
        expected = range(self.group_begin, len(self.where))
        need(all(number in self.where for number in expected), "block numbers have a gap",
             "block-number")
        self.group_begin = len(self.where)

    def get(self, number):
        if number not in self.kept:
            need(number in self.where, f"a recipe names block {number}, which was not there")
            offset, length, is_borrowed = self.where[number]
            self.spool.seek(offset)
            self.kept[number] = self.parse(self.spool.read(length), is_borrowed).open()
            if len(self.kept) > BLOCKS_KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(number)
        return self.kept[number]

    def chunk(self, chunk_id):
        """The bytes of a chunk that the stream carries, or None."""
        place = self.places.get(chunk_id)
        return self.get(place[0]).chunk(place[1]) if place else None


class Rebuilder:
    """Makes the bytes of one record's recipe, stretch by stretch."""

    def __init__(self, recipe, blocks, hashes):
        self.cursor = Cursor(recipe, "recipe")
        self.blocks = blocks
        self.hashes = hashes
        self.positions = [None] * 4  # of each kind: block and offset in its bytes
        self.block = 0

    def stretches(self):
        while not self.cursor.at_end():
            length, digest = self.cursor.varint(), self.cursor.take(16)
            need(1 <= length <= STRETCH_BYTES_MAX, "recipe: a stretch's length is out of range")
            made = bytearray()
            while len(made) < length:
                made += self.step(length - len(made))
            if self.hashes.checks:
                need(self.hashes.of(made)[:16] == digest, "a stretch does not match its digest",
                         "bad-digest")
            yield bytes(made)

    def step(self, missing):
        tag = self.cursor.fixed("B")
        transform, kind = tag & 3, tag >> 2 & 3
        jump, rest, several = tag & 16, tag & 32, tag & 64
        need(transform != 3 and tag < 128 and not (jump and several), "recipe: an unknown tag")
        raw = missing if rest else self.cursor.varint()
        stored, layout = raw, b""
        if transform == CRLF:
            stored = raw - self.cursor.varint()
        elif transform == BASE64:
            stored, layout = self.cursor.varint(), self.cursor.text()
        need(1 <= stored <= raw <= missing, "recipe: a step's length is out of range")
        if several:
            data = self.several_extents(kind, stored)
        else:
            data = self.extent(kind, stored, jump)
        made = self.transform(transform, data, layout)
        need(len(made) == raw, "recipe: a step makes another number of bytes than it says")
        return made

    def several_extents(self, kind, stored):
        count = self.cursor.varint()
        need(2 <= count <= STEP_EXTENTS_MAX, "recipe: an extent count is out of range")
        data = bytearray()
        for _ in range(count):
            length, jump = divmod(self.cursor.varint(), 2)
            need(1 <= length <= stored - len(data), "recipe: an extent is out of range")
            data += self.extent(kind, length, jump)
        need(len(data) == stored, "recipe: extents do not cover their step")
        return data

    def extent(self, kind, length, jump):
        if jump:
            self.block += self.cursor.svarint()
            need(0 <= self.block <= BLOCK_NUMBER_MAX, "recipe: a block number is out of range")
            ordinal, offset = self.cursor.varint(), self.cursor.varint()
            starts = self.blocks.get(self.block).starts
            need(ordinal < len(starts) - 1, f"recipe: block {self.block} has no chunk {ordinal}")
            need(offset < starts[ordinal + 1] - starts[ordinal],
                 "recipe: an offset is out of range")
            self.positions[kind] = (self.block, starts[ordinal] + offset)
        need(self.positions[kind] is not None, "recipe: continues where nothing began")
        number, begin = self.positions[kind]
        data = self.blocks.get(number).data
        need(begin + length <= len(data), f"recipe: reaches past the end of block {number}")
        self.positions[kind] = (number, begin + length)
        return data[begin : begin + length]

    @staticmethod
    def transform(transform, data, layout):
        if transform == IDENTITY:
            return data
        if transform == CRLF:
            return data.replace(b"\n", b"\r\n")
        try:
            return base64_layout.decode(layout, data)
        except ValueError as error:
            raise Damaged(f"base64 layout: {error}") from None
