# SPDX-License-Identifier: Apache-2.0
"""The alarm: rings for mail that was encrypted or deleted in a mass, not on an ordinary busy day,
and never stops a backup.

    alarm_test.py LETTERPRESS MAILGEN
"""
import base64
import os
import random
import shutil

import workbench
from workbench import ALARM, DONE, join, read, write

ENCRYPTED, VANISHED = "incompressible", "vanished"


def files_below(folder):
    return sorted(join(top, name) for top, _, names in os.walk(folder) for name in names)


def encrypt(folder, suffix=b"", every=1):
    """As ransomware does it: files become random bytes of their length, perhaps under new names."""
    noise = random.Random(1)
    for path in files_below(folder)[::every]:
        size = os.path.getsize(path)
        os.unlink(path)
        write(path + suffix, noise.randbytes(size))


def newsletter(pdf, to):
    lines = base64.encodebytes(pdf)
    return (b"From: news@example.org\nTo: %d@example.org\nSubject: our news\nMIME-Version: 1.0\n"
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nNews!\n"
            b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n%b--b--\n"
            % (to, lines))


class Alarms(workbench.Case):
    def check(self, vault, source, alarms, *arguments):
        """One backup, what it says, and that the snapshot is there all the same."""
        done = self.run_program(*vault.backup_arguments(source), *arguments, "--json",
                                code=ALARM if alarms else DONE)
        self.assertEqual(done.json()["alarms"], alarms, done)
        self.assertEqual("ALARM" in done.err, bool(alarms), done)
        newest = vault.snapshots()[-1]
        self.assertEqual(newest["alarms"], alarms)
        self.assertEqual(newest["snapshot"], done.json()["snapshot"])
        return newest["snapshot"]

    def start(self, layout="maildir", size="2M"):
        store = self.mailgen("store", 3, size, layout)
        vault = self.vault()
        self.check(vault, store, [])
        return vault, store

    def test_encrypted_stores(self):
        for layout in ("maildir", "mbox"):
            for suffix in (b"", b".locked"):
                with self.subTest(layout=layout, suffix=suffix):
                    vault, store = self.start(layout)
                    before = workbench.tree(store)
                    encrypt(store, suffix)
                    last = self.check(vault, store, [ENCRYPTED])
                    after = workbench.tree(store)
                    first = vault.snapshots()[0]["snapshot"]
                    self.assert_same(join(vault.restore("back", first), "store"), before)
                    self.assert_same(join(vault.restore("encrypted", last), "store"), after)
                    text = self.run_program("snapshots", vault.path).out
                    self.assertEqual(text.count(b"ALARM: looks encrypted"), 1)
                    self.check(vault, store, [])  # the day after: nothing new
                for name in os.listdir(self.folder):
                    workbench.remove(self.path(name))

    def test_a_part_is_encrypted(self):
        vault, store = self.start()
        encrypt(store, every=3)  # it was stopped, or goes on
        self.check(vault, store, [ENCRYPTED])

    def test_mass_deletions(self):
        vault, store = self.start()
        for path in files_below(store)[::2]:
            os.unlink(path)
        self.check(vault, store, [VANISHED])
        workbench.remove(store)
        os.mkdir(store)
        self.check(vault, store, [VANISHED])
        self.check(vault, store, [])

    def test_mboxes_cut_short(self):
        vault, store = self.start("mbox")
        for path in files_below(store):
            write(path, read(path)[:os.path.getsize(path) // 2])
        self.check(vault, store, [VANISHED])

    def test_limits(self):
        vault, store = self.start()
        encrypt(store)
        self.check(vault, store, [], "--alarm-encrypted", "0")
        for path in files_below(store)[::2]:
            os.unlink(path)
        self.check(vault, store, [], "--alarm-vanished", "90")
        self.run_program(*vault.backup_arguments(store), "--alarm-vanished", "101",
                         code=workbench.USAGE)

    def test_a_dry_run_rings_too(self):
        vault, store = self.start()
        encrypt(store)
        done = self.run_program(*vault.backup_arguments(store), "--dry-run", "--json", code=ALARM)
        self.assertEqual(done.json()["alarms"], [ENCRYPTED])
        self.assertEqual(len(vault.snapshots()), 1)

    def test_ordinary_days(self):
        for layout in ("maildir", "mbox"):
            with self.subTest(layout=layout):
                vault, store = self.start(layout)
                for _ in range(5):
                    self.evolve(store)
                    self.check(vault, store, [])
                self.evolve(store, 20)
                self.check(vault, store, [])
            for name in os.listdir(self.folder):
                workbench.remove(self.path(name))

    def test_a_newsletter_with_a_large_file(self):
        vault, store = self.start()
        pdf = random.Random(2).randbytes(1_500_000)
        folders = sorted({os.path.dirname(path) for path in files_below(store)
                          if os.path.basename(os.path.dirname(path)) in (b"cur", b"new")})
        self.assertTrue(folders)
        for number, folder in enumerate(folders[:20]):
            write(join(folder, f"1795444860.M{number}P1.mx"), newsletter(pdf, number))
        self.check(vault, store, [])

    def test_a_small_store_that_doubles(self):
        store = self.path("store")
        noise = random.Random(4)
        for number in range(20):
            write(join(store, "cur", f"{number}:2,S"), newsletter(noise.randbytes(30_000), number))
        vault = self.vault()
        self.check(vault, store, [])
        for number in range(20, 40):
            write(join(store, "cur", f"{number}:2,S"), newsletter(noise.randbytes(30_000), number))
        self.check(vault, store, [])

    def test_mails_that_move_have_not_vanished(self):
        vault, store = self.start()
        os.rename(store, self.path("old"))
        os.mkdir(store)
        shutil.move(self.path("old"), join(store, "archive"))
        self.check(vault, store, [])

    def test_other_sources_are_no_deletion(self):
        vault, _ = self.start()
        write(self.path("etc", "passwd"), b"root\n")
        self.check(vault, self.path("etc"), [])


if __name__ == "__main__":
    workbench.main(__doc__)
