#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` at any moment of a backup or a repair costs nothing that was acknowledged, and no
hands; a restore that was killed goes on:

    kill_test.py LETTERPRESS MAILGEN [--kills N] [--repair-kills N] [--rounds N] [--seed N]
                 [unittest arguments]

--kills: how many backups are killed, 30 unless it is given. --repair-kills: how many repairs, 15
unless it is given. --rounds: how often three programs back up into one vault at the same time, 15
unless it is given. `volumes write` is killed in volumes_test.py.
"""
import base64
import os
import random
import shutil
import signal
import subprocess
import time

import workbench
from workbench import ALARM, DONE, join, read, tree, write

# Attachments that replace others may look like encryption to the alarm, after some kills. A
# snapshot that rang is acknowledged all the same.
ACKNOWLEDGED = (DONE, ALARM)


class Killed(workbench.Case):
    on_disk = True

    def start(self, vault, source):
        return self.start_program(*vault.backup_arguments(source))

    @staticmethod
    def start_program(*arguments):
        return subprocess.Popen([workbench.LETTERPRESS, *arguments, "--json"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def kill_after(self, program, seconds):
        """What the program printed, if it had ended well before; else nothing."""
        try:
            program.wait(seconds)
        except subprocess.TimeoutExpired:
            program.kill()
        out, err = program.communicate()
        self.assertIn(program.returncode, (*ACKNOWLEDGED, -signal.SIGKILL), err)
        return out if program.returncode in ACKNOWLEDGED else None

    def assert_only_added(self, before, now):
        """No file of the vault changed, or went, since it got its name."""
        self.assertEqual({path: now.get(path) for path in before}, before)


class RandomMoments(Killed):
    def setUp(self):
        super().setUp()
        self.random = random.Random(workbench.SEED)
        self.store = self.mailgen("store", workbench.SEED, "6M")
        self.backed_up = self.vault()
        self.acknowledged = {}  # name of a snapshot -> the tree that it must give back
        self.seen = {}          # the vault's files

    def add_mail(self, number):
        """New mail of each size: a day of the store, and attachments that cannot be compressed."""
        self.evolve(self.store)
        for part in range(self.random.randrange(4)):
            body = base64.encodebytes(self.random.randbytes(self.random.randrange(600_000)))
            write(join(self.store, f"added-{number % 20}-{part}"),
                  b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: image/jpeg\n"
                  b"Content-Transfer-Encoding: base64\n\n" + body)

    def look(self):
        now = self.backed_up.files()
        self.assert_only_added(self.seen, now)
        self.seen = now

    def acknowledge(self, name):
        self.assertNotIn(name, self.acknowledged)
        self.acknowledged[name] = tree(self.store)

    def back_up_without_help(self):
        report = self.backed_up.backup(self.store, code=ACKNOWLEDGED)
        self.acknowledge(report["snapshot"])
        self.look()

    def measure(self):
        """Seconds that a backup of new mail takes."""
        self.add_mail(0)
        began = time.monotonic()
        self.back_up_without_help()
        return time.monotonic() - began

    def test_acknowledged_snapshots_restore(self):
        self.back_up_without_help()
        seconds = self.measure()
        killed = finished = 0
        while killed < workbench.KILLS:
            self.add_mail(killed + finished)
            program = self.start(self.backed_up, self.store)
            report = self.kill_after(program, self.random.uniform(0, 1.1 * seconds))
            self.look()
            if report is None:
                killed += 1
            else:
                finished += 1
                self.acknowledge(workbench.json.loads(report)["snapshot"])
            if self.random.randrange(4) == 0:
                self.back_up_without_help()
        self.back_up_without_help()
        self.check_everything(killed, finished)

    def check_everything(self, killed, finished):
        listed = [snapshot["snapshot"] for snapshot in self.backed_up.snapshots()]
        print(f"{killed} killed, {finished} finished; {len(self.acknowledged)} acknowledged,"
              f" {len(listed) - len(self.acknowledged)} made but not acknowledged")
        self.assertLessEqual(set(self.acknowledged), set(listed))
        self.backed_up.verify()
        self.backed_up.verify_deep()
        for name in listed:
            back = self.backed_up.restore("back-" + name, name)
            if name in self.acknowledged:
                self.assert_same(tree(join(back, "store")), self.acknowledged[name])
            workbench.remove(back)
        self.look()


class RepairAtRandomMoments(Killed):
    """A copy of the vault is kept; files of the vault are damaged or go; the repair is killed, and
    run again."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(workbench.SEED)
        self.store = self.path("store")
        self.repaired = self.vault()
        self.copy = self.path("copy")
        self.trees = {}  # name of an acknowledged snapshot -> the tree that it must give back
        self.number = 0

    def back_up_and_copy(self):
        """New mail, a snapshot of it, and the copy that has it too."""
        self.number += 1
        for part in range(1 + self.random.randrange(2)):
            body = base64.encodebytes(self.random.randbytes(self.random.randrange(200_000)))
            write(join(self.store, f"{self.number % 10}-{part}"),
                  b"From: a@example.org\nSubject: %d\n\n" % self.number + body)
        name = self.repaired.backup(self.store, code=ACKNOWLEDGED)["snapshot"]
        self.assertNotIn(name, self.trees)
        self.trees[name] = tree(self.store)
        for file in self.repaired.file_names():
            to = join(self.copy, file)
            if not file.startswith(b"damaged/") and not os.path.exists(to):
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy2(join(self.repaired.path, file), to)

    def hurt(self):
        """Damages some files of the vault: name -> the bytes that it was left with, or None."""
        names = [name for name in self.repaired.file_names() if not name.startswith(b"damaged/")]
        hurt = {}
        for name in self.random.sample(names, self.random.randint(1, min(6, len(names)))):
            path = join(self.repaired.path, name)
            content = bytearray(read(path))
            at = self.random.randrange(len(content))
            kind = self.random.randrange(4)
            if kind == 0:
                content[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                content[at - at % 512:at - at % 512 + 512] = self.random.randbytes(512)
            elif kind == 2:
                del content[at:]
            os.remove(path)
            if kind != 3:
                write(path, content)
            hurt[name] = bytes(content) if kind != 3 else None
        return hurt

    def check_after_kill(self, good, hurt):
        """What was good is as it was, and what was damaged keeps its bytes."""
        now = self.repaired.files()
        self.assert_only_added({name: entry for name, entry in good.items() if name not in hurt},
                               now)
        kept = {read(join(self.repaired.path, name)) for name in now
                if name in hurt or name.startswith(b"damaged/")}
        for name, content in hurt.items():
            self.assertIn(content, kept | {None}, name)

    def repair_arguments(self):
        return ("repair", self.repaired.path, "--from", self.copy)

    def measure(self):
        """Seconds that a repair takes that has something to do."""
        self.hurt()
        began = time.monotonic()
        self.run_program(*self.repair_arguments())
        return time.monotonic() - began

    def test_killed_anywhere_the_same_command_goes_on(self):
        for _ in range(5):
            self.back_up_and_copy()
        seconds = self.measure()
        killed = finished = 0
        while killed < workbench.REPAIR_KILLS:
            if (killed + finished) % 100 == 99:
                self.start_anew()
            self.back_up_and_copy()
            good = self.repaired.files()
            hurt = self.hurt()
            for _ in range(1 + self.random.randrange(2)):
                program = self.start_program(*self.repair_arguments())
                report = self.kill_after(program, self.random.uniform(0, 1.1 * seconds))
                killed += report is None
                finished += report is not None
                self.check_after_kill(good, hurt)
            self.assertEqual(self.run_program(*self.repair_arguments(), "--json").json()["damage"],
                             [])
            now = self.repaired.files()
            self.assertEqual({name: now[name][4:] for name in good},
                             {name: entry[4:] for name, entry in good.items()})
            self.repaired.verify()
            self.check_restore(list(self.trees)[-1])
        self.check_everything()
        print(f"{killed} repairs killed, {finished} finished; {self.number} snapshots")

    def check_restore(self, name):
        back = self.repaired.restore("back-" + name, name)
        self.assert_same(tree(join(back, "store")), self.trees[name])
        workbench.remove(back)

    def check_everything(self):
        self.assertEqual(set(self.trees),
                         {snapshot["snapshot"] for snapshot in self.repaired.snapshots()})
        for name in self.trees:
            self.check_restore(name)

    def start_anew(self):
        """A vault that grew for long takes ever longer."""
        self.check_everything()
        for path in (self.repaired.path, self.copy, self.repaired.state, self.repaired.keys):
            workbench.remove(path)
        self.repaired = self.vault(f"vault-{self.number}")
        self.trees = {}
        # If its head and its whole log were hurt, nobody but its owner could say whose it was.
        for _ in range(4):
            self.back_up_and_copy()


class TogetherInOneVault(Killed):
    """Two writers, and one of them twice, at the same time; any of the three may be killed."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(workbench.SEED)
        self.backed_up = self.vault()
        second = self.path("second.key")
        self.run_program("writer", "add", self.backed_up.path, "mx2",
                         "--key", self.backed_up.recovery_key, "--out", second)
        # The same writer again has a state of its own, or it would be kept out at once.
        self.programs = [(self.backed_up.ingest_key, self.path("state-1")),
                         (self.backed_up.ingest_key, self.path("state-1-too")),
                         (second, self.path("state-2"))]
        self.stores = [self.path(f"store-{number}") for number in range(3)]
        self.trees = {}  # name of an acknowledged snapshot -> number of the store, its tree

    def start_one(self, number, vault_round):
        store = self.stores[number]
        for part in range(1 + self.random.randrange(3)):
            write(join(store, f"{vault_round % 10}-{part}"),
                  b"From: a@example.org\nSubject: " + str(vault_round).encode() + b"\n\n"
                  + base64.encodebytes(self.random.randbytes(self.random.randrange(60_000))))
        key, state = self.programs[number]
        return tree(store), subprocess.Popen(
            [workbench.LETTERPRESS, "backup", self.backed_up.path, store, "--key", key,
             "--state", state, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end_one(self, number, was, program, counts):
        """Acknowledged, refused because the other one was faster, or killed."""
        out, err = program.communicate(timeout=workbench.SECONDS_MAX)
        if program.returncode in ACKNOWLEDGED:
            name = workbench.json.loads(out)["snapshot"]
            self.assertNotIn(name, self.trees)
            self.trees[name] = (number, was)
            counts["finished"] += 1
        elif program.returncode == -signal.SIGKILL:
            counts["killed"] += 1
        else:
            self.assertEqual(program.returncode, workbench.FAILED, err)
            self.assertIn(b"was faster", err)
            counts["refused"] += 1

    def test_nothing_is_lost_and_nothing_overwritten(self):
        counts = {"finished": 0, "killed": 0, "refused": 0}
        seen = {}
        for vault_round in range(workbench.ROUNDS):
            began = [self.start_one(number, vault_round) for number in range(3)]
            time.sleep(self.random.uniform(0, 0.06))
            for _, program in began:
                if self.random.randrange(3) == 0:
                    program.kill()
            for number, (was, program) in enumerate(began):
                self.end_one(number, was, program, counts)
            now = self.backed_up.files()
            self.assert_only_added(seen, now)
            seen = now
        print(f"{workbench.ROUNDS} rounds: {counts}")
        self.assertLessEqual(set(self.trees), {snapshot["snapshot"]
                                               for snapshot in self.backed_up.snapshots()})
        self.backed_up.verify()
        self.backed_up.verify_deep()
        for name, (number, was) in self.trees.items():
            back = self.backed_up.restore("back-" + name, name)
            self.assert_same(tree(join(back, f"store-{number}")), was)
            workbench.remove(back)


class BigFirstBackup(Killed):
    def make_store(self):
        """Several groups of new bytes, and so several packs and index runs."""
        store = self.mailgen("store", workbench.SEED, "16M")
        source = random.Random(workbench.SEED)
        for number in range(64):
            body = base64.encodebytes(source.randbytes(1 << 20))
            write(join(store, "large", str(number)),
                  b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: image/jpeg\n"
                  b"Content-Transfer-Encoding: base64\n\n" + body)
        return store

    @staticmethod
    def count(vault, folder):
        return sum(name.startswith(folder) for name in vault.file_names(folder))

    def test_next_backup_uses_the_groups_that_were_packed(self):
        store = self.make_store()
        fresh = self.vault("fresh")
        fresh.backup(store)
        fresh_packs = self.count(fresh, b"packs/")
        self.assertGreater(fresh_packs, 3)
        for runs in (1, 2, 3):
            vault = self.vault(f"killed-{runs}")
            program = self.start(vault, store)
            while self.count(vault, b"index/") < runs:
                self.assertIsNone(self.kill_after_a_moment(program), "it ended before its kill")
            program.kill()
            program.communicate()
            self.check_second_run(vault, store, fresh_packs)

    @staticmethod
    def kill_after_a_moment(program):
        """Lets it run for a moment; how it ended, if it did."""
        try:
            return program.wait(0.002)
        except subprocess.TimeoutExpired:
            return None

    def check_second_run(self, vault, store, fresh_packs):
        left = vault.files()
        packs = self.count(vault, b"packs/")
        runs = self.count(vault, b"index/")
        self.assertEqual(vault.snapshots(), [])
        vault.backup(store)
        self.assert_only_added(left, vault.files())
        added = self.count(vault, b"packs/") - packs
        print(f"killed with {packs} packs and {runs} index runs: {added} packs added,"
              f" {fresh_packs} by a fresh backup")
        # A pack that no run lists yet is not known. Each run that is there lists one at least, and
        # what was left of the last one may end the new packs at other places: one more.
        self.assertLess(added, fresh_packs)
        self.assertLessEqual(added, fresh_packs - runs + 1)
        vault.verify()
        vault.verify_deep()
        self.assert_same(join(vault.restore("back-" + vault.name), "store"), store)
        size = sum(entry[4] for entry in vault.files().values())
        self.assertGreater(size, 64 << 20)


class Restore(Killed):
    def test_goes_on_until_it_is_done(self):
        store = self.mailgen("store", workbench.SEED, "30M")
        vault = self.vault()
        vault.backup(store)
        arguments = [workbench.LETTERPRESS, "restore", vault.path, "--to", self.path("back"),
                     "--key", vault.recovery_key, "--resume", "--json"]
        entries = len(tree(store))
        for milliseconds in range(20, 2000, 15):
            program = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            report = self.kill_after(program, milliseconds / 1000)
            if report is not None:
                break
        report = workbench.json.loads(report)
        self.assertEqual(report["entries"], entries)
        self.assert_same(join(self.path("back"), "store"), store)
        again = vault.run_restore("back", "--resume", "--json").json()
        files = sum(entry[0] == "file" for entry in tree(store).values())
        self.assertEqual((again["entries"], again["there"], again["bytes"]), (entries, files, 0))
        self.assert_same(join(self.path("back"), "store"), store)


if __name__ == "__main__":
    workbench.main(__doc__, (("kills", 30), ("repair-kills", 15), ("rounds", 15), ("seed", 41)))
