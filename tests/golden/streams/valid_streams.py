# SPDX-License-Identifier: Apache-2.0
"""The streams that a reader must read, and what they hold."""

from stream_parts import (ABANDONED, ATTACHMENT, BASE64, CRLF, FIRST, FOLDER, HARD_LINK, HEADER,
                          LAST, NEEDS_BORROWED, PLAIN, RECIPE, SYMLINK, TEXT, Stream, move, record,
                          step, stretch)

KEY = bytes(range(32))
MAIL_HEADER = b"Subject: hello\n\n"
MAIL_TEXT = b"Hi\n"
MAIL = MAIL_HEADER + MAIL_TEXT
LONG = b"All work and no play makes a long line that compresses.\n" * 200
# The example of the document's section "Base64 layout".
DECODED = b"Many hands make light work, but only if they are many."
ENCODED = (b"\nTWFueSBoYW5kcyBtYWtl\nIGxpZ2h0IHdvcmssIGJ1 \ndCBvbmx5IGlm\n"
           b"IHRoZXkgYXJlIG1hbnku\n")
LAYOUT = bytes.fromhex("20 14 01 0a 00 a3 01 02 20 0a 30")


def mail_recipe(first_block=0, key=None):
    """MAIL, from a header block and the text block behind it."""
    return stretch(MAIL, step(HEADER, raw=len(MAIL_HEADER), jump=(first_block, 0, 0)),
                   step(TEXT, jump=(1, 0, 0)), key=key)


def hello(**fields):
    """One mail in two blocks, up to its group end."""
    stream = Stream(**fields)
    stream.block(0, HEADER, [MAIL_HEADER])
    stream.block(1, TEXT, [MAIL_TEXT])
    stream.entries(record(b"hello.eml", mail_recipe(key=stream.key)), raw_bytes=len(MAIL))
    stream.group()
    return stream


def finished(stream):
    stream.end()
    return stream


def empty():
    return finished(Stream()), {}


def small():
    return finished(hello()), {b"hello.eml": MAIL}


def keyed():
    return finished(hello(key=KEY)), {b"hello.eml": MAIL}


def kinds():
    stream = Stream()
    names = {HEADER: b"header", TEXT: b"text", ATTACHMENT: b"attachment", PLAIN: b"plain"}
    for kind, name in names.items():
        stream.block(kind, kind, [name])
    stream.block(RECIPE, RECIPE, [b"no entry of a stream needs this kind"])
    for kind, name in names.items():
        stream.entries(record(name, stretch(name, step(kind, jump=(kind, 0, 0)))),
                       raw_bytes=len(name))
    stream.group()
    return finished(stream), {name: name for name in names.values()}


def compressed():
    stream = Stream()
    stream.block(0, TEXT, [LONG[:5000], LONG[5000:]], codec=1)
    stream.entries(record(b"long", stretch(LONG, step(TEXT, jump=(0, 0, 0)))), codec=1,
                   raw_bytes=len(LONG))
    stream.group()
    return finished(stream), {b"long": LONG}


def transforms():
    lines = b"one\r\ntwo\r\n"
    crlf = stretch(lines, step(TEXT, jump=(0, 0, 0), transform=CRLF, dropped=2))
    base64 = stretch(ENCODED, step(ATTACHMENT, jump=(1, 0, 0), transform=BASE64,
                                   stored=len(DECODED), layout=LAYOUT))
    stream = Stream()
    stream.block(0, TEXT, [b"one\ntwo\n"])
    stream.block(1, ATTACHMENT, [DECODED])
    stream.entries(record(b"crlf", crlf), record(b"base64", base64),
                   raw_bytes=len(lines) + len(ENCODED))
    stream.group()
    return finished(stream), {b"crlf": lines, b"base64": ENCODED}


