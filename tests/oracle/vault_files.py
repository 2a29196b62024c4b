# SPDX-License-Identifier: Apache-2.0
"""A reader of a vault's files: short, slow, and written from docs/FORMAT.md alone.

    vault = vault_files.Vault("/srv/vault")
    reader = vault_files.reader_of(vault_files.read_recovery_key(text))
    for writer in vault.writers():
        for entry in vault.log(writer):
            for pack in entry["packs"]:
                blocks = vault.pack(pack, reader)  # {number: encoded block}

Whatever the document says that a reader must reject raises Damaged, with the name of the file.
"""

import hashlib
import os
import re
import struct

import blake3
import nacl.bindings
import nacl.exceptions
import nacl.pwhash
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEAD_MAGIC = bytes.fromhex("8c4c505345414c0a")
SHAPES = {(512, 512), (4096, 4096), (4096, 65536)}
PACK, INDEX_RUN, LOG_ENTRY = 1, 2, 3
METHODS = {PACK: 1, INDEX_RUN: 2, LOG_ENTRY: 0}
RECORD_OVERHEAD = 48
PAYLOAD_MAX = 1 << 30
SEQUENCE_MAX = 999_999_999_999_999
BLOCK_MAX = (1 << 48) - 2
LOCKED_LABELS = ["holds", "operations", "memory", "salt", "nonce", "box"]


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
    require(int(match[2]) == 2, "another version")
    lines = [line.decode().partition(" ") for line in checked.split(b"\n")[1:]]
    require([line[0] for line in lines] == labels, "other labels")
    return {label: value for label, _, value in lines}


def is_signed(key, context, message, signature):
    try:
        nacl.bindings.crypto_sign_open(signature + context.encode() + b"\0" + message, key)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


def certified_bytes(vault, writer, epoch, public_key, name):
    return vault + writer + struct.pack("<I", epoch) + public_key + name


class Reader:
    """A reader's X25519 key."""

    def __init__(self, secret):
        self.secret = secret
        self.public = nacl.bindings.crypto_scalarmult_base(secret)

    def open(self, box):
        try:
            return nacl.bindings.crypto_box_seal_open(box, self.public, self.secret)
        except nacl.exceptions.CryptoError as error:
            raise Damaged("a box") from error


def read_head(file, root):
    """A head, whose signer `root` has certified. `root` is a public key."""
    require(file[:8] == HEAD_MAGIC and len(file) >= 512, "magic of the head")
    version, kind, method = struct.unpack_from("<HBB", file, 8)
    head_bytes, record_bytes, record_count = struct.unpack_from("<III", file, 12)
    require(512 <= head_bytes <= 4096 and head_bytes <= len(file), "length of the head")
    require(tag(file[:head_bytes - 16]) == file[head_bytes - 16:head_bytes], "tag of the head")
    require(version == 2, "made by another version")
    require((head_bytes, record_bytes) in SHAPES and METHODS.get(kind) == method
            and record_count > 0, "head")
    room = record_count * (record_bytes - RECORD_OVERHEAD)
    require(room <= PAYLOAD_MAX + 2 * record_bytes, "length of the payload")
    epoch, count, number = struct.unpack_from("<IIQ", file, 56)
    signer, name, certificate = file[152:184], file[184:248].rstrip(b"\0"), file[248:312]
    slot_count = int.from_bytes(file[312:320], "little")
    require(slot_count <= (8 if method == 1 else 0), "slots")
    require(is_signed(signer, "letterpress 2026-11 head", file[:head_bytes - 80],
                      file[head_bytes - 80:head_bytes - 16]), "signature of the head")
    require(re.fullmatch(rb"[!-~]([ -~]{0,62}[!-~])?", name), "name of the writer")
    require(is_signed(root, "letterpress 2026-11 writer",
                      certified_bytes(file[24:40], file[40:56], epoch, signer, name),
                      certificate), "certificate of the writer")
    slots = [file[at:at + 120] for at in range(320, 320 + 120 * slot_count, 120)]
    return {"type": kind, "method": method, "head_bytes": head_bytes,
            "record_bytes": record_bytes, "record_count": record_count, "vault": file[24:40].hex(),
            "writer": file[40:56].hex(), "epoch": epoch, "count": count, "number": number,
            "salt": file[72:88], "leaves": file[88:120], "commitment": file[120:152],
            "name": name.decode(), "slots": slots, "label": file[:88]}


