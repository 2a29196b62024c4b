# SPDX-License-Identifier: Apache-2.0
"""The streams that a reader must refuse, each with one thing wrong: entries, records, recipes."""

from stream_parts import (ABANDONED, ATTACHMENT, BASE64, CRLF, FIRST, FOLDER, HARD_LINK, LAST,
                          MOVED, PLAIN, SYMLINK, TEXT, Stream, hash_of, metadata, move, packed,
                          record, step, stretch, text, varint)
from valid_streams import DECODED, ENCODED, LAYOUT, finished

HUGE = 1 << 60
MIB = 1 << 20


def entries_bodies():
    """(name, what is wrong, error, body of the frame)"""
    records = record(b"empty")
    length = varint(len(records))
    yield "codec", "codec 2", "bad-entries", b"\2" + length + records
    yield "no-length", "records of no bytes", "bad-entries", b"\0" + varint(0)
    yield "long", "records of 8 MiB and a byte, it says", "bad-entries", \
        b"\1" + varint(8 * MIB + 1) + packed(records, 1)
    yield "huge", "records of 2^60 bytes, it says", "bad-entries", \
        b"\1" + varint(HUGE) + packed(records, 1)
    yield "no-body", "no body", "bad-entries", b""
    yield "short", "raw, and shorter than it says", "bad-payload", \
        b"\0" + varint(len(records) + 1) + records
    yield "no-zstd", "zstd, and no zstd frame", "bad-payload", b"\1" + length + records
    yield "bomb", "8 MiB of records that decompress to more", "bad-payload", \
        b"\1" + varint(100) + packed(bytes(8 * MIB), 1)


def paths():
    for name, shows, path in (("empty", "no path", b""), ("absolute", "`/a`", b"/a"),
                              ("up", "`a/../b`", b"a/../b"), ("dot", "`./a`", b"./a"),
                              ("slash", "`a/`", b"a/"), ("zero", "a zero byte", b"a\0b"),
                              ("long", "16,385 bytes", b"a" * 16385)):
        yield "path-" + name, "a path: " + shows, record(path)
        yield "move-path-" + name, "a move to: " + shows, record(b"a") + move(b"a", path)


def records():
    """(name, what is wrong, the records)"""
    yield from paths()
    yield "flags", "a flag that there is not", record(b"a", flags=FIRST | LAST | 16)
    yield "abandoned", "abandoned, and not the last part", \
        record(b"a", flags=FIRST | ABANDONED) + record(b"", flags=LAST)
    yield "moved-first", "a move with other flags", record(b"a", flags=FIRST | MOVED)
    yield "part-alone", "a last part without a first", record(b"", flags=LAST)
    yield "part-first", "a first part inside another entry", \
        record(b"a", flags=FIRST) + record(b"b")
    yield "part-move", "a move inside an entry", \
        record(b"a", flags=FIRST) + move(b"x", b"y") + record(b"", flags=LAST)
    yield "type", "type 4", record(b"a", kind=4)
    yield "mode", "mode 010000", record(b"a", mode=0o10000)
    yield "user", "user 2^32", record(b"a", user=1 << 32)
    yield "group", "group 2^60", record(b"a", group=HUGE)
    yield "symlink-empty", "a symbolic link to nothing", record(b"a", kind=SYMLINK, target=b"")
    yield "symlink-zero", "a symbolic link with a zero byte", \
        record(b"a", kind=SYMLINK, target=b"a\0")
    yield "symlink-long", "a symbolic link of 16,385 bytes", \
        record(b"a", kind=SYMLINK, target=b"a" * 16385)
    yield "hard-link-up", "a hard link to `../a`", record(b"a", kind=HARD_LINK, target=b"../a")
    yield "folder-content", "a folder with a recipe", \
        record(b"a", stretch(b"x", step(PLAIN, jump=(0, 0, 0))), kind=FOLDER)
    yield "folder-parts", "a folder in two parts", \
        record(b"a", kind=FOLDER, flags=FIRST) + record(b"", flags=LAST)
    yield "cut", "a record that is cut short", record(b"abc")[:-5]
    yield "path-cut", "a path of 2^60 bytes, it says", b"\3" + varint(HUGE) + b"abc"
    yield "recipe-cut", "a recipe of 2^60 bytes, it says", \
        b"\3" + text(b"a") + metadata() + varint(HUGE)


