# SPDX-License-Identifier: Apache-2.0
"""Records of entries, and their metadata, as docs/STREAM.md says. Written from that text alone."""

import collections

from stream_frames import Cursor, decompress, errors_are, need

RECORDS_BYTES_MAX = 8 << 20
PATH_BYTES_MAX = 16 << 10
FILE, FOLDER, SYMLINK, HARD_LINK = range(4)
FIRST, LAST, ABANDONED, MOVED = 1, 2, 4, 8

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
    with errors_are("bad-entries"):
        frame = Cursor(body, "entries")
        codec, raw_bytes = frame.fixed("B"), frame.varint()
        need(codec <= 1 and 1 <= raw_bytes <= RECORDS_BYTES_MAX, "entries: their head is damaged")
    cursor = Cursor(decompress(codec, frame.rest(), raw_bytes, "entries"), "record")
    while not cursor.at_end():
        with errors_are("bad-record"):
            record = read_record(cursor)
        yield record


def read_record(cursor):
    flags = cursor.fixed("B")
    if flags == MOVED:
        return MOVED, read_path(cursor), read_path(cursor)
    need(flags < MOVED and (not flags & ABANDONED or flags & LAST), "record: wrong flags")
    entry = read_entry(cursor) if flags & FIRST else None
    recipe = cursor.text()
    if entry and entry.type != FILE:
        need(flags & LAST and not recipe, f"{entry.path!r}: content of what is no file")
    return flags, entry, recipe
