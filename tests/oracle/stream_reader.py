#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a stream as docs/STREAM.md says, and restores its files. Written from that text alone.

    stream_reader.py --to DIR < s.lps       make DIR/... ; DIR is absent or empty

    --key FILE      32 bytes, for a keyed stream
    --no-digests    do not check digests and chunk ids: BLAKE3 in Python takes minutes for a few MB
    --no-owner      leave owners as they are, also as root

Exit codes: 0 all is back; 1 damage was found (what was whole before it is back); 2 wrong usage;
3 failed. Needs python3-zstandard and python3-xxhash. As a module: see read_stream() and Restorer.
"""

import argparse
import collections
import os
import shutil
import stat
import struct
import sys
import tempfile

import base64_layout
import blake3
import xxhash
import zstandard

FRAME_BYTES_MAX = 8 << 20
RECORDS_BYTES_MAX = 8 << 20
STRETCH_BYTES_MAX = 8 << 20
BLOCK_BYTES_MAX = 4 << 20
CHUNK_BYTES_MAX = 64 << 10
BLOCK_CHUNKS_MAX = 65536
BLOCK_NUMBER_MAX = (1 << 48) - 2
STEP_EXTENTS_MAX = 131072
PATH_BYTES_MAX = 16 << 10
BLOCKS_KEPT = 16

FILE, FOLDER, SYMLINK, HARD_LINK = range(4)
FIRST, LAST, ABANDONED, MOVED = 1, 2, 4, 8
IDENTITY, CRLF, BASE64 = range(3)


class Damaged(Exception):
    """The stream is not what docs/STREAM.md says."""


def need(condition, what):
    if not condition:
        raise Damaged(what)


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


# Frames


class Frames:
    """The frames of a stream, in the order that the document demands, with their sums checked."""

    AFTER = {None: "H", "H": "BEGZ", "B": "BEG", "E": "EG", "G": "BEGZ"}

    def __init__(self, file):
        self.file = file
        self.offset = 0
        self.last_type = None
        self.sums = b""  # of all frames before the newest
        self.newest_sum = b""

    def read(self, count):
        data = self.file.read(count)
        need(len(data) == count, "the stream ends before its end frame")
        return data

    def next(self):
        head = self.read(8)
        letter, reserved, length = chr(head[0]), head[1:4], struct.unpack("<I", head[4:])[0]
        self.need(reserved == b"\0\0\0" and length <= FRAME_BYTES_MAX, "no frame starts here")
        self.need(letter in "HBEGZ", f"a frame of unknown type 0x{head[0]:02x}")
        self.need(letter in self.AFTER[self.last_type], f"a frame {letter!r} out of order")
        body, frame_sum = self.read(length), self.read(8)
        computed = struct.pack("<Q", xxhash.xxh3_64_intdigest(head + body))
        self.need(computed == frame_sum, "the checksum of this frame does not match")
        self.sums += self.newest_sum
        self.newest_sum = frame_sum
        self.last_type = letter
        self.offset += 16 + length
        return letter, body

    def need(self, condition, what):
        need(condition, f"byte {self.offset}: {what}")


def decompress(codec, stored, raw_bytes, what):
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


# Header


class Hashes:
    """The stream's BLAKE3, keyed or not; `checks` says whether digests and ids are compared."""

    def __init__(self, key, checks):
        self.key = key
        self.checks = checks

    def of(self, data):
        return blake3.keyed_hash(self.key, data) if self.key else blake3.hash(data)


def read_header(body, key, checks):
    cursor = Cursor(body, "header")
    need(cursor.take(8) == b"LPSTREAM", "this is not a letterpress stream")
    version = cursor.fixed("H")
    need(version == 1, f"the stream has version {version}; this reader knows version 1")
    kind_of_hash, flags, key_check = cursor.fixed("B"), cursor.fixed("B"), cursor.take(8)
    low, middle, high = (cursor.fixed("I") for _ in range(3))
    need(kind_of_hash in (1, 2) and flags == 0, "header: an unknown hash or flag")
    need(cursor.at_end(), "header: bytes left over")
    need(low <= middle <= high <= CHUNK_BYTES_MAX, "header: chunk sizes out of range")
    if kind_of_hash == 1:
        need(key_check == bytes(8), "header: a key check without a key")
        return Hashes(None, checks)
    if key is None:
        need(not checks, "the stream is keyed: give its key, or --no-digests")
        return Hashes(None, checks)
    need(blake3.hash(key)[:8] == key_check, "the stream was made with another key")
    return Hashes(key, checks)


