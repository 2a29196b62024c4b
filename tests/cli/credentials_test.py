# SPDX-License-Identifier: Apache-2.0
"""Who can do what: every cell of the table "Keys and commands" in docs/SECURITY.md, run; what an
ingest key opens; what sizes tell.

    credentials_test.py LETTERPRESS MAILGEN
"""
import os
import random
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import blake3
import vault_files
import workbench
from workbench import DONE, FAILED, USAGE, join, read, write

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs",
                        "SECURITY.md")
TEXT = b"words that nobody else has written\n"


def table():
    """{command: {credential: "yes", "no" or "-"}}, as the document has it."""
    with open(DOCUMENT, encoding="utf-8") as document:
        text = document.read().partition("\n## Keys and commands\n")[2].partition("\n## ")[0]
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


class Credentials(workbench.Case):
    def setUp(self):
        super().setUp()
        self.mail = self.path("mail")
        write(join(self.mail, "one"), b"From: a@example.org\n\n" + TEXT * 50)
        self.run_program("reader", "new", "--out", self.path("partner"))
        self.vault_path, keys = self.path("shared"), self.path("keys")
        self.run_program("init", self.vault_path, "--keys", keys, "--reader",
                         self.path("partner.pub"))
        self.files = {"nothing": None, "a reader's key": self.path("partner")} | {
            name: join(keys, name) for name in ("vault.pub", "ingest.key", "recovery.key")}
        self.backup(self.files["ingest.key"])
        self.number = 0
        self.subject = self.vault_path
        self.volumes = []

    def backup(self, key, code=DONE):
        return self.run_program(*self.backup_arguments(), "--key", key, code=code)

    def backup_arguments(self):
        return ("backup", self.vault_path, self.mail, "--state", self.path("state"))

    def copy_without(self, folder):
        """The vault, which then is what vault_files() looks at, without what is in the only folder
        of `folder`; that folder."""
        self.subject = self.path(f"copy{self.number}")
        shutil.copytree(self.vault_path, self.subject)
        (gone,) = [name for name in os.listdir(join(self.subject, folder))
                   if os.listdir(join(self.subject, folder, name))]
        workbench.remove(join(self.subject, folder, gone))
        return join(self.subject, folder, gone)

    def disks(self):
        made = [self.path(f"disk{self.number}-{disk}") for disk in range(3)]
        for disk in made:
            os.mkdir(disk)
        return made

    def written_volumes(self):
        if not self.volumes:
            self.volumes = self.disks()
            self.run_program("volumes", "write", self.vault_path, "--to", *self.volumes, "--parity",
                             "1")
        return self.volumes

    def arguments_of_many_files(self, command, made):
        """Of those that work on a copy of the vault, or on volumes."""
        if command.startswith("index rebuild"):
            made = self.copy_without("index")
            ingest = ("--ingest", self.files["ingest.key"]) if "--ingest" in command else ()
            return ("index", "rebuild", self.subject, *ingest), "--key", made
        if command.startswith("repair"):
            made = self.copy_without("packs")
            return (("repair", self.subject, "--from", self.vault_path),
                    "--trust" if "--trust" in command else None, made)
        if command.startswith("volumes write"):
            disks = self.disks()
            return (("volumes", "write", self.vault_path, "--to", *disks, "--parity", "1"),
                    "--public-key" if "--public-key" in command else None,
                    join(disks[0], "letterpress-set"))
        if command == "volumes check":
            return ("volumes", "check", *self.written_volumes()), None, None
        self.assertEqual(command, "volumes restore")
        return ("volumes", "restore", *self.written_volumes(), "--to", made), None, made

    def arguments(self, command):
        """Of a command of the table, without the credential; the option that takes it; what it
        makes, if it makes anything."""
        self.number += 1
        made = self.path(f"made{self.number}")
        vault = self.subject = self.vault_path
        packs = join(vault, "packs")
        if command.startswith(("index", "repair", "volumes")):
            return self.arguments_of_many_files(command, made)
        return {
            "snapshots": (("snapshots", vault), None, None),
            "witness": (("witness", vault), None, None),
            "verify": (("verify", vault), None, None),
            "verify --trust": (("verify", vault), "--trust", None),
            "verify --key": (("verify", vault), "--key", None),
            "verify --deep": (("verify", vault, "--deep"), "--key", None),
            "ls": (("ls", vault), "--key", None),
            "restore": (("restore", vault, "--to", made), "--key", made),
            "drill": (("drill", vault, "--sample", "1"), "--key", None),
            "salvage": (("salvage", packs, "--to", made), "--key", made),
            "salvage --trust vault.pub": (("salvage", packs, "--to", made, "--trust",
                                           self.files["vault.pub"]), "--key", made),
            "backup": (self.backup_arguments(), "--key", None),
            "writer add": (("writer", "add", vault, "mx2", "--out", made), "--key", made),
        }[command]

    def vault_files(self):
        return workbench.tree(self.subject)

    def test_every_cell_of_the_table(self):
        rows = table()
        self.assertGreaterEqual(len(rows), 21)
        for command, cells in rows.items():
            self.assertEqual(cells.keys(), self.files.keys())
            for credential, allowed in cells.items():
                with self.subTest(command=command, credential=credential):
                    self.check_cell(command, self.files[credential], allowed)

    def check_cell(self, command, credential, allowed):
        self.assertIn(allowed, ("yes", "no"))
        arguments, option, made = self.arguments(command)
        if option and credential:
            # --trust proves who wrote the vault, and so may stand beside what works without.
            arguments += (option, credential)
        elif command == "verify --trust":
            # Without it verify works, and says that it does not prove what this row is about.
            done = self.run_program(*arguments)
            self.assertIn(b"authorship is not checked", done.out)
            self.assertEqual(allowed, "no")
            return
        before = self.vault_files()
        if not credential and command in ("verify --key", "repair --trust",
                                          "volumes write --public-key"):
            self.assertEqual(allowed, "no")  # that is the row of the command without the option
            return
        done = self.run_program(*arguments, code=DONE if allowed == "yes" else (USAGE, FAILED))
        if allowed == "yes":
            self.assertTrue(not made or os.path.exists(made))
        else:
            self.assertFalse(made and os.path.exists(made))
            self.assertEqual(self.vault_files(), before)
            self.assertNotIn(TEXT.strip().decode(), done.err + done.out.decode("latin-1"))

    def test_keys_of_another_vault_open_nothing(self):
        other = self.vault("other")
        for command in ("verify --trust", "verify --deep", "ls", "restore", "backup", "writer add",
                        "drill", "salvage", "index rebuild", "repair --trust",
                        "volumes write --public-key"):
            for key in (other.recovery_key, other.ingest_key, join(other.keys, "vault.pub")):
                with self.subTest(command=command, key=key):
                    arguments, option, made = self.arguments(command)
                    self.run_program(*arguments, option, key, code=(USAGE, FAILED))
                    self.assertFalse(made and os.path.exists(made))


