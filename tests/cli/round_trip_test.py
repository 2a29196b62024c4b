#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that goes in comes back, byte for byte and with its metadata:

    round_trip_test.py LETTERPRESS MAILGEN [--full] [--small] [--real-mail]
                       [unittest arguments]

--full adds what takes minutes: 300 MB without a newline, 1 GiB of zeros, and the variants of real
mail. --small makes the large files eight times smaller, for a sanitized program. --real-mail tests
the archives in LETTERPRESS_CORPORA, and nothing else.
"""
import io
import os
import random
import subprocess
import sys
import tarfile
import unittest

import workbench
from workbench import DONE, IS_ROOT, join, read, tree, write

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle",
                      "stream_reader.py")
MIB = 1 << 20


def with_crlf(source, to):
    """The same tree with every LF of every file a CRLF."""
    for folder, folders, names in os.walk(source):
        made = to + folder[len(source):]
        os.makedirs(made, exist_ok=True)
        for name in names:
            if not os.path.islink(join(folder, name)):
                write(join(made, name), read(join(folder, name)).replace(b"\n", b"\r\n"))
        folders.sort()


def as_one_mbox(source, to):
    """Every file of a tree behind a From line, in one file."""
    os.makedirs(os.path.dirname(to))
    with open(to, "wb") as mbox:
        for folder, folders, names in os.walk(source):
            folders.sort()
            for name in sorted(names):
                if os.path.islink(join(folder, name)):
                    continue
                content = read(join(folder, name))
                mbox.write(b"From someone@example.org Mon Nov 23 14:06:54 2026\n" + content)
                mbox.write(b"\n" if content.endswith(b"\n") else b"\n\n")


def as_tar(source, form=tarfile.PAX_FORMAT):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=form) as tar:
        tar.add(os.fsdecode(source), arcname="mail")
    return archive.getvalue()


class RoundTrip(workbench.Case):
    on_disk = True

    def check_press(self, source):
        """Through a file, which can seek, and through a pipe."""
        name = os.path.basename(source)
        stream = self.path("stream")
        with open(stream, "wb") as file:
            self.run_program("press", source, stdout=file)
        with open(stream, "rb") as file:
            self.run_program("unpress", "--to", self.path("from-file"), stdin=file)
        self.assert_same(join(self.folder, "from-file", name), source)
        with subprocess.Popen([workbench.LETTERPRESS, "press", source], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as press:
            self.run_program("unpress", "--to", self.path("from-pipe"), stdin=press.stdout)
        self.assertEqual(press.returncode, DONE)
        self.assert_same(join(self.folder, "from-pipe", name), source)
        for made in ("from-file", "from-pipe"):
            workbench.remove(self.path(made))
        os.remove(stream)

    def check_vault(self, source):
        vault = self.vault()
        vault.backup(source)
        vault.verify()
        vault.verify_deep()
        back = vault.restore("back")
        self.assert_same(join(back, os.path.basename(source)), source)
        for made in (back, vault.path, vault.keys, vault.state):
            workbench.remove(made)

    def check(self, source):
        self.check_press(source)
        self.check_vault(source)

    def check_stdin(self, content):
        pressed = self.run_program("press", "-", "--stdin-name", "one.tar", stdin=content)
        made = self.run_program("unpress", "--stdout", stdin=pressed.out)
        self.assertTrue(made.out == content, "unpress gave other bytes")
        vault = self.vault()
        vault.backup("-", stdin=content)
        vault.verify_deep()
        back = vault.restore("back")
        self.assertEqual(sorted(os.listdir(back)), [b"stdin"])
        self.assertTrue(read(join(back, "stdin")) == content, "restore gave other bytes")
        for each in (back, vault.path, vault.keys, vault.state):
            workbench.remove(each)

    def check_one_file(self, content):
        write(self.path("one", "file"), content)
        self.check(self.path("one"))


class Generated(RoundTrip):
    def test_maildir_store(self):
        self.check(self.mailgen("store", 1, "8M", "maildir"))

    def test_mbox_store(self):
        self.check(self.mailgen("store", 2, "8M", "mbox"))

    def test_crlf(self):
        store = self.mailgen("store", 3, "4M")
        with_crlf(store, self.path("crlf"))
        self.check(self.path("crlf"))

    def test_crlf_mbox(self):
        store = self.mailgen("store", 4, "4M", "mbox")
        with_crlf(store, self.path("crlf"))
        self.check(self.path("crlf"))

    def test_all_in_one_mbox(self):
        store = self.mailgen("store", 5, "12M")
        as_one_mbox(store, self.path("one", "mbox"))
        self.check(self.path("one"))

    def test_one_tar_on_standard_input(self):
        self.check_stdin(as_tar(self.mailgen("store", 6, "8M")))

    def test_mail_in_a_tar_is_mail(self):
        """The messages are found, and stored as those of the same files are."""
        store = self.mailgen("store", 7, "12M", "maildir")
        files = self.backup_report(self.vault("of-files"), store)
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            report = self.backup_report(self.vault(f"of-tar-{form}"), "-", as_tar(store, form))
            self.assertEqual(report["messages"], files["messages"])
            self.assertEqual(report["base64_bytes"], files["base64_bytes"])
            self.assertLess(report["kinds"]["attachment"]["stored_bytes"],
                            files["kinds"]["attachment"]["stored_bytes"] * 1.01)

    def backup_report(self, vault, source, content=None):
        arguments = vault.backup_arguments(source)
        return self.run_program(*arguments, "--json", stdin=content).json()

    def test_source_that_is_a_file(self):
        write(self.path("box"), b"From: a@example.org\n\nHi\n", 1_700_000_000_123_456_789)
        vault = self.vault()
        vault.backup(self.path("box"))
        self.assert_same(vault.restore("back"), {b"": tree(self.path("back"))[b""],
                                                 b"box": self.file_entry("box")})
        pressed = self.run_program("press", self.path("box"))
        self.run_program("unpress", "--to", self.path("unpressed"), stdin=pressed.out)
        self.assertEqual(tree(self.path("unpressed"))[b"box"], self.file_entry("box"))

    def file_entry(self, name):
        return workbench.describe(os.fsencode(name), (b"", os.open(self.folder, os.O_RDONLY)), {})

    def test_several_sources_with_names(self):
        first = self.mailgen("first", 7, "500K")
        second = self.mailgen("second", 8, "500K", "mbox")
        vault = self.vault()
        vault.backup(first, "--as", b"other=" + second)
        back = vault.restore("back")
        self.assertEqual(sorted(os.listdir(back)), [b"first", b"other"])
        self.assert_same(join(back, "first"), first)
        self.assert_same(join(back, "other"), second)
        one = vault.restore("one", "--path", "other")
        self.assertEqual(os.listdir(one), [b"other"])
        self.assert_same(join(one, "other"), second)

    def test_what_press_wrote_is_read_by_the_independent_reader(self):
        for layout in ("maildir", "mbox"):
            store = self.mailgen("store-" + layout, 9, "400K", layout)
            pressed = self.run_program("press", store)
            to = self.path("read-" + layout)
            done = workbench.run(sys.executable, "-B", READER, "--to", to, stdin=pressed.out)
            self.assertEqual(done.code, 0, done)
            self.assert_same(join(to, os.path.basename(store)), store)


class OddTree(RoundTrip):
    def test_names_links_modes_and_times(self):
        self.make()
        self.check(self.path("odd"))

    def test_in_the_independent_reader(self):
        self.make(with_long_path=False)  # it makes files by their paths, which end at PATH_MAX
        pressed = self.run_program("press", self.path("odd"))
        done = workbench.run(sys.executable, "-B", READER, "--to", self.path("read"),
                             stdin=pressed.out)
        self.assertEqual(done.code, 0, done)
        self.assert_same(self.path("read", "odd"), self.path("odd"))

    def make(self, with_long_path=True):
        self.make_names()
        self.make_links()
        self.make_modes()
        if with_long_path:
            self.make_long_path()
        self.make_times()

    def odd(self, *names):
        return self.path("odd", *names)

    def make_names(self):
        names = [b"a\nb", b"\xff", b"n" * 255, b" ", b"-", b"--to", b"\\", b"'\"", b"\x01", b"\x7f",
                 b"caf\xc3\xa9", b"cafe\xcc\x81", b"...", b"a.", b"*", b"?", b"[a]", b"\r", b"\t"]
        for number, name in enumerate(names):
            write(self.odd("names", name), b"%d of the names" % number)
            os.makedirs(self.odd("folders", name))
            write(self.odd("folders", name, b"in it"), name)
        # `/` sorts before every other byte: a folder, and names that go on behind its own.
        for name in (b"sort", b"sort-", b"sort!", b"sort0", b"sort\x01"):
            write(self.odd("sorted", name, b"x"), name)
            write(self.odd("sorted", name + b".file"), name)
        write(self.odd("empty file"), b"")
        write(self.odd("one byte"), b"x")
        write(self.odd("one newline"), b"\n")
        for name in ("empty", "empty/in empty", "empty/also"):
            os.mkdir(self.odd(*name.split("/")))

    def make_links(self):
        os.mkdir(self.odd("links"))
        for name, target in ((b"dangling", b"no/such/thing"), (b"to folder", b"../names"),
                             (b"absolute", b"/nonexistent"), (b"loop", b"loop"), (b"up", b".."),
                             (b"odd target", b"\xff\n"), (b"long", b"t/" * 2000)):
            os.symlink(target, self.odd("links", name))
        write(self.odd("hard", "b first"), b"has three names")
        for name in ("a second", "c third"):
            os.link(self.odd("hard", "b first"), self.odd("hard", name))
        os.makedirs(self.odd("hard", "deep"))
        write(self.odd("hard", "deep", "x"), b"two folders")
        os.link(self.odd("hard", "deep", "x"), self.odd("hard", "y"))
        write(self.odd("hard", "e1"), b"")
        os.link(self.odd("hard", "e1"), self.odd("hard", "e2"))

    def make_modes(self):
        for mode in (0o400, 0o444, 0o600, 0o640, 0o666, 0o755, 0o777, 0o2755, 0o4755, 0o6711):
            write(self.odd("modes", f"{mode:o}"), b"mode")
            os.chmod(self.odd("modes", f"{mode:o}"), mode)
        folders = [0o500, 0o555, 0o700, 0o1777, 0o2775]
        if IS_ROOT:  # others cannot read them, so they cannot keep them
            folders += [0o000, 0o311]
            write(self.odd("modes", "0"), b"no one reads this")
            os.chmod(self.odd("modes", "0"), 0)
            write(self.odd("owner"), b"of another user")
            os.chown(self.odd("owner"), 12345, 54321)
            os.symlink(b"owner", self.odd("link of another"))
            os.chown(self.odd("link of another"), 12345, 54321, follow_symlinks=False)
        for mode in folders:
            folder = self.odd("modes", f"folder {mode:o}")
            write(join(folder, "in it"), b"inside")
            os.mkdir(join(folder, "inner"))
            os.chmod(folder, mode)

    def make_long_path(self):
        """Longer than PATH_MAX, as programs with descriptors can make it."""
        at = os.open(self.odd(), os.O_RDONLY)
        for _ in range(20):
            name = b"deep" * 60
            os.mkdir(name, dir_fd=at)
            inner = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
        descriptor = os.open(b"at the end", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=at)
        os.write(descriptor, b"From: deep@example.org\n\nDown here\n")
        os.close(descriptor)
        os.close(at)

    def make_times(self):
        times = {"ns": 1_700_000_000_123_456_789, "epoch": 0, "just before": -1,
                 "1930": -1_234_567_890_123_456_789, "far": 7_258_118_400_999_999_999}
        for name, mtime_ns in times.items():
            write(self.odd("times", name), b"time", mtime_ns)
        os.symlink(b"ns", self.odd("times", "link"))
        os.utime(self.odd("times", "link"), ns=(5, 1_600_000_000_987_654_321),
                 follow_symlinks=False)
        os.mkdir(self.odd("times", "folder"))
        for name, mtime_ns in (("folder", -77_000_000_001), ("", 1_500_000_000_000_000_007)):
            os.utime(self.odd("times", name), ns=(mtime_ns, mtime_ns))


class Extremes(RoundTrip):
    def test_empty_and_one_byte(self):
        write(self.path("one", "empty"), b"")
        write(self.path("one", "byte"), b"\0")
        self.check(self.path("one"))

    def test_empty_folder(self):
        os.mkdir(self.path("one"))
        self.check(self.path("one"))

    def test_empty_standard_input(self):
        self.check_stdin(b"")

    def test_random_bytes(self):
        self.check_one_file(random.Random(1).randbytes(9 * MIB + 1))

    def test_header_that_never_ends(self):
        less = self.less()
        begin = b"From: a@example.org\nSubject: endless\nMIME-Version: 1.0\n"
        lines = 400_000 // less
        write(self.path("one", "many lines"), begin + b"X-Line: and another one\n" * lines)
        write(self.path("one", "folded"), begin + b"X-Long: begins\n" + b" and goes on\n" * lines)
        write(self.path("one", "one line"), begin + b"X-Long: " + b"goes on " * (1_500_000 // less))
        write(self.path("one", "in an mbox"), b"From a Mon Nov 23 14:06:54 2026\n" + begin
              + b"X-Line: and another one\n" * (lines // 4))
        self.check(self.path("one"))

    def test_hostile_mime(self):
        begin = b"From: a@example.org\nMIME-Version: 1.0\n"
        deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n)
                        for n in range(5000))
        write(self.path("one", "deep"), begin + deep)
        write(self.path("one", "boundaries"), begin + b"Content-Type: multipart/mixed; boundary=b\n"
              b"\n" + b"--b\n\nx\n" * 200_000)
        head = begin + b"Content-Transfer-Encoding: base64\nContent-Type: image/png\n\n"
        for name, body in (("no end", b"QUJD" * 1_000_000), ("one a line", b"QUJD\n" * 500_000),
                           ("bad", (b"QUJD" * 19 + b"\n") * 50_000 + b"QU!D\n=\n===\nQ"),
                           ("cr", (b"QUJD" * 19 + b"\r") * 50_000),
                           ("mixed", (b"QUJD" * 19 + b"\r\n" + b"QUJD" * 18 + b" \n") * 30_000)):
            write(self.path("one", name), head + body)
        self.check(self.path("one"))

    def test_large_file_without_newline(self):
        write(self.path("one", "file"), self.no_newline(2, 64 * MIB // self.less()))
        self.check(self.path("one"))

    def test_large_mail_without_newline(self):
        write(self.path("one", "mail"),
              b"From: a@example.org\n\n" + self.no_newline(3, 64 * MIB // self.less()))
        self.check(self.path("one"))

    def test_large_file_of_zeros(self):
        self.check_zeros(64 * MIB // self.less())

    def test_300_mb_without_newline(self):
        self.need_full()
        os.mkdir(self.path("one"))
        with open(self.path("one", "file"), "wb") as file:
            for seed in range(10):
                file.write(self.no_newline(seed, 30_000_000))
        self.check(self.path("one"))

    def test_1_gib_of_zeros(self):
        self.need_full()
        self.check_zeros(1024 * MIB)

    @staticmethod
    def less():
        return 8 if workbench.SMALL else 1

    def need_full(self):
        if not workbench.FULL:
            self.skipTest("takes long: give --full")

    def check_zeros(self, count):
        os.mkdir(self.path("one"))
        with open(self.path("one", "zeros"), "wb") as file:
            file.truncate(count)
        self.check(self.path("one"))

    @staticmethod
    def no_newline(seed, count):
        """Printable: it could be a line of text."""
        table = bytes(32 + number % 95 for number in range(256))
        return random.Random(seed).randbytes(count).translate(table)


class RealMail(RoundTrip):
    """One test for each archive of LETTERPRESS_CORPORA; see load_tests()."""

    def __init__(self, archive=""):
        super().__init__("check_archive")
        self.archive = archive

    def id(self):
        return f"{super().id()}({os.path.basename(self.archive)})"

    __str__ = id

    def check_archive(self):
        mail = self.path("mail")
        workbench.unpack(self.archive, mail)
        self.check(mail)
        if not workbench.FULL:
            return
        with_crlf(mail, self.path("crlf"))
        self.check(self.path("crlf"))
        as_one_mbox(mail, self.path("one", "mbox"))
        self.check(self.path("one"))
        with_crlf(self.path("one"), self.path("one-crlf"))
        self.check(self.path("one-crlf"))
        self.check_stdin(as_tar(mail))


class NoRealMail(unittest.TestCase):
    def test_real_mail(self):
        self.skipTest("no real mail: LETTERPRESS_CORPORA names no folder of *.tar.zst")


def load_tests(loader, tests, pattern):
    suite = unittest.TestSuite()
    if workbench.REAL_MAIL:
        suite.addTests(RealMail(path) for path in workbench.corpora().values())
        if suite.countTestCases() == 0:
            suite.addTest(NoRealMail("test_real_mail"))
        return suite
    for case in (Generated, OddTree, Extremes):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    workbench.main(__doc__, (("full", False), ("small", False), ("real-mail", False)))
