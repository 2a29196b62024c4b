# SPDX-License-Identifier: Apache-2.0
"""Judges the runs of base64 that a splitter undid, by RFC 2045, 6.8.

    judged = judge(data, body, runs)   # body: (offset, end); runs in it: [(offset, end, sha256)]
    judged.wrong                       # runs whose bytes are not what their text decodes to
    judged.left                        # {reason: characters of the body that no run has}
    judged.joined                      # the runs, joined, are what the whole body decodes to
"""

import base64
import hashlib
import re

OTHER = re.compile(rb"[^A-Za-z0-9+/]+")
BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+=*[ \t\r]*")
DECODED_BYTES_MIN = 32

# Why base64 below its label is left as it is; the engine is right in each.
REASONS_LEFT = {
    "short": "fewer than 32 decoded bytes: not worth a piece (engine/mail/base64_transform.h)",
    "not base64": "lines with other characters: RFC 2045, 6.8 passes over them, and they must stay",
    "behind padding": "RFC 2045, 6.8: `=` is the end of the data; what follows is text",
    "not canonical": "bits in the last quantum that no encoder sets: they would be lost",
    "uneven": "lines so uneven that their layout costs more than is saved (shared rule: design, 5)",
}


class Judged:
    def __init__(self):
        self.wrong = []
        self.left = {}
        self.joined = False


def decode(text):
    """All characters of the alphabet up to the first padding; a cut quantum gives what it has."""
    characters = OTHER.sub(b"", text.split(b"=", 1)[0])
    if len(characters) % 4 == 1:
        characters = characters[:-1]
    return base64.b64decode(characters + b"=" * (-len(characters) % 4))


def judge(data, body, runs):
    judged = Judged()
    start, end = body
    whole = bytearray()
    at = start
    for run_start, run_end, digest in runs:
        decoded = decode(data[run_start:run_end])
        if hashlib.sha256(decoded).hexdigest() != digest:
            judged.wrong.append((run_start, run_end))
        whole += decoded
        note_left(judged, data, start, at, run_start)
        at = run_end
    note_left(judged, data, start, at, end)
    judged.joined = bytes(whole) == decode(data[start:end])
    return judged


def note_left(judged, data, start, at, end):
    """Gives each line of data[at:end] that is base64 a reason."""
    text = data[at:end]
    lines = [line for line in text.split(b"\n") if line.strip()]
    if not lines:
        return
    reason = reason_left(data[start:at], text, lines)
    count = len(OTHER.sub(b"", text))
    judged.left[reason] = judged.left.get(reason, 0) + count


def reason_left(before, text, lines):
    if b"=" in before:
        return "behind padding"
    if not all(BASE64_LINE.fullmatch(line) for line in lines):
        return "not base64"
    if b"=" in text.rstrip(b"= \t\r\n"):
        return "behind padding"
    decoded = decode(text)
    if len(decoded) < DECODED_BYTES_MIN:
        return "short"
    if base64.b64encode(decoded).rstrip(b"=") != OTHER.sub(b"", text):
        return "not canonical"
    if len({len(line) for line in lines[:-1]}) > 1:
        return "uneven"
    return "none"
