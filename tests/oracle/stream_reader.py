#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a stream as docs/STREAM.md says, and restores its files. Written from that text alone.

    stream_reader.py --to DIR < s.lps       make DIR/... ; DIR is absent or empty
    stream_reader.py --check < s.lps        make nothing

    --with FILE     an earlier stream, for one that borrows chunks; may be repeated
    --key FILE      32 bytes, for a keyed stream
    --no-digests    do not check digests and chunk ids: BLAKE3 in Python takes minutes for a few MB
    --no-owner      leave owners as they are, also as root
    --json          print what was whole, and the error as its name and offset

Exit codes: 0 all is back; 1 damage was found (what was whole before it is back); 2 wrong usage;
3 failed. Needs python3-zstandard and python3-xxhash. As a module: see read_stream() and Restorer.
"""

import argparse
import json
import shutil
import sys
import tempfile

import blake3
from stream_blocks import Blocks, Rebuilder
from stream_files import Restorer, prepare
from stream_frames import BORROWED_CHUNKS, Cursor, Damaged, Frames, errors_are, need, read_header
from stream_records import ABANDONED, FIRST, LAST, MOVED, read_records


class Reading:
    """A stream while it is read. Afterwards, or after an error, it says how far that went."""

    def __init__(self, file, sink, key=None, checks=True, spool_folder=None, lend=None):
        self.frames = Frames(file)
        self.sink = sink
        self.key = key
        self.checks = checks
        self.spool = tempfile.TemporaryFile(dir=spool_folder)
        self.blocks = Blocks(self.spool, lend)
        self.records = self.entries = self.raw_bytes = 0
        self.inside = False
        self.complete = False

    def run(self):
        try:
            _, body = self.frames.next()
            self.hashes, self.features = read_header(body, self.key, self.checks)
            while not self.complete:
                self.take(*self.frames.next())
        except Damaged as damage:
            damage.offset = self.frames.begin
            raise

    def take(self, letter, body):
        if letter == "K":
            need(BORROWED_CHUNKS in self.features, "borrows chunks, and its header does not say so",
                 "unknown-frame")
        if letter in "BK":
            self.blocks.add(body, self.hashes, letter == "K")
        elif letter == "E":
            for record in read_records(body):
                self.take_record(record)
        elif letter == "G":
            need(body == b"", "a group end has a body", "bad-frame")
            self.blocks.end_group()
            self.frames.end_group()
        else:
            with errors_are("bad-end"):
                need(not self.inside, "the last entry is not complete")
                self.check_end(body)
            self.complete = True

    def take_record(self, record):
        need(bool(record[0] & FIRST or record[0] == MOVED) != self.inside,
             "parts of an entry are out of order", "bad-record")
        if record[0] == MOVED:
            self.sink.move(*record[1:])
            return
        flags, entry, recipe = record
        if entry:
            self.records += 1
            self.sink.begin(entry)
        with errors_are("bad-recipe"):
            for stretch in Rebuilder(recipe, self.blocks, self.hashes).stretches():
                self.raw_bytes += len(stretch)
                self.sink.write(stretch)
        self.inside = not flags & LAST
        if not self.inside and flags & ABANDONED:
            self.sink.abandon()
        elif not self.inside:
            self.sink.end()
            self.entries += 1

    def check_end(self, body):
        cursor = Cursor(body, "end frame")
        counted = (self.records, self.raw_bytes, len(self.blocks.where), self.blocks.chunk_count)
        for name, expected in zip(("entries", "raw bytes", "blocks", "chunks"), counted):
            value = cursor.varint()
            need(value == expected, f"the stream should have {value} {name}, but has {expected}")
        need(cursor.take(32) == blake3.hash(self.frames.sums), "the sum of sums does not match")
        need(cursor.at_end(), "end frame: bytes left over")

    def whole(self):
        """What was whole of it."""
        return {"entries": self.entries, "groups": self.frames.groups,
                "stream_bytes": self.frames.offset, "group_bytes": self.frames.group_offset,
                "input_bytes": self.frames.input_bytes, "complete": self.complete}


def read_stream(file, sink, key=None, checks=True, spool_folder=None):
    """Calls sink.begin(entry), .write(bytes), .end(), .abandon(), .move(from, to), in order."""
    reading = Reading(file, sink, key, checks, spool_folder)
    with reading.spool:
        reading.run()


class Nothing:
    """A sink that takes everything."""

    def begin(self, entry):
        pass

    write = begin

    def end(self):
        pass

    abandon = end

    def move(self, old, new):
        pass


def read_earlier(path, key, checks):
    """The stream of a file, read to its end or as far as it is whole."""
    with open(path, "rb") as file:
        reading = Reading(file, Nothing(), key, checks)
        try:
            reading.run()
        except Damaged as damage:
            print(f"stream_reader: {path}: {damage}", file=sys.stderr)
    return reading.blocks


def read_key(parser, path):
    if path is None:
        return None
    with open(path, "rb") as file:
        key = file.read()
    if len(key) != 32:
        parser.error(f"{path}: a key has 32 bytes, this has {len(key)}")
    return key


def parse_arguments():
    parser = argparse.ArgumentParser(description="Restores a letterpress stream, slowly.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="DIR")
    where.add_argument("--check", action="store_true")
    parser.add_argument("--with", metavar="FILE", dest="earlier", action="append", default=[])
    parser.add_argument("--key", metavar="FILE")
    parser.add_argument("--no-digests", action="store_true")
    parser.add_argument("--no-owner", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.key = read_key(parser, arguments.key)
    return arguments


def lender(earlier):
    """What gives a chunk by its id from the first of some Blocks that has it."""
    return lambda chunk_id: next(
        (chunk for blocks in earlier if (chunk := blocks.chunk(chunk_id)) is not None), None)


def report(reading, damage, as_json):
    error = damage and {"name": damage.name, "offset": damage.offset, "message": str(damage)}
    if as_json:
        print(json.dumps({**reading.whole(), "error": error}))
    if damage:
        print(f"stream_reader: byte {damage.offset}: {damage} ({damage.name})", file=sys.stderr)


def restore(arguments, spool, sink):
    """Whether the stream was whole."""
    checks = not arguments.no_digests
    earlier = [read_earlier(path, arguments.key, checks) for path in arguments.earlier]
    reading = Reading(sys.stdin.buffer, sink, arguments.key, checks, spool, lender(earlier))
    damage = None
    try:
        reading.run()
    except Damaged as found:
        damage = found
    report(reading, damage, arguments.json)
    return damage is None


def main():
    arguments = parse_arguments()
    spool = restorer = None
    is_whole = False
    try:
        if arguments.to:
            spool = prepare(arguments.to)
            restorer = Restorer(arguments.to, not arguments.no_owner)
        is_whole = restore(arguments, spool, restorer or Nothing())
    except OSError as error:
        print(f"stream_reader: {error}", file=sys.stderr)
        return 3
    finally:
        if restorer:
            restorer.finish()
        if spool:
            shutil.rmtree(spool)
    problems = restorer.problems if restorer else []
    for problem in problems:
        print(f"stream_reader: {problem}", file=sys.stderr)
    return 0 if is_whole and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
