#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`export tar` as others read it: GNU tar, bsdtar, Python's tarfile, borg import-tar.

    export_tar_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import io
import json
import os
import shutil
import subprocess
import tarfile
import unittest

import workbench
from workbench import DONE, FAILED, IS_ROOT, PARTIAL, USAGE, join, read, run, tree, write

NS = 1_000_000_000


def has(program):
    return shutil.which(program) is not None


def odd_tree(root):
    """Names, times, modes and owners that a plain ustar header cannot hold, and some it can."""
    long = b"/".join([b"\xc3\xa4" * 50] * 4)
    files = {b"a/short": b"short", b"d\xff\xfe/\xfc": b"x" * 700, b"empty": b"",
             b"b" * 100: b"100", b"b" * 101: b"101", join("p" * 155, "n" * 99): b"fits in two",
             join("p" * 155, "n" * 101): b"does not", join("q" * 156, "n" * 99): b"neither",
             long + b"/" + b"n" * 200: b"long", long + b"/" + b"\xff" * 200: b"long, no UTF-8",
             b"space and\nnewline": b"1", b"block": b"z" * 512, b"over": b"z" * 513,
             b"large": os.urandom(3_000_000), b"-dash": b"", b"m/cur/1.M1:2,S": b"mail"}
    for name, content in files.items():
        write(join(root, name), content, mtime_ns=1_700_000_000 * NS + 123_456_789)
    os.makedirs(join(root, "empty folder"))
    os.chmod(join(root, "empty folder"), 0o1751)
    os.symlink(b"t" * 300, join(root, "long link"))
    os.symlink(b"\xff" * 150, join(root, "binary link"))
    os.symlink(b"short", join(root, "link"))
    os.link(join(root, "over"), join(root, "a", "other name"))
    os.link(join(root, long, b"n" * 200), join(root, "z linked"))
    os.chmod(join(root, "a/short"), 0o4755)
    os.utime(join(root, "empty"), ns=(0, 0))
    os.utime(join(root, "block"), ns=(0, -5 * NS))
    os.utime(join(root, "a/short"), ns=(0, 2_000_000_000 * NS + 1))
    if IS_ROOT:
        os.chown(join(root, "block"), 3_000_000, 4_000_000_000)
    return root


