# SPDX-License-Identifier: Apache-2.0
"""Judges the runs of base64 that a splitter undid, by RFC 2045, 6.8.

    judged = judge(data, body, runs)   # body: (offset, end); runs in it: [(offset, end, xxh3)]
    judged.wrong                       # runs whose bytes are not what their text decodes to
    judged.left                        # {reason: characters of the body that no run has}
    judged.joined                      # the runs, joined, are what the whole body decodes to
"""

import base64
import re

import xxhash

OTHER = re.compile(rb"[^A-Za-z0-9+/]+")
# A line, and the blanks behind it, as a writer may put them into a layout (docs/STREAM.md).
BASE64_LINE = re.compile(rb"([A-Za-z0-9+/]*=*)([ \t\r]*\n?)")
DECODED_BYTES_MIN = 32
PIECE_COST_BYTES = 8
LAYOUT_WEIGHT = 2

# Why base64 below its label is left as it is; the engine is right in each.
REASONS_LEFT = {
    "short": "fewer than 32 decoded bytes: not worth a piece (engine/mail/base64_transform.h)",
    "not base64": "lines with other characters: RFC 2045, 6.8 passes over them, and they must stay",
    "behind padding": "RFC 2045, 6.8: `=` is the end of the data; what follows is text",
    "uneven": "a layout by docs/STREAM.md costs more than decoding saves",
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
    stretch = []
    for line in re.findall(rb"[^\n]*\n|[^\n]+", text):
        match = BASE64_LINE.fullmatch(line)
        if match and match[1]:
            stretch.append((match[1], match[2]))
        elif match and stretch:
            stretch[-1] = (stretch[-1][0], stretch[-1][1] + line)
        if match and b"=" not in match[1]:
            continue
        note_stretch(judged, stretch, is_behind_padding)
        stretch = []
        is_behind_padding = is_behind_padding or match is not None
        if not match:
            note(judged, "behind padding" if is_behind_padding else "not base64", line)
    note_stretch(judged, stretch, is_behind_padding)


def note_stretch(judged, lines, is_behind_padding):
    if lines:
        reason = "behind padding" if is_behind_padding else reason_left(lines)
        note(judged, reason, b"".join(line for line, _ in lines))


def note(judged, reason, text):
    count = len(OTHER.sub(b"", text))
    if count:
        judged.left[reason] = judged.left.get(reason, 0) + count


def reason_left(lines):
    text = b"".join(line for line, _ in lines)
    decoded = decode(text)
    if len(decoded) < DECODED_BYTES_MIN:
        return "short"
    text_bytes = len(text) + sum(len(ending) for _, ending in lines)
    cost = len(decoded) + LAYOUT_WEIGHT * layout_bytes(lines) + PIECE_COST_BYTES
    return "uneven" if cost > text_bytes else "none"


def layout_bytes(lines):
    """Of the best layout that has one of these lines for its regular one."""
    shapes = {(len(line), ending) for line, ending in lines}
    return min(layout_bytes_in(shape, lines) for shape in shapes)


def layout_bytes_in(shape, lines):
    line_chars, ending = shape
    size = 1 + (0 if line_chars in (60, 64, 72, 76) else 2 + len(ending))
    position = previous = 0
    for line, line_ending in lines[:-1]:
        surplus = max(len(line) - 1, 0) // line_chars  # the line goes on past its regular length
        position += len(line)
        is_regular = len(line) == line_chars and line_ending == ending
        exceptions = surplus + (0 if is_regular else 1)
        if exceptions:
            size += exceptions + (1 if 4 * (position - previous) >= 128 else 0)
            previous = position
        if line_ending != ending:
            size += 1 + len(line_ending)
    return size