# Blocks


class Block:
    def __init__(self, body, has_ids=True):
        cursor = Cursor(body, "block")
        self.number = cursor.varint()
        cursor.what = f"block {self.number}"
        kind, self.codec, flags = cursor.fixed("B"), cursor.fixed("B"), cursor.fixed("B")
        need(self.number <= BLOCK_NUMBER_MAX, "block: its number is out of range")
        need(kind <= 4 and self.codec <= 1, f"{cursor.what}: unknown kind or codec")
        # A stream's blocks have ids. A vault's do not, and may be one mailbox's.
        need(flags in ((1,) if has_ids else (0, 2)), f"{cursor.what}: unknown flags, or ids amiss")
        count = cursor.varint()
        need(1 <= count <= BLOCK_CHUNKS_MAX, f"{cursor.what}: chunk count is out of range")
        self.starts = [0]
        for _ in range(count):
            length = cursor.varint()
            need(1 <= length <= CHUNK_BYTES_MAX, f"{cursor.what}: a chunk length is out of range")
            self.starts.append(self.starts[-1] + length)
        need(self.starts[-1] <= BLOCK_BYTES_MAX, f"{cursor.what}: is too large")
        self.ids = [cursor.take(32) for _ in range(count)] if has_ids else []
        self.mailbox = cursor.take(16) if flags & 2 else None
        self.payload = cursor.rest()
        self.what = cursor.what

    def open(self):
        self.data = decompress(self.codec, self.payload, self.starts[-1], self.what)
        return self

    def check_ids(self, hashes):
        for ordinal, chunk_id in enumerate(self.ids):
            chunk = self.data[self.starts[ordinal] : self.starts[ordinal + 1]]
            need(hashes.of(chunk) == chunk_id,
                 f"{self.what}: chunk {ordinal} is not what its id says")


class Blocks:
    """All blocks so far, spooled as they came; a few of them uncompressed."""

    def __init__(self, spool):
        self.spool = spool
        self.where = {}
        self.kept = collections.OrderedDict()
        self.group_begin = 0
        self.chunk_count = 0

    def add(self, body, hashes):
        block = Block(body).open()
        need(block.number >= self.group_begin and block.number not in self.where,
             f"block {block.number}: its number was there before")
        if hashes.checks:
            block.check_ids(hashes)
        self.where[block.number] = (self.spool.seek(0, os.SEEK_END), len(body))
        self.spool.write(body)
        self.chunk_count += len(block.ids)

    def end_group(self):
        expected = range(self.group_begin, len(self.where))
        need(all(number in self.where for number in expected), "block numbers have a gap")
        self.group_begin = len(self.where)

    def get(self, number):
        if number not in self.kept:
            need(number in self.where, f"a recipe names block {number}, which was not there")
            offset, length = self.where[number]
            self.spool.seek(offset)
            self.kept[number] = Block(self.spool.read(length)).open()
            if len(self.kept) > BLOCKS_KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(number)
        return self.kept[number]


# Recipes


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
                need(self.hashes.of(made)[:16] == digest, "a stretch does not match its digest")
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


# Records

Entry = collections.namedtuple("Entry", "path type mode user group mtime_ns target")


def is_valid_path(path):
    return (1 <= len(path) <= PATH_BYTES_MAX and b"\0" not in path
            and not any(name in (b"", b".", b"..") for name in path.split(b"/")))


def read_path(cursor):
    path = cursor.text()
    need(is_valid_path(path), f"{path!r} is not a path that a stream may have")
    return path


