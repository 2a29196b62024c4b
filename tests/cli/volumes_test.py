#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Offline volumes as a user handles them: any k give the vault back, to the program and to the
independent reader; `kill -9` at any moment costs one more call; what is wrong is said:

    volumes_test.py LETTERPRESS MAILGEN [--kills N] [--seed N] [unittest arguments]
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, join, read, tree, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import volumes as oracle  # noqa: E402


class Volumes(workbench.Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(workbench.SEED)
        self.store = self.mailgen("store", workbench.SEED, "100K")
        self.kept = self.vault()
        self.add_backup(150_000)

    def add_backup(self, size):
        """A backup whose pack has at least so many bytes."""
        name = f"large-{size}"
        write(join(self.store, name), self.random.randbytes(size))
        return self.kept.backup(self.store)

    def disks(self, count, name="disk"):
        folders = [self.path(f"{name}-{number}") for number in range(1, count + 1)]
        for folder in folders:
            os.mkdir(folder)
        return folders

    def write_volumes(self, folders, *arguments, parity=2, code=DONE):
        return self.run_program("volumes", "write", self.kept.path, "--to", *folders, "--parity",
                                str(parity), "--json", *arguments, code=code)

    def check(self, folders, code=DONE):
        return self.run_program("volumes", "check", *folders, "--json", code=code)

    def restore_volumes(self, folders, name, code=DONE):
        to = self.path(name)
        return to, self.run_program("volumes", "restore", *folders, "--to", to, "--json", code=code)

    def vault_files(self, path=None):
        files = tree(path or self.kept.path)
        return {name: entry[5:7] for name, entry in files.items() if entry[0] == "file"}

    def assert_back(self, folders, name):
        to, _ = self.restore_volumes(folders, name)
        self.assertEqual(self.vault_files(to), self.vault_files())
        return to


class Whole(Volumes):
    def test_four_of_six_bring_vault_and_mail_back(self):
        for size in (70_000, 200_000, 10_000, 90_000):
            self.add_backup(size)
        disks = self.disks(6)
        report = self.write_volumes(disks, "--public-key", join(self.kept.keys, "vault.pub")).json()
        self.assertTrue(report["sealed"])
        self.assertEqual((report["data"], report["parity"], report["packs"]), (4, 2, 5))
        self.check(disks)
        for lost in ((0, 1), (2, 5), (3, 4)):
            rest = [disk for number, disk in enumerate(disks) if number not in lost]
            self.random.shuffle(rest)
            checked = self.check(rest).json()["sets"][0]
            self.assertEqual(checked["not_at_hand"], [number + 1 for number in lost])
            back = self.assert_back(rest, f"back-{lost[0]}")
        self.run_program("verify", back, "--trust", join(self.kept.keys, "vault.pub"))
        self.run_program("restore", back, "--to", self.path("mail"), "--key",
                         self.kept.recovery_key)
        self.assert_same(self.path("mail", "store"), self.store)
        lost = self.check(disks[:3], code=DAMAGE).json()["sets"][0]["lost"]
        self.assertTrue(lost)
        _, done = self.restore_volumes(disks[:3], "partly", code=DAMAGE)
        self.assertEqual(len(done.json()["lost"]), len(lost))

    def test_nothing_secret_is_on_a_volume(self):
        disks = self.disks(2)
        self.write_volumes(disks, parity=1)
        secrets = [line.split(b" ", 1)[1]
                   for name in ("recovery.key", "ingest.key")
                   for line in read(join(self.kept.keys, name)).splitlines()
                   if line.split(b" ")[0] in (b"signing", b"id-key")
                   or (name == "recovery.key" and line.startswith(b"root"))]
        self.assertEqual(len(secrets), 3)
        for folder, _, names in os.walk(disks[0]):
            for name in names:
                content = read(join(folder, name))
                for secret in secrets:
                    self.assertNotIn(secret, content)
                    self.assertNotIn(bytes.fromhex(secret.decode()), content)

    def test_a_volume_alone_is_a_vault_with_packs_missing(self):
        for size in (70_000, 200_000):
            self.add_backup(size)
        disks = self.disks(3)
        self.write_volumes(disks, parity=1)
        self.run_program("verify", disks[0], code=DAMAGE)
        names = {name for disk in disks for name in self.vault_files(disk)
                 if name.startswith(b"packs/")}
        self.assertEqual(names, {name for name in self.vault_files() if name.startswith(b"packs/")})

    def test_set_since_another(self):
        first = self.disks(3, "first")
        base = self.write_volumes(first, parity=1).json()
        self.add_backup(50_000)
        second = self.disks(3, "second")
        report = self.write_volumes(second, "--since", base["set"], parity=1).json()
        self.assertEqual(report["packs"], 1)
        self.add_backup(60_000)
        third = self.disks(2, "third")
        report = self.write_volumes(third, "--since", second[1], parity=1).json()
        self.assertEqual(report["packs"], 1)
        self.assert_back([third[1], first[0], second[2], first[2], second[0]], "back")
        _, done = self.restore_volumes([*third, *second], "partly", code=DAMAGE)
        self.assertIn(base["set"], json.dumps(done.json()["lost"]))

    def test_independent_reader_brings_back_what_two_lost_volumes_had(self):
        self.add_backup(20_000)
        disks = self.disks(6)
        self.write_volumes(disks)
        expected = {name: read(join(self.kept.path, name)) for name in self.vault_files()
                    if not name.startswith(b"volumes/")}
        for lost in ((0, 1), (1, 4)):
            rest = [disk for number, disk in enumerate(disks) if number not in lost]
            found = oracle.VolumeSet(rest)
            self.assertEqual({path.encode() for path in found.vault_files()}, set(expected))
            for path in found.vault_files():
                self.assertEqual(found.read(path), expected[path.encode()], path)
        # With two lost, only the spares are left for a piece that is bad.
        for folder, _, names in os.walk(disks[0]):
            for name in names if folder.startswith((join(disks[0], "packs"),
                                                    join(disks[0], "parity"))) else ():
                content = bytearray(read(join(folder, name)))
                content[-7] ^= 64
                os.chmod(join(folder, name), 0o600)
                write(join(folder, name), bytes(content))
        found = oracle.VolumeSet([disks[0], disks[2], disks[3], disks[5]])
        for path in found.vault_files():
            self.assertEqual(found.read(path), expected[path.encode()], path)


class Killed(Volumes):
    def test_killed_anywhere_the_same_command_goes_on(self):
        killed = finished = 0
        while killed < workbench.KILLS:
            number = killed + finished
            if number % 20 == 0:
                seconds = self.start_anew(number)
            self.add_backup(self.random.randrange(1, 120_000))
            disks = self.disks(4, f"killed-{number}")
            arguments = [workbench.LETTERPRESS, "volumes", "write", self.kept.path, "--to", *disks,
                         "--parity", "2", "--json"]
            program = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                program.wait(self.random.uniform(0, 1.1 * seconds))
            except subprocess.TimeoutExpired:
                program.kill()
            _, err = program.communicate()
            self.assertIn(program.returncode, (DONE, -signal.SIGKILL), err)
            killed += program.returncode != DONE
            finished += program.returncode == DONE
            self.assertTrue(self.write_volumes(disks).json()["sealed"])
            self.check(disks)
            lost = self.random.sample(range(4), 2)
            rest = [disk for at, disk in enumerate(disks) if at not in lost]
            to, _ = self.restore_volumes(rest, f"back-{number}")
            packs = {name: entry for name, entry in self.vault_files().items()
                     if not name.startswith(b"volumes/")}
            back = self.vault_files(to)
            self.assertEqual({name: back[name] for name in packs}, packs)
            self.run_program("restore", to, "--to", self.path("mail"), "--key",
                             self.kept.recovery_key)
            self.assert_same(self.path("mail", "store"), self.store)
            for folder in (*disks, to, self.path("mail")):
                workbench.remove(folder)
        print(f"{killed} killed, {finished} finished; every set sealed by the same command")

    def start_anew(self, number):
        """Another vault, for one that grew for long takes ever longer; the seconds that its volumes
        take."""
        for path in (self.kept.path, self.kept.keys, self.kept.state):
            workbench.remove(path)
        self.kept = self.vault(f"vault-{number}")
        for size in (70_000, 200_000, 90_000):
            self.add_backup(size + number)
        disks = self.disks(4, f"measured-{number}")
        began = time.monotonic()
        self.write_volumes(disks)
        seconds = time.monotonic() - began
        for disk in disks:
            workbench.remove(disk)
        return seconds


class Wrong(Volumes):
    def test_wrong_calls_say_what_to_do(self):
        disks = self.disks(3)
        cases = [
            (disks[:1], 1, "needs at least 2 folders"),
            (disks, 0, "at least one volume is parity"),
            ([*disks, self.path("not-mounted")], 1, "is the disk mounted?"),
            ([*disks, disks[0]], 1, "is the same folder as"),
        ]
        for folders, parity, expected in cases:
            done = self.write_volumes(folders, parity=parity, code=USAGE)
            self.assertIn(expected, done.err)
            self.assertNotIn("Traceback", done.err)
        write(join(disks[1], "holiday.jpg"), b"1")
        self.assertIn("holiday.jpg", self.write_volumes(disks, parity=1, code=USAGE).err)
        self.assertIn("is no volume", self.check([disks[1]], code=USAGE).err)
        self.assertEqual(os.listdir(disks[0]), [])

    def test_set_that_was_written_before_is_left_as_it_is(self):
        disks = self.disks(3)
        self.write_volumes(disks, parity=1)
        before = [tree(disk) for disk in disks]
        self.add_backup(40_000)
        done = self.write_volumes(disks, parity=1)
        self.assertTrue(done.json()["was_sealed"])
        self.assertEqual([tree(disk) for disk in disks], before)
        self.write_volumes(disks[:2], parity=1, code=USAGE)

    def test_lost_volume_is_replaced(self):
        disks = self.disks(3)
        self.write_volumes(disks, parity=1)
        workbench.remove(disks[1])
        os.mkdir(disks[1])
        self.write_volumes(disks, parity=1)
        self.check(disks)

    @workbench.unittest.skipIf(workbench.IS_ROOT, "root writes where nobody may")
    def test_disk_that_cannot_be_written_leaves_the_others_good(self):
        disks = self.disks(3)
        os.chmod(disks[1], 0o500)
        done = self.write_volumes(disks, parity=1, code=FAILED)
        self.assertEqual([failed["number"] for failed in done.json()["failed"]], [2])
        os.chmod(disks[1], 0o700)
        self.assertTrue(self.write_volumes(disks, parity=1).json()["sealed"])
        shutil.rmtree(disks[1])
        self.assert_back([disks[0], disks[2]], "back")


class Drill(Volumes):
    def test_drill_brings_mailboxes_back(self):
        arguments = ("drill", self.kept.path, "--key", self.kept.recovery_key, "--json")
        done = self.run_program(*arguments, "--sample", "1000000").json()
        files = sum(entry[0] == "file" for entry in tree(self.store).values())
        size = sum(entry[5] for entry in tree(self.store).values() if entry[0] == "file")
        self.assertEqual((done["files"], done["bytes"], done["lost"]), (files, size, []))
        self.assertEqual(len(done["mailboxes"]), done["all_mailboxes"])
        some = self.run_program(*arguments, "--sample", "2").json()
        again = self.run_program(*arguments, "--sample", "2", "--seed", str(some["seed"])).json()
        self.assertEqual(len(some["mailboxes"]), 2)
        self.assertEqual(some["mailboxes"], again["mailboxes"])

    def test_drill_names_what_is_lost(self):
        self.kept.backup(self.store)
        large = max((name for name in self.vault_files() if name.startswith(b"packs/")),
                    key=lambda name: os.path.getsize(join(self.kept.path, name)))
        path = join(self.kept.path, large)
        content = bytearray(read(path))
        content[len(content) // 2] ^= 1
        os.remove(path)
        write(path, bytes(content))
        done = self.run_program("drill", self.kept.path, "--key", self.kept.recovery_key, "--json",
                                "--sample", "1000000", code=DAMAGE).json()
        self.assertEqual([lost["path"] for lost in done["lost"]], ["store/large-150000"])


if __name__ == "__main__":
    workbench.main(__doc__, (("kills", 5), ("seed", 61)))
