#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stream follows from names and bytes alone: not from threads, the CPU's tier, or the order in
which the file system lists a folder:

    determinism_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import hashlib
import json
import os
import random
import shutil
import tempfile

import workbench
from workbench import join, read, write


class Press(workbench.Case):
    def press(self, source, *arguments):
        stream = self.run_program("press", source, *arguments).out
        self.assertGreater(len(stream), 1000)
        return hashlib.sha256(stream).hexdigest()

    def check_threads(self, source):
        streams = {threads: self.press(source, "--threads", str(threads))
                   for threads in (1, 2, 16, 0)}
        self.assertEqual(len(set(streams.values())), 1, streams)
        self.assertEqual(self.press(source, "--threads", "16"), streams[1], "a second time")
        cpu = json.loads(self.run_program("cpu", "--json").out)
        self.assertIn(cpu["tier"], ["scalar", "avx2", "avx512"])
        for tier in ["scalar", "avx2"][:["scalar", "avx2", "avx512"].index(cpu["tier"])]:
            self.assertEqual(self.press(source, "--cpu-tier", tier), streams[1], tier)

    def test_maildir_is_the_same_for_any_threads(self):
        self.check_threads(self.mailgen("store", 11, "30M"))

    def test_mbox_is_the_same_for_any_threads(self):
        self.check_threads(self.mailgen("store", 12, "30M", "mbox"))

    def test_large_plain_file_is_the_same_for_any_threads(self):
        block = random.Random(13).randbytes(700_000)
        write(self.path("one", "file"), block * 60 + b"\n" * 1_000_000 + block[::-1])
        self.check_threads(self.path("one"))

    def test_different_mail_gives_a_different_stream(self):
        store = self.mailgen("store", 14, "200K")
        before = self.press(store)
        name = next(join(top, name) for top, _, names in os.walk(store) for name in names
                    if read(join(top, name)))
        status = os.stat(name)
        content = read(name)
        write(name, content[:-1] + bytes([content[-1] ^ 1]), status.st_mtime_ns)
        self.assertNotEqual(self.press(store), before)


class ListingOrder(workbench.Case):
    def test_order_of_names_on_disk_does_not_matter(self):
        store = self.mailgen("store", 15, "20M")
        os.link(*self.two_names(store))
        first = self.run_program("press", store).out
        for seed in (1, 2):
            copy = join(self.listed_as_made(), b"store")
            self.copy_shuffled(store, copy, random.Random(seed))
            self.assert_same(copy, store)
            self.assertTrue(self.is_listed_in_another_order(store, copy),
                            "the copy is listed in the same order: nothing is tested")
            self.assertTrue(self.run_program("press", copy).out == first,
                            f"another stream from copy {seed}")

    def listed_as_made(self):
        """A folder on a file system whose listings follow the order in which names were made."""
        if not os.access("/dev/shm", os.W_OK):
            self.skipTest("needs /dev/shm: other file systems list names by hash")
        folder = tempfile.mkdtemp(dir="/dev/shm").encode()
        self.addCleanup(shutil.rmtree, folder)
        return folder

    @staticmethod
    def two_names(store):
        for top, _, names in os.walk(store):
            if top.endswith(b"/cur") and names:
                return join(top, sorted(names)[0]), join(store, "a second name")
        raise AssertionError("no mail")

    @staticmethod
    def copy_shuffled(source, to, order):
        """The same tree, its names made in random order."""
        folders, files = [], []
        for top, inner, names in os.walk(source):
            folders.append(top)
            files += [join(top, name) for name in names]
            inner.sort()
        os.makedirs(to)
        for folder in order.sample(folders[1:], len(folders) - 1):
            os.makedirs(to + folder[len(source):], exist_ok=True)
        made = {}
        for path in order.sample(files, len(files)):
            status = os.lstat(path)
            copied = to + path[len(source):]
            inode = (status.st_dev, status.st_ino)
            if inode in made:
                os.link(made[inode], copied)
            else:
                shutil.copy2(path, copied, follow_symlinks=False)
                made[inode] = copied
        for folder in sorted(folders, reverse=True):
            shutil.copystat(folder, to + folder[len(source):])

    @staticmethod
    def is_listed_in_another_order(source, copy):
        return any(os.listdir(top) != os.listdir(copy + top[len(source):])
                   for top, _, _ in os.walk(source))


if __name__ == "__main__":
    workbench.main(__doc__)