def read_entry(cursor):
    return read_metadata(cursor, read_path(cursor))


def read_metadata(cursor, path):
    kind, mode = cursor.fixed("B"), cursor.varint()
    user, group, mtime_ns = cursor.varint(), cursor.varint(), cursor.fixed("q")
    need(kind <= HARD_LINK, f"{path!r}: an unknown type of entry")
    need(mode <= 0o7777 and max(user, group) < 1 << 32, f"{path!r}: metadata out of range")
    target = None
    if kind == HARD_LINK:
        target = read_path(cursor)
    elif kind == SYMLINK:
        target = cursor.text()
        need(1 <= len(target) <= PATH_BYTES_MAX and b"\0" not in target, f"{path!r}: its target")
    return Entry(path, kind, mode, user, group, mtime_ns, target)


def read_records(body):
    """Yields (flags, entry or None, recipe), and (MOVED, from, to)."""
    frame = Cursor(body, "entries")
    codec, raw_bytes = frame.fixed("B"), frame.varint()
    need(codec <= 1 and 1 <= raw_bytes <= RECORDS_BYTES_MAX, "entries: their head is damaged")
    cursor = Cursor(decompress(codec, frame.rest(), raw_bytes, "entries"), "record")
    while not cursor.at_end():
        flags = cursor.fixed("B")
        if flags == MOVED:
            yield MOVED, read_path(cursor), read_path(cursor)
            continue
        need(flags < MOVED and (not flags & ABANDONED or flags & LAST), "record: wrong flags")
        entry = read_entry(cursor) if flags & FIRST else None
        recipe = cursor.text()
        if entry and entry.type != FILE:
            need(flags & LAST and not recipe, f"{entry.path!r}: content of what is no file")
        yield flags, entry, recipe


def read_stream(file, sink, key=None, checks=True, spool_folder=None):
    """Calls sink.begin(entry), .write(bytes), .end(), .abandon(), .move(from, to), in order."""
    frames = Frames(file)
    _, body = frames.next()
    hashes = read_header(body, key, checks)
    with tempfile.TemporaryFile(dir=spool_folder) as spool:
        read_groups(frames, hashes, Blocks(spool), sink)


def read_groups(frames, hashes, blocks, sink):
    entry_count = raw_bytes = 0
    inside = False
    while True:
        letter, body = frames.next()
        if letter == "B":
            blocks.add(body, hashes)
        elif letter == "G":
            need(body == b"", "a group end has a body")
            blocks.end_group()
        elif letter == "Z":
            break
        if letter != "E":
            continue
        for record in read_records(body):
            need(bool(record[0] & FIRST or record[0] == MOVED) != inside,
                 "parts of an entry are out of order")
            if record[0] == MOVED:
                sink.move(*record[1:])
                continue
            flags, entry, recipe = record
            if entry:
                entry_count += 1
                sink.begin(entry)
            for stretch in Rebuilder(recipe, blocks, hashes).stretches():
                raw_bytes += len(stretch)
                sink.write(stretch)
            inside = not flags & LAST
            if not inside:
                sink.abandon() if flags & ABANDONED else sink.end()
    need(not inside, "the last entry is not complete")
    check_end(body, (entry_count, raw_bytes, len(blocks.where), blocks.chunk_count), frames.sums)


def check_end(body, counted, sums):
    cursor = Cursor(body, "end frame")
    for name, expected in zip(("entries", "raw bytes", "blocks", "chunks"), counted):
        value = cursor.varint()
        need(value == expected, f"the stream should have {value} {name}, but has {expected}")
    need(cursor.take(32) == blake3.hash(sums), "the sum of sums does not match")
    need(cursor.at_end(), "end frame: bytes left over")


# Files


