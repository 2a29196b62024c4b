#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backup front end in Python: pushes files into letterpress's C library through ctypes, keeps
everything in dictionaries, and compares what comes back, whole and in ranges.

    ctypes_store.py LIBRARY FOLDER
"""
import ctypes
import os
import sys
import traceback
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_size_t,
                    c_uint32, c_uint64, c_uint8, c_void_p, sizeof, string_at)

UINT64_MAX = 2**64 - 1
PIECE_BYTES = 50_000


class Entry(Structure):
    _fields_ = [("struct_size", c_size_t), ("path", c_char_p), ("type", c_int),
                ("mode", c_uint32), ("user_id", c_uint32), ("group_id", c_uint32),
                ("mtime_ns", c_int64), ("target", c_char_p)]


class Block(Structure):
    _fields_ = [("struct_size", c_size_t), ("number", c_uint64), ("kind", c_int),
                ("ids", c_void_p), ("id_count", c_size_t), ("bytes", c_void_p),
                ("byte_count", c_size_t)]


class Part(Structure):
    _fields_ = [("struct_size", c_size_t), ("entry", POINTER(Entry)), ("raw_bytes", c_uint64),
                ("recipe", c_void_p), ("recipe_bytes", c_size_t), ("is_first", c_int),
                ("is_last", c_int), ("is_abandoned", c_int), ("is_unsettled", c_int),
                ("blocks", POINTER(c_uint64)), ("block_count", c_size_t)]


class Receiver(Structure):
    _fields_ = [("struct_size", c_size_t), ("user", c_void_p),
                ("find_stored", c_void_p),
                ("put_block", CFUNCTYPE(c_int, c_void_p, POINTER(Block))),
                ("put_part", CFUNCTYPE(c_int, c_void_p, POINTER(Part))),
                ("end_group", CFUNCTYPE(c_int, c_void_p)),
                ("put_moved", c_void_p), ("on_progress", c_void_p), ("on_problem", c_void_p)]


class Recipe(Structure):
    _fields_ = [("raw_bytes", c_uint64), ("bytes", c_char_p), ("byte_count", c_size_t)]


class RebuildOptions(Structure):
    _fields_ = [("struct_size", c_size_t), ("user", c_void_p),
                ("get_block", CFUNCTYPE(c_int, c_void_p, c_uint64, c_void_p)),
                ("digest_key", c_void_p), ("cache_bytes", c_size_t)]


OUTPUT = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


def safe(callback):
    """ctypes prints what a callback throws, and returns 0: here it ends the run."""
    def call(*arguments):
        try:
            return callback(*arguments)
        except Exception:  # whatever it is
            traceback.print_exc()
            return -1
    return call


class Store:
    """Blocks by number, and the parts of each path."""

    def __init__(self, library):
        self.library = library
        self.blocks = {}
        self.parts = {}
        self.path = None

    def put_block(self, _user, block):
        self.blocks[block[0].number] = string_at(block[0].bytes, block[0].byte_count)
        return 0

    def put_part(self, _user, part):
        part = part[0]
        if part.is_first:
            self.path = part.entry[0].path
        recipe = string_at(part.recipe, part.recipe_bytes) if part.recipe_bytes else b""
        self.parts.setdefault(self.path, []).append((part.raw_bytes, recipe))
        if part.is_abandoned:
            del self.parts[self.path]
        return 0

    def press(self, files):
        """files: pairs of a name and its content, as bytes."""
        receiver = Receiver(struct_size=sizeof(Receiver))
        receiver.put_block = Receiver._fields_[3][1](safe(self.put_block))
        receiver.put_part = Receiver._fields_[4][1](safe(self.put_part))
        receiver.end_group = Receiver._fields_[5][1](lambda _user: 0)
        press = c_void_p()
        self.check(self.library.letterpress_press_open(None, byref(receiver), byref(press)), press)
        for name, content in files:
            entry = Entry(struct_size=sizeof(Entry), path=name, mode=0o600)
            self.check(self.library.letterpress_press_begin_entry(press, byref(entry)), press)
            for at in range(0, len(content), PIECE_BYTES):
                piece = content[at:at + PIECE_BYTES]
                self.check(self.library.letterpress_press_write(press, piece,
                                                                c_size_t(len(piece))), press)
            self.check(self.library.letterpress_press_end_entry(press), press)
        self.check(self.library.letterpress_press_finish(press, None), press)
        self.library.letterpress_press_free(press)

    def check(self, code, press):
        if code:
            raise RuntimeError(self.library.letterpress_press_error(press).decode())

    def get_block(self, _user, number, block):
        content = self.blocks[number]
        return self.library.letterpress_buffer_set(c_void_p(block), content,
                                                   c_size_t(len(content)))

    def get(self, name, start=0, count=UINT64_MAX):
        pieces = []

        def output(_user, content, byte_count):
            pieces.append(string_at(content, byte_count))
            return 0

        options = RebuildOptions(struct_size=sizeof(RebuildOptions))
        options.get_block = RebuildOptions._fields_[2][1](safe(self.get_block))
        rebuild = c_void_p()
        parts = self.parts[name]
        recipes = (Recipe * len(parts))(*[(raw, recipe, len(recipe)) for raw, recipe in parts])
        code = (self.library.letterpress_rebuild_open(byref(options), byref(rebuild))
                or self.library.letterpress_rebuild_range(
                    rebuild, recipes, c_size_t(len(parts)), c_uint64(start), c_uint64(count),
                    OUTPUT(safe(output)), None))
        text = self.library.letterpress_rebuild_error(rebuild).decode()
        self.library.letterpress_rebuild_free(rebuild)
        if code:
            raise RuntimeError(text)
        return b"".join(pieces)


def load(path):
    library = ctypes.CDLL(path)
    library.letterpress_version.restype = c_char_p
    library.letterpress_press_error.restype = c_char_p
    library.letterpress_rebuild_error.restype = c_char_p
    return library


def files_below(folder):
    for where, folders, names in os.walk(os.fsencode(folder)):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, os.fsencode(folder)), file.read()


def main(library, folder):
    store = Store(load(library))
    files = list(files_below(folder))
    store.press(files)
    for name, content in files:
        if store.get(name) != content:
            raise RuntimeError(f"{name} came back as something else")
        middle = len(content) // 2
        if store.get(name, middle, 1000) != content[middle:middle + 1000]:
            raise RuntimeError(f"a range of {name} came back as something else")
    print(f"letterpress {store.library.letterpress_version().decode()}: {len(files)} files, "
          f"{sum(len(content) for _, content in files)} bytes in, "
          f"{sum(map(len, store.blocks.values()))} stored")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