def check_file(file, head):
    """What everybody can check: both heads, the hashes, the length."""
    size = head["record_bytes"]
    tail = head["head_bytes"] + head["record_count"] * size
    hashes = b"".join(blake3.hash(file[at:at + size])[:16]
                      for at in range(head["head_bytes"], tail, size))
    require(blake3.hash(hashes) == head["leaves"], "a record is not what was signed")
    filled = hashes.ljust(-(-len(hashes) // 512) * 512, b"\0")
    require(file[tail:] == filled + file[:head["head_bytes"]], "tail")


def open_slot(head, reader):
    """File key and id key."""
    short = blake3.hash(reader.public)[:8]
    for slot in head["slots"]:
        if slot[:8] == short:
            keys = reader.open(slot[8:])
            return keys[:32], keys[32:]
    raise Damaged("the reader has no slot")


def index_key(id_key):
    return blake3.derive_key("letterpress 2026-11 index key", id_key)


def unseal(file, root, file_key=None):
    """Head and payload of a sealed file. `file_key` is a function of the head."""
    head = read_head(file, root)
    check_file(file, head)
    record_key = None
    if head["method"] != 0:
        record_key = blake3.keyed_hash(file_key(head), head["label"])
        require(blake3.derive_key("letterpress 2026-11 key commitment", record_key)
                == head["commitment"], "commitment")
    size = head["record_bytes"]
    parts = []
    for number in range(head["record_count"]):
        at = head["head_bytes"] + number * size
        record = file[at:at + size]
        is_last = number + 1 == head["record_count"]
        wanted = b"LPR1" + head["salt"] + struct.pack("<III", number, 1 if is_last else 0, 0)
        require(record[:32] == wanted, f"header of record {number}")
        parts.append(open_record(record, number, record_key))
    joined = b"".join(parts)
    length = int.from_bytes(joined[-8:], "little")
    part_bytes = size - RECORD_OVERHEAD
    require(-(-(length + 8) // part_bytes) == head["record_count"], "length of the payload")
    return head, joined[:length]


def open_record(record, number, record_key):
    if record_key is None:
        require(tag(record[:-16]) == record[-16:], f"tag of record {number}")
        return record[32:-16]
    try:
        nonce = struct.pack("<IQ", number, 0)
        return AESGCM(record_key).decrypt(nonce, record[32:], record[:32])
    except InvalidTag as error:
        raise Damaged(f"tag of record {number}") from error


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


def read_pack(file, root, reader):
    """{number: encoded block}, by the directory and by the frames, which must agree."""
    head, payload = unseal(file, root, lambda head: open_slot(head, reader)[0])
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


def read_index_run(file, root, id_key):
    head, payload = unseal(file, root, lambda _: index_key(id_key))
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


def read_log_entry(file, root):
    head, payload = unseal(file, root)
    require(head["type"] == LOG_ENTRY, "not a log entry")
    require(len(payload) <= 64 << 20, "length of a log entry")
    cursor = Cursor(payload)
    entry = {"vault": head["vault"], "writer": head["writer"], "name": head["name"],
             "epoch": head["epoch"],
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


def read_vault_head(text):
    head = read_labelled_text(text, "vault", ["id", "created", "root", "readers", "signature"])
    require(re.fullmatch("[0-9a-f]{32}", head["id"]), "vault id")
    require(re.fullmatch("[0-9a-f]{64}( [0-9a-f]{64}){0,7}", head["readers"]), "readers")
    lines = text[:text.index(b"\nsignature ") + 1]
    require(is_signed(bytes.fromhex(head["root"]), "letterpress 2026-11 vault head", lines,
                      bytes.fromhex(head["signature"])), "signature of the vault head")
    return head


class Vault:
    def __init__(self, folder):
        self.folder = folder
        self.head = read_vault_head(self._bytes("letterpress-vault"))
        self.root = bytes.fromhex(self.head["root"])

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
            entry = read_log_entry(file, self.root)
            require(int(name) == expected == entry["sequence"], f"log entry {expected}")
            require((entry["vault"], entry["writer"]) == (self.head["id"], writer), "whose entry")
            behind_damage = dict(entry["extensions"]).get(2)
            require(entry["previous"] == previous or behind_damage in ("", previous),
                    f"link of log entry {expected}")
            previous = hashlib.sha256(file).hexdigest()
            yield entry

    def index_runs(self, writer, id_key):
        for name in self._sequences("index", writer):
            run = read_index_run(self._bytes("index", writer, name), self.root, id_key)
            require((run["vault"], run["writer"], run["sequence"])
                    == (self.head["id"], writer, int(name)), "whose run")
            yield run

    def id_key(self, reference, reader):
        """The writer's id key, from any of its packs."""
        file = self._bytes("packs", reference["sha256"][:2], reference["sha256"])
        return open_slot(read_head(file, self.root), reader)[1]

    def pack(self, reference, reader):
        """The blocks of a pack that a log entry names."""
        name = reference["sha256"]
        file = self._bytes("packs", name[:2], name)
        require(hashlib.sha256(file).hexdigest() == name, f"name of pack {name}")
        require(len(file) == reference["file_bytes"], f"length of pack {name}")
        head, blocks = read_head(file, self.root), read_pack(file, self.root, reader)
        require(head["vault"] == self.head["id"], f"vault of pack {name}")
        require((head["number"], head["count"])
                == (reference["first_block"], reference["block_count"]), f"blocks of pack {name}")
        return blocks


def unlock(text, passphrase):
    """The key file in a locked one; a file that is not locked as it is."""
    if not text.startswith(b"letterpress locked key"):
        return text
    lock = read_labelled_text(text, "locked key", LOCKED_LABELS)
    require(re.fullmatch("[1-9][0-9]*", lock["operations"]) and int(lock["operations"]) <= 16
            and re.fullmatch("[1-9][0-9]*", lock["memory"])
            and 8192 <= int(lock["memory"]) <= 1 << 30, "cost of a locked key")
    require(passphrase, "the key is locked with a passphrase")
    key = nacl.pwhash.argon2id.kdf(32, passphrase, bytes.fromhex(lock["salt"]),
                                   opslimit=int(lock["operations"]), memlimit=int(lock["memory"]))
    clear = text[:text.index(b"\nbox ") + 1]
    try:
        return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes.fromhex(lock["box"]), clear, bytes.fromhex(lock["nonce"]), key)
    except nacl.exceptions.CryptoError as error:
        raise Damaged("not the passphrase of this key") from error


def read_recovery_key(text):
    return read_labelled_text(text, "recovery key", ["vault", "root"])


def read_ingest_key(text):
    """Also checks its certificate."""
    key = read_labelled_text(text, "ingest key", [
        "vault", "writer", "epoch", "name", "root", "signing", "certificate", "id-key", "readers"])
    public_key, _ = nacl.bindings.crypto_sign_seed_keypair(bytes.fromhex(key["signing"]))
    certified = certified_bytes(bytes.fromhex(key["vault"]), bytes.fromhex(key["writer"]),
                                int(key["epoch"]), public_key, key["name"].encode())
    require(is_signed(bytes.fromhex(key["root"]), "letterpress 2026-11 writer", certified,
                      bytes.fromhex(key["certificate"])), "certificate")
    return key


def read_reader_key(text):
    return read_labelled_text(text, "reader key", ["secret"])


def read_vault_public_key(text):
    return read_labelled_text(text, "vault public key", ["vault", "root"])


def reader_of(recovery):
    """The reader that a recovery key is."""
    return Reader(blake3.derive_key("letterpress 2026-11 reader key",
                                    bytes.fromhex(recovery["root"])))


def root_of(recovery):
    """The public key with which a recovery key certifies."""
    seed = blake3.derive_key("letterpress 2026-11 root signing key",
                             bytes.fromhex(recovery["root"]))
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]
