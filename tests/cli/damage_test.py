#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Any damage to any file of a vault is found and named, and never comes back as mail:

    damage_test.py LETTERPRESS MAILGEN [--flips N] [--cuts N] [--one-in N]
                   [unittest arguments]

--one-in: of the other ways to hurt a file, one in so many is tried; all unless it is given.
"""
import collections
import os
import random

import workbench
from workbench import (DAMAGE, DONE, FAILED, content_of, join, read, tree, write)

SEED = 51
HEAD = b"letterpress-vault"


class SmallVault(workbench.Case):
    """Two snapshots, so that the second needs files of the first."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.store = self.mailgen("store", SEED, "250K")
        write(join(self.store, "large"), self.random.randbytes(300_000))
        write(join(self.store, "first name"), self.random.randbytes(50_000))
        os.link(join(self.store, "first name"), join(self.store, "second name"))
        os.symlink(b"large", join(self.store, "link"))
        self.damaged = self.vault()
        self.damaged.backup(self.store)
        self.trees = {self.damaged.snapshots()[0]["snapshot"]: tree(self.store)}
        self.evolve(self.store, 20)
        write(join(self.store, "later"), self.random.randbytes(80_000))
        self.trees[self.damaged.backup(self.store)["snapshot"]] = tree(self.store)
        self.assertEqual(len(self.trees), 2)
        self.names = self.damaged.file_names()
        self.outcomes = collections.Counter()
        self.number = 0
        self.ways = 0

    def pick(self):
        """A file: each as often as any other, or each byte."""
        if self.random.randrange(2):
            return self.random.choice(self.names)
        sizes = [os.path.getsize(join(self.damaged.path, name)) for name in self.names]
        return self.random.choices(self.names, sizes)[0]

    def is_chosen(self):
        """Whether the next way to hurt a file is tried."""
        self.ways += 1
        return self.ways % workbench.ONE_IN == 0

    def check_hurt(self, name, hurt):
        """Hurts one file, looks at everything, and mends it."""
        path = join(self.damaged.path, name)
        whole = read(path)
        os.remove(path)
        hurt_content = hurt(whole)
        self.assertNotEqual(hurt_content, whole)
        if hurt_content is not None:
            write(path, hurt_content)
        try:
            self.check_verify(name)
            lost_by_verify = self.check_verify_deep(name)
            for snapshot in self.trees:
                lost = self.check_restore(name, snapshot)
                if lost is not None and lost_by_verify is not None:
                    self.compare_lost(snapshot, lost, lost_by_verify.get(snapshot, set()))
            if not name.startswith(b"packs/"):
                self.check_latest()
        finally:
            write(path, whole)

    def check_verify(self, name):
        done = self.damaged.case.run_program("verify", self.damaged.path, code=(DAMAGE, FAILED))
        self.assertIn(os.fsdecode(name), done.err, "the damaged file is not named")
        if name != HEAD:
            self.assertEqual(done.code, DAMAGE, done)

    def check_verify_deep(self, name):
        """The paths that it says are lost, by snapshot; nothing if the vault's head is."""
        if name == HEAD:
            self.damaged.case.run_program("verify", self.damaged.path, "--deep", "--key",
                                          self.damaged.recovery_key, code=(DAMAGE, FAILED))
            return None
        done = self.damaged.verify_deep(code=DAMAGE)
        self.assertIn(os.fsdecode(name), done.err)
        lost = collections.defaultdict(set)
        for damage in done.json()["damage"]:
            if damage["snapshot"]:
                lost[damage["snapshot"]].add(damage["path"].encode())
        return lost

    def check_restore(self, name, snapshot):
        """The files that did not come back; nothing if the snapshot itself is not there."""
        self.number += 1
        to = f"back-{self.number}"
        done = self.damaged.run_restore(to, snapshot, code=(DONE, DAMAGE, FAILED))
        expected = self.trees[snapshot]
        made = tree(self.path(to, "store")) if os.path.exists(self.path(to, "store")) else {}
        workbench.remove(self.path(to))
        self.outcomes[(os.path.dirname(name).partition(b"/")[0].decode() or "head",
                       f"exit {done.code}")] += 1
        for path, entry in made.items():
            if entry[0] == "file":
                self.assertIn(path, expected)
                self.assertEqual(content_of(entry), content_of(expected[path]),
                                 f"{path!r} has other bytes: {done}")
        lost = {path for path, entry in expected.items() if entry[0] != "folder"} - made.keys()
        if done.code == DONE:
            self.assertEqual(lost, set(), "something is missing, and restore did not say so")
            self.assertEqual(workbench.differences(made, expected), [])
        if done.code == FAILED:
            self.assertEqual(made, {}, done)
            self.assertTrue(done.err)
            return None
        return lost

    def compare_lost(self, snapshot, lost, named):
        lost = {b"store/" + path for path in lost}
        if b"" in named:  # a part of the tree, whose paths no one knows
            self.assertLessEqual(named - {b""}, lost)
        else:
            self.assertEqual(named, lost, "verify --deep and restore disagree")

    def check_latest(self):
        """Without a name it is the latest snapshot, or an error: never silently an older one."""
        self.number += 1
        to = f"back-{self.number}"
        done = self.damaged.run_restore(to, code=(DONE, DAMAGE, FAILED))
        if done.code == DONE:
            self.assertEqual(content_of(tree(self.path(to, "store"))[b"later"]),
                             content_of(self.trees[list(self.trees)[-1]][b"later"]))
        workbench.remove(self.path(to))

    def check_whole(self):
        self.damaged.verify()
        self.damaged.verify_deep()
        for outcome, count in sorted(self.outcomes.items()):
            print(*outcome, f"{count} times")