class Restorer:
    """A sink that makes files. Touches nothing that exists, and follows no symbolic link."""

    def __init__(self, folder, owners):
        self.root = os.fsencode(folder)
        self.owners = owners and os.geteuid() == 0
        self.folders = {}
        self.problems = []
        self.entry = self.file = None

    def begin(self, entry):
        self.entry, self.file = entry, None
        try:
            self.make(entry, self.target_of(entry.path))
        except OSError as error:
            self.problem(entry.path, error)

    def make(self, entry, path):
        if entry.type == FILE:
            self.file = open(path, "xb")
        elif entry.type == SYMLINK:
            os.symlink(entry.target, path)
            self.apply(path, entry)
        elif entry.type == HARD_LINK:
            os.link(self.target_of(entry.target), path, follow_symlinks=False)
        else:
            # A folder may have been made for what is in it.
            if not (os.path.lexists(path) and entry.path not in self.folders):
                os.mkdir(path)
            self.need_folder(path)
            self.folders[entry.path] = entry

    def write(self, data):
        if self.file:
            self.file.write(data)

    def end(self):
        if self.file:
            self.file.close()
            self.apply(self.file.name, self.entry)
        self.entry = self.file = None

    def abandon(self):
        if self.file:
            self.file.close()
            os.unlink(self.file.name)
        self.entry = self.file = None

    def move(self, old, new):
        try:
            target = self.target_of(new)
            if os.path.lexists(target):
                raise FileExistsError("there is something of this name")
            os.rename(self.target_of(old), target)
        except OSError as error:
            self.problem(new, error)

    def finish(self):
        """Metadata of folders, deepest first. Call it after damage, too."""
        self.abandon()
        for path in sorted(self.folders, key=len, reverse=True):
            self.apply(os.path.join(self.root, path), self.folders[path])

    def target_of(self, path):
        """Where the entry goes; its parents are there then."""
        at = self.root
        *parents, name = path.split(b"/")
        for parent in parents:
            at = os.path.join(at, parent)
            try:
                os.mkdir(at)
            except FileExistsError:
                self.need_folder(at)
        return os.path.join(at, name)

    @staticmethod
    def need_folder(path):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(f"{os.fsdecode(path)} is not a folder")

    def apply(self, path, entry):
        mode = entry.mode if self.owners else entry.mode & 0o1777
        try:
            if self.owners:
                os.chown(path, entry.user, entry.group, follow_symlinks=False)
            if entry.type != SYMLINK:
                os.chmod(path, mode)
            os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)
        except (OSError, OverflowError) as error:
            self.problem(entry.path, error)

    def problem(self, path, error):
        self.problems.append(f"{os.fsdecode(path)}: {error}")


def prepare(folder):
    """The folder, made if absent, and one beside its contents for the spool."""
    os.makedirs(folder, exist_ok=True)
    if os.listdir(folder):
        raise OSError(f"{folder}: is not empty; give a new or an empty folder")
    return tempfile.mkdtemp(prefix=".stream-", dir=os.path.dirname(os.path.abspath(folder)))


def main():
    parser = argparse.ArgumentParser(description="Restores a letterpress stream, slowly.")
    parser.add_argument("--to", required=True, metavar="DIR")
    parser.add_argument("--key", metavar="FILE")
    parser.add_argument("--no-digests", action="store_true")
    parser.add_argument("--no-owner", action="store_true")
    arguments = parser.parse_args()
    spool = restorer = None
    try:
        key = None
        if arguments.key:
            with open(arguments.key, "rb") as file:
                key = file.read()
            if len(key) != 32:
                parser.error(f"{arguments.key}: a key has 32 bytes, this has {len(key)}")
        spool = prepare(arguments.to)
        restorer = Restorer(arguments.to, not arguments.no_owner)
        read_stream(sys.stdin.buffer, restorer, key, not arguments.no_digests, spool)
    except Damaged as damage:
        print(f"stream_reader: {damage}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"stream_reader: {error}", file=sys.stderr)
        return 3
    finally:
        if restorer:
            restorer.finish()
        if spool:
            shutil.rmtree(spool)
    for problem in restorer.problems:
        print(f"stream_reader: {problem}", file=sys.stderr)
    return 1 if restorer.problems else 0


if __name__ == "__main__":
    sys.exit(main())
