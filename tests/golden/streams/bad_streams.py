# SPDX-License-Identifier: Apache-2.0
"""The streams that a reader must refuse, each with one thing wrong: frames, header, blocks, end."""

import struct

import zstandard
from stream_parts import (FIRST, NEEDS_BORROWED, PLAIN, TEXT, Stream, block_body, borrowed_body,
                          frame, hash_of, header, packed, varint)
from valid_streams import KEY, LONG, MAIL_TEXT, borrowed, finished, groups, hello, part, small

HUGE = 1 << 60


def bad_header(**wrong):
    return finished(hello(**wrong)).bytes()


def short_header(length):
    """A header whose body has so many bytes."""
    body = (header() + bytes(length))[:length]
    return finished(hello(head=body)).bytes()


def headers():
    """(name, what is wrong, bytes, error)"""
    zip_file = b"PK\x03\x04 this is a zip file, and no stream at all, however long it is."
    yield "no-bytes", "no bytes at all", b"", "cut-short"
    yield "zip-file", "something else", zip_file, "not-a-stream"
    yield "magic", "another magic", bad_header(magic=b"LPSTREAN"), "not-a-stream"
    yield "header-31-bytes", "a header's body of 31 bytes", short_header(31), "not-a-stream"
    yield "header-4097-bytes", "a header's body of 4,097 bytes", short_header(4097), "not-a-stream"
    yield "header-left-over", "no fields, and a byte left over", short_header(33), "bad-header"
    yield "version-2", "version 2", bad_header(version=2), "unknown-version"
    yield "hash-3", "hash 3", bad_header(hash_number=3), "unknown-feature"
    yield "header-flag", "bit 1 of the flags", bad_header(flags=2), "unknown-feature"
    yield ("feature", "needs the features `borrowed-chunks` and `quantum-2`",
           bad_header(fields=[NEEDS_BORROWED, (1, b"quantum-2")]), "unknown-feature")
    yield "feature-name", "needs a feature named `No`", bad_header(fields=[(1, b"No")]), "bad-header"
    yield "feature-no-name", "needs a feature without a name", bad_header(fields=[(1, b"")]), \
        "bad-header"
    yield ("field-cut", "a field that is longer than the header",
           finished(hello(head=header(flags=1) + b"\x07\x05abcd")).bytes(), "bad-header")
    yield "sizes", "min above avg", bad_header(sizes=(16385, 16384, 65536)), "bad-header"
    yield "sizes-large", "max 65,537", bad_header(sizes=(4096, 16384, 65537)), "bad-header"
    yield "key-check", "a key check, and no key", bad_header(key_check=b"12345678"), "bad-header"


def cut():
    """(name, what is wrong, bytes, error, offset)"""
    stream, _ = small()
    whole = stream.bytes()
    last = stream.at("Z")
    for name, shows, length, offset in (
            ("cut-head", "ends inside the head of the header's frame", 5, 0),
            ("cut-header", "ends inside the header", 40, 0),
            ("cut-frame", "ends inside a block", stream.at("B", 1) + 20, stream.at("B", 1)),
            ("cut-sum", "ends inside the sum of an entries frame", stream.at("G") - 1,
             stream.at("E")),
            ("cut-between", "ends behind an entries frame", stream.at("G"), stream.at("G")),
            ("cut-end", "ends behind a group end", last, last),
            ("cut-last-byte", "lacks its last byte", len(whole) - 1, last)):
        yield name, shows, whole[:length], "cut-short", offset


def changed(stream, old_letter, number, body=None, **other):
    """One frame of a stream replaced, or put in front of where it was."""
    index = stream.index(old_letter, number)
    old = stream.frames[index]
    stream.frames[index] = (other.get("letter", old[0]), old[1] if body is None else body,
                            other.get("reserved", bytes(3)))
    offset = sum(len(frame(*each)) for each in stream.frames[:index])
    stream.end()
    return stream.bytes(), offset


def inserted(stream, before, number, letter, body):
    """With one frame more."""
    index = stream.index(before, number)
    stream.frames.insert(index, (letter, body, bytes(3)))
    offset = sum(len(frame(*each)) for each in stream.frames[:index])
    stream.end()
    return stream.bytes(), offset