class ExportTar(workbench.Case):
    def setUp(self):
        super().setUp()
        self.odd = odd_tree(self.path("odd"))
        self.store = self.mailgen("store", 71, "300K")

    def export(self, *arguments, code=DONE):
        return self.run_program("export", "tar", *arguments, code=code)

    def unpack(self, name, archive, *program):
        to = self.path(name)
        os.mkdir(to)
        done = run(*program, stdin=archive, cwd=to)
        self.assertEqual(done.code, 0, done)
        return to

    def assert_unpacks(self, name, archive, *program):
        to = self.unpack("from " + name, archive, *program)
        self.assert_same(join(to, "odd"), self.odd)
        self.assert_same(join(to, "store"), self.store)

    def archive_of_vault(self, *arguments):
        vault = self.vault()
        vault.backup(self.odd, self.store)
        return self.export(vault.path, "--key", vault.recovery_key, *arguments).out

    def test_gnu_tar(self):
        archive = self.export(self.odd, self.store).out
        self.assert_unpacks("files", archive, "tar", "--numeric-owner", "-xpf", "-")
        archive = self.archive_of_vault()
        self.assert_unpacks("vault", archive, "tar", "--numeric-owner", "-xpf", "-")

    @unittest.skipUnless(has("bsdtar"), "needs bsdtar (apt-get install libarchive-tools)")
    def test_bsdtar(self):
        archive = self.export(self.odd, self.store).out
        self.assert_unpacks("files", archive, "bsdtar", "--numeric-owner", "-xpf", "-")

    def test_python_finds_what_the_headers_say(self):
        archive = self.archive_of_vault()
        expected = tree(self.odd)
        with tarfile.open(fileobj=io.BytesIO(archive), errors="surrogateescape") as tar:
            found = {os.fsencode(member.name): member for member in tar}
        for path, entry in expected.items():
            member = found[b"odd/" + path if path else b"odd"]
            self.assertEqual((member.uid, member.gid), entry[1:3] if entry[0] == "symlink"
                             else entry[2:4], path)
            self.assertEqual(member.isdir(), entry[0] == "folder", path)
            self.assertEqual(member.issym(), entry[0] == "symlink", path)
        self.assertEqual(len(archive) % 10240, 0)

    @unittest.skipUnless(has("borg"), "needs borg (apt-get install borgbackup)")
    def test_borg(self):
        archive = self.export(self.odd, self.store).out
        repository = os.fsdecode(self.path("repository"))
        environment = {**os.environ, "BORG_BASE_DIR": os.fsdecode(self.path("borg")), "LC_ALL":
                       "C.UTF-8", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}
        for arguments in (("init", "-e", "none", repository),
                          ("import-tar", repository + "::mail", "-")):
            done = run("borg", *arguments, stdin=archive, env=environment)
            self.assertEqual(done.code, 0, done)
        to = self.path("extracted")
        os.mkdir(to)
        done = run("borg", "extract", "--numeric-ids", repository + "::mail", cwd=to,
                   env=environment)
        self.assertEqual(done.code, 0, done)
        for name, source in (("odd", self.odd), ("store", self.store)):
            back, expected = tree(join(to, name)), tree(source)
            self.assert_same({path: self.with_time_of(expected.get(path), entry)
                              for path, entry in back.items()}, expected)

    @staticmethod
    def with_time_of(expected, entry):
        """borg reads times as floating-point numbers, whole microseconds or the next, and has none
        before 1970."""
        at = 3 if entry[0] == "symlink" else 4
        if expected is None or expected[0] != entry[0]:
            return entry
        is_near = abs(entry[at] - max(0, expected[at])) <= 1000
        return entry[:at] + (expected[at] if is_near else entry[at],) + entry[at + 1:]

    def test_the_same_for_any_threads_and_from_files_or_a_vault(self):
        vault = self.vault()
        vault.backup(self.store)
        arguments = (vault.path, "--key", vault.recovery_key)
        one = self.export(*arguments, "--threads", "1").out
        self.assertEqual(one, self.export(*arguments, "--threads", "5").out)
        plain = self.path("plain")
        for name in "abc":
            write(join(plain, name), name.encode() * 5000)
        again = self.vault("again")
        again.backup(plain)
        self.assertEqual(self.export(plain).out,
                         self.export(again.path, "--key", again.recovery_key).out)

    def test_paths_and_snapshots(self):
        vault = self.vault()
        first = vault.backup(self.odd)["snapshot"]
        write(join(self.odd, "later"), b"later")
        vault.backup(self.odd)

        def names(*arguments):
            out = self.export(vault.path, "--key", vault.recovery_key, *arguments).out
            with tarfile.open(fileobj=io.BytesIO(out), errors="surrogateescape") as tar:
                return [member.name for member in tar]
        self.assertIn("odd/later", names())
        self.assertNotIn("odd/later", names("--snapshot", first))
        self.assertEqual(names("--path", "odd/m", "--path", "odd/large", "--path", "odd/m/cur"),
                         ["odd/large", "odd/m", "odd/m/cur", "odd/m/cur/1.M1:2,S"])
        # A hard link brings its content along when the other name is not asked for.
        with tarfile.open(fileobj=io.BytesIO(self.export(
                vault.path, "--key", vault.recovery_key, "--path", "odd/z linked").out)) as tar:
            self.assertEqual(tar.extractfile("odd/z linked").read(), b"long")
        done = self.export(vault.path, "--key", vault.recovery_key, "--path", "odd/nothing",
                           code=FAILED)
        self.assertIn("letterpress ls shows", done.err)

    def test_sizes_above_8_gib(self):
        path = self.path("sparse")
        with open(path, "wb") as file:
            file.truncate(9 << 30)
        with subprocess.Popen([workbench.LETTERPRESS, "export", "tar", path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            with tarfile.open(fileobj=program.stdout, mode="r|") as tar:
                member = tar.next()
                self.assertEqual((member.name, member.size), ("sparse", 9 << 30))
            # The reader goes before the end.
            program.stdout.close()
            said = program.stderr.read().decode()
        self.assertEqual(program.returncode, FAILED)
        self.assertIn("standard output: Broken pipe", said)

    def test_damage_in_a_vault(self):
        write(join(self.store, "big"), os.urandom(5 << 20))
        vault = self.vault()
        vault.backup(self.store)
        damaged = 0
        for name in vault.file_names(b"packs"):
            path = join(vault.path, name)
            content = bytearray(read(path))
            for at in range(len(content) // 3, len(content), len(content) // 3):
                content[at] ^= 1
            os.chmod(path, 0o644)
            write(path, content)
            damaged += 1
        self.assertGreater(damaged, 0)
        done = self.export(vault.path, "--key", vault.recovery_key, code=PARTIAL)
        made = tree(join(self.unpack("out", done.out, "tar", "-xpf", "-"), "store"))
        expected = tree(self.store)
        other = {path for path, entry in expected.items() if made.get(path) != entry}
        self.assertTrue(other)
        for path in other:
            # Or it was below a node of the tree that is damaged.
            self.assertTrue(os.fsdecode(path) in done.err or "(tree)" in done.err, path)
            # What is there all the same is a large file: its size, and zeros from where it says.
            if path in made:
                self.assertEqual(made[path][5], expected[path][5], path)
                self.assertIn("are zero", done.err)

    def test_what_cannot_be_read(self):
        if IS_ROOT:
            os.chmod(self.store, 0o755)  # root reads everything: a FIFO is left out with a note
            os.mkfifo(join(self.store, "fifo"))
            done = self.export(self.store)
            self.assertIn("fifo", done.err)
        else:
            os.chmod(join(self.odd, "empty"), 0)
            self.assertIn("empty", self.export(self.odd, code=PARTIAL).err)

    def test_report_and_misuse(self):
        report = json.loads(self.export(self.odd, "--json").err)
        self.assertEqual(report["entries"], len(tree(self.odd)))
        self.assertEqual(report["problems"], 0)
        self.export(self.path("nothing"), code=FAILED)
        self.export(code=USAGE)
        self.assertIn("its size is not known", self.export("-", code=USAGE).err.replace(
            "standard input has none", "its size is not known"))
        self.export(self.odd, "--snapshot", "3", code=USAGE)
        vault = self.vault()
        self.export(vault.path, self.odd, "--key", vault.recovery_key, code=USAGE)
        self.export(vault.path, "--exclude", "x", "--key", vault.recovery_key, code=USAGE)
        done = self.export(vault.path, "--key", vault.recovery_key, code=FAILED)
        self.assertIn("snapshot", done.err)
        self.assertIn("is a vault", self.export(vault.path).err)


if __name__ == "__main__":
    workbench.main(__doc__)
