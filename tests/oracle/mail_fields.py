# SPDX-License-Identifier: Apache-2.0
"""Reads Content-Type and Content-Transfer-Encoding by RFC 2045, 2046 and 2231.

    part = describe(lines, departures)     # the lines of a header block, with their endings
    part.kind                              # "multipart", "message" or "leaf"

What a reader of real mail does otherwise is a departure (mail_split.py has the list); without any
the grammar is taken by the letter.
"""

import re

# engine/mail/limits.h; the departure "limits" keeps to them.
FIELD_BYTES_MAX = 1000
BOUNDARY_BYTES_MAX = 200

MESSAGE_SUBTYPES = (b"rfc822", b"global", b"news")
FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
TOKEN = re.compile(rb"[!#-'*+.0-9A-Z^-~-]+")
ATTRIBUTE = re.compile(rb"boundary(?:\*(\d+))?(\*)?$", re.IGNORECASE)


class Part:
    def __init__(self):
        self.kind = "leaf"
        self.is_typed = False
        self.is_base64 = False
        self.boundary = b""
        self.is_digest = False


def without_comments(value):
    """RFC 5322, 3.2.2: comments nest, and are none inside a quoted string."""
    kept = bytearray()
    depth = 0
    quoted = False
    at = 0
    while at < len(value):
        byte = value[at:at + 1]
        size = 2 if byte == b"\\" else 1
        if byte == b'"' and not depth:
            quoted = not quoted
        if byte == b"(" and not quoted:
            depth += 1
        elif byte == b")" and depth and not quoted:
            depth -= 1
            kept += b" "
        elif not depth:
            kept += value[at:at + size]
        at += size
    return bytes(kept)


def unfolded(lines, name):
    """The first field of that name that says something, unfolded; nothing if there is none."""
    value = None
    for line in lines:
        if line[:1] in b" \t" and line:
            if value is not None:
                value += line.rstrip(b"\r\n")
            continue
        if value:
            return value
        match = FIELD.match(line)
        value = None
        if match and match[1].lower() == name:
            value = line[match.end():].rstrip(b"\r\n")
    return value or b""


def parameters(value):
    """Splits at semicolons outside of quoted strings: (name, raw value)."""
    for piece in re.findall(rb'(?:"(?:[^"\\]|\\.)*"?|[^";])+', value, re.DOTALL):
        name, equals, raw = piece.partition(b"=")
        if equals:
            yield name.strip(), raw.strip()


def plain_value(raw, departures):
    if raw[:1] == b'"':
        inside = re.match(rb'"((?:[^"\\]|\\.)*)', raw, re.DOTALL)[1]
        text = re.sub(rb"\\(.)", rb"\1", inside, flags=re.DOTALL)
        is_open = raw[1 + len(inside):] == b"\\"
        return text + b"\\" if is_open and "open-quote" in departures else text
    if "bare-boundary" in departures:
        return raw
    token = TOKEN.match(raw)
    return token[0] if token else b""


def boundary_of(value, departures):
    whole = None
    pieces = []
    for name, raw in parameters(value):
        match = ATTRIBUTE.match(name)
        if not match:
            continue
        text = plain_value(raw, departures)
        number, is_encoded = match[1], match[2]
        if is_encoded and "boundary-pieces" not in departures:
            text = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]),
                          text.split(b"'", 2)[-1])
        if number is None and not is_encoded:
            whole = text if whole is None else whole
        else:
            pieces.append((int(number or 0), text))
    if "boundary-pieces" not in departures:
        pieces.sort(key=lambda piece: piece[0])
    text = b"".join(text for _, text in pieces) or whole or b""
    # RFC 2046, 5.1.1: no boundary ends with white space; a gateway added it.
    return text if "boundary-blanks" in departures else text.rstrip(b" \t")


def describe(lines, departures):
    part = Part()
    content_type = unfolded(lines, b"content-type")
    encoding = unfolded(lines, b"content-transfer-encoding")
    if "limits" in departures:
        content_type = content_type[:FIELD_BYTES_MAX]
        encoding = encoding[:FIELD_BYTES_MAX]
    if "comments" not in departures:
        content_type = without_comments(content_type)
        encoding = without_comments(encoding)
    part.is_base64 = encoding.strip().lower() == b"base64"
    name, _, rest = content_type.partition(b";")
    part.is_typed = bool(name.strip())
    main, _, sub = (word.strip().lower() for word in name.partition(b"/"))
    if main == b"multipart":
        part.boundary = boundary_of(rest, departures)
        part.is_digest = sub == b"digest"
        if "limits" in departures and len(part.boundary) > BOUNDARY_BYTES_MAX:
            part.boundary = b""
        if part.boundary:
            part.kind = "multipart"
    elif main == b"message" and sub in MESSAGE_SUBTYPES and not part.is_base64:
        part.kind = "message"
    return part