def extents():
    """Chunks aaaa bbb cc d of block 0, and others; the file jumps, goes on and spans them."""
    first = b"bbbccdaabcddd"
    whole = stretch(
        first,
        step(PLAIN, raw=5, jump=(0, 1, 0)),            # bbbcc, over two chunks
        step(PLAIN, raw=1),                            # d, goes on
        step(PLAIN, raw=4, extents=[(2, (0, 0, 2)), (1, None), (1, (0, 2, 1))]),  # aa b c
        step(HEADER, jump=(1, 0, 0)))                  # ddd: a cursor of its own
    behind = stretch(b"dccd", step(HEADER, raw=1, jump=(0, 0, 2)),   # from block 1
                     step(PLAIN, jump=(-1, 2, 0)))                   # back to block 0
    stream = Stream()
    stream.block(0, PLAIN, [b"aaaa", b"bbb", b"cc", b"d"])
    stream.block(1, HEADER, [b"ddd"])
    # The second stretch keeps the cursors and the block of the first: block 1.
    stream.entries(record(b"file", whole + behind), raw_bytes=len(first) + 4)
    stream.group()
    return finished(stream), {b"file": first + b"dccd"}


def entry_types():
    stream = Stream()
    stream.block(0, HEADER, [MAIL_HEADER])
    stream.block(1, TEXT, [MAIL_TEXT])
    half = stretch(MAIL_TEXT, step(TEXT, jump=(1, 0, 0)))
    stream.entries(
        record(b"box", kind=FOLDER, mode=0o750),
        record(b"box/1", mail_recipe()),
        record(b"box/empty", mode=0o600),
        record(b"box/unreadable", half, flags=FIRST | LAST | ABANDONED),
        move(b"box/1", b"box/2"),
        record(b"caf\xe9 \n\"", half),
        record(b"not/listed/before", half, mode=0o644),
        record(b"symlink", kind=SYMLINK, target=b"../not there \xff"),
        record(b"hard", kind=HARD_LINK, target=b"box/2"),
        raw_bytes=len(MAIL) + 3 * len(MAIL_TEXT))
    stream.group()
    return finished(stream), {
        b"box": "folder", b"box/2": MAIL, b"box/empty": b"", b"caf\xe9 \n\"": MAIL_TEXT,
        b"not": "folder", b"not/listed": "folder", b"not/listed/before": MAIL_TEXT,
        b"symlink": ("symlink", b"../not there \xff"), b"hard": ("hard link", b"box/2", MAIL)}


def part(path, content, number, flags):
    return record(path, stretch(content, step(PLAIN, jump=(number, 0, 0))), flags=flags)


def parts():
    """One file in three parts, each in another group; the last has another in its frame."""
    stream = Stream()
    pieces = [b"first ", b"second ", b"third"]
    for number, piece in enumerate(pieces):
        stream.block(number, PLAIN, [piece])
        flags = (FIRST if number == 0 else 0) | (LAST if number == 2 else 0)
        records = [part(b"long", piece, number, flags)]
        if number == 2:
            records.append(part(b"other", piece, number, FIRST | LAST))
        stream.entries(*records, raw_bytes=sum(len(piece) for _ in records))
        stream.group()
    return finished(stream), {b"long": b"".join(pieces), b"other": b"third"}


def groups():
    """Blocks in any order, an empty group, a group without blocks, recipes that go back."""
    stream = Stream()
    stream.block(1, PLAIN, [b"one"])
    stream.block(0, PLAIN, [b"zero"])
    stream.entries(part(b"a", b"zero", 0, FIRST | LAST), raw_bytes=4)
    stream.group()
    stream.group()
    stream.block(2, PLAIN, [b"two"])
    stream.entries(part(b"b", b"two", 2, FIRST | LAST), raw_bytes=3)
    stream.entries(part(b"c", b"one", 1, FIRST | LAST), raw_bytes=3)
    stream.group()
    stream.entries(part(b"d", b"two", 2, FIRST | LAST), record(b"e", kind=FOLDER), raw_bytes=3)
    stream.group()
    return finished(stream), {b"a": b"zero", b"b": b"two", b"c": b"one", b"d": b"two",
                              b"e": "folder"}


