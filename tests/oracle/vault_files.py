# SPDX-License-Identifier: Apache-2.0
"""A reader of a vault's files: short, slow, and written from docs/FORMAT.md alone.

    vault = vault_files.Vault("/srv/vault")
    for writer in vault.writers():
        for entry in vault.log(writer):
            for pack in entry["packs"]:
                blocks = vault.pack(pack)          # {number: encoded block}

Whatever the document says that a reader must reject raises Damaged, with the name of the file.
"""

import hashlib
import os
import re
import struct

import blake3

HEAD_MAGIC = bytes.fromhex("8c4c505345414c0a")
SHAPES = {(512, 512), (4096, 4096), (4096, 65536)}
PACK, INDEX_RUN, LOG_ENTRY = 1, 2, 3
RECORD_OVERHEAD = 48
PAYLOAD_MAX = 1 << 30
SEQUENCE_MAX = 999_999_999_999_999
BLOCK_MAX = (1 << 48) - 2


class Damaged(Exception):
    """A file is not what the document says."""


def require(condition, what):
    if not condition:
        raise Damaged(what)


def tag(covered):
    return blake3.hash(bytes(covered))[:16]


class Cursor:
    """Reads a payload from front to back, never past its end."""

    def __init__(self, payload):
        self.payload = payload
        self.at = 0

    def take(self, count):
        require(count <= len(self.payload) - self.at, "a field goes over the end")
        self.at += count
        return self.payload[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "little")

    def varint(self):
        value = 0
        for index in range(10):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                require(value < 1 << 64, "a varint is too large")
                return value
        raise Damaged("a varint is too long")

    def field(self):
        return self.take(self.varint())

    def at_end(self):
        return self.at == len(self.payload)


def read_labelled_text(text, kind, labels):
    require(len(text) <= 4096, "text is too long")
    match = re.match(rb"letterpress ([^\n]*), version (\d+)\n", text)
    require(match, "not a letterpress file")
    checked, found, check = text.rpartition(b"\ncheck ")
    require(found and (tag(checked + b"\n").hex() + "\n").encode() == check, "check line")
    require(match[1].decode() == kind, "another kind")
    require(int(match[2]) == 1, "a newer version")
    lines = [line.decode().partition(" ") for line in checked.split(b"\n")[1:]]
    require([line[0] for line in lines] == labels, "other labels")
    return {label: value for label, _, value in lines}


def read_head(file):
    require(file[:8] == HEAD_MAGIC and len(file) >= 512, "magic of the head")
    version, kind, method = struct.unpack_from("<HBB", file, 8)
    head_bytes, record_bytes, record_count = struct.unpack_from("<III", file, 12)
    require(512 <= head_bytes <= 4096 and head_bytes <= len(file), "length of the head")
    require(tag(file[:head_bytes - 16]) == file[head_bytes - 16:head_bytes], "tag of the head")
    require(version == 1 and method == 0, "made by a newer version")
    require((head_bytes, record_bytes) in SHAPES and kind in (PACK, INDEX_RUN, LOG_ENTRY)
            and record_count > 0, "head")
    room = record_count * (record_bytes - RECORD_OVERHEAD)
    require(room <= PAYLOAD_MAX + 2 * record_bytes, "length of the payload")
    epoch, count, number = struct.unpack_from("<IIQ", file, 56)
    return {"type": kind, "head_bytes": head_bytes, "record_bytes": record_bytes,
            "record_count": record_count, "vault": file[24:40].hex(), "writer": file[40:56].hex(),
            "epoch": epoch, "count": count, "number": number, "salt": file[72:88]}


