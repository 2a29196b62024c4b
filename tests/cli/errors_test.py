#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever goes wrong is said clearly, with the right exit code, and what exists stays as it was:

    errors_test.py LETTERPRESS MAILGEN [--stride N] [unittest arguments]
"""
import json
import os
import pty
import re
import shutil
import subprocess
import sys

import workbench
from workbench import (DAMAGE, DONE, FAILED, IS_ROOT, PARTIAL, USAGE, content_of, join, read, tree,
                       write)

ORACLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle")
COMMANDS = ("init", "backup", "snapshots", "ls", "restore", "verify", "press", "unpress")
NOBODY = 65534


class Errors(workbench.Case):
    def setUp(self):
        super().setUp()
        write(self.path("mail", "one"), b"From: a@example.org\n\nHi\n")
        write(self.path("mail", "two"), b"From: b@example.org\n\nHo\n" * 100)
        self.mail = self.path("mail")

    def check(self, *arguments, code, says, **options):
        """Runs the program, which must fail and say so in one line that has each of `says`."""
        done = self.run_program(*arguments, code=code, **options)
        for text in says:
            text = text.decode() if isinstance(text, bytes) else text
            self.assertIn(text.lower(), done.err.lower(), done)
        if done.out and b"--json" not in arguments:
            self.assertEqual(done.out, b"", "something on standard output")
        self.assertNotIn("terminate called", done.err)
        return done

    def for_each_reader(self, vault):
        """Commands that open a vault: arguments without the vault."""
        key = vault.recovery_key
        return {"snapshots": (), "verify": (), "ls": ("--key", key),
                "restore": ("--to", self.path("back"), "--key", key),
                "backup": (self.mail, "--key", vault.ingest_key, "--state", vault.state)}


class Vaults(Errors):
    def test_no_such_vault(self):
        vault = self.vault()
        for command, arguments in self.for_each_reader(vault).items():
            with self.subTest(command=command):
                self.check(command, self.path("nowhere"), *arguments, code=FAILED,
                           says=[self.path("nowhere"), "no such vault", "init"])
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_not_a_vault(self):
        vault = self.vault()
        for other in (self.mail, self.path("mail", "one")):
            before = tree(self.mail)
            for command, arguments in self.for_each_reader(vault).items():
                with self.subTest(command=command, vault=other):
                    self.check(command, other, *arguments, code=(USAGE, FAILED),
                               says=[other, "not a vault"])
            self.assert_same(tree(self.mail), before)
        self.assertFalse(os.path.exists(self.path("back")))

    def test_newer_version(self):
        vault = self.vault()
        vault.backup(self.mail)
        self.patch_version(join(vault.path, "letterpress-vault"))
        for command, arguments in self.for_each_reader(vault).items():
            with self.subTest(command=command):
                self.check(command, vault.path, *arguments, code=FAILED,
                           says=["letterpress-vault", "version 3", "newer"])

    def test_newer_key(self):
        vault = self.vault()
        vault.backup(self.mail)
        for key in (vault.ingest_key, vault.recovery_key):
            self.patch_version(key)
        arguments = self.for_each_reader(vault)
        for command, key in (("backup", "ingest.key"), ("restore", "recovery.key"),
                             ("ls", "recovery.key")):
            with self.subTest(command=command):
                self.check(command, vault.path, *arguments[command], code=FAILED,
                           says=[key, "version 3"])

    def patch_version(self, path):
        """The same text as a later version would write it: its check line is right."""
        text = read(path)
        lines = text[:text.index(b"\ncheck ") + 1].replace(b", version 2\n", b", version 3\n")
        script = "import blake3, sys; print(blake3.hash(sys.stdin.buffer.read())[:16].hex())"
        environment = {**os.environ, "PYTHONPATH": ORACLE, "PYTHONDONTWRITEBYTECODE": "1"}
        self.assertEqual(self.check_line(script, text[:text.index(b"\ncheck ") + 1], environment),
                         text.splitlines(keepends=True)[-1], "the check of version 2 is another")
        os.chmod(path, 0o600)
        write(path, lines + self.check_line(script, lines, environment))

    @staticmethod
    def check_line(script, lines, environment):
        done = workbench.run(sys.executable, "-c", script, stdin=lines, env=environment)
        return b"check " + done.out

    def test_init_over_something(self):
        vault = self.vault()
        self.check("init", vault.path, "--keys", self.path("more-keys"), code=(USAGE, FAILED),
                   says=[vault.path])
        self.check("init", self.mail, "--keys", self.path("more-keys"), code=(USAGE, FAILED),
                   says=[self.mail])
        before = tree(vault.keys)
        self.check("init", self.path("second"), "--keys", vault.keys, code=(USAGE, FAILED),
                   says=["key"])
        self.assert_same(tree(vault.keys), before)
        self.assertFalse(os.path.exists(self.path("second", "letterpress-vault")),
                         "a vault without keys was left")

    def test_empty_vault(self):
        vault = self.vault()
        self.assertEqual(vault.snapshots(), [])
        vault.verify()
        for command in ("restore", "ls"):
            self.check(command, vault.path, *self.for_each_reader(vault)[command], code=FAILED,
                       says=["no snapshot yet"])
        self.assertFalse(os.path.exists(self.path("back")))

    def test_no_such_snapshot_or_path(self):
        vault = self.vault()
        name = vault.backup(self.mail)["snapshot"]
        for command in ("restore", "ls"):
            arguments = self.for_each_reader(vault)[command]
            self.check(command, vault.path, "77", *arguments, code=FAILED, says=["77", name])
        self.check("restore", vault.path, "--path", "mail/three", "--to", self.path("back"),
                   "--key", vault.recovery_key, code=FAILED, says=["mail/three", "no such path"])
        self.check("ls", vault.path, name, "mail/three", "--key", vault.recovery_key, code=FAILED,
                   says=["mail/three", "no such path"])


class Keys(Errors):
    def test_wrong_kind_of_key(self):
        vault = self.vault()
        vault.backup(self.mail)
        self.check("backup", vault.path, self.mail, "--state", vault.state, "--key",
                   vault.recovery_key, code=(USAGE, FAILED), says=["recovery key", "ingest key"])
        self.check("restore", vault.path, "--to", self.path("back"), "--key", vault.ingest_key,
                   code=(USAGE, FAILED), says=["ingest key", "recovery key"])
        self.check("verify", vault.path, "--deep", "--key", vault.ingest_key,
                   code=(USAGE, FAILED), says=["ingest key", "recovery key"])
        self.check("restore", vault.path, "--to", self.path("back"), "--key",
                   self.path("mail", "one"), code=(USAGE, FAILED), says=["mail/one", "not a"])
        self.check("restore", vault.path, "--to", self.path("back"), "--key",
                   self.path("no.key"), code=FAILED, says=["no.key", "no such file"])
        self.assertFalse(os.path.exists(self.path("back")))

    def test_key_of_another_vault(self):
        vault, other = self.vault(), self.vault("other")
        vault.backup(self.mail)
        before = vault.files()
        self.check("backup", vault.path, self.mail, "--state", vault.state, "--key",
                   other.ingest_key, code=(USAGE, FAILED), says=["another vault", other.ingest_key])
        for command, arguments in (("restore", ("--to", self.path("back"))), ("ls", ()),
                                   ("verify", ("--deep",))):
            with self.subTest(command=command):
                self.check(command, vault.path, *arguments, "--key", other.recovery_key,
                           code=(USAGE, FAILED), says=["another vault"])
        self.assertEqual(vault.files(), before)
        self.assertFalse(os.path.exists(self.path("back")))

    def test_damaged_key(self):
        vault = self.vault()
        vault.backup(self.mail)
        key = bytearray(read(vault.recovery_key))
        at = key.index(b"root ") + 10
        key[at] = ord("0") if key[at] != ord("0") else ord("1")
        os.chmod(vault.recovery_key, 0o600)
        write(vault.recovery_key, bytes(key))
        self.check("restore", vault.path, "--to", self.path("back"), "--key", vault.recovery_key,
                   code=FAILED, says=["recovery.key", "damaged"])

    def test_keys_are_for_their_owner_alone(self):
        vault = self.vault()
        for name in (b"ingest.key", b"recovery.key"):
            self.assertEqual(os.stat(join(vault.keys, name)).st_mode & 0o077, 0)

    def test_deep_without_key(self):
        vault = self.vault()
        self.check("verify", vault.path, "--deep", code=USAGE, says=["--key"])


class Sources(Errors):
    def test_missing_source(self):
        vault = self.vault()
        before = vault.files()
        missing = self.path("missing")
        self.check("backup", vault.path, self.mail, missing, "--key", vault.ingest_key, "--state",
                   vault.state, code=FAILED, says=[missing, "no such file"])
        self.check("press", self.mail, missing, code=FAILED, says=[missing, "no such file"])
        self.assertEqual(vault.files(), before)

    def test_two_sources_of_one_name(self):
        write(self.path("other", "mail", "one"), b"x")
        vault = self.vault()
        for command in (("backup", vault.path), ("press",)):
            key = ("--key", vault.ingest_key, "--state", vault.state)[:4 * (command[0] == "backup")]
            self.check(*command, self.mail, self.path("other", "mail"), *key, code=USAGE,
                       says=["two sources", "mail", "--as NAME="])
        vault.backup(self.mail, "--as", b"mail2=" + self.path("other", "mail"))

    def test_name_that_cannot_be(self):
        for name in ("a//b", "../a", "a/..", "/a", "..", ".", ""):
            with self.subTest(name=name):
                self.check("press", "--as", name.encode() + b"=" + self.mail,
                           code=(USAGE, FAILED), says=["name" if name else "NAME=PATH"])

    def test_names_inside_each_other(self):
        self.check("press", "--as", b"a/b=" + self.mail, "--as", b"a=" + self.folder, code=USAGE,
                   says=["a/b", "another name"])
        pressed = self.run_program("press", "--as", b"a/b=" + self.mail)
        self.run_program("unpress", "--to", self.path("back"), stdin=pressed.out)
        self.assert_same(self.path("back", "a", "b"), self.mail)

    def test_source_names(self):
        """`.` takes the folder's real name, and a slash at the end does not matter."""
        for source in (b".", self.mail + b"/", self.mail + b"/../mail"):
            pressed = self.run_program("press", source, cwd=self.mail)
            self.run_program("unpress", "--to", self.path("back"), stdin=pressed.out)
            self.assertEqual(os.listdir(self.path("back")), [b"mail"])
            shutil.rmtree(self.path("back"))

    def test_special_files_are_left_out_with_a_note(self):
        os.mkfifo(join(self.mail, "pipe"))
        vault = self.vault()
        report = vault.backup(self.mail)
        self.assertIn("mail/pipe: is a FIFO; left out", report["messages"])
        back = vault.restore("back")
        self.assertEqual(sorted(os.listdir(join(back, "mail"))), [b"one", b"two"])

    def test_excludes(self):
        write(join(self.mail, "inner", "a.log"), b"x")
        write(join(self.mail, "b.log"), b"x")
        vault = self.vault()
        vault.backup(self.mail, "--exclude", "*.log")
        back = vault.restore("back")
        self.assertEqual(sorted(tree(join(back, "mail"))), [b"", b"inner", b"one", b"two"])

    def test_no_source(self):
        vault = self.vault()
        self.check("backup", vault.path, "--key", vault.ingest_key, code=USAGE, says=["source"])
        self.check("press", "-", self.mail, code=USAGE, says=["-"])


