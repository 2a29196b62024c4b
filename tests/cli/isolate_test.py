#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""backup --isolate: nobody who sends mail to one mailbox can guess at another's by watching the
vault grow, and all that can be done with a vault can be done with one like this:

    isolate_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import base64
import os
import random
import shutil
import sys

import workbench
from workbench import DAMAGE, DONE, USAGE, join, tree, write

RESTORE_VAULT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle",
                             "restore_vault.py")
SECRET_BYTES = 150_000


def mail(seed, attachment=b""):
    noise = random.Random(seed)
    return (b"From: anna@example.org\nSubject: %d\nMIME-Version: 1.0\n"
            b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
            % noise.getrandbits(64)) + base64.encodebytes(attachment)


class Isolated(workbench.Case):
    def backup(self, vault, *sources, depth=2, **options):
        return vault.backup(*sources, "--isolate", str(depth), **options)


class Vault(Isolated):
    def setUp(self):
        super().setUp()
        self.store = self.mailgen("store", 31, "1M")  # store/DOMAIN/USER
        write(join(self.store, "aliases"), b"postmaster: root\n")
        boxes = self.mailgen("boxes", 32, "300K", layout="mbox")
        shutil.copytree(boxes, join(self.store, "boxes"))
        workbench.settle(self.store)
        self.made = self.vault()
        self.first = self.backup(self.made, self.store)

    def check_back(self, made):
        self.assert_same(join(made, "store"), self.store)

    def test_comes_back_and_is_whole(self):
        self.check_back(self.made.restore("back"))
        self.assertGreater(self.made.verify_deep().json()["chunks"], 0)

    def test_again_nothing_is_opened_or_stored(self):
        for threads in ("1", "2"):
            again = self.backup(self.made, self.store, "--threads", threads)
            self.assertEqual((again["packs"], again["index_bytes"], again["files_read"]),
                             (0, 0, 0))
            self.assertEqual(again["messages"], "")

    def test_without_the_state_everything_is_found(self):
        workbench.remove(self.made.state)
        again = self.backup(self.made, self.store)
        self.assertEqual(again["packs"], 0)
        self.assertEqual(again["files_read"], self.first["files_read"])

    def test_independent_reader(self):
        self.evolve(self.store, 3)
        self.backup(self.made, self.store)
        done = workbench.run(sys.executable, "-B", RESTORE_VAULT, self.made.path,
                             self.made.recovery_key, self.path("oracle"), "--check-index")
        self.assertEqual(done.code, DONE, done)
        self.assertRegex(done.out, rb"^\d{3,} chunk ids checked")
        self.check_back(self.path("oracle"))

    def test_index_that_is_made_again(self):
        for name in self.made.file_names(b"index"):
            os.remove(join(self.made.path, name))
        self.made.verify(code=DAMAGE)
        self.run_program("index", "rebuild", self.made.path, "--key", self.made.recovery_key)
        self.made.verify_deep()
        workbench.remove(self.made.state)
        self.assertEqual(self.backup(self.made, self.store)["packs"], 0)

    def test_salvage_from_packs_alone(self):
        self.run_program("salvage", join(self.made.path, "packs"), "--to", self.path("salvaged"),
                         "--key", self.made.recovery_key, code=(DONE, DAMAGE))
        expected = {entry[5:7] for entry in tree(self.store).values() if entry[0] == "file"}
        found = {entry[5:7] for entry in tree(self.path("salvaged")).values()
                 if entry[0] == "file"}
        self.assertTrue(expected <= found, len(expected - found))


class Guess(Isolated):
    """Somebody can have mail delivered to bert, and wants to know what anna has."""

    def growth(self, held, *arguments):
        store = self.path("store" + str(len(arguments)) + held)
        attachments = {name: random.Random(name).randbytes(SECRET_BYTES)
                       for name in ("secret", "other")}
        write(join(store, "anna", "1"), mail(1, attachments[held]))
        write(join(store, "bert", "1"), mail(2))
        vault = self.vault(os.path.basename(store).decode() + "-vault")
        vault.backup(store, *arguments)
        write(join(store, "bert", "2"), mail(3, attachments["secret"]))
        return vault.backup(store, *arguments)["stored_bytes"]

    def test_without_the_option_a_guess_that_is_right_costs_nothing(self):
        self.assertLess(self.growth("secret"), 40_000)
        self.assertGreater(self.growth("other"), SECRET_BYTES)

    def test_with_it_right_and_wrong_cost_the_same(self):
        right = self.growth("secret", "--isolate", "1")
        self.assertGreater(right, SECRET_BYTES)
        self.assertEqual(right, self.growth("other", "--isolate", "1"))


class Options(Isolated):
    def test_a_depth_is_a_small_number(self):
        vault = self.vault()
        write(self.path("mail", "one"), mail(1))
        for depth in ("x", "-1", "65", ""):
            done = self.run_program(*vault.backup_arguments(self.path("mail")), "--isolate", depth,
                                    code=USAGE)
            self.assertIn("--isolate", done.err)
        self.assertEqual(vault.snapshots(), [])

    def test_sources_are_apart_whatever_the_depth(self):
        secret = random.Random(5).randbytes(SECRET_BYTES)
        for name in ("anna", "bert"):
            write(self.path(name, "folder", "mail"), mail(1, secret))
            write(self.path(name + ".mbox"), mail(2, secret))
        sources = [self.path(name) for name in ("anna", "bert", "anna.mbox", "bert.mbox")]
        for depth in (0, 1, 7):
            vault = self.vault(f"vault{depth}")
            stored = self.backup(vault, *sources, depth=depth)["stored_bytes"]
            self.assertGreater(stored, 4 * SECRET_BYTES)
            self.assertLess(stored, 5 * SECRET_BYTES)

    def test_standard_input_is_one_mailbox(self):
        vault = self.vault()
        box = b"".join(b"From a@example.org Thu Nov 26 19:13:18 2026\n" + mail(seed, bytes(3000))
                       for seed in range(50))
        for is_new in (True, False):
            kinds = self.backup(vault, "-", stdin=box)["kinds"]
            # But for the tree, which has the time.
            new_bytes = sum(kinds[kind]["new_bytes"] for kind in kinds if kind != "recipe")
            self.assertEqual(new_bytes > 0, is_new)
        self.run_program("restore", vault.path, "--to", self.path("back"), "--key",
                         vault.recovery_key)
        self.assertEqual(workbench.read(self.path("back", "stdin")), box)

    def test_another_depth_is_said_aloud(self):
        vault = self.vault()
        write(self.path("mail", "anna", "one"), mail(1))
        vault.backup(self.path("mail"))
        for depth in (1, 2):
            report = self.backup(vault, self.path("mail"), depth=depth)
            self.assertIn(f"--isolate {depth}", report["messages"])
        self.assertIn("without --isolate", vault.backup(self.path("mail"))["messages"])
        self.assert_same(join(vault.restore("back"), "mail"), self.path("mail"))
        vault.verify_deep()


if __name__ == "__main__":
    workbench.main(__doc__)
