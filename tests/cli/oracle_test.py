# SPDX-License-Identifier: Apache-2.0
"""The independent reader (tests/oracle/restore_vault.py, written from docs/FORMAT.md alone)
restores a vault, and gives the same tree as the program.

    oracle_test.py LETTERPRESS MAILGEN [--real-mail]
"""
import os
import random
import sys

import workbench
from workbench import DAMAGE, DONE, join, read, write

RESTORE_VAULT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle",
                             "restore_vault.py")
REAL_MAIL_BYTES_MAX = 4 << 20  # of an archive: hashing in Python takes minutes for a few MB


class Oracle(workbench.Case):
    def oracle(self, vault, to, *arguments, code=DONE, key=None):
        done = workbench.run(sys.executable, "-B", RESTORE_VAULT, vault.path,
                             key or vault.recovery_key, self.path(to), *arguments)
        self.assertEqual(done.code, code, done)
        return done

    def check(self, vault, source, name, snapshot=()):
        """Both readers against each other, and against the source."""
        program = vault.restore("program" + name, *snapshot)
        self.oracle(vault, "oracle" + name, "--check-index",
                    *(("--snapshot", snapshot[0]) if snapshot else ()))
        trees = [workbench.tree(folder) for folder in (self.path("oracle" + name), program)]
        for each in trees:
            del each[b""]  # the folder that the reader made
        self.assert_same(*trees)
        self.assert_same(join(self.path("oracle" + name), os.path.basename(source)), source)


class MadeMail(Oracle):
    def test_generated_stores(self):
        for layout in ("maildir", "mbox"):
            store = self.mailgen(layout, 5, "600K", layout)
            vault = self.vault(layout + "-vault")
            vault.backup(store)
            self.check(vault, store, "-" + layout)

    def test_every_kind_of_entry_and_content(self):
        tree = self.path("tree")
        noise = random.Random(7)
        base64 = b"".join(b"TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuTWFueSBoYW5kcyBtYWtlIGxpZ2h0\n"
                          for _ in range(400))
        mail = (b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/pdf\n"
                b"Content-Transfer-Encoding: base64\n\n" + base64)
        write(join(tree, "base64.eml"), mail)
        write(join(tree, "crlf.eml"), mail.replace(b"\n", b"\r\n"))
        write(join(tree, "empty"), b"")
        write(join(tree, "noise"), noise.randbytes(300_000))
        write(join(tree, "box"), b"".join(
            b"From a@example.org Thu Nov 26 19:13:18 2026\nFrom: a@example.org\nSubject: %d\n\n"
            b"text %d\n\n" % (number, noise.getrandbits(64)) for number in range(600)))
        write(join(tree, "sub", b"name \xff\n\x01"), b"x", mtime_ns=-1_500_000_001)
        write(join(tree, "sub-", "before the slash"), b"y")
        os.chmod(join(tree, "noise"), 0o400)
        os.symlink(b"nowhere", join(tree, "link"))
        os.link(join(tree, "noise"), join(tree, "a hard link"))
        os.mkdir(join(tree, "empty folder"), 0o750)
        vault = self.vault()
        vault.backup(tree)
        write(join(tree, "noise2"), read(join(tree, "noise"))[1000:] + b"more")
        vault.backup(tree)
        self.check(vault, tree, "")

    def test_past_snapshots(self):
        store = self.mailgen("store", 6, "300K")
        vault = self.vault()
        vault.backup(store)
        before = workbench.tree(store)
        self.evolve(store, 2)
        vault.backup(store)
        first = vault.snapshots()[0]["snapshot"]
        self.check(vault, store, "-latest")
        self.oracle(vault, "past", "--snapshot", first, "--trust", join(vault.keys, "vault.pub"))
        self.assert_same(join(self.path("past"), "store"), before)

    def test_nothing_was_backed_up(self):
        os.mkdir(self.path("nothing"))
        vault = self.vault()
        vault.backup(self.path("nothing"))
        self.check(vault, self.path("nothing"), "")

    def test_an_empty_vault_has_nothing_to_restore(self):
        self.oracle(self.vault(), "back", code=DAMAGE)

    def test_damage_is_reported_and_nothing_made_up(self):
        store = self.mailgen("store", 8, "200K")
        vault = self.vault()
        vault.backup(store)
        (pack,) = vault.file_names(b"packs")
        write(join(store, "one more"), b"the last one\n" * 9)
        vault.backup(store)
        content = bytearray(read(join(vault.path, pack)))
        content[len(content) // 2] ^= 1
        os.unlink(join(vault.path, pack))
        write(join(vault.path, pack), bytes(content))
        self.assertIn("name of pack", self.oracle(vault, "back", code=DAMAGE).err)
        expected = workbench.tree(store)
        made = workbench.tree(self.path("back"))
        files = {path for path, entry in made.items() if entry[0] == "file"}
        self.assertLess(len(files), sum(entry[0] == "file" for entry in expected.values()))
        for path in files:
            self.assertEqual(made[path][5:7], expected[path.partition(b"/")[2]][5:7], path)

    def test_a_strangers_key_opens_nothing(self):
        vault, other = self.vault(), self.vault("other")
        write(self.path("mail", "one"), b"text\n")
        vault.backup(self.path("mail"))
        self.oracle(vault, "back", key=other.recovery_key, code=DAMAGE)
        self.assertFalse(os.path.exists(self.path("back")))


class RealMail(Oracle):
    def test_corpora(self):
        small = {name: path for name, path in workbench.corpora().items()
                 if os.path.getsize(path) <= REAL_MAIL_BYTES_MAX}
        if not small:
            self.skipTest("no real mail: LETTERPRESS_CORPORA names no folder of *.tar.zst")
        for name, archive in small.items():
            with self.subTest(corpus=name):
                store = self.path(name)
                workbench.unpack(archive, store)
                vault = self.vault(name + "-vault")
                vault.backup(store)
                self.check(vault, store, "-" + name)


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(RealMail if workbench.REAL_MAIL else MadeMail)


if __name__ == "__main__":
    workbench.main(__doc__, [("real-mail", False)])