def hello_recipe(**wrong):
    """Of the bytes that block 0 has: abc, def."""
    return stretch(b"abcdef", step(PLAIN, jump=(0, 0, 0)), **wrong)


def recipe_heads():
    yield "stretch-empty", "a stretch of no bytes", hello_recipe(length=0)
    yield "stretch-long", "a stretch of 8 MiB and a byte", hello_recipe(length=8 * MIB + 1)
    yield "stretch-huge", "a stretch of 2^60 bytes", hello_recipe(length=HUGE)
    yield "digest-cut", "a digest that is cut short", varint(6) + bytes(15)
    yield "no-steps", "a stretch without steps", stretch(b"abcdef")
    yield "steps-short", "steps that end before the stretch does", \
        stretch(b"abcdef", step(PLAIN, raw=3, jump=(0, 0, 0)))
    yield "varint-long", "a varint of eleven bytes", b"\x86" + b"\x80" * 9 + b"\0" + bytes(16)


def steps():
    at = (0, 0, 0)
    yield "tag-bit-7", "bit 7 of a tag", step(PLAIN, jump=at, tag=0x80 | PLAIN << 2 | 16 | 32)
    yield "transform-3", "transform 3", step(PLAIN, jump=at, transform=3)
    yield "jump-several", "a tag with jump and several", step(PLAIN, jump=at, extents=[(6, None)])
    yield "raw-none", "a step of no bytes", step(PLAIN, raw=0, jump=at) + step(PLAIN, jump=at)
    yield "raw-long", "a step longer than its stretch", step(PLAIN, raw=7, jump=at)
    yield "raw-huge", "a step of 2^60 bytes", step(PLAIN, raw=HUGE, jump=at)
    yield "crlf-all", "crlf, and all bytes are dropped", \
        step(PLAIN, jump=at, transform=CRLF, dropped=6)
    yield "crlf-huge", "crlf, and 2^60 bytes are dropped", \
        step(PLAIN, jump=at, transform=CRLF, dropped=HUGE)
    yield "crlf-none", "crlf that makes fewer bytes", \
        step(PLAIN, jump=at, transform=CRLF, dropped=1)
    yield "stored-none", "base64 of no stored bytes", \
        step(PLAIN, jump=at, transform=BASE64, stored=0, layout=b"\x01")
    yield "stored-long", "base64 of more stored than raw bytes", \
        step(PLAIN, jump=at, transform=BASE64, stored=7, layout=b"\x01")
    yield "extents-one", "several extents, and one of them", step(PLAIN, extents=[(6, at)])
    yield "extents-many", "2^32 extents, it says", step(PLAIN, extents=[(6, at)], count=1 << 32)
    yield "extents-short", "extents that do not cover their step", \
        step(PLAIN, extents=[(3, at), (2, None)])
    yield "extents-long", "extents that are more than their step", \
        step(PLAIN, extents=[(3, at), (4, None)])
    yield "extent-none", "an extent of no bytes", \
        step(PLAIN, extents=[(3, at), (0, None), (3, None)])
    yield "no-cursor", "goes on where nothing began", step(PLAIN)
    yield "other-cursor", "goes on at the cursor of another kind", \
        step(PLAIN, raw=3, jump=at) + step(TEXT)
    yield "block-later", "names the block of a later group", step(PLAIN, jump=(1, 0, 0))
    yield "block-never", "names a block that never comes", step(PLAIN, jump=(9, 0, 0))
    yield "block-negative", "names block -1", step(PLAIN, jump=(-1, 0, 0))
    yield "block-huge", "names block 2^60", step(PLAIN, jump=(HUGE, 0, 0))
    yield "ordinal", "names chunk 2 of 2", step(PLAIN, jump=(0, 2, 0))
    yield "ordinal-huge", "names chunk 2^32", step(PLAIN, jump=(0, 1 << 32, 0))
    yield "offset", "begins at the end of a chunk", step(PLAIN, jump=(0, 0, 3))
    yield "offset-huge", "begins at byte 2^60 of a chunk", step(PLAIN, jump=(0, 0, HUGE))
    yield "past-end", "reaches past the end of its block", step(PLAIN, jump=(0, 0, 1))


