#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backs up Maildirs and an mbox while a mail server works on them:

    live_test.py LETTERPRESS MAILGEN [unittest arguments]

A second process delivers, reads, flags and expunges, and keeps a journal. A mail that was delivered
before a backup began and not expunged before it ended must be in it, once.
"""
import collections
import hashlib
import multiprocessing
import os
import random

import workbench
from workbench import DONE, PARTIAL, join, read, tree, write

FOLDERS = (b"", b".Archive", b".Sent", b".Lists.big")
MAILS_AT_FIRST = 1200  # in each folder
RUNS = 3


def digest(content):
    return hashlib.sha256(content).hexdigest().encode()


class Server:
    """A mail server on one store. Everything it does is in the journal: what makes a mail, once it
    is there; what takes one away, before it goes; a new name, before the mail has it.

    Its uidlist has a mail before the mail is in the folder: so every mail that is found must have
    its line in a uidlist that is read later.
    """

    def __init__(self, store, journal):
        self.store = store
        self.random = random.Random(61)
        self.journal = open(journal, "ab", buffering=0)
        self.names = {folder: {} for folder in FOLDERS}  # base name -> (cur or new, name)
        self.lists = {folder: [b"3 V1700000000 N1 G0123456789abcdef\n"] for folder in FOLDERS}
        self.count = 0
        for folder in FOLDERS:
            for inner in ("cur", "new", "tmp"):
                os.makedirs(join(store, folder, inner) if folder else join(store, inner))
            self.write_uidlist(folder)
        write(join(store, "subscriptions"), b"Archive\nSent\n")
        write(join(store, "mbox"), b"")

    def note(self, *words):
        self.journal.write(b" ".join(words) + b"\n")

    def path(self, folder, *names):
        return join(self.store, folder, *names) if folder else join(self.store, *names)

    def write_uidlist(self, folder):
        path = self.path(folder, "dovecot-uidlist")
        write(path + b".lock", b"".join(self.lists[folder]))
        os.rename(path + b".lock", path)

    def add_uid(self, folder, base):
        uid = len(self.lists[folder])
        self.lists[folder].append(b"%d :%s\n" % (uid, base))
        if uid % 16 == 0:
            self.write_uidlist(folder)
        else:
            with open(self.path(folder, "dovecot-uidlist"), "ab", buffering=0) as file:
                file.write(self.lists[folder][-1])

    def deliver(self, folder):
        self.count += 1
        base = b"%d.M%dP7.host" % (1_700_000_000 + self.count, self.random.randrange(1_000_000))
        content = (b"From: a@example.org\nSubject: %s\n\n" % base
                   + self.random.randbytes(self.random.randrange(50, 900)).hex().encode() + b"\n")
        base += b",S=%d" % len(content)
        write(self.path(folder, "tmp", base), content)
        self.add_uid(folder, base)
        os.rename(self.path(folder, "tmp", base), self.path(folder, "new", base))
        self.names[folder][base] = (b"new", base)
        self.note(b"delivered", folder + b"/", base, digest(content))

    def pick(self, folder):
        names = self.names[folder]
        return self.random.choice(list(names)[:50] + list(names)[-50:]
                                  if self.random.randrange(8) else list(names))

    def rename(self, folder, base, flags):
        """From new to cur, or to other flags."""
        name = base + b":2," + flags
        inner, old = self.names[folder][base]
        self.note(b"renamed", folder + b"/", base, name)
        os.rename(self.path(folder, inner, old), self.path(folder, "cur", name))
        self.names[folder][base] = (b"cur", name)

    def expunge(self, folder, base):
        inner, name = self.names[folder].pop(base)
        self.note(b"expunged", folder + b"/", base)
        os.unlink(self.path(folder, inner, name))

    def append_to_mbox(self):
        self.count += 1
        with open(join(self.store, "mbox"), "ab", buffering=0) as file:
            file.write(b"From a Mon Nov 23 14:06:54 2026\nSubject: %d\n\n%s\n\n"
                       % (self.count, self.random.randbytes(600).hex().encode()))

    def fill(self):
        for folder in FOLDERS:
            for _ in range(MAILS_AT_FIRST):
                self.deliver(folder)
            for base in list(self.names[folder])[::2]:
                self.rename(folder, base, b"S")
        for _ in range(200):
            self.append_to_mbox()

    def flag_all(self, folder):
        flags = self.random.choice([b"S", b"RS", b"FS", b"FRS", b""])
        for base in list(self.names[folder]):
            self.rename(folder, base, flags)

    def work(self, must_end):
        """Light work, and now and then a client that flags all mail of a folder."""
        while not must_end.is_set():
            folder = self.random.choice(FOLDERS)
            for _ in range(5):
                self.deliver(folder)
            for _ in range(12):
                flags = self.random.choice([b"S", b"FS", b"RS", b""])
                self.rename(folder, self.pick(folder), flags)
            for _ in range(4):
                self.expunge(folder, self.pick(folder))
            self.append_to_mbox()
            if self.random.randrange(12) == 0:
                self.flag_all(folder)
            must_end.wait(0.003)


def serve(store, journal, is_filled, must_end):
    server = Server(store, journal)
    with server.journal:
        server.fill()
        is_filled.set()
        server.work(must_end)


class Journal:
    """What the server did up to a moment."""

    def __init__(self, content):
        self.delivered = {}  # folder, base name -> digest
        self.expunged = set()
        self.names = collections.defaultdict(set)  # all that a mail ever had
        for line in content[:content.rfind(b"\n") + 1].splitlines():
            verb, folder, base, *rest = line.split(b" ")
            mail = (folder.rstrip(b"/"), base)
            if verb == b"delivered":
                self.delivered[mail] = rest[0]
                self.names[mail].add(base)
            elif verb == b"renamed":
                self.names[mail].add(rest[0])
            else:
                self.expunged.add(mail)


class BusyServer(workbench.Case):
    def setUp(self):
        super().setUp()
        self.store = self.path("store")
        self.journal = self.path("journal")
        context = multiprocessing.get_context("fork")
        is_filled, self.must_end = context.Event(), context.Event()
        self.server = context.Process(
            target=serve, args=(self.store, self.journal, is_filled, self.must_end))
        self.server.start()
        self.addCleanup(self.stop)
        self.assertTrue(is_filled.wait(workbench.SECONDS_MAX))

    def stop(self):
        self.must_end.set()
        self.server.join(workbench.SECONDS_MAX)
        self.assertEqual(self.server.exitcode, 0)

    def run_among_changes(self, act):
        """Runs act(); gives its result, and the journal before and after."""
        before = read(self.journal)
        mbox_bytes = os.path.getsize(join(self.store, "mbox"))
        result = act()
        after = read(self.journal)
        self.assertGreater(len(after), len(before), "nothing happened meanwhile")
        return result, Journal(before), Journal(after), mbox_bytes

    def check_restored(self, back, before, after, mbox_bytes):
        restored = self.mails_of(back)
        stable = before.delivered.keys() - after.expunged
        lost = stable - restored.keys()
        twice = {mail: paths for mail, paths in restored.items() if len(paths) > 1}
        expunged = len(after.expunged - before.expunged)
        print(f"{len(stable)} mails rested, {len(after.delivered) - len(before.delivered)} came,"
              f" {expunged} went, {sum(map(len, after.names.values()))} names so far;"
              f" {len(restored)} restored, {len(lost)} lost, {len(twice)} twice")
        self.assertEqual(lost, set())
        self.assertEqual(twice, {})
        for mail, [path] in restored.items():
            self.assertIn(mail, after.delivered)
            self.assertEqual(digest(read(path)), after.delivered[mail])
            self.assertIn(os.path.basename(path), after.names[mail])
        self.check_uidlists(back, restored)
        mbox = read(join(back, "mbox"))
        self.assertGreaterEqual(len(mbox), mbox_bytes)
        self.assertTrue(read(join(self.store, "mbox")).startswith(mbox), "not a prefix")

    @staticmethod
    def mails_of(store):
        """Folder and base name -> paths."""
        found = collections.defaultdict(list)
        for folder in FOLDERS:
            for inner in ("cur", "new"):
                path = join(store, folder, inner) if folder else join(store, inner)
                for name in os.listdir(path):
                    found[(folder, name.partition(b":2,")[0])].append(join(path, name))
        return found

    def check_uidlists(self, back, restored):
        for folder in FOLDERS:
            content = read(join(back, folder, "dovecot-uidlist") if folder
                           else join(back, "dovecot-uidlist"))
            self.assertTrue(content.endswith(b"\n"), "torn")
            lines = [line.split(b" :") for line in content.splitlines()[1:]]
            uids = [int(line[0]) for line in lines]
            self.assertEqual(uids, list(range(1, len(uids) + 1)))
            known = {line[1] for line in lines}
            unknown = {base for where, base in restored if where == folder} - known
            self.assertEqual(unknown, set(), "the uidlist is older than mails")

    def check_messages(self, done, before, after):
        """What it says has vanished has, while it ran; and no message is about anything else."""
        gone = {base for _, base in after.expunged - before.expunged}
        warnings = [line for line in done["messages"].splitlines() if line.startswith("warning: ")]
        for line in warnings:
            name = line.split(": ")[1].encode()
            self.assertIn(os.path.basename(name).partition(b":2,")[0], gone, line)
        self.assertEqual(done["problems"], len(warnings))

    def test_backup(self):
        vault = self.vault()
        for number in range(RUNS):
            done, before, after, mbox_bytes = self.run_among_changes(
                lambda: vault.backup(self.store, code=(DONE, PARTIAL)))
            self.check_messages(done, before, after)
            back = vault.restore(f"back-{number}")
            self.check_restored(join(back, "store"), before, after, mbox_bytes)
            self.check_inodes(back)
        print(f"a walk that lists and then reads misses {self.walk_without_care()} mails")
        vault.verify_deep()
        self.stop()
        vault.backup(self.store)
        self.assert_same(join(vault.restore("at-rest"), "store"), self.store)

    def test_press(self):
        pressed, before, after, mbox_bytes = self.run_among_changes(
            lambda: self.run_program("press", self.store, code=(DONE, PARTIAL)))
        self.run_program("unpress", "--to", self.path("back"), stdin=pressed.out)
        self.check_restored(self.path("back", "store"), before, after, mbox_bytes)
        self.check_inodes(self.path("back"))

    def walk_without_care(self):
        """How hard the server makes it."""
        missed = 0
        for paths in self.mails_of(self.store).values():
            try:
                read(paths[0])
            except FileNotFoundError:
                missed += 1
        return missed

    def check_inodes(self, back):
        """A restored file has one name, and so no inode that anything else has."""
        for top, _, names in os.walk(back):
            for name in names:
                self.assertEqual(os.lstat(join(top, name)).st_nlink, 1)


class AtRest(workbench.Case):
    """What is left out, by default and otherwise."""

    LEFT_OUT = (b"tmp/unfinished", b"dovecot.index.cache", b"dovecot.list.index",
                b"dovecot.list.index.log", b"dovecot-uidlist.lock", b"box.lock")

    def setUp(self):
        super().setUp()
        store = self.path("store")
        for inner in ("cur", "new", "tmp"):
            os.makedirs(join(store, inner))
        write(join(store, "cur", "1.M1.host:2,S"), b"From: a@example.org\n\nHi\n")
        for name in (b"dovecot-uidlist", b"dovecot-keywords", b"subscriptions", b"maildirfolder",
                     b"dovecot.index", b"dovecot.index.log", b"box", *self.LEFT_OUT):
            write(join(store, name), b"of the server")

    def test_scratch_files_are_left_out_but_kept_on_demand(self):
        whole = tree(self.path("store"))
        vault = self.vault()
        vault.backup(self.path("store"))
        vault.backup(self.path("store"), "--all-files")
        without = tree(join(vault.restore("without", "1"), "store"))
        self.assertEqual(sorted(whole.keys() - without.keys()), sorted(self.LEFT_OUT))
        self.assert_same(tree(join(vault.restore("with", "2"), "store")), whole)


if __name__ == "__main__":
    workbench.main(__doc__)
