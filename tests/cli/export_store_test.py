#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`export casync` and `export pbs` as the other side reads them: casync itself, and a checker that
was written from Proxmox's format (oracle/pbs_store.py).

    export_store_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import base64
import os
import random
import shutil
import struct
import sys
import unittest

import workbench
from workbench import DONE, FAILED, IS_ROOT, PARTIAL, USAGE, join, read, run, tree, write

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import pbs_store  # noqa: E402

HAS_CASYNC = shutil.which("casync") is not None


class ExportStore(workbench.Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(81)
        self.attachment = base64.encodebytes(self.random.randbytes(90_000))
        self.mbox = self.path("box.mbox")
        write(self.mbox, b"".join(self.message(number) for number in range(12)))

    def message(self, number, text_bytes=9_000):
        """All have the same attachment, and texts of their own."""
        text = base64.b85encode(self.random.randbytes(text_bytes))
        lines = b"\n".join(text[at:at + 70] for at in range(0, len(text), 70))
        return (b"From anna@example.org Mon Nov 23 14:06:54 2026\nFrom: anna@example.org\n"
                b"Subject: %d\nMIME-Version: 1.0\n"
                b"Content-Type: multipart/mixed; boundary=\"=_%d\"\n\n--=_%d\n"
                b"Content-Type: text/plain\n\n%s\n--=_%d\nContent-Type: application/zip\n"
                b"Content-Transfer-Encoding: base64\n\n%s--=_%d--\n\n"
                % (number, number, number, lines, number, self.attachment, number))

    def assert_one_chunk_is(self, path, sizes):
        self.assertTrue(sizes)
        whole = read(path)
        at, found = 0, 0
        for size in sizes:
            found += whole[at:at + size] == self.attachment
            at += size
        self.assertEqual(at, len(whole))
        self.assertEqual(found, 12)


@unittest.skipUnless(HAS_CASYNC, "needs casync (apt-get install casync)")
class Casync(ExportStore):
    def setUp(self):
        super().setUp()
        self.store = self.path("store.castr")

    def export(self, name, *arguments, code=DONE):
        done = self.run_program("export", "casync", self.store, self.path(name), *arguments,
                                "--json", code=code)
        return done if code == FAILED or code == USAGE else done.json()

    def extract(self, name):
        to = self.path(name + ".out")
        done = run("casync", "extract", b"--store=" + self.store, self.path(name), to)
        self.assertEqual(done.code, 0, done)
        return to

    def assert_extracts(self, name, source):
        to = self.extract(name)
        self.assertEqual(read(to), read(source))
        os.remove(to)
        # Its own look at the chunks gives the digest of the same bytes, too.
        said = [run("casync", "digest", *arguments).out.strip() for arguments in
                ((b"--store=" + self.store, self.path(name)), (source,))]
        self.assertEqual(*said)
        self.assertEqual(len(said[0]), 64)

    def test_an_mbox_a_tar_and_an_empty_file(self):
        self.export("mbox.caibx", self.mbox)
        self.assert_extracts("mbox.caibx", self.mbox)
        archive = self.path("store.tar")
        run("tar", "-C", self.folder, "-cf", archive,
            os.path.basename(self.mailgen("mail", 82, "2M")))
        self.assertTrue(os.path.getsize(archive))
        self.export("tar.caibx", archive)
        self.assert_extracts("tar.caibx", archive)
        write(self.path("empty"), b"")
        self.assertEqual(self.export("empty.caibx", self.path("empty"))["chunks"], 0)
        self.assert_extracts("empty.caibx", self.path("empty"))

    def index(self, name):
        """(flags, min, avg, max, [size])"""
        stored = read(self.path(name))
        count = (len(stored) - 104) // 40
        ends = [struct.unpack("<Q", stored[64 + 40 * i:72 + 40 * i])[0] for i in range(count)]
        return (*struct.unpack("<4Q", stored[16:48]),
                [end - begin for begin, end in zip([0] + ends, ends)])

    def test_attachments_are_chunks_of_their_own(self):
        report = self.export("mbox.caibx", self.mbox)
        flags, least, average, most, sizes = self.index("mbox.caibx")
        self.assertEqual(flags, 0xA000000000000000)
        self.assertEqual((least, average, most), (1, 64 << 10, 256 << 10))
        self.assert_one_chunk_is(self.mbox, sizes)
        self.assertLess(report["new_bytes"], os.path.getsize(self.mbox) - 11 * 121_000)

    def test_sha256_as_desync_has_it(self):
        self.export("mbox.caibx", self.mbox, "--digest", "sha256")
        self.assertEqual(self.index("mbox.caibx")[0], 0x8000000000000000)
        self.assertEqual(read(self.extract("mbox.caibx")), read(self.mbox))

    def test_only_what_is_new_is_written(self):
        self.export("1.caibx", self.mbox)
        before = tree(self.store)
        again = self.export("2.caibx", self.mbox)
        self.assertEqual((again["new_chunks"], again["stored_bytes"]), (0, 0))
        self.assert_same(self.store, before)
        self.assertEqual(read(self.path("1.caibx")), read(self.path("2.caibx")))
        write(self.mbox, self.message(90) + read(self.mbox) + self.message(91))
        evolved = self.export("2.caibx", self.mbox)
        self.assertGreater(evolved["new_chunks"], 0)
        self.assertLess(evolved["new_chunks"], evolved["chunks"] / 2)
        self.assertLess(evolved["new_bytes"], 120_000)
        after = tree(self.store)
        self.assertEqual({path: after[path] for path in before if before[path][0] == "file"},
                         {path: entry for path, entry in before.items() if entry[0] == "file"})
        self.assert_extracts("2.caibx", self.mbox)

    def test_damaged_chunks_are_written_anew(self):
        self.export("1.caibx", self.mbox)
        expected = {path: entry[5:7] for path, entry in tree(self.store).items()
                    if entry[0] == "file"}
        chunks = sorted(join(self.store, path) for path in expected)
        write(chunks[0], b"")
        write(chunks[1], read(chunks[1])[:-3])
        write(chunks[2], read(chunks[2]) * 2)
        write(chunks[3], read(chunks[4]))
        os.remove(chunks[5])
        os.symlink("nowhere", chunks[5])
        write(chunks[6], b"\0" * 5_000_000)
        report = self.export("2.caibx", self.mbox)
        self.assertEqual(report["mended_chunks"], 6)
        self.assert_extracts("2.caibx", self.mbox)
        self.assertEqual({path: entry[5:7] for path, entry in tree(self.store).items()
                          if entry[0] == "file"}, expected)

    def test_a_vault_and_folders_as_an_archive(self):
        mail = self.mailgen("mail", 83, "500K")
        vault = self.vault()
        vault.backup(mail, self.mbox)
        report = self.export("all.caibx", vault.path, "--key", vault.recovery_key)
        self.assertTrue(report["is_archive"])
        to = self.path("unpacked")
        os.mkdir(to)
        self.assertEqual(run("tar", "-xpf", self.extract("all.caibx"), "-C", to).code, 0)
        self.assert_same(join(to, "mail"), mail)
        self.assertEqual(read(join(to, "box.mbox")), read(self.mbox))
        # One entry is what it is.
        self.assertFalse(self.export("one.caibx", vault.path, "--key", vault.recovery_key,
                                     "--path", "box.mbox")["is_archive"])
        self.assert_extracts("one.caibx", self.mbox)
        self.assertTrue(self.export("mail.caibx", mail)["is_archive"])

    def test_standard_input(self):
        with open(self.mbox, "rb") as mbox:
            self.run_program("export", "casync", self.store, self.path("in.caibx"), "-", stdin=mbox)
        self.assert_extracts("in.caibx", self.mbox)

    def test_the_same_for_any_threads(self):
        mail = self.mailgen("mail", 84, "3M")
        self.export("1.caibx", mail, "--threads", "1")
        chunks, self.store = self.store, self.path("other.castr")
        self.export("5.caibx", mail, "--threads", "5")
        self.assertEqual(read(self.path("1.caibx")), read(self.path("5.caibx")))
        self.assertEqual(*({path: entry[5:7] for path, entry in tree(store).items()
                            if entry[0] == "file"} for store in (chunks, self.store)))

    def test_errors_leave_the_index_as_it_was(self):
        self.export("1.caibx", self.mbox)
        before = read(self.path("1.caibx"))
        self.export("1.caibx", self.path("nothing"), code=FAILED)
        vault = self.vault()
        vault.backup(self.mbox)
        for name in vault.file_names(b"packs"):
            content = bytearray(read(join(vault.path, name)))
            content[len(content) // 2] ^= 1
            os.chmod(join(vault.path, name), 0o644)
            write(join(vault.path, name), content)
        done = self.export("1.caibx", vault.path, "--key", vault.recovery_key, "--path",
                           "box.mbox", code=FAILED)
        self.assertIn("letterpress: box.mbox: ", done.err)
        self.store = join(self.mbox, "below a file")
        self.assertIn("Not a directory", self.export("1.caibx", self.mbox, code=FAILED).err)
        self.assertEqual(read(self.path("1.caibx")), before)
        self.store = self.path("store.castr")
        self.assertIn("no folder/1.caibx",
                      self.export("no folder/1.caibx", self.mbox, code=FAILED).err)
        self.export("1.caibx", self.mbox, "--chunk-size", "100", code=USAGE)
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith(b".part")], [])

    @unittest.skipUnless(os.path.exists("/dev/full") and IS_ROOT, "needs root to mount")
    def test_a_full_disk(self):
        small = self.path("small")
        os.mkdir(small)
        done = run("mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small)
        if done.code != 0:
            self.skipTest("cannot mount here")
        self.addCleanup(run, "umount", small)
        self.store = join(small, "store.castr")
        write(self.path("noise"), self.random.randbytes(1_000_000))
        done = self.export("1.caibx", self.path("noise"), code=FAILED)
        self.assertIn("No space left", done.err)
        self.assertEqual([path for path in tree(small) if path.endswith(b".part")], [])
        self.assertFalse(os.path.exists(self.path("1.caibx")))


class Pbs(ExportStore):
    def setUp(self):
        super().setUp()
        self.datastore = os.fsdecode(self.path("datastore"))
        self.chunks = os.path.join(self.datastore, ".chunks")
        self.time = 1_764_201_600

    def export(self, *arguments, code=DONE):
        self.time += 1
        done = self.run_program("export", "pbs", self.datastore, *arguments, "--id", "mx-1",
                                "--time", str(self.time), "--json", code=code)
        return done.json() if code in (DONE, PARTIAL) else done

    def assert_holds(self, index, source):
        self.assertEqual(b"".join(pbs_store.content(index, self.chunks)), read(source))

    def test_files_and_archives(self):
        report = self.export(self.mbox, "--chunk-size", "64")
        self.assertTrue(report["index"].endswith("/host/mx-1/2025-11-27T00:00:01Z/box.mbox.didx"))
        self.assert_holds(report["index"], self.mbox)
        rows = pbs_store.index_rows(report["index"])[3]
        ends = [end for end, _ in rows]
        self.assert_one_chunk_is(self.mbox, [e - b for b, e in zip([0] + ends, ends)])
        mail = self.mailgen("mail", 85, "500K")
        report = self.export(mail)
        self.assertTrue(report["index"].endswith("/mail.tar.didx"))
        to = self.path("unpacked")
        os.mkdir(to)
        archive = b"".join(pbs_store.content(report["index"], self.chunks))
        self.assertEqual(run("tar", "-xpf", "-", "-C", to, stdin=archive).code, 0)
        self.assert_same(join(to, "mail"), mail)
        self.assertEqual(pbs_store.check(self.datastore), [])

    def test_an_empty_file_and_bytes_that_do_not_compress(self):
        write(self.path("empty"), b"")
        self.assert_holds(self.export(self.path("empty"))["index"], self.path("empty"))
        write(self.path("noise"), self.random.randbytes(1_000_000))
        self.assert_holds(self.export(self.path("noise"))["index"], self.path("noise"))
        self.assertEqual(pbs_store.check(self.datastore), [])

    def test_only_what_is_new_is_written(self):
        self.export(self.mbox)
        self.assertEqual(self.export(self.mbox)["new_chunks"], 0)
        write(self.mbox, read(self.mbox) + self.message(91))
        evolved = self.export(self.mbox)
        self.assertLess(evolved["new_bytes"], 120_000)
        self.assertEqual(pbs_store.check(self.datastore), [])

    def test_a_vault(self):
        vault = self.vault()
        vault.backup(self.mbox)
        report = self.export(vault.path, "--key", vault.recovery_key, "--path", "box.mbox")
        self.assert_holds(report["index"], self.mbox)
        self.assertEqual(pbs_store.check(self.datastore), [])

    def chunk_files(self):
        return sorted(os.path.join(top, name) for top, _, names in os.walk(self.chunks)
                      for name in names)

    def test_damage_is_noticed_and_mended(self):
        self.export(self.mbox, "--chunk-size", "16")
        files = self.chunk_files()
        first, second, third = (read(path) for path in files[:3])
        hurt = {
            files[0]: first[:20] + bytes([first[20] ^ 1]) + first[21:],
            files[1]: third,  # whole, but another's
            files[2]: third[:-1],
        }
        for path, content in hurt.items():
            self.assertEqual(pbs_store.check(self.datastore), [])
            original = read(path)
            write(path, content)
            self.assertTrue(pbs_store.check(self.datastore), path)
            self.assertEqual(self.export(self.mbox, "--chunk-size", "16")["mended_chunks"], 1)
            self.assertEqual(read(path), original)
        os.remove(files[3])
        self.assertIn("No such file", pbs_store.check(self.datastore)[0])

    def test_the_checker_sees_every_kind_of_damage_to_an_index(self):
        index = self.export(self.mbox, "--chunk-size", "16")["index"]
        whole = read(index)
        for at in (0, 8 + 4096, 24, 40, 100, 4096 + 40, len(whole) - 1):
            write(index, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.assertEqual(len(pbs_store.check(self.datastore)), 1, at)
        for cut in (1, 40):
            write(index, whole[:-cut])
            self.assertEqual(len(pbs_store.check(self.datastore)), 1, cut)
        write(index, whole)
        self.assertEqual(pbs_store.check(self.datastore), [])
        manifest = os.path.join(os.path.dirname(index), "index.json.blob")
        stored = read(manifest)
        for at in range(len(stored)):
            write(manifest, stored[:at] + bytes([stored[at] ^ 4]) + stored[at + 1:])
            self.assertEqual(len(pbs_store.check(self.datastore)), 1, at)

    def test_misuse(self):
        self.export(self.mbox)
        self.time -= 1
        self.assertIn("is there already", self.export(self.mbox, code=USAGE).err)
        self.assertIn("Proxmox takes", self.export(self.mbox, "--archive", "a/b", code=USAGE).err)
        self.export(self.path("nothing"), code=FAILED)
        self.assertEqual(pbs_store.check(self.datastore), [])


del ExportStore  # has no tests of its own

if __name__ == "__main__":
    workbench.main(__doc__)