class Destinations(Errors):
    def test_destination_with_contents(self):
        vault = self.vault()
        vault.backup(self.mail)
        stream = self.run_program("press", self.mail).out
        write(self.path("full", "mail", "one"), b"mine")
        before = tree(self.path("full"))
        self.check("restore", vault.path, "--to", self.path("full"), "--key", vault.recovery_key,
                   code=(USAGE, FAILED), says=[self.path("full"), "empty", "--into"])
        self.check("unpress", "--to", self.path("full"), stdin=stream, code=(USAGE, FAILED),
                   says=[self.path("full"), "empty", "--into"])
        self.assert_same(tree(self.path("full")), before)

    def test_into_overwrites_nothing(self):
        vault = self.vault()
        vault.backup(self.mail)
        stream = self.run_program("press", self.mail).out
        for number, run in enumerate((
                lambda to: vault.run_restore(to, "--into", code=FAILED),
                lambda to: self.run_program("unpress", "--to", self.path(to), "--into",
                                            stdin=stream, code=FAILED))):
            to = f"full-{number}"
            write(self.path(to, "mail", "one"), b"mine")
            done = run(to)
            self.assertIn("mail/one", done.err)
            self.assertEqual(read(self.path(to, "mail", "one")), b"mine")
            self.assertEqual(read(self.path(to, "mail", "two")), read(join(self.mail, "two")))

    def test_nothing_is_written_through_a_symlink(self):
        vault = self.vault()
        vault.backup(self.mail)
        os.mkdir(self.path("elsewhere"))
        os.mkdir(self.path("full"))
        os.symlink(self.path("elsewhere"), self.path("full", "mail"))
        vault.run_restore("full", "--into", code=FAILED)
        self.assertEqual(os.listdir(self.path("elsewhere")), [])

    def test_destination_that_cannot_be(self):
        vault = self.vault()
        vault.backup(self.mail)
        self.check("restore", vault.path, "--to", self.path("mail", "one", "x"), "--key",
                   vault.recovery_key, code=FAILED, says=["mail/one", "not a directory"])