def layouts():
    for name, shows, layout in (
            ("empty", "no layout", b""),
            ("bit-7", "bit 7 of the flags", b"\x81"),
            ("shape-13", "shape 13", b"\x0d"),
            ("ending", "an ending of 9 bytes", b"\x00\x14\x09" + b"\n" * 9),
            ("ending-cut", "an ending that is cut short", b"\x00\x14\x05\n"),
            ("delta-0", "two exceptions at one place", LAYOUT[:4] + b"\x00\x00"),
            ("position", "an exception behind the end", LAYOUT[:4] + varint(4 * 500)),
            ("position-huge", "an exception at 2^60", LAYOUT[:4] + varint(HUGE)),
            ("literal-huge", "a literal of 2^60 bytes, it says", LAYOUT[:4] + b"\3" + varint(HUGE)),
            ("other", "a layout of another length", b"\x21")):
        yield "layout-" + name, "base64: " + shows, layout


def of_records(data, entries=1):
    stream = Stream()
    stream.entries(data, codec=1 if len(data) > 1000 else 0)
    stream.group()
    stream.end([entries, 0, 0, 0])
    return stream


def of_recipe(recipe, raw_bytes=6):
    """A file of that recipe, with a block before it and one in a later group."""
    stream = Stream()
    stream.block(0, PLAIN, [b"abc", b"def"])
    stream.entries(record(b"file", recipe), raw_bytes=raw_bytes)
    stream.group()
    stream.block(1, PLAIN, [b"abcdef"])
    stream.group()
    return finished(stream)


def of_layout(layout):
    stream = Stream()
    stream.block(0, ATTACHMENT, [DECODED])
    recipe = stretch(ENCODED, step(ATTACHMENT, jump=(0, 0, 0), transform=BASE64,
                                   stored=len(DECODED), layout=layout))
    stream.entries(record(b"file", recipe), raw_bytes=len(ENCODED))
    stream.group()
    return finished(stream)


def all_bad():
    """(name, what is wrong, bytes, error, offset, how a reader is called)"""
    for name, shows, error, body in entries_bodies():
        stream = Stream()
        stream.add("E", body)
        stream.group()
        stream.end()
        yield "entries-" + name, shows, stream.bytes(), error, stream.at("E"), ()
    for name, shows, data in records():
        stream = of_records(data)
        yield "record-" + name, shows, stream.bytes(), "bad-record", stream.at("E"), ()
    recipes = list(recipe_heads())
    recipes += [(name, shows, stretch(b"abcdef", data)) for name, shows, data in steps()]
    for name, shows, recipe in recipes:
        stream = of_recipe(recipe)
        yield "recipe-" + name, shows, stream.bytes(), "bad-recipe", stream.at("E"), ()
    for name, shows, layout in layouts():
        stream = of_layout(layout)
        yield "recipe-" + name, shows, stream.bytes(), "bad-recipe", stream.at("E"), ()
    for name, shows, digest in (("digest", "another digest", bytes(16)),
                                ("digest-second", "a second stretch with the digest of the first",
                                 None)):
        recipe = hello_recipe(digest=digest)
        if digest is None:
            recipe = hello_recipe() + stretch(b"abc", step(PLAIN, raw=3, jump=(0, 0, 0)),
                                              digest=hash_of(b"abcdef")[:16])
        stream = of_recipe(recipe, 9 if digest is None else 6)
        yield name, shows, stream.bytes(), "bad-digest", stream.at("E"), ()