def lender(key=None):
    """What the streams of borrowed() need."""
    stream = Stream(key=key)
    stream.block(0, TEXT, [b"lent one ", b"lent two ", b"not needed"])
    stream.entries(record(b"lent", stretch(b"lent one lent two not needed",
                                           step(TEXT, jump=(0, 0, 0)), key=key)), raw_bytes=28)
    stream.group()
    return finished(stream), {b"lent": b"lent one lent two not needed"}


def borrowed(key=None):
    """Chunks of the lender in another order, an extent over both, one that is carried."""
    made = b"lent two lent one own"
    stream = Stream(key=key, fields=[NEEDS_BORROWED])
    stream.borrowed(1, TEXT, [b"lent two ", b"lent one "])
    stream.block(0, PLAIN, [b"own"])
    stream.entries(record(b"mixed", stretch(made, step(TEXT, raw=18, jump=(1, 0, 0)),
                                            step(PLAIN, jump=(-1, 0, 0)), key=key)),
                   record(b"own", stretch(b"own", step(PLAIN, jump=(0, 0, 0)), key=key)),
                   raw_bytes=len(made) + 3)
    stream.group()
    return finished(stream), {b"mixed": made, b"own": b"own"}


def optional_parts():
    """Frames and a header field that nobody knows yet."""
    stream = Stream(fields=[(7, b"of a type that a reader passes over"), (255, b"")])
    stream.add("x", b"")
    stream.block(0, PLAIN, [b"text"])
    stream.add("a", b"any bytes \x00\xff")
    stream.entries(part(b"file", b"text", 0, FIRST | LAST), raw_bytes=4)
    stream.add("z", bytes(100))
    stream.group()
    stream.add("m", b"between groups")
    return finished(stream), {b"file": b"text"}


def path_twice():
    stream = Stream()
    stream.block(0, PLAIN, [b"one", b"two"])
    second = stretch(b"two", step(PLAIN, jump=(0, 1, 0)))
    stream.entries(part(b"file", b"one", 0, FIRST | LAST), record(b"file", second), raw_bytes=6)
    stream.group()
    return finished(stream), {b"file": b"one"}


VALID = [  # name, what makes it, what it shows, how a reader is called
    ("empty", empty, "a header and an end", ()),
    ("hello", small, "one mail: a header block, a text block, one group", ()),
    ("keyed", keyed, "the same, keyed", ("--key",)),
    ("kinds", kinds, "a block of each kind, 0 to 4", ()),
    ("compressed", compressed, "zstd: a block of two chunks, and entries", ()),
    ("transforms", transforms, "crlf; base64 with exceptions of a layout", ()),
    ("extents", extents, "steps that jump, go on, span chunks, go back; several extents; two "
     "stretches that share cursors", ()),
    ("entry-types", entry_types, "files, folders, links, an empty and an abandoned file, a move, "
     "a name that is not UTF-8, a parent without an entry", ()),
    ("parts", parts, "a file in three parts, over the ends of groups", ()),
    ("groups", groups, "blocks in any order, an empty group, one without blocks, recipes that name "
     "blocks of earlier groups", ()),
    ("lender", lender, "the earlier stream of `borrowed`", ()),
    ("borrowed", borrowed, "chunks that it does not carry, in an extent over two of them",
     ("--with lender.lps",)),
    ("lender-keyed", lambda: lender(KEY), "the earlier stream of `borrowed-keyed`", ("--key",)),
    ("borrowed-keyed", lambda: borrowed(KEY), "the same as `borrowed`, keyed",
     ("--key", "--with lender-keyed.lps")),
    ("optional", optional_parts, "optional frames everywhere they may be, and unknown fields of "
     "the header: all passed over", ()),
    ("path-twice", path_twice, "a path that comes twice: reported, and the first stays", ()),
]


def trailing():
    """Bytes behind the end frame are not part of the stream."""
    stream, holds = small()
    return stream.bytes() + b"what follows", holds