def frames():
    yield "reserved", "a reserved byte that is not zero", \
        *changed(hello(), "B", 0, reserved=b"\0\1\0"), "bad-frame"
    yield "type-digit", "a type that is no letter", *changed(hello(), "B", 0, letter="7"), \
        "bad-frame"
    yield "group-end-body", "a group end with a body", *changed(hello(), "G", 0, b"\0"), \
        "bad-frame"
    yield "frame-unknown", "a frame of type `Q`", *inserted(hello(), "E", 0, "Q", b""), \
        "unknown-frame"
    yield ("borrowed-undeclared", "a borrowed block that the header does not name",
           *inserted(hello(), "E", 0, "K", borrowed_body(2, TEXT, [b"x"])), "unknown-frame")
    yield "header-twice", "a second header", *inserted(hello(), "B", 0, "H", header()), \
        "frame-order"
    yield ("block-after-entries", "a block behind entries of its group",
           *inserted(hello(), "G", 0, "B", block_body(2, PLAIN, [b"late"])), "frame-order")
    stream, _ = small()
    del stream.frames[stream.index("G")]
    yield "no-group-end", "an end frame behind entries", stream.bytes(), stream.at("Z"), \
        "frame-order"
    for name, shows, letter, at in (("sum-header", "a flipped bit in the header", "H", 20),
                                    ("sum-block", "a flipped bit in a block", "B", 30),
                                    ("sum-end", "a flipped bit in the last sum", "Z", 46)):
        stream, _ = small()
        data = bytearray(stream.bytes())
        data[stream.at(letter) + at] ^= 1
        yield name, shows, bytes(data), stream.at(letter), "bad-sum"
    stream, _ = small()
    for length in (8 << 20) + 1, (1 << 32) - 1:
        data = bytearray(stream.bytes())
        at = stream.at("E")
        data[at + 4 : at + 8] = struct.pack("<I", length)
        yield f"length-{length}", f"a frame of {length:,} bytes, it says", bytes(data), at, \
            "bad-frame"


def numbers():
    again, first_block = hello(), hello().frames[1][1]
    yield "block-repeated", "a block that comes again", \
        *inserted(again, "E", 0, "B", first_block), "block-number"
    stream = hello()
    stream.block(1, PLAIN, [b"old number"])
    stream.group()
    offset = stream.at("B", 2)
    yield "block-old-number", "a number of an earlier group", finished(stream).bytes(), offset, \
        "block-number"
    stream = hello()
    stream.block(3, PLAIN, [b"three"])
    stream.group()
    offset = stream.at("G", 1)
    yield "block-gap", "numbers with a gap", finished(stream).bytes(), offset, "block-number"
    stream = hello()
    stream.block((1 << 48) - 2, PLAIN, [b"far"])
    stream.group()
    offset = stream.at("G", 1)
    yield "block-far", "the largest number there is, and so a gap", finished(stream).bytes(), \
        offset, "block-number"


def moved_frames():
    """Frames that are right, and are not those that were written: only the last frame shows it."""
    stream, _ = groups()
    entries = [i for i, each in enumerate(stream.frames) if each[0] == "E"]
    exchanged, _ = groups()
    exchanged.frames[entries[1]], exchanged.frames[entries[2]] = \
        stream.frames[entries[2]], stream.frames[entries[1]]
    yield "exchanged", "two entries frames that changed places", exchanged
    lacking, _ = groups()
    del lacking.frames[entries[1]]
    yield "lacking", "an entries frame that was taken away", lacking
    added, _ = groups()
    added.frames.insert(entries[0], added.frames[entries[0]])
    yield "added", "an entries frame that comes twice", added
    optional, _ = groups()
    optional.frames.insert(2, ("x", b"", bytes(3)))
    yield "optional-added", "an optional frame that was put in later", optional


def block_bodies():
    """(name, what is wrong, body of the frame of block 1)"""
    text = [MAIL_TEXT]
    yield "kind", "kind 5", block_body(1, 5, text)
    yield "codec", "codec 2", block_body(1, TEXT, text, codec=2)
    yield "no-ids", "no ids", block_body(1, TEXT, text, flags=0, ids=b"")
    yield "mailbox", "the flag that only a vault's blocks have", block_body(1, TEXT, text, flags=3)
    yield "flag", "a flag that there is not", block_body(1, TEXT, text, flags=5)
    yield "no-chunks", "no chunks", block_body(1, TEXT, [])
    yield "chunks", "2^32 chunks, it says", block_body(1, TEXT, text, count=1 << 32)
    yield "chunks-huge", "2^60 chunks, it says", block_body(1, TEXT, text, count=HUGE)
    yield "chunk-empty", "a chunk of no bytes", block_body(1, TEXT, [b"", MAIL_TEXT])
    yield "chunk-65537", "a chunk of 65,537 bytes", block_body(1, TEXT, [bytes(65537)], codec=1)
    yield "chunk-huge", "a chunk of 2^60 bytes, it says", \
        block_body(1, TEXT, text, lengths=varint(HUGE))
    # 64 of the largest are 4 MiB, and one byte more is too much.
    full = [bytes(65536)] * 64 + [b"x"]
    yield "large", "a block of 4 MiB and a byte", \
        block_body(1, TEXT, full, codec=1, ids=bytes(32 * 65))
    yield "ids-cut", "ids that are cut short", \
        block_body(1, TEXT, text, ids=hash_of(MAIL_TEXT)[:20], payload=b"")
    yield "number-huge", "number 2^60", block_body(HUGE, TEXT, text)
    yield "number-65-bits", "a number of 65 bits", \
        b"\xff" * 9 + b"\x02" + block_body(1, TEXT, text)[1:]
    yield "body-cut", "a body of three bytes", block_body(1, TEXT, text)[:3]
    yield "body-empty", "no body", b""


