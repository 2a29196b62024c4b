# SPDX-License-Identifier: Apache-2.0
"""Reads the frozen vault with the independent reader, and the examples of the document.

    vault_files_test.py GOLDEN_VAULT FORMAT_DOCUMENT

What the vault holds is in GOLDEN_VAULT/expected.json, written by hand.
"""

import hashlib
import json
import os
import sys
import unittest

import vault_files
from vault_files import Damaged

GOLDEN, DOCUMENT = sys.argv[1:3]
WRITER = "101112131415161718191a1b1c1d1e1f"


def read(*path):
    with open(os.path.join(GOLDEN, *path), "rb") as file:
        return file.read()


def block_bytes(content):
    """The bytes that expected.json describes: a text, or the pattern of tests/vault."""
    if "text" in content:
        return content["text"].encode()
    number = content["pattern"]
    return bytes((i * 7 + i // 251 + number * 13) & 0xFF for i in range(content["bytes"]))


def example(name):
    """The bytes of an `od -A x -t x1` dump in the document."""
    with open(DOCUMENT, encoding="utf-8") as document:
        text = document.read()
    dump = text.partition(f"<!-- example: {name} -->\n")[2].split("```")[1]
    out = bytearray()
    for line in dump.split("\n")[1:]:
        fields = line.split()
        if fields and fields[0] != "*":
            while len(out) < int(fields[0], 16):
                out += out[-16:]
            out += bytes.fromhex("".join(fields[1:]))
    return bytes(out)


class GoldenVault(unittest.TestCase):
    def setUp(self):
        self.expected = json.loads(read("expected.json"))
        self.vault = vault_files.Vault(os.path.join(GOLDEN, "vault"))
        self.recovery = vault_files.read_recovery_key(read("keys", "recovery.key"))
        self.reader = vault_files.reader_of(self.recovery)

    def test_head_and_writers(self):
        for label, value in self.expected["vault"].items():
            self.assertEqual(self.vault.head[label], value)
        self.assertEqual(self.vault.head["readers"], self.reader.public.hex())
        self.assertEqual(self.vault.root, vault_files.root_of(self.recovery))
        self.assertEqual(vault_files.read_vault_public_key(read("keys", "vault.pub")),
                         {"vault": self.vault.head["id"], "root": self.vault.head["root"]})
        self.assertEqual(self.vault.writers(), [WRITER])

    def test_log_says_what_was_written(self):
        entries = list(self.vault.log(WRITER))
        self.assertEqual(len(entries), len(self.expected["log"]))
        for entry, expected in zip(entries, self.expected["log"]):
            for name, value in expected.items():
                self.assertEqual(entry[name], value, name)

    def test_packs_hold_the_blocks(self):
        first = next(self.vault.log(WRITER))
        blocks = {}
        for pack in first["packs"]:
            blocks.update(self.vault.pack(pack, self.reader))
        self.assertEqual(blocks, {int(number): block_bytes(content)
                                  for number, content in self.expected["blocks"].items()})

    def test_index_run_places_the_chunks(self):
        pack = next(self.vault.log(WRITER))["packs"][1]
        id_key = self.vault.id_key(pack, self.reader)
        (run,) = self.vault.index_runs(WRITER, id_key)
        self.assertEqual(run["chunks"], self.expected["chunks"])
        self.assertEqual(run["packs"], next(self.vault.log(WRITER))["packs"])

    def test_log_names_the_run_by_its_hash(self):
        (reference,) = next(self.vault.log(WRITER))["index_runs"]
        file = read("vault", "index", WRITER, "%020d" % reference["sequence"])
        self.assertEqual(reference["sha256"], hashlib.sha256(file).hexdigest())
        self.assertEqual(reference["file_bytes"], len(file))

    def test_keys_are_those_of_the_writer(self):
        ingest = vault_files.read_ingest_key(read("keys", "ingest.key"))
        self.assertEqual(self.recovery, self.expected["recovery"])
        for label, value in self.expected["ingest"].items():
            self.assertEqual(ingest[label], value)
        self.assertEqual(ingest["root"], self.vault.head["root"])
        pack = next(self.vault.log(WRITER))["packs"][0]
        self.assertEqual(self.vault.id_key(pack, self.reader).hex(), ingest["id-key"])

    def test_another_reader_opens_nothing(self):
        pack = next(self.vault.log(WRITER))["packs"][0]
        with self.assertRaises(Damaged):
            self.vault.pack(pack, vault_files.Reader(b"\1" * 32))


class LockedKey(unittest.TestCase):
    def test_opens_with_its_passphrase_only(self):
        locked = read("..", "locked", "recovery.key")
        text = vault_files.unlock(locked, b"correct horse battery staple")
        self.assertEqual(text, read("keys", "recovery.key"))
        for wrong in (None, b"correct horse battery stapl"):
            with self.assertRaises(Damaged):
                vault_files.unlock(locked, wrong)

    def test_refuses_what_costs_too_much(self):
        locked = read("..", "locked", "recovery.key")
        for line in (b"memory 1073741825", b"memory 8191"):
            changed = locked.replace(b"memory 1048576", line)
            begin = changed.index(b"check ")
            check = vault_files.tag(changed[:begin]).hex().encode()
            with self.assertRaises(Damaged):
                vault_files.unlock(changed[:begin] + b"check " + check + b"\n", b"any")


class DamagedFiles(unittest.TestCase):
    def setUp(self):
        public = vault_files.read_vault_public_key(read("keys", "vault.pub"))
        self.root = bytes.fromhex(public["root"])

    def test_reader_rejects_flips_and_cuts(self):
        good = read("vault", "log", WRITER, "%020d" % 1)
        vault_files.read_log_entry(good, self.root)
        for at in range(0, len(good), 7):
            flipped = bytearray(good)
            flipped[at] ^= 1 << at % 8
            with self.assertRaises(Damaged):
                vault_files.read_log_entry(bytes(flipped), self.root)
            with self.assertRaises(Damaged):
                vault_files.unseal(good[:at], self.root)

    def test_reader_rejects_another_root(self):
        with self.assertRaises(Damaged):
            vault_files.read_log_entry(read("vault", "log", WRITER, "%020d" % 1), b"\2" * 32)


class Document(unittest.TestCase):
    def test_example_is_the_golden_entry(self):
        self.assertEqual(example("log entry"), read("vault", "log", WRITER, "%020d" % 2))

    def test_example_reads_as_the_text_says(self):
        root = bytes.fromhex(vault_files.read_vault_public_key(read("keys", "vault.pub"))["root"])
        entry = vault_files.read_log_entry(example("log entry"), root)
        self.assertEqual(
            (entry["sequence"], entry["epoch"], entry["time_ns"], entry["alarms"], entry["host"],
             entry["root"], entry["entries"], entry["messages"], entry["source_bytes"],
             entry["stored_bytes"], entry["problems"], entry["extensions"]),
            (2, 1, -1, 2, "", "0102030405", 7, 5, 123456, 0, 0, [[99, "feff"], [300, ""]]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
