#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A checker of Proxmox Backup Server datastores with dynamic indexes: short, slow, and written from
the description of the format, not from the engine.

    pbs_store.py DATASTORE                   names what is wrong; exit code 1 if anything is
    pbs_store.py --cat INDEX.didx CHUNKS     what the index stands for, to standard output

Checks of each snapshot: the manifest and what it says of its files; the index's header, its
checksum, its rows; of each chunk the place, the magic, the CRC-32, the length and the SHA-256.
Encrypted chunks and fixed indexes are not read.
"""
import datetime
import hashlib
import json
import os
import re
import struct
import sys
import zlib

import zstandard

INDEX_MAGIC = hashlib.sha256(b"Proxmox Backup dynamic sized chunk index v1.0").digest()[:8]
PLAIN_MAGIC = hashlib.sha256(b"Proxmox Backup uncompressed blob v1.0").digest()[:8]
ZSTD_MAGIC = hashlib.sha256(b"Proxmox Backup zstd compressed blob v1.0").digest()[:8]
HEADER = 4096
ROW = 40
BLOB_HEADER = 12
BYTES_MAX = 16 << 20
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._\-]*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Wrong(Exception):
    """Something is not as the format has it."""


def require(is_so, what):
    if not is_so:
        raise Wrong(what)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror}") from error


def blob(path):
    """The content of a blob's file."""
    stored = read(path)
    require(len(stored) >= BLOB_HEADER, f"{path}: is too short for a blob")
    magic, crc = stored[:8], struct.unpack("<I", stored[8:BLOB_HEADER])[0]
    content = stored[BLOB_HEADER:]
    require(zlib.crc32(content) == crc, f"{path}: the CRC-32 is wrong")
    if magic == PLAIN_MAGIC:
        return content
    require(magic == ZSTD_MAGIC, f"{path}: no known magic")
    try:
        opened = zstandard.ZstdDecompressor().decompressobj()
        plain = opened.decompress(content)
        require(opened.eof and not opened.unused_data, f"{path}: not one whole zstd frame")
    except zstandard.ZstdError as error:
        raise Wrong(f"{path}: {error}") from error
    require(len(content) < len(plain), f"{path}: is compressed and no smaller for it")
    return plain


def chunk(chunks, digest, length):
    name = digest.hex()
    path = os.path.join(chunks, name[:4], name)
    require(0 < length <= BYTES_MAX, f"{path}: a chunk of {length} bytes")
    plain = blob(path)
    require(len(plain) == length, f"{path}: {len(plain)} bytes instead of {length}")
    require(hashlib.sha256(plain).digest() == digest, f"{path}: the SHA-256 is wrong")
    return plain


def index_rows(path):
    """(checksum, uuid, ctime, [(end, digest)])"""
    stored = read(path)
    require(len(stored) >= HEADER and (len(stored) - HEADER) % ROW == 0,
            f"{path}: the length is wrong")
    require(stored[:8] == INDEX_MAGIC, f"{path}: no dynamic index")
    require(not any(stored[64:HEADER]), f"{path}: the reserved bytes are not zero")
    checksum = stored[32:64]
    require(hashlib.sha256(stored[HEADER:]).digest() == checksum, f"{path}: its checksum is wrong")
    ctime = struct.unpack("<q", stored[24:32])[0]
    rows, last = [], 0
    for at in range(HEADER, len(stored), ROW):
        end = struct.unpack("<Q", stored[at:at + 8])[0]
        require(end > last, f"{path}: the ends do not ascend")
        rows.append((end, stored[at + 8:at + ROW]))
        last = end
    return checksum, stored[8:24], ctime, rows


def content(path, chunks):
    """What an index stands for, chunk by chunk."""
    begin = 0
    for end, digest in index_rows(path)[3]:
        yield chunk(chunks, digest, end - begin)
        begin = end


def check_snapshot(folder, chunks):
    manifest = json.loads(blob(os.path.join(folder, "index.json.blob")))
    group, time = os.path.split(folder)
    kind, name = os.path.split(group)[0].rpartition("/")[2], os.path.basename(group)
    require(kind in ("host", "vm", "ct"), f"{folder}: {kind} is no type of a backup")
    require(ID.fullmatch(name) and TIME.fullmatch(time), f"{folder}: no name of a snapshot")
    require(manifest["backup-type"] == kind and manifest["backup-id"] == name,
            f"{folder}: the manifest is of another group")
    # Read back from the seconds, in the proleptic Gregorian calendar.
    days, seconds = divmod(manifest["backup-time"], 86400)
    date = datetime.date(1970, 1, 1).toordinal() + days
    written = datetime.date.fromordinal(date).isoformat()
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    require(time == f"{written}T{clock}Z", f"{folder}: the manifest has another time")
    require("signature" in manifest and "unprotected" in manifest, f"{folder}: the manifest lacks")
    require(os.path.exists(os.path.join(group, "owner")), f"{group}: has no owner")
    listed = {file["filename"] for file in manifest["files"]}
    there = set(os.listdir(folder)) - {"index.json.blob"}
    require(listed == there, f"{folder}: has {sorted(there)}, the manifest {sorted(listed)}")
    for file in manifest["files"]:
        path = os.path.join(folder, file["filename"])
        checksum, _, ctime, rows = index_rows(path)
        require(file["crypt-mode"] == "none", f"{path}: is encrypted")
        require(file["csum"] == checksum.hex(), f"{path}: the manifest has another checksum")
        require(file["size"] == (rows[-1][0] if rows else 0), f"{path}: another size")
        require(ctime == manifest["backup-time"], f"{path}: another time")
        for _ in content(path, chunks):
            pass


def snapshots(datastore):
    """The folders of all snapshots."""
    for kind in sorted(set(os.listdir(datastore)) - {".chunks"}):
        for name in sorted(os.listdir(os.path.join(datastore, kind))):
            group = os.path.join(datastore, kind, name)
            for time in sorted(set(os.listdir(group)) - {"owner"}):
                yield os.path.join(group, time)


def check(datastore):
    """What is wrong, in lines; nothing if all is well."""
    chunks = os.path.join(datastore, ".chunks")
    wrong = []
    for folder in snapshots(datastore):
        try:
            check_snapshot(folder, chunks)
        except Wrong as error:
            wrong.append(str(error))
    for prefix in os.listdir(chunks):
        for name in os.listdir(os.path.join(chunks, prefix)):
            if not re.fullmatch(r"[0-9a-f]{64}", name) or name[:4] != prefix:
                wrong.append(f"{os.path.join(chunks, prefix, name)}: is no place of a chunk")
    return wrong


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--cat":
        for piece in content(sys.argv[2], sys.argv[3]):
            sys.stdout.buffer.write(piece)
    elif len(sys.argv) == 2:
        wrong = check(sys.argv[1])
        print("\n".join(wrong))
        sys.exit(1 if wrong else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