def payloads():
    zstd = packed(LONG, 1)
    parts = [LONG[:5000], LONG[5000:]]
    twice = zstandard.ZstdCompressor().compress(LONG)
    bomb = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(4 << 20))
    yield "short", "raw, and shorter than its chunks", block_body(1, TEXT, [MAIL_TEXT], payload=b"Hi")
    yield "long", "raw, and longer than its chunks", \
        block_body(1, TEXT, [MAIL_TEXT], payload=b"Hi\n\n")
    yield "no-zstd", "zstd, and no zstd frame", \
        block_body(1, TEXT, parts, codec=1, payload=LONG[:500])
    yield "zstd-cut", "a zstd frame that is cut short", \
        block_body(1, TEXT, parts, codec=1, payload=zstd[:-3])
    yield "zstd-short", "a zstd frame of fewer bytes", \
        block_body(1, TEXT, parts, codec=1, payload=packed(LONG[1:], 1))
    yield "zstd-bomb", "a zstd frame of 4 MiB that does not say so", \
        block_body(1, TEXT, parts, codec=1, payload=bomb)
    yield "zstd-twice", "two zstd frames", block_body(1, TEXT, parts, codec=1,
                                                     payload=packed(LONG, 1) + twice)


def ends():
    """(name, what is wrong, bytes, offset)"""
    for index, name in enumerate(("entries", "raw-bytes", "blocks", "chunks")):
        stream = hello()
        totals = list(stream.totals)
        totals[index] += 1
        stream.end(totals)
        yield name, f"one of {name.replace('-', ' ')} too many", stream
    stream = hello()
    stream.end(sums=bytes(32))
    yield "sums", "another sum of sums", stream
    stream = hello()
    stream.end(more=b"\0")
    yield "left-over", "a byte left over", stream
    stream = hello()
    stream.end(sums=b"12345")
    yield "cut", "a sum of sums that is cut short", stream
    stream = Stream()
    stream.block(0, PLAIN, [b"first"])
    stream.entries(part(b"half", b"first", 0, FIRST), raw_bytes=5)
    stream.group()
    stream.end()
    yield "entry-open", "an entry that is not complete", stream


def borrowing():
    stream, _ = borrowed()
    yield "missing", "without the stream that has the chunks", stream.bytes(), stream.at("K"), \
        "missing-chunk", ()
    for name, shows, body in (
            ("left-over", "bytes behind the ids",
             borrowed_body(1, TEXT, [b"lent one "]) + b"x"),
            ("ids-cut", "ids that are cut short", borrowed_body(1, TEXT, [b"lent one "])[:-1]),
            ("chunks", "2^32 chunks, it says", varint(1) + bytes([TEXT]) + varint(1 << 32)),
            ("kind", "kind 5", borrowed_body(1, 5, [b"lent one "])),
            ("chunk-huge", "a chunk of 2^60 bytes, it says",
             varint(1) + bytes([TEXT, 1]) + varint(HUGE) + bytes(32))):
        stream, _ = borrowed()
        del stream.frames[-1]
        stream.replace("K", 0, body)
        stream.end()
        yield name, shows, stream.bytes(), stream.at("K"), "bad-block", ("--with lender.lps",)


def wrong_id():
    stream = hello()
    stream.replace("B", 1, block_body(1, TEXT, [MAIL_TEXT], ids=hash_of(b"another")))
    return finished(stream).bytes(), stream.at("B", 1)


def all_bad():
    """(name, what is wrong, bytes, error, offset, how a reader is called)"""
    for name, shows, data, error in headers():
        yield name, shows, data, error, 0, ()
    for name, shows, data, error, offset in cut():
        yield name, shows, data, error, offset, ()
    for name, shows, data, offset, error in (*frames(), *numbers()):
        yield name, shows, data, error, offset, ()
    for name, shows, stream in moved_frames():
        yield "frames-" + name, shows, stream.bytes(), "bad-end", stream.at("Z"), ()
    for error, bodies in (("bad-block", block_bodies()), ("bad-payload", payloads())):
        for name, shows, body in bodies:
            data, offset = changed(hello(), "B", 1, body)
            yield ("block-" if error == "bad-block" else "payload-") + name, shows, data, error, \
                offset, ()
    for name, shows, data, offset, error, options in borrowing():
        yield "borrowed-" + name, shows, data, error, offset, options
    for name, shows, stream in ends():
        yield "end-" + name, shows, stream.bytes(), "bad-end", stream.at("Z"), ()
    data, offset = wrong_id()
    yield "id", "an id of other bytes: who does not check ids reads it", data, "bad-id", offset, ()
    keyed = finished(hello(key=KEY)).bytes()
    yield "key-needed", "keyed, and no key is given", keyed, "key-needed", 0, ()
    yield "key-wrong", "keyed, and another key is given", keyed, "wrong-key", 0, ("--key other",)
