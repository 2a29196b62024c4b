#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A consumer of letterpress's stream on a pipe: keeps it as objects, as one would in a cloud's
bucket, each named by the SHA-256 of its bytes. It knows frames (docs/STREAM.md, "Frame") and
nothing of mail.

    letterpress press /srv/mail | pipe_store.py put BUCKET > NIGHT
    pipe_store.py get BUCKET < NIGHT | letterpress unpress --to /srv/restored

An object ends with a group, so what was put before a pipe broke is whole, and is not put again: the
same mail gives the same groups. NIGHT has the objects' names, a line each.
"""
import hashlib
import os
import struct
import sys

FRAME_BYTES_MAX = 8 * 1024 * 1024


def frames(stream):
    """Pairs of a frame's type and all its bytes."""
    while True:
        head = stream.read(8)
        if not head:
            return
        kind, length = head[0:1], struct.unpack("<I", head[4:8])[0]
        if len(head) < 8 or length > FRAME_BYTES_MAX:
            raise ValueError("this is no letterpress stream")
        body = stream.read(length + 8)
        if len(body) < length + 8:
            raise ValueError("the stream is cut short")
        yield kind, head + body
        if kind == b"Z":
            return


def keep(bucket, content):
    """Puts an object under its name, whole or not at all; gives the name."""
    name = hashlib.sha256(content).hexdigest()
    path = os.path.join(bucket, name)
    if not os.path.exists(path):
        with open(path + ".part", "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(path + ".part", path)
    return name


def put(bucket):
    os.makedirs(bucket, exist_ok=True)
    group = []
    for kind, frame in frames(sys.stdin.buffer):
        group.append(frame)
        if kind in (b"G", b"Z"):
            print(keep(bucket, b"".join(group)), flush=True)
            group = []
    if group:
        raise ValueError("the stream is cut short")


def get(bucket):
    for line in sys.stdin:
        with open(os.path.join(bucket, line.strip()), "rb") as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != line.strip():
            raise ValueError(f"object {line.strip()} is damaged")
        sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("put", "get"):
        sys.exit(__doc__)
    try:
        {"put": put, "get": get}[sys.argv[1]](sys.argv[2])
    except ValueError as error:
        sys.exit(f"pipe_store: {error}")
