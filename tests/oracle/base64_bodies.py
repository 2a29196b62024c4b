# SPDX-License-Identifier: Apache-2.0
"""Judges the runs of base64 that a splitter undid, by RFC 2045, 6.8.

    judged = judge(data, body, runs)   # body: (offset, end); runs in it: [(offset, end, xxh3)]
    judged.wrong                       # runs whose bytes are not what their text decodes to
    judged.left                        # {reason: characters of the body that no run has}
    judged.joined                      # the runs, joined, are what the whole body decodes to
"""

import base64
import collections
import itertools
import re

import xxhash

OTHER = re.compile(rb"[^A-Za-z0-9+/]+")
# A line, and the blanks behind it, as a writer may put them into a layout (docs/STREAM.md).
BASE64_LINE = re.compile(rb"([A-Za-z0-9+/]*=*)([ \t\r]*\n?)")
DECODED_BYTES_MIN = 32
PIECE_COST_BYTES = 8
ENDING_BYTES_MAX = 8
LONG_BREAK = re.compile(rb"[ \t\r\n]{32}")  # no longer ones in engine/mail/base64_layout.h
LINES_SEEN = 8  # engine/mail/base64_shape.cc
LAYOUT_WEIGHT = 2

# Why base64 below its label is left as it is; the engine is right in each.
REASONS_LEFT = {
    "short": "fewer than 32 decoded bytes: not worth a piece (engine/mail/base64_transform.h)",
    "not base64": "lines with other characters: RFC 2045, 6.8 passes over them, and they must stay",
    "behind padding": "RFC 2045, 6.8: `=` is the end of the data; what follows is text",
    "long break": "32 bytes of blanks or more (mail/base64_layout.h), and one try beside them",
    "uneven": "every layout that docs/STREAM.md has for it costs more than decoding saves",
    "first lines": "one layout pays, that of the first lines does not: one try, for linear time",
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
    padding = data.find(b"=", start, end)
    whole = bytearray()
    at = start
    for run_start, run_end, digest in runs:
        decoded = decode(data[run_start:run_end])
        if xxhash.xxh3_128(decoded).hexdigest() != digest:
            judged.wrong.append((run_start, run_end))
        if padding < 0 or run_start < padding:
            whole += decoded
        note_left(judged, data[at:run_start], 0 <= padding < at)
        at = run_end
    note_left(judged, data[at:end], 0 <= padding < at)
    judged.joined = bytes(whole) == decode(data[start:end])
    return judged


def note_left(judged, text, is_behind_padding):
    """Gives each stretch of lines of base64, and each other line, a reason."""
    other = "long break" if LONG_BREAK.search(text) else "none"
    stretch = []
    for line in re.findall(rb"[^\n]*\n|[^\n]+", text):
        match = BASE64_LINE.fullmatch(line)
        if match and match[1]:
            stretch.append((match[1], match[2]))
        elif match and stretch:
            stretch[-1] = (stretch[-1][0], stretch[-1][1] + line)
        if match and b"=" not in match[1]:
            continue
        note_stretch(judged, stretch, "behind padding" if is_behind_padding else other)
        stretch = []
        is_behind_padding = is_behind_padding or match is not None
        if not match:
            note(judged, "behind padding" if is_behind_padding else "not base64", line)
    note_stretch(judged, stretch, "behind padding" if is_behind_padding else other)


def note_stretch(judged, lines, other):
    """`other`: why it is left if its own lines do not say it."""
    if lines:
        is_behind = other == "behind padding"
        reason = other if is_behind else reason_left(lines) or other
        note(judged, reason, b"".join(line for line, _ in lines))


def note(judged, reason, text):
    count = len(OTHER.sub(b"", text))
    if count:
        judged.left[reason] = judged.left.get(reason, 0) + count


def reason_left(lines):
    if len(decode(b"".join(line for line, _ in lines))) < DECODED_BYTES_MIN:
        return "short"
    if not any(saves(lines, shape) for shape in set(map(shape_of, lines))):
        return "uneven"
    seen = collections.Counter(map(shape_of, lines[:LINES_SEEN]))
    first = seen.most_common(1)[0][0]
    if not saves(lines, first) or not saves(lines[:2 * LINES_SEEN], first):
        return "first lines"
    return None


def shape_of(line):
    """The length and the break that a layout has if this line is its regular one."""
    return len(line[0]), line[1] if len(line[1]) <= ENDING_BYTES_MAX else b"\n"


def saves(lines, shape):
    text_bytes = sum(map(len, itertools.chain(*lines))) - len(lines[-1][1])
    decoded_bytes = len(decode(b"".join(line for line, _ in lines)))
    cost = decoded_bytes + LAYOUT_WEIGHT * layout_bytes(lines, shape) + PIECE_COST_BYTES
    return cost <= text_bytes


def layout_bytes(lines, shape):
    line_chars, ending = shape
    size = 1 + (0 if line_chars in (60, 64, 72, 76) else 2 + len(ending))
    position = previous = 0
    for i, (line, line_ending) in enumerate(lines):
        surplus = max(len(line) - 1, 0) // line_chars  # the line goes on past its regular length
        position += len(line)
        is_last = i + 1 == len(lines)
        is_regular = len(line) == line_chars and line_ending == ending or is_last
        exceptions = surplus + (0 if is_regular else 1)
        if exceptions:
            size += exceptions + (1 if 4 * (position - previous) >= 128 else 0)
            previous = position
        if line_ending != ending and not is_last:
            size += 1 + len(line_ending)
    return size
