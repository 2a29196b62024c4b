# SPDX-License-Identifier: Apache-2.0
"""What a snapshot holds: its tree and the bytes of its files, as docs/FORMAT.md and docs/STREAM.md
say. Written from these texts alone.

    snapshot = vault_tree.Snapshot(vault, log_entry, reader)
    for entry, content in snapshot.entries():
        for piece in snapshot.bytes_of(content):
            ...
"""

import collections

import blake3
from stream_blocks import BLOCKS_KEPT, Block, Rebuilder
from stream_frames import Cursor, Damaged, Hashes, need
from stream_records import FILE, is_valid_path, read_metadata

DEPTH_MAX = 4
CHILDREN_MAX = 1024
TREE_DEPTH_MAX = 12
ORDINAL_MAX = 65535
PACKS_KEPT = 4


def order(path):
    """Sorts paths: `/` stands before every other byte. No path has a zero."""
    return path.replace(b"/", b"\0")


class PackedBlocks:
    """The blocks of a writer and epoch, found in the packs that its log names."""

    def __init__(self, vault, entry, reader):
        self.vault = vault
        self.reader = reader
        self.packs = [pack for each in vault.log(entry["writer"])
                      if each["epoch"] == entry["epoch"] for pack in each["packs"]]
        self.opened_packs = collections.OrderedDict()
        self.kept = collections.OrderedDict()

    def pack_of(self, number):
        for pack in self.packs:
            if 0 <= number - pack["first_block"] < pack["block_count"]:
                return pack
        raise Damaged(f"block {number}: no log entry names its pack")

    def encoded(self, number):
        pack = self.pack_of(number)
        name = pack["sha256"]
        if name not in self.opened_packs:
            self.opened_packs[name] = self.vault.pack(pack, self.reader)
            if len(self.opened_packs) > PACKS_KEPT:
                self.opened_packs.popitem(last=False)
        self.opened_packs.move_to_end(name)
        return self.opened_packs[name][number]

    def get(self, number):
        if number not in self.kept:
            block = Block(self.encoded(number), has_ids=False).open()
            need(block.number == number, f"block {number}: its head names another number")
            self.kept[number] = block
            if len(self.kept) > BLOCKS_KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(number)
        return self.kept[number]

    def chunk(self, number, ordinal):
        block = self.get(number)
        need(ordinal < len(block.starts) - 1, f"block {number} has no chunk {ordinal}")
        return block.data[block.starts[ordinal]:block.starts[ordinal + 1]]


class Snapshot:
    def __init__(self, vault, log_entry, reader):
        self.log_entry = log_entry
        self.blocks = PackedBlocks(vault, log_entry, reader)
        self.id_key = None
        self.hashes = None
        if self.blocks.packs:
            self.id_key = vault.id_key(self.blocks.packs[0], reader)
            digest_key = blake3.derive_key("letterpress 2026-11 digest key", self.id_key)
            self.hashes = Hashes(digest_key, checks=True)

    def id_key_of(self, number):
        """The key of the ids of a block's chunks: its mailbox's, if it has one."""
        mailbox = self.blocks.get(number).mailbox
        if mailbox is None:
            return self.id_key
        return blake3.derive_key("letterpress 2026-11 mailbox id key", self.id_key + mailbox)

    # The tree

    def entries(self):
        """Yields (stream_reader.Entry, content reference or None), ordered by path."""
        root = Cursor(bytes.fromhex(self.log_entry["root"]), "root of the tree")
        count = root.varint()
        found = 0
        if count:
            depth, block, ordinal = root.varint(), root.varint(), root.varint()
            need(depth < TREE_DEPTH_MAX, "root of the tree: its depth is out of range")
            last = b""
            for entry, content in self.node(depth, block, ordinal):
                need(order(last) < order(entry.path), f"{entry.path!r}: paths do not ascend")
                last = entry.path
                found += 1
                yield entry, content
        need(root.at_end(), "root of the tree: bytes left over")
        need(found == count == self.log_entry["entries"], "the tree has another number of entries")

    def node(self, depth, block, ordinal):
        need(ordinal <= ORDINAL_MAX, "tree: an ordinal is out of range")
        cursor = Cursor(self.blocks.chunk(block, ordinal), f"tree node {block}/{ordinal}")
        path = b""
        while not cursor.at_end():
            shared = cursor.varint()
            need(shared <= len(path), f"{cursor.what}: shares more than there is")
            before, path = path, path[:shared] + cursor.text()
            need(is_valid_path(path) and order(before) < order(path),
                 f"{cursor.what}: {path!r} is no path that may stand here")
            if depth == 0:
                entry = read_metadata(cursor, path)
                yield entry, cursor.text() if entry.type == FILE else None
                continue
            below_block, below_ordinal, entries = (cursor.varint() for _ in range(3))
            found = 0
            for entry, content in self.node(depth - 1, below_block, below_ordinal):
                need(found or entry.path == path, f"{cursor.what}: another first path below")
                found += 1
                yield entry, content
            need(found == entries, f"{cursor.what}: another number of entries below")

    # Files

    def bytes_of(self, content):
        cursor = Cursor(content, "content reference")
        size, depth = cursor.varint(), cursor.fixed("B")
        need(depth <= DEPTH_MAX, "content reference: its depth is out of range")
        made = 0
        for piece in self.at_depth(depth, cursor):
            made += len(piece)
            need(made <= size, "content is longer than its reference says")
            yield piece
        need(made == size, "content is shorter than its reference says")

    def at_depth(self, depth, cursor):
        """The bytes that a recipe (depth 0) or a list describes. Uses the cursor up."""
        if depth == 0:
            yield from Rebuilder(cursor.rest(), self.blocks, self.hashes).stretches()
            return
        count = cursor.varint()
        need(1 <= count <= CHILDREN_MAX, "content reference: a count is out of range")
        block = 0
        for _ in range(count):
            block += cursor.svarint()
            ordinal, covered = cursor.varint(), cursor.varint()
            need(block >= 0 and ordinal <= ORDINAL_MAX, "content reference: a place")
            below = Cursor(self.blocks.chunk(block, ordinal), f"recipe chunk {block}/{ordinal}")
            made = 0
            for piece in self.at_depth(depth - 1, below):
                made += len(piece)
                yield piece
            need(made == covered, f"{below.what}: makes another number of bytes")
        need(cursor.at_end(), "content reference: bytes left over")


def check_index_runs(vault, snapshot):
    """Every id of the writer's index runs must be that of the chunk in its place. Their number."""
    checked = 0
    for run in vault.index_runs(snapshot.log_entry["writer"], snapshot.id_key):
        for chunk_id, block, ordinal in run["chunks"]:
            chunk = snapshot.blocks.chunk(block, ordinal)
            id_key = snapshot.id_key_of(block)
            need(blake3.keyed_hash(id_key, chunk)[:16].hex() == chunk_id,
                 f"index run {run['sequence']}: chunk {block}/{ordinal} has another id")
            checked += 1
    return checked
