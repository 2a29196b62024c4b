#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backs a mailbox up into a vault through letterpress's C library and ctypes, and reads one message
of it back without the rest.

    ctypes_vault.py LIBRARY WORK_FOLDER MBOX
"""
import ctypes
import os
import sys
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char, c_char_p, c_double, c_int,
                    c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p, sizeof, string_at)

PIECE_BYTES = 50_000
OUTPUT = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class Entry(Structure):
    _fields_ = [("struct_size", c_size_t), ("path", c_char_p), ("type", c_int),
                ("mode", c_uint32), ("user_id", c_uint32), ("group_id", c_uint32),
                ("mtime_ns", c_int64), ("target", c_char_p)]


class BackupOptions(Structure):
    _fields_ = [("struct_size", c_size_t), ("user", c_void_p), ("sources", POINTER(c_char_p)),
                ("source_count", c_size_t), ("state_folder", c_char_p), ("host", c_char_p),
                ("level", c_int), ("threads", c_uint), ("is_isolated", c_int),
                ("isolate_depth", c_uint), ("alarm_encrypted", c_double),
                ("alarm_vanished", c_double), ("is_dry_run", c_int), ("read_all", c_int),
                ("all_files", c_int), ("one_file_system", c_int),
                ("excludes", POINTER(c_char_p)), ("exclude_count", c_size_t),
                ("on_progress", c_void_p), ("on_problem", c_void_p), ("on_note", c_void_p)]


class BackupReport(Structure):
    _fields_ = [("struct_size", c_size_t), ("snapshot", c_char * 32), ("entries", c_uint64),
                ("files", c_uint64), ("files_unchanged", c_uint64), ("messages", c_uint64),
                ("raw_bytes", c_uint64), ("new_bytes", c_uint64), ("stored_bytes", c_uint64),
                ("packs", c_uint64), ("problems", c_uint64), ("looks_encrypted", c_int),
                ("has_vanished", c_int)]


class Handle:
    """A handle of one kind: opened by the function that makes it, freed at the end."""

    def __init__(self, library, kind, make, *arguments):
        self.library, self.kind, self.value = library, kind, c_void_p()
        self.check(getattr(library, make)(*arguments, byref(self.value)))

    def check(self, code):
        if code:
            error = getattr(self.library, f"letterpress_vault{self.kind}_error")
            error.restype = c_char_p
            raise RuntimeError(error(self.value).decode())

    def call(self, verb, *arguments):
        function = getattr(self.library, f"letterpress_vault{self.kind}_{verb}")
        self.check(function(self.value, *arguments))

    def free(self):
        getattr(self.library, f"letterpress_vault{self.kind}_free")(self.value)


def back_up(library, vault, ingest, state, name, content):
    names = (c_char_p * 1)(name)
    options = BackupOptions(struct_size=sizeof(BackupOptions), sources=names, source_count=1,
                            state_folder=os.fsencode(state))
    backup = Handle(library, "_backup", "letterpress_vault_backup_open", vault.value, ingest,
                    byref(options))
    entry = Entry(struct_size=sizeof(Entry), path=name, mode=0o600)
    backup.call("begin_entry", byref(entry))
    for at in range(0, len(content), PIECE_BYTES):
        piece = content[at:at + PIECE_BYTES]
        backup.call("write", piece, c_size_t(len(piece)))
    backup.call("end_entry")
    report = BackupReport(struct_size=sizeof(BackupReport))
    backup.call("finish", byref(report))
    backup.free()
    return report


def read(snapshot, name, start, count):
    pieces = []

    def output(_user, content, byte_count):
        pieces.append(string_at(content, byte_count))
        return 0

    snapshot.call("read", name, c_uint64(start), c_uint64(count), OUTPUT(output), None)
    return b"".join(pieces)


def messages(mbox):
    """(offset, length) of each; "From " inside a body is quoted in the mailboxes that we make."""
    starts = [0] if mbox.startswith(b"From ") else []
    at = mbox.find(b"\n\nFrom ")
    while at >= 0:
        starts.append(at + 2)
        at = mbox.find(b"\n\nFrom ", at + 2)
    return list(zip(starts, [after - start for start, after
                             in zip(starts, [*starts[1:], len(mbox)])]))


def main(path, work, mailbox):
    library = ctypes.CDLL(path)
    with open(mailbox, "rb") as file:
        content = file.read()
    recovery = Handle(library, "_key", "letterpress_vault_key_make_recovery")
    recovery.call("write", os.fsencode(os.path.join(work, "recovery.key")), None)
    vault = Handle(library, "", "letterpress_vault_make",
                   os.fsencode(os.path.join(work, "vault")), recovery.value, None, c_size_t(0))
    ingest = c_void_p()
    vault.call("add_writer", b"python", recovery.value, None, c_size_t(0), byref(ingest))
    report = back_up(library, vault, ingest, os.path.join(work, "state"), b"archive.mbox", content)

    snapshot = Handle(library, "_snapshot", "letterpress_vault_snapshot_open", vault.value,
                      recovery.value, report.snapshot)
    found = messages(content)
    for start, count in (found[0], found[len(found) // 2], found[-1]):
        if read(snapshot, b"archive.mbox", start, count) != content[start:start + count]:
            raise RuntimeError(f"the message at {start} came back as something else")
    print(f"{report.snapshot.decode()}: {report.messages} messages of {len(found)}, "
          f"{report.raw_bytes} bytes in, {report.stored_bytes} stored")
    snapshot.free()
    vault.free()
    library.letterpress_vault_key_free(ingest)
    recovery.free()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
