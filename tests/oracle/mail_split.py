# SPDX-License-Identifier: Apache-2.0
"""Splits mail into header blocks, boundary lines and base64 bodies, from the RFCs alone.

    for start, end in messages(mbox): ...
    split = MailSplit(data, start, end)
    split.events      # [("H", offset)], [("D" or "C", offset, level)], as split_structure prints
    split.spans       # [(offset, end)] of header blocks and boundary lines
    split.bodies      # [(offset, end)] that are labelled base64
    split.limits_passed   # [offset] of lines at which a reader with limits may give up

RFC 5322 for header blocks, RFC 2046, 5.1 for multiparts, RFC 4155 for mailboxes. No limits, and no
leniency but the departures that are asked for. Lines end in LF or CRLF.
"""

import re

import mail_fields

# A departure: what another reader does, who is right, and why.
DEPARTURES = {
    "from-line": "engine: mailboxes are older than RFC 4155; a time and a year make a From_ line",
    "quoted-from": "engine: mbox tools leave `From ` and `>From ` lines in header blocks",
    "leading-blank": "engine: a block that begins with a folded line; RFC 5322, 2.2.3 has none",
    "cut-line": "neither: a last line without a line feed may be the start of a field",
    "bare-boundary": "engine: RFC 2045, 5.1 wants quotes around `=`, `/` and `:`; programs forget",
    "comments": "RFC 2045, 5.1: comments are no part of a value; the engine does not know them",
    "boundary-pieces": "RFC 2231: pieces go by number, and are decoded; the engine takes all as is",
    "boundary-blanks": "RFC 2046, 5.1.1: no boundary ends with blanks; who writes some, as the one "
                       "seen, repeats them in the lines, and the engine takes those only",
    "open-quote": "neither: a quoted string that ends in `\\`, without a quote, means nothing",
    "limits": "RFCs, which have no limits; those of mail/limits.h are wanted",
}

FROM_LINE = re.compile(rb"From \S+ +\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\r?\n")
LOOSE_FROM_LINE = re.compile(
    rb"From (?=[^\n]*\d:\d\d)(?=(?:[^\n]*[^\n\d])?(?:19|20|21)\d\d(?!\d))[^\n]{0,506}\n")
HEADER_BYTES_MAX = 64 * 1024
# engine/mail/limits.h. They are not kept here, but where they are passed the engine gives up.
NESTING_MAX = 16
BOUNDARY_LINES_MAX = 4096
BLANK = (b"\n", b"\r\n")


def messages(data, departures=frozenset()):
    """The ranges of an mbox's messages: each begins at the start or behind a blank line."""
    from_line = LOOSE_FROM_LINE if "from-line" in departures else FROM_LINE
    starts = [0]
    at = data.find(b"\nFrom ")
    while at >= 0:
        start = at + 1
        before = data[max(start - 3, 0):start]
        is_behind_blank = before.endswith(b"\n\n") or before in (b"\n", b"\r\n", b"\n\r\n")
        if is_behind_blank and from_line.match(data, start):
            starts.append(start)
        at = data.find(b"\nFrom ", start)
    return list(zip(starts, starts[1:] + [len(data)]))


def is_message(data):
    """Whether there is a header block with the two fields that RFC 5322, 3.6 requires."""
    names = set()
    for line in data[:HEADER_BYTES_MAX].splitlines(keepends=True):
        match = mail_fields.FIELD.match(line)
        if line in BLANK or not match and line[:1] not in b" \t":
            return line in BLANK and {b"from", b"date"} <= names
        if match:
            names.add(match[1].lower())
    return False


class MailSplit:
    def __init__(self, data, start, end, in_mbox, departures=frozenset()):
        self.data = data
        self.end = end
        self.departures = departures
        self.events = []
        self.spans = []
        self.bodies = []
        self.limits_passed = []  # offsets of the lines that go past one of engine/mail/limits.h
        self.boundary_lines = 0
        self.open = []  # the multiparts that are open, outermost first: (boundary, is digest)
        self.in_part = False
        self.body_is_base64 = False
        at = start
        if in_mbox:
            at += len(self.line(at))
            self.spans.append((start, at))
        read = self.header
        while at < end:
            at, read = read(at)

    def line(self, at):
        feed = self.data.find(b"\n", at, self.end)
        return self.data[at:feed + 1 if feed >= 0 else self.end]

    def header(self, at):
        start = at
        lines = []
        while at < self.end:
            line = self.line(at)
            match = self.match_boundary(line)
            if match:
                self.spans.append((start, at))
                return self.take_boundary(at, line, match)
            stop = at
            if line in BLANK:
                at += len(line)
                break
            if not self.is_header_line(line, lines):
                break
            lines.append(line)
            at += len(line)
        else:
            self.spans.append((start, at))
            return at, self.header
        self.spans.append((start, at))
        self.events.append(("H", at))
        read = self.enter(lines)
        if len(self.open) > NESTING_MAX:
            self.limits_passed.append(stop)
        return at, read

    def is_header_line(self, line, lines):
        if line[:1] in b" \t":
            return bool(lines) or "leading-blank" in self.departures
        if mail_fields.FIELD.match(line):
            return True
        if not line.endswith(b"\n") and "cut-line" in self.departures:
            return True
        return "quoted-from" in self.departures and line.startswith((b"From ", b">From "))

    def enter(self, lines):
        """What the body below these fields is read as."""
        part = mail_fields.describe(lines, self.departures)
        in_digest = self.in_part and self.open and self.open[-1][1]
        self.in_part = False
        self.body_is_base64 = False
        if part.kind == "message":
            return self.header
        # RFC 2046, 5.1.5: the parts of a digest are messages if they do not say otherwise.
        if in_digest and not part.is_typed and not part.is_base64:
            return self.header
        if part.kind == "multipart":
            self.open.append((part.boundary, part.is_digest))
        else:
            self.body_is_base64 = part.is_base64
        return self.body

    def body(self, at):
        start = at
        while True:
            if not self.data.startswith(b"--", at):
                at = self.data.find(b"\n--", at, self.end) + 1
            if at == 0 or at >= self.end:
                self.leave(start, self.end)
                return self.end, self.body
            line = self.line(at)
            match = self.match_boundary(line)
            if match:
                self.leave(start, at)
                return self.take_boundary(at, line, match)
            at += len(line)

    def leave(self, start, end):
        if self.body_is_base64:
            self.bodies.append((start, end))

    def match_boundary(self, line):
        """(level, closes) of a boundary line, innermost first; RFC 2046, 5.1.1 and 5.1.2."""
        if not line.startswith(b"--"):
            return None
        for level in range(len(self.open), 0, -1):
            boundary = self.open[level - 1][0]
            rest = line[2 + len(boundary):].rstrip(b" \t\r\n")
            if line.startswith(boundary, 2) and rest in (b"", b"--"):
                return level, rest == b"--"
        return None

    def take_boundary(self, at, line, match):
        level, closes = match
        end = at + len(line)
        self.boundary_lines += 1
        if self.boundary_lines > BOUNDARY_LINES_MAX:
            self.limits_passed.append(at)
        self.spans.append((at, end))
        self.body_is_base64 = False
        self.events.append(("C" if closes else "D", at, level))
        del self.open[level - 1 if closes else level:]
        self.in_part = not closes
        return end, self.body if closes else self.header