def unseal(file):
    """Head and payload of a sealed file."""
    head = read_head(file)
    size = head["record_bytes"]
    require(len(file) == head["head_bytes"] + head["record_count"] * size, "length of the file")
    parts = []
    for number in range(head["record_count"]):
        at = head["head_bytes"] + number * size
        record = file[at:at + size]
        is_last = number + 1 == head["record_count"]
        wanted = b"LPR1" + head["salt"] + struct.pack("<III", number, 1 if is_last else 0, 0)
        require(record[:32] == wanted, f"header of record {number}")
        require(tag(record[:-16]) == record[-16:], f"tag of record {number}")
        parts.append(record[32:-16])
    joined = b"".join(parts)
    length = int.from_bytes(joined[-8:], "little")
    part_bytes = size - RECORD_OVERHEAD
    require(-(-(length + 8) // part_bytes) == head["record_count"], "length of the payload")
    return head, joined[:length]


def read_pack_reference(cursor):
    pack = {"sha256": cursor.take(32).hex(), "file_bytes": cursor.varint(),
            "first_block": cursor.varint(), "block_count": cursor.varint()}
    require(1 <= pack["block_count"] <= 65536, "number of blocks")
    require(pack["first_block"] + pack["block_count"] - 1 <= BLOCK_MAX, "block number")
    require(512 < pack["file_bytes"] <= 128 << 20, "length of a pack")
    return pack


def read_pack_references(cursor, count):
    packs = []
    for _ in range(count):
        packs.append(read_pack_reference(cursor))
        if len(packs) > 1:
            end = packs[-2]["first_block"] + packs[-2]["block_count"]
            require(packs[-1]["first_block"] >= end, "packs out of order")
    return packs


def read_pack(file):
    """{number: encoded block}, by the directory and by the frames, which must agree."""
    head, payload = unseal(file)
    count, first = head["count"], head["number"]
    require(head["type"] == PACK and 1 <= count <= 65536 and first + count - 1 <= BLOCK_MAX, "pack")
    require(8 * count <= len(payload) <= 64 << 20, "directory")
    end = len(payload) - 8 * count
    blocks = {}
    for index in range(count):
        offset, length = struct.unpack_from("<II", payload, end + 8 * index)
        require(16 <= offset and 1 <= length <= 8 << 20 and offset + length <= end, "directory")
        blocks[first + index] = payload[offset:offset + length]
    framed = {}
    at = 0
    while at < end:
        magic, length, number = struct.unpack_from("<4sIQ", payload, at)
        require(magic == b"LPBK", "frame")
        framed[number] = payload[at + 16:at + 16 + length]
        at += 16 + length
    require(at == end and framed == blocks, "frames and directory differ")
    return blocks


def read_index_run(file):
    head, payload = unseal(file)
    require(head["type"] == INDEX_RUN, "not an index run")
    cursor = Cursor(payload)
    pack_count, chunk_count = cursor.varint(), cursor.varint()
    require(pack_count <= 1 << 20 and chunk_count <= 1 << 25, "counts")
    packs = read_pack_references(cursor, pack_count)
    block = packs[0]["first_block"] if packs else 0
    ordinal = 0
    chunks = []
    while len(chunks) < chunk_count:
        block_step, ordinal_step, count = cursor.varint(), cursor.varint(), cursor.varint()
        require(not chunks or block_step or ordinal_step, "needless stretch")
        require(1 <= count <= chunk_count - len(chunks), "count of ids")
        block += block_step
        ordinal = ordinal_step if block_step else ordinal + ordinal_step
        require(any(0 <= block - pack["first_block"] < pack["block_count"] for pack in packs),
                "a place outside the packs")
        require(ordinal + count <= 65536, "ordinal")
        for _ in range(count):
            chunks.append([cursor.take(16).hex(), block, ordinal])
            ordinal += 1
    require(cursor.at_end(), "bytes after the last stretch")
    return {"epoch": head["epoch"], "sequence": head["number"], "writer": head["writer"],
            "vault": head["vault"], "packs": packs, "chunks": chunks}


def read_log_entry(file):
    head, payload = unseal(file)
    require(head["type"] == LOG_ENTRY, "not a log entry")
    require(len(payload) <= 64 << 20, "length of a log entry")
    cursor = Cursor(payload)
    entry = {"vault": head["vault"], "writer": head["writer"], "epoch": head["epoch"],
             "sequence": head["number"], "previous": cursor.take(32).hex(),
             "time_ns": int.from_bytes(cursor.take(8), "little", signed=True),
             "alarms": cursor.number(4), "host": cursor.field().decode("latin-1")}
    require((entry["sequence"] == 1) == (entry["previous"] == "00" * 32), "previous")
    source_count = cursor.varint()
    require(len(entry["host"]) <= 255 and source_count <= 65536, "host and sources")
    entry["sources"] = [cursor.field().decode("latin-1") for _ in range(source_count)]
    require(all(len(name) <= 65536 for name in entry["sources"]), "name of a source")
    entry["root"] = cursor.field().hex()
    require(len(entry["root"]) <= 2 * 4096, "root")
    entry["packs"] = read_pack_references(cursor, cursor.varint())
    entry["index_runs"] = [{"sequence": cursor.varint(), "sha256": cursor.take(32).hex(),
                            "file_bytes": cursor.varint()} for _ in range(cursor.varint())]
    sequences = [run["sequence"] for run in entry["index_runs"]]
    require(sequences == sorted(set(sequences))
            and all(1 <= sequence <= SEQUENCE_MAX for sequence in sequences), "index runs")
    for name in ("entries", "messages", "source_bytes", "stored_bytes", "problems"):
        entry[name] = cursor.varint()
    entry["extensions"] = []
    while not cursor.at_end():
        entry["extensions"].append([cursor.varint(), cursor.field().hex()])
    tags = [extension[0] for extension in entry["extensions"]]
    require(tags == sorted(set(tags)), "extensions")
    return entry


class Vault:
    def __init__(self, folder):
        self.folder = folder
        self.head = read_labelled_text(self._bytes("letterpress-vault"), "vault", ["id", "created"])
        require(re.fullmatch("[0-9a-f]{32}", self.head["id"]), "vault id")

    def _bytes(self, *path):
        with open(os.path.join(self.folder, *path), "rb") as file:
            return file.read()

    def _sequences(self, *path):
        names = [name for name in os.listdir(os.path.join(self.folder, *path))
                 if re.fullmatch("[0-9]{20}", name) and 1 <= int(name) <= SEQUENCE_MAX]
        return sorted(names)

    def writers(self):
        return sorted(name for name in os.listdir(os.path.join(self.folder, "log"))
                      if re.fullmatch("[0-9a-f]{32}", name))

    def log(self, writer):
        """Every entry, in order; the chain must be whole."""
        previous = "00" * 32
        for expected, name in enumerate(self._sequences("log", writer), 1):
            file = self._bytes("log", writer, name)
            entry = read_log_entry(file)
            require(int(name) == expected == entry["sequence"], f"log entry {expected}")
            require((entry["vault"], entry["writer"]) == (self.head["id"], writer), "whose entry")
            require(entry["previous"] == previous, f"link of log entry {expected}")
            previous = hashlib.sha256(file).hexdigest()
            yield entry

    def index_runs(self, writer):
        for name in self._sequences("index", writer):
            run = read_index_run(self._bytes("index", writer, name))
            require((run["vault"], run["writer"], run["sequence"])
                    == (self.head["id"], writer, int(name)), "whose run")
            yield run

    def pack(self, reference):
        """The blocks of a pack that a log entry names."""
        name = reference["sha256"]
        file = self._bytes("packs", name[:2], name)
        require(hashlib.sha256(file).hexdigest() == name, f"name of pack {name}")
        require(len(file) == reference["file_bytes"], f"length of pack {name}")
        head, blocks = read_head(file), read_pack(file)
        require(head["vault"] == self.head["id"], f"vault of pack {name}")
        require((head["number"], head["count"])
                == (reference["first_block"], reference["block_count"]), f"blocks of pack {name}")
        return blocks


def read_recovery_key(text):
    return read_labelled_text(text, "recovery key", ["vault", "root"])


def read_ingest_key(text):
    return read_labelled_text(text, "ingest key", ["vault", "writer", "epoch", "id-key"])


def derive_id_key(root, writer, epoch):
    return blake3.derive_key("letterpress 2026-11 id key",
                             root + writer + struct.pack("<I", epoch))