class IngestKey(workbench.Case):
    """After a pack is closed, nothing that lies on the mail server opens it."""

    def test_yields_no_plaintext(self):
        mail = self.path("mail")
        write(join(mail, "one"), b"From: a@example.org\n\n" + TEXT * 50)
        vault = self.vault()
        vault.backup(mail)
        ingest = vault_files.read_ingest_key(read(vault.ingest_key))
        reader = vault_files.reader_of(vault_files.read_recovery_key(read(vault.recovery_key)))
        root = bytes.fromhex(ingest["root"])
        packs = [read(join(vault.path, name)) for name in vault.file_names(b"packs")]
        self.assertTrue(packs)
        derived = [bytes.fromhex(ingest[name]) for name in ("signing", "id-key", "root")]
        derived += [blake3.derive_key("letterpress 2026-11 " + name, key) for key in tuple(derived)
                    for name in ("index key", "digest key", "state key", "reader key",
                                 "root signing key")]
        on_the_server = [read(vault.ingest_key)] + [
            read(join(vault.state, name)) for name in os.listdir(vault.state)]
        for file in packs:
            head = vault_files.read_head(file, root)
            file_key, _ = vault_files.open_slot(head, reader)
            vault_files.read_pack(file, root, reader)
            for secret in derived:
                self.assertNotEqual(secret, file_key)
                with self.assertRaises(vault_files.Damaged):
                    vault_files.open_slot(head, vault_files.Reader(secret))
                with self.assertRaises(vault_files.Damaged):
                    vault_files.unseal(file, root, lambda _, key=secret: key)
            record_key = blake3.keyed_hash(file_key, head["label"])
            for kept in on_the_server + packs:
                for key in (file_key, record_key):
                    self.assertNotIn(key, kept)
                    self.assertNotIn(key.hex().encode(), kept)
                self.assertNotIn(TEXT, kept)


class Sizes(workbench.Case):
    """Sizes tell whole records, by the table in docs/FORMAT.md."""

    SHAPES = {(512, 512), (4096, 4096), (4096, 65536)}

    def size_of_pack(self, size):
        """Of a vault with one file of noise. Also checks that every file has a size that the
        document allows."""
        name = f"v{size}"
        write(self.path(name + "-mail", "noise"), random.Random(size).randbytes(size))
        vault = self.vault(name)
        vault.backup(self.path(name + "-mail"))
        for path in vault.file_names():
            if path == b"letterpress-vault":
                continue
            file = read(join(vault.path, path))
            head, record, count = (int.from_bytes(file[at:at + 4], "little")
                                   for at in (12, 16, 20))
            self.assertIn((head, record), self.SHAPES)
            self.assertEqual(len(file), 2 * head + count * record + -(-16 * count // 512) * 512)
        (pack,) = vault.file_names(b"packs")
        return os.path.getsize(join(vault.path, pack))

    def test_contents_of_a_record_look_the_same(self):
        for base, step, record in ((100_000, 400, 4096), (1_500_000, 6_000, 65536)):
            sizes = [self.size_of_pack(base + step * number) for number in range(10)]
            with self.subTest(base=base):
                # Less than a record lies between the first and the last: one border, at most.
                self.assertLessEqual(len(set(sizes)), 2, sizes)
                self.assertIn(max(sizes) - min(sizes), (0, record, record + 512))


if __name__ == "__main__":
    workbench.main(__doc__)