class Full(Errors):
    """A disk without room: a small file system of its own, where that may be mounted."""

    def mount(self, name, size):
        at = self.path(name)
        os.mkdir(at)
        done = workbench.run("mount", "-t", "tmpfs", "-o", "size=" + size, "letterpress-test", at)
        if done.code != 0:
            self.skipTest("no small file system to fill: mount is not permitted")
        self.addCleanup(workbench.run, "umount", "-l", at)
        return at

    def remount(self, at, size):
        self.assertEqual(workbench.run("mount", "-o", "remount,size=" + size, at).code, 0)

    def test_vault(self):
        at = self.mount("disk", "4M")
        vault = self.vault("disk/vault")
        vault.backup(self.mail)
        write(join(self.mail, "large"), os.urandom(12_000_000))
        done = self.check(*vault.backup_arguments(self.mail), code=FAILED,
                          says=["no space left", "disk/vault"])
        self.assertEqual(len(done.err.strip().splitlines()), 1, done)
        self.assertEqual(len(vault.snapshots()), 1)
        vault.verify_deep()
        self.remount(at, "40M")
        vault.backup(self.mail)
        vault.verify_deep()
        self.assert_same(join(vault.restore("back"), "mail"), self.mail)

    def test_destination(self):
        write(join(self.mail, "large"), os.urandom(4_000_000))
        vault = self.vault()
        vault.backup(self.mail)
        stream = self.run_program("press", self.mail).out
        at = self.mount("disk", "1M")
        self.check("restore", vault.path, "--to", join(at, "back"), "--key", vault.recovery_key,
                   code=FAILED, says=["no space left"])
        shutil.rmtree(join(at, "back"))
        self.check("unpress", "--to", join(at, "back"), stdin=stream, code=FAILED,
                   says=["no space left"])
        for top, _, names in os.walk(at):
            for name in names:
                self.assertEqual(read(join(top, name)), read(join(self.mail, name)))

    def test_state(self):
        """Without room for the state there is a snapshot or an error, never neither."""
        at = self.mount("disk", "64K")
        for number in range(3000):
            write(join(self.mail, "many", str(number)), b"From: a@example.org\n\n%d\n" % number)
        vault = self.vault()
        vault.state = join(at, "state")
        done = self.run_program(*vault.backup_arguments(self.mail), code=(DONE, FAILED))
        self.assertIn("no space left", done.err.lower())
        self.assertEqual(len(vault.snapshots()), 1 if done.code == DONE else 0)
        vault.state = self.path("state")
        vault.backup(self.mail)
        self.assert_same(join(vault.restore("back"), "mail"), self.mail)

    def test_stream(self):
        with open("/dev/full", "wb") as full:
            self.check("press", self.mail, stdout=full, code=FAILED, says=["no space left"])
        stream = self.run_program("press", join(self.mail, "one")).out
        with open("/dev/full", "wb") as full:
            self.check("unpress", "--stdout", stdin=stream, stdout=full, code=FAILED,
                       says=["no space left"])

    def test_closed_pipe(self):
        write(join(self.mail, "large"), os.urandom(3_000_000))
        with subprocess.Popen([workbench.LETTERPRESS, "press", self.mail], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as press:
            press.stdout.read(100)
            press.stdout.close()
            err = press.stderr.read()
        self.assertIn(press.returncode, (FAILED, -13), err)


class Permissions(Errors):
    """As a user who may little. Root may all, so it lends its program to `nobody`."""

    def setUp(self):
        super().setUp()
        self.prefix = []
        if IS_ROOT:
            self.prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            if shutil.which("setpriv") is None:
                self.skipTest("root is stopped by no permission, and there is no setpriv")
            shutil.copy2(workbench.LETTERPRESS, self.path("letterpress"))
            os.chmod(self.folder, 0o755)
        self.program = self.path("letterpress") if IS_ROOT else workbench.LETTERPRESS

    def lend(self, *names):
        if IS_ROOT:
            for name in names:
                for top, folders, files in os.walk(self.path(name)):
                    os.chown(top, NOBODY, NOBODY)
                    for each in folders + files:
                        os.chown(join(top, each), NOBODY, NOBODY, follow_symlinks=False)

    def check_as_nobody(self, *arguments, code, says):
        done = workbench.run(*self.prefix, self.program, *arguments)
        self.assertEqual(done.code, code, done)
        for text in says:
            text = text.decode() if isinstance(text, bytes) else text
            self.assertIn(text.lower(), done.err.lower(), done)
        return done

    def test_unreadable_sources_are_listed_and_the_rest_is_backed_up(self):
        vault = self.vault()
        write(join(self.mail, "closed", "inside"), b"x")
        os.chmod(join(self.mail, "two"), 0)
        os.chmod(join(self.mail, "closed"), 0)
        self.lend("vault", "vault.keys", "mail")
        done = self.check_as_nobody(*vault.backup_arguments(self.mail), "--json", code=FAILED,
                                    says=["vault.state", "permission denied"])
        os.mkdir(vault.state)
        self.lend("vault.state")
        done = self.check_as_nobody(
            *vault.backup_arguments(self.mail), "--json", code=PARTIAL,
            says=["mail/two: permission denied", "mail/closed: permission denied"])
        self.assertEqual(done.json()["problems"], 2)
        [snapshot] = vault.snapshots()
        self.assertEqual(snapshot["problems"], 2)
        back = vault.restore("back")
        self.assertEqual(read(join(back, "mail", "one")), read(join(self.mail, "one")))
        self.assertFalse(os.path.exists(join(back, "mail", "two")))
        os.chmod(join(self.mail, "two"), 0o600)
        os.chmod(join(self.mail, "closed"), 0o700)
        self.check_as_nobody(*vault.backup_arguments(self.mail), code=DONE, says=[])
        self.assert_same(join(vault.restore("again"), "mail"), self.mail)

    def test_vault_that_is_closed(self):
        vault = self.vault()
        self.lend("vault.keys", "mail")
        os.mkdir(vault.state)
        self.lend("vault.state")
        before = vault.files()
        self.check_as_nobody(*vault.backup_arguments(self.mail), code=FAILED,
                             says=["vault", "permission denied"])
        self.assertEqual(vault.files(), before)
        self.check_as_nobody("init", self.path("other"), "--keys", self.path("other.keys"),
                             code=FAILED, says=["permission denied"])

    def test_key_that_is_closed(self):
        vault = self.vault()
        vault.backup(self.mail)
        self.lend("vault", "vault.keys")
        os.chmod(vault.recovery_key, 0)
        self.check_as_nobody("restore", vault.path, "--to", self.path("back"), "--key",
                             vault.recovery_key, code=FAILED, says=["key", "permission denied"])

    def test_pack_that_is_closed(self):
        """What cannot be read is not damage."""
        vault = self.vault()
        vault.backup(self.mail)
        self.lend("vault", "vault.keys")
        for name in vault.file_names(b"packs"):
            os.chmod(join(vault.path, name), 0)
        self.check_as_nobody("verify", vault.path, code=FAILED,
                             says=["packs/", "permission denied"])

    def test_destination_that_is_closed(self):
        vault = self.vault()
        vault.backup(self.mail)
        self.lend("vault", "vault.keys")
        self.check_as_nobody("restore", vault.path, "--to", self.path("back"), "--key",
                             vault.recovery_key, code=FAILED, says=["back", "permission denied"])

    def test_owners_that_cannot_be_set_are_a_note(self):
        if not IS_ROOT:
            self.skipTest("only root can make files of two owners")
        vault = self.vault()
        os.chmod(join(self.mail, "one"), 0o4755)
        vault.backup(self.mail)
        self.lend("vault", "vault.keys")
        os.mkdir(self.path("mine"))
        self.lend("mine")
        done = self.check_as_nobody("restore", vault.path, "--to", self.path("mine", "back"),
                                    "--key", vault.recovery_key, code=DONE, says=["note", "owner"])
        self.assertEqual(len(done.err.splitlines()), 1, "one note for all")
        made = os.stat(self.path("mine", "back", "mail", "one"))
        self.assertEqual(made.st_uid, NOBODY)
        self.assertEqual(made.st_mode & 0o7000, 0, "set-uid for another owner")


class Packs(Errors):
    def test_damaged_pack_is_named_with_its_place_and_what_it_hits(self):
        vault = self.vault()
        vault.backup(self.mail)
        [pack] = vault.file_names(b"packs")
        path = join(vault.path, pack)
        content = bytearray(read(path))
        content[len(content) // 2] ^= 1
        os.chmod(path, 0o600)
        write(path, bytes(content))
        done = self.run_program("verify", vault.path, code=DAMAGE)
        self.assertIn(pack.decode(), done.err)
        self.assertRegex(done.err, r"bytes \d+ to \d+")
        first, last = map(int, re.search(r"bytes (\d+) to (\d+)", done.err).groups())
        self.assertTrue(first <= len(content) // 2 < last, done.err)

    def test_missing_pack(self):
        vault = self.vault()
        vault.backup(self.mail)
        [pack] = vault.file_names(b"packs")
        os.remove(join(vault.path, pack))
        for run in (vault.verify, vault.verify_deep):
            self.assertIn(pack.decode(), run(code=DAMAGE).err)
        done = vault.run_restore("back", code=(DAMAGE, FAILED))
        self.assertIn(os.path.basename(pack).decode(), done.err)
        made = tree(self.path("back")) if os.path.exists(self.path("back")) else {}
        self.assertEqual([path for path, entry in made.items() if entry[0] == "file"], [])


class Streams(Errors):
    def setUp(self):
        super().setUp()
        write(self.path("tiny", "hello.eml"), b"Subject: hello\n\nHi\n", 1_700_000_000_000_000_000)
        os.symlink(b"hello.eml", self.path("tiny", "link"))
        self.stream = self.run_program("press", self.path("tiny")).out
        self.assertLess(len(self.stream), 1000)

    def check_hurt(self, hurt):
        to = self.path("back")
        done = self.run_program("unpress", "--to", to, stdin=hurt, code=(DAMAGE, FAILED))
        self.assertTrue(done.err)
        if os.path.exists(to):
            for path, entry in tree(to).items():
                if entry[0] == "file":
                    self.assertEqual(path, b"tiny/hello.eml")
                    self.assertEqual(read(join(to, path)), b"Subject: hello\n\nHi\n")
                elif entry[0] == "symlink":
                    self.assertEqual(entry[-1], b"hello.eml")
            workbench.remove(to)

    def test_each_truncation_is_an_error(self):
        for length in range(0, len(self.stream), workbench.STRIDE):
            with self.subTest(length=length):
                self.check_hurt(self.stream[:length])

    def test_each_flipped_byte_is_an_error(self):
        for at in range(0, len(self.stream), workbench.STRIDE):
            with self.subTest(byte=at):
                hurt = bytearray(self.stream)
                hurt[at] ^= 1 << at % 8
                self.check_hurt(bytes(hurt))

    def test_other_input(self):
        for content in (b"\0" * 5000, b"From: a@example.org\n\nHi\n" * 100,
                        self.stream[8:], self.stream[:16] * 2):
            self.check_hurt(content)

    def test_truncated_stream_says_how_far_it_got(self):
        write(join(self.mail, "large"), os.urandom(200_000))
        stream = self.run_program("press", self.mail).out
        self.check("unpress", "--to", self.path("back"), stdin=stream[:-1], code=DAMAGE,
                   says=["ends", str(len(stream) - 1)])

    def test_stdout_gives_one_file_or_an_error(self):
        stream = self.run_program("press", self.mail).out
        done = self.run_program("unpress", "--stdout", stdin=stream, code=(USAGE, FAILED))
        self.assertIn("--to", done.err)
        self.assertIn(done.out, (b"", read(join(self.mail, "one"))), "two files in one")
        self.check("unpress", stdin=stream, code=USAGE, says=["--to", "--stdout"])
        self.check("unpress", "--stdout", "--to", self.path("back"), stdin=stream, code=USAGE,
                   says=["--to", "--stdout"])

    def test_truncated_stream_to_stdout(self):
        write(self.path("one"), os.urandom(3_000_000))
        stream = self.run_program("press", self.path("one")).out
        for length in (0, 10, len(stream) // 2, len(stream) - 1):
            done = self.run_program("unpress", "--stdout", stdin=stream[:length],
                                    code=DAMAGE if length > 100 else FAILED)
            self.assertTrue(read(self.path("one")).startswith(done.out))

    def test_press_to_a_terminal(self):
        ours, terminal = pty.openpty()
        try:
            self.check("press", self.mail, stdout=terminal, code=USAGE,
                       says=["terminal", "redirect"])
        finally:
            os.close(terminal)
            os.close(ours)


class Usage(Errors):
    def test_unknown_things(self):
        for arguments in (("frobnicate",), (), ("--frobnicate",), ("press",), ("restore",),
                          *((command, "--frobnicate") for command in COMMANDS)):
            with self.subTest(arguments=arguments):
                done = self.run_program(*arguments, code=USAGE)
                self.assertEqual(done.out, b"")
                self.assertTrue(done.err)

    def test_help_of_each_command_has_an_example_that_parses(self):
        self.assertIn(b"Exit codes: 0 done", self.run_program("--help").out)
        for command in COMMANDS:
            with self.subTest(command=command):
                text = self.run_program(command, "--help").out.decode()
                self.assertRegex(text, "Examples?:")
                examples = re.findall(rf"letterpress {command} [^|>']*", text)
                self.assertTrue(examples)
                self.assertLess(max(map(len, text.splitlines())), 110)
        self.assertRegex(self.run_program("--version").out, rb"^letterpress \d+\.\d+\.\d+\n$")

    def test_json_of_each_command(self):
        done = self.run_program("init", self.path("vault"), "--keys", self.path("keys"), "--json")
        self.assertEqual(done.json()["vault"].encode(), self.path("vault"))
        write(join(self.mail, "odd \xff\n"), b"From: a@example.org\n\nHi\n")
        write(join(self.mail, b"odd \xff\n"), b"From: a@example.org\n\nHi\n")
        vault = (self.path("vault"),)
        key = ("--key", self.path("keys", "recovery.key"))
        report = self.run_program("backup", *vault, self.mail, "--key",
                                  self.path("keys", "ingest.key"), "--state", self.path("state"),
                                  "--json").json()
        [snapshot] = self.run_program("snapshots", *vault, "--json").json()["snapshots"]
        self.assertEqual(snapshot["snapshot"], report["snapshot"])
        self.assertEqual(snapshot["sources"], ["mail"])
        listed = self.run_program("ls", *vault, *key, "-r", "--json").json()
        self.assertEqual(len(listed["entries"]), report["snapshot_entries"])
        restored = self.run_program("restore", *vault, "--to", self.path("back"), *key, "--json")
        self.assertEqual(restored.json()["entries"], report["snapshot_entries"])
        for deep in ((), ("--deep", *key)):
            checked = self.run_program("verify", *vault, *deep, "--json").json()
            self.assertEqual(checked["damage"], [])
        pressed = self.run_program("press", self.mail, "--json")
        self.assertEqual(json.loads(pressed.err)["stream_bytes"], len(pressed.out))
        unpressed = self.run_program("unpress", "--to", self.path("unpressed"), "--json",
                                     stdin=pressed.out)
        self.assertEqual(unpressed.json()["entries"], report["snapshot_entries"])

    def test_sizes_in_json_are_true(self):
        vault = self.vault()
        report = vault.backup(self.mail)
        size = sum(os.path.getsize(join(vault.path, name)) for name in vault.file_names()
                   if name != b"letterpress-vault")
        self.assertEqual(report["stored_bytes"], size)
        sources = sum(os.path.getsize(join(self.mail, name)) for name in os.listdir(self.mail))
        self.assertEqual(report["raw_bytes"], sources)
        self.assertEqual(report["snapshot_entries"], 3)

    def test_quiet_says_nothing(self):
        vault = (self.path("vault"),)
        key = ("--key", self.path("keys", "recovery.key"))
        stream = self.run_program("press", self.mail, "-q")
        self.assertEqual(stream.err, "")
        for arguments in (
                ("init", *vault, "--keys", self.path("keys")),
                ("backup", *vault, self.mail, "--key", self.path("keys", "ingest.key"), "--state",
                 self.path("state")),
                ("snapshots", *vault), ("ls", *vault, *key),
                ("restore", *vault, "--to", self.path("back"), *key), ("verify", *vault),
                ("verify", *vault, "--deep", *key)):
            with self.subTest(arguments=arguments):
                done = self.run_program(*arguments, "-q")
                self.assertEqual((done.out, done.err), (b"", ""))
        done = self.run_program("unpress", "--to", self.path("unpressed"), "-q", stdin=stream.out)
        self.assertEqual((done.out, done.err), (b"", ""))

    def test_nothing_is_drawn_where_no_terminal_is(self):
        vault = self.vault()
        done = self.run_program(*vault.backup_arguments(self.mail))
        self.assertNotIn("\r", done.err)
        self.assertNotIn("\x1b", done.err)

    def test_names_cannot_draw_on_the_terminal(self):
        write(join(self.mail, b"\x1b[2J\x07\n"), b"x")
        vault = self.vault()
        vault.backup(self.mail)
        done = self.run_program("ls", vault.path, "--key", vault.recovery_key, "-r")
        self.assertNotIn(b"\x1b", done.out)
        self.assertIn(rb"\x1b[2J\x07\x0a", done.out)

    def test_ls(self):
        os.symlink(b"one", join(self.mail, "link"))
        vault = self.vault()
        vault.backup(self.mail)
        listed = self.run_program("ls", vault.path, "latest", "mail", "--key", vault.recovery_key,
                                  "--json").json()["entries"]
        expected = tree(self.mail)
        self.assertEqual([entry["path"] for entry in listed],
                         sorted("mail/" + path.decode() for path in expected if path))
        for entry in listed:
            known = expected[entry["path"].encode()[len("mail/"):]]
            self.assertEqual(entry["type"], known[0])
            if known[0] == "file":
                self.assertEqual((entry["mode"], entry["size"], entry["mtime_ns"]),
                                 (known[1], content_of(known)[0], known[4]))

    def test_second_backup_of_a_writer_is_refused_while_one_runs(self):
        vault = self.vault()
        reading, writing = os.pipe()
        with subprocess.Popen([workbench.LETTERPRESS, *vault.backup_arguments("-"), "--json"],
                              stdin=reading, stdout=subprocess.PIPE) as first:
            os.close(reading)
            os.write(writing, b"x" * 70_000)  # more than a pipe holds: it is being read
            self.check(*vault.backup_arguments(self.mail), code=FAILED,
                       says=["another backup", "running"])
            os.close(writing)
            first.communicate()
        self.assertEqual(first.returncode, DONE)
        self.assertEqual(len(vault.snapshots()), 1)

    def test_interrupted_backup_leaves_what_was(self):
        vault = self.vault()
        vault.backup(self.mail)
        before = vault.files()
        reading, writing = os.pipe()
        with subprocess.Popen([workbench.LETTERPRESS, *vault.backup_arguments("-")],
                              stdin=reading, stderr=subprocess.PIPE) as program:
            os.close(reading)
            os.write(writing, b"x" * 70_000)
            program.terminate()
            os.close(writing)
            err = program.stderr.read()
        self.assertNotEqual(program.returncode, DONE, err)
        self.assertEqual(vault.files(), before)
        vault.backup(self.mail)


if __name__ == "__main__":
    workbench.main(__doc__, (("stride", 1),))