class Damage(SmallVault):
    def test_flipped_bits(self):
        for number in range(workbench.FLIPS):
            name = self.pick()
            size = os.path.getsize(join(self.damaged.path, name))
            at, bit = self.random.randrange(size), self.random.randrange(8)

            def flip(content):
                return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1:]
            with self.subTest(number=number, file=name, byte=at, bit=bit):
                self.check_hurt(name, flip)
        self.check_whole()

    def test_truncations(self):
        for number in range(workbench.CUTS):
            name = self.pick()
            size = os.path.getsize(join(self.damaged.path, name))
            length = self.random.choice([0, size - 1, self.random.randrange(size)])
            with self.subTest(number=number, file=name, length=length):
                self.check_hurt(name, lambda content: content[:length])
        self.check_whole()

    def test_bytes_at_the_end(self):
        for name in self.names:
            for added in (b"\0", b"\n", bytes(4096), self.random.randbytes(70_000)):
                if not self.is_chosen():
                    continue
                with self.subTest(file=name, added=added[:8]):
                    self.check_hurt(name, lambda content: content + added)
        self.check_whole()

    def test_removed_files(self):
        for name in self.names:
            if name == HEAD or name == self.last_log_entry():
                continue  # no vault; and the end of the log is not seen from inside
            if not self.is_chosen():
                continue
            with self.subTest(file=name):
                self.check_hurt(name, lambda content: None)
        self.check_whole()

    def test_exchanged_files(self):
        """A good file in the place of another one of its kind."""
        kinds = collections.defaultdict(list)
        for name in self.names:
            kinds[name.partition(b"/")[0]].append(name)
        for names in kinds.values():
            for name in names[1:]:
                for one, other in ((name, names[0]), (names[0], name)):
                    if not self.is_chosen():
                        continue
                    with self.subTest(file=one, by=other):
                        content = read(join(self.damaged.path, other))
                        self.check_hurt(one, lambda _: content)
        self.check_whole()

    def test_zeroed_sectors(self):
        for name in self.names:
            size = os.path.getsize(join(self.damaged.path, name))
            for at in range(0, size, max(512, size // 5 // 512 * 512)):
                whole = read(join(self.damaged.path, name))
                if whole[at:at + 512].strip(b"\0") and self.is_chosen():
                    with self.subTest(file=name, byte=at):
                        self.check_hurt(name, lambda content: content[:at] + bytes(
                            len(content[at:at + 512])) + content[at + 512:])
        self.check_whole()

    def last_log_entry(self):
        return max(name for name in self.names if name.startswith(b"log/"))


if __name__ == "__main__":
    workbench.main(__doc__, (("flips", 300), ("cuts", 100), ("one-in", 1)))
