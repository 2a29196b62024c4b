# SPDX-License-Identifier: Apache-2.0
"""A reader of volume sets: short, slow, and written from docs/FORMAT.md, "Volumes", alone.

    volumes = volumes.VolumeSet(["/mnt/1", "/mnt/3", "/mnt/4", "/mnt/6"])
    for path in volumes.vault_files():
        content = volumes.read(path)        # from where it lies, from parity, or from spares

What cannot be brought back raises Lost.
"""
import collections
import hashlib
import os
import re

import blake3

PIECE = 65536
GROUP = 32
MAGIC = bytes.fromhex("4c50544147530d0a")
PACK_PATH = re.compile(r"packs/([0-9a-f]{2})/(\1[0-9a-f]{62})")
VAULT_PATH = re.compile(r"letterpress-vault|(log|index)/[0-9a-f]{32}/[0-9]{20}|packs/.*")


class Lost(Exception):
    """Too much of it is gone."""


def multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11D
        b >>= 1
    return product


PRODUCTS = [bytes(multiply(a, b) for b in range(256)) for a in range(256)]
INVERSE = [0] + [PRODUCTS[a].index(1) for a in range(1, 256)]


def add(a, b):
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def scale(factor, content):
    return content.translate(PRODUCTS[factor])


def solve(known, wanted, data_count):
    """The content of data member `wanted`, from {member: content} of data_count members or more."""
    rows, contents = [], []
    for member in sorted(known)[:data_count]:
        if member < data_count:
            rows.append([int(column == member) for column in range(data_count)])
        else:
            rows.append([INVERSE[member ^ column] for column in range(data_count)])
        contents.append(known[member])
    if len(rows) < data_count:
        raise Lost("too few members")
    for column in range(data_count):  # Gauss and Jordan
        pivot = next(row for row in range(column, data_count) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        contents[column], contents[pivot] = contents[pivot], contents[column]
        factor = INVERSE[rows[column][column]]
        rows[column] = [PRODUCTS[factor][value] for value in rows[column]]
        contents[column] = scale(factor, contents[column])
        for row in range(data_count):
            if row != column and (factor := rows[row][column]):
                rows[row] = [value ^ PRODUCTS[factor][other]
                             for value, other in zip(rows[row], rows[column])]
                contents[row] = add(contents[row], scale(factor, contents[column]))
    return contents[wanted]


def read_text(content, kind):
    """[(label, value)] of a labelled text, or nothing if it is not whole."""
    at = content.rfind(b"check ")
    if at < 0 or content[at:] != b"check " + blake3.hash(content[:at])[:16].hex().encode() + b"\n":
        return None
    lines = content[:at].decode().splitlines()
    if lines[0] != f"letterpress {kind}, version 2":
        return None
    return [tuple(line.split(" ", 1)) for line in lines[1:]]


class VolumeSet:
    def __init__(self, folders):
        self.folders = [os.fsdecode(folder) for folder in folders]
        manifests = collections.Counter(
            content for content in self._each("letterpress-set")
            if read_text(content, "volume set") is not None)
        (manifest, _), = manifests.most_common(1)
        lines = read_text(manifest, "volume set")
        head = dict(lines[:8])
        self.set = bytes.fromhex(head["set"])
        self.data, self.parity = int(head["data"]), int(head["parity"])
        assert head["piece"] == str(PIECE)
        self.files = {}  # path -> (sha256, length)
        self.lacking = head["lacking"].split()
        for label, value in lines[8:]:
            digest, length, path = value.split(" ", 2)
            assert label == "file" and path not in self.files
            self.files[path] = (digest, int(length))
        self.packs = [path for path in self.files if PACK_PATH.fullmatch(path)]
        self.seal = None
        for content in self._each("letterpress-seal"):
            lines = read_text(content, "volume seal")
            if lines and lines[1] == ("manifest", hashlib.sha256(manifest).hexdigest()):
                self.seal = [value for label, value in lines if label == "stripe"]
        self.tags = {}

    def _each(self, path):
        for folder in self.folders:
            try:
                with open(os.path.join(folder, path), "rb") as file:
                    yield file.read()
            except OSError:
                pass

    def vault_files(self):
        return [path for path in self.files if VAULT_PATH.fullmatch(path)]

    def read(self, path):
        """A file of the set, whatever it takes."""
        digest, length = self.files[path]
        for content in self._each(path):
            if len(content) == length and hashlib.sha256(content).hexdigest() == digest:
                return content
        if path not in self.packs:
            raise Lost(path)
        stripe, member = divmod(self.packs.index(path), self.data)
        pieces = [self._piece(stripe, member, row) for row in range(-(-length // PIECE))]
        content = b"".join(pieces)
        if hashlib.sha256(content).hexdigest() != digest:
            raise Lost(path)
        return content

    def _length(self, stripe, member):
        packs = self.packs[stripe * self.data:(stripe + 1) * self.data]
        lengths = [self.files[path][1] for path in packs]
        if member >= self.data:
            return max(lengths)
        return lengths[member] if member < len(lengths) else 0

    def _shape(self, stripe, member):
        """Pieces, groups, spares of a group."""
        pieces = -(-self._length(stripe, member) // PIECE)
        return pieces, -(-pieces // GROUP), 2 if pieces > 16 else 1

    def _stripe_tags(self, stripe):
        """([tags of each member], [tags of the spares of each member])"""
        if stripe in self.tags:
            return self.tags[stripe]
        members = range(self.data + self.parity)
        for content in self._each("tags/%08d" % stripe):
            if (content[:32] == MAGIC + self.set + stripe.to_bytes(8, "little")
                    and blake3.hash(content[:-16])[:16] == content[-16:]
                    and (self.seal is None
                         or self.seal[stripe] == hashlib.sha256(content).hexdigest())):
                rest = content[32:-16]
                tags = [rest[at:at + 16] for at in range(0, len(rest), 16)]
                parts = ([], [])
                for part, count_of in zip(parts, (lambda s: s[0], lambda s: s[1] * s[2])):
                    for member in members:
                        count = count_of(self._shape(stripe, member))
                        part.append(tags[:count])
                        del tags[:count]
                assert not tags
                self.tags[stripe] = parts
                return parts
        raise Lost("tags of stripe %d" % stripe)

    def _good(self, path, number, length, tag):
        """A piece that fits its tag; nothing if no volume has it."""
        for content in self._each(path):
            piece = content[number * PIECE:min((number + 1) * PIECE, length)]
            if piece and blake3.hash(piece)[:16] == tag:
                return piece
        return None

    def _plain_piece(self, stripe, member, row):
        """As it lies on a volume; behind a member's end it is empty."""
        length = self._length(stripe, member)
        if row * PIECE >= length:
            return b""
        path = ("parity/%08d-%02d" % (stripe, member) if member >= self.data
                else self.packs[stripe * self.data + member])
        return self._good(path, row, length, self._stripe_tags(stripe)[0][member][row])

    def _piece(self, stripe, member, row):
        """A data member's piece: as it lies, or from the other members, or these from spares."""
        length = min(PIECE, self._length(stripe, member) - row * PIECE)
        for find in (self._plain_piece, self._mended_piece):
            known = {}
            for other in range(self.data + self.parity):
                piece = find(stripe, other, row)
                if piece is not None:
                    known[other] = piece.ljust(PIECE, bytes(1))
            if member in known:
                return known[member][:length]
            if len(known) >= self.data:
                return solve(known, member, self.data)[:length]
        raise Lost("row %d of stripe %d" % (row, stripe))

    def _mended_piece(self, stripe, member, row):
        plain = self._plain_piece(stripe, member, row)
        if plain is not None:
            return plain
        pieces, groups, per_group = self._shape(stripe, member)
        length = self._length(stripe, member)
        group, place = row % groups, row // groups
        known = {}
        for q in range(GROUP):
            number = q * groups + group
            piece = self._plain_piece(stripe, member, number) if number < pieces else b""
            if piece is not None:
                known[q] = piece.ljust(min(length, PIECE), bytes(1))
        for t in range(per_group):
            number = group * per_group + t
            spares = groups * per_group * min(length, PIECE)
            spare = self._good("spare/%08d-%02d" % (stripe, member), number, spares,
                               self._stripe_tags(stripe)[1][member][number])
            if spare is not None:
                known[GROUP + t] = spare
        try:
            piece = solve(known, place, GROUP)[:min(PIECE, length - row * PIECE)]
        except Lost:
            return None
        fits = blake3.hash(piece)[:16] == self._stripe_tags(stripe)[0][member][row]
        return piece if fits else None
