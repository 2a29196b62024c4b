#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams that an enemy made, brought back by the program:

    enemy_stream_test.py LETTERPRESS MAILGEN [--sanitized] [unittest arguments]

--sanitized: the program is, and takes more memory than itself

Nothing may be written outside of the destination, whatever the names are; what was refused is
named; and what a stream claims to hold takes no memory before it is there. The streams are those of
oracle/stream_writer.py, with right checksums.
"""
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import stream_writer as lps  # noqa: E402
import workbench  # noqa: E402

HELLO = b"hello\n"
SURPLUS_BYTES_MAX = 32 << 20
# So that a claim which is believed ends the program, and not the machine.
ADDRESS_BYTES_MAX = 4 << 30
BAD_PATHS = (b"../stolen", b"/stolen", b"a/../../stolen", b"a//stolen", b"./stolen", b"a/./stolen",
             b"stolen/", b"..", b".", b"", b"a/..", b"a\0b", b"x" * 16385)


HELLO_RECIPE = lps.stretch(HELLO, lps.place(0))


def hello_file(path, **options):
    return lps.entry(path, recipe=HELLO_RECIPE, **options)


def stream_of(*records):
    """A stream of these records, each of whose files holds HELLO."""
    stream = lps.Stream()
    stream.block([HELLO])
    for record in records:
        stream.entries([record])
    stream.end_group()
    return stream.end(len(HELLO) * sum(HELLO_RECIPE in record for record in records))


class EnemyCase(workbench.Case):
    def setUp(self):
        super().setUp()
        workbench.write(self.path("outside", "secret"), b"mine")
        os.mkdir(self.path("in"))
        self.to = self.path("in", "to")

    def unpress(self, stream, code, to=None):
        """What the program says. Everything outside of the destination is as before."""
        before = self.outside()
        done = self.run_program("unpress", "--to", to or self.to, stdin=stream, code=code,
                                preexec_fn=limit_memory)
        self.assertEqual(self.outside(), before)
        return done.err

    def outside(self):
        """What lies beside the destination, with times; but not the destination, which is made."""
        return {path: entry for path, entry in workbench.tree(self.folder).items()
                if not path.startswith(b"in")}

    def made(self):
        return {path: entry[0] for path, entry in workbench.tree(self.to).items() if path}


def limit_memory():
    if workbench.SANITIZED:
        return
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES_MAX, ADDRESS_BYTES_MAX))


class Waiting(EnemyCase):
    def test_links_moves_and_folders_take_no_more_memory_than_the_stream_warrants(self):
        """A few hundred bytes of zstd are a hundred thousand records."""
        for record in (lps.move(b"a", b"b" * 200),
                       lps.entry(b"a", lps.HARD_LINK, target=b"b" * 200)):
            stream = lps.Stream()
            for _ in range(15):
                stream.entries([record] * 30_000, codec=lps.ZSTD)
            stream.end_group()
            said = self.unpress(stream.end(), workbench.FAILED)
            self.assertIn("more links, moves and folders", said)
            workbench.remove(self.to)


class Output(EnemyCase):
    def test_a_file_that_the_sender_could_not_read_to_its_end_is_no_whole_one(self):
        stream = lps.Stream()
        stream.block([HELLO])
        stream.entries([hello_file(b"f", flags=lps.FIRST)])
        stream.entries([bytes([lps.LAST | lps.ABANDONED]) + lps.text(b"")])
        stream.end_group()
        done = self.run_program("unpress", "--stdout", stdin=stream.end(len(HELLO)),
                                code=workbench.DAMAGE)
        self.assertIn("cut short", done.err)
        self.assertEqual(done.out, HELLO)


class Keys(EnemyCase):
    def test_a_stream_without_a_key_is_not_taken_for_one_with_it(self):
        key = self.path("hash.key")
        workbench.write(key, bytes(range(32)))
        done = self.run_program("unpress", "--to", self.to, "--hash-key", key,
                                stdin=stream_of(hello_file(b"f")), code=workbench.USAGE)
        self.assertIn("without a key", done.err)
        self.assertFalse(os.path.exists(self.to))


class Names(EnemyCase):
    def test_the_writer_of_these_streams_makes_good_ones(self):
        self.unpress(stream_of(lps.entry(b"d", lps.FOLDER, mode=0o755), hello_file(b"d/f"),
                               lps.entry(b"d/h", lps.HARD_LINK, target=b"d/f"),
                               lps.entry(b"d/s", lps.SYMLINK, target=b"f"),
                               lps.move(b"d/f", b"d/g")),
                     workbench.DONE)
        self.assertEqual(self.made(), {b"d": "folder", b"d/g": "file", b"d/h": "file",
                                       b"d/s": "symlink"})
        self.assertEqual(workbench.read(self.to + b"/d/g"), HELLO)

    def test_paths_that_lead_out_end_the_stream(self):
        for path in BAD_PATHS:
            for record in (hello_file(path), lps.entry(path, lps.FOLDER),
                           lps.entry(path, lps.SYMLINK, target=b"a"),
                           lps.entry(path, lps.HARD_LINK, target=b"good"),
                           lps.entry(b"link", lps.HARD_LINK, target=path),
                           lps.move(path, b"b"), lps.move(b"good", path)):
                with self.subTest(path=path[:40], record=record[:40]):
                    said = self.unpress(stream_of(hello_file(b"good"), record), workbench.DAMAGE)
                    self.assertRegex(said, "path|target")
                    self.assertEqual(self.made(), {b"good": "file"})
                workbench.remove(self.to)

    def test_symbolic_links_lead_nowhere(self):
        for target in (b"../../outside", self.path("outside"), b"/", b"loop"):
            with self.subTest(target=target):
                said = self.unpress(stream_of(
                    hello_file(b"good"), lps.entry(b"loop", lps.SYMLINK, target=target),
                    hello_file(b"loop/file"), lps.entry(b"loop/d", lps.FOLDER, mode=0o755),
                    hello_file(b"loop/d/f"), lps.entry(b"loop/s", lps.SYMLINK, target=b"x"),
                    lps.entry(b"loop/h", lps.HARD_LINK, target=b"good"),
                    lps.entry(b"stolen", lps.HARD_LINK, target=b"loop/secret"),
                    lps.move(b"good", b"loop/moved"), lps.move(b"loop/secret", b"taken")),
                    workbench.FAILED)
                self.assertEqual(self.made(), {b"good": "file", b"loop": "symlink"})
                for name in ("loop/file", "loop/d", "loop/d/f", "loop/s", "loop/h", "stolen",
                             "loop/moved", "taken"):
                    self.assertIn(name, said)
            workbench.remove(self.to)

    def test_a_link_behind_a_link(self):
        said = self.unpress(stream_of(
            lps.entry(b"a", lps.SYMLINK, target=b"b"),
            lps.entry(b"b", lps.SYMLINK, target=b"../../outside"),
            hello_file(b"a/x"), hello_file(b"b/y")), workbench.FAILED)
        self.assertEqual(self.made(), {b"a": "symlink", b"b": "symlink"})
        self.assertIn("a/x", said)
        self.assertIn("b/y", said)

    def test_a_link_that_comes_last_replaces_nothing(self):
        said = self.unpress(stream_of(hello_file(b"d/f"),
                                      lps.entry(b"d", lps.SYMLINK, target=b"../../outside"),
                                      hello_file(b"d/g")), workbench.FAILED)
        self.assertEqual(self.made(), {b"d": "folder", b"d/f": "file", b"d/g": "file"})
        self.assertIn("in/to/d", said)

    def test_the_second_of_one_name_is_reported(self):
        records = {"file": hello_file,
                   "folder": lambda path: lps.entry(path, lps.FOLDER, mode=0o755),
                   "symlink": lambda path: lps.entry(path, lps.SYMLINK, target=b"../../outside"),
                   "hard link": lambda path: lps.entry(path, lps.HARD_LINK, target=b"good")}
        for first, make_first in records.items():
            for second, make_second in records.items():
                if first == second == "folder":
                    continue  # what is made twice is the same
                with self.subTest(first=first, second=second):
                    said = self.unpress(stream_of(hello_file(b"good"), make_first(b"twice"),
                                                  make_second(b"twice")), workbench.FAILED)
                    self.assertIn("twice", said)
                    self.assertEqual(workbench.read(self.to + b"/good"), HELLO)
                workbench.remove(self.to)

    def test_there_are_no_devices(self):
        for kind in range(4, 256):
            device = lps.entry(b"device", kind, target=b"x")
            said = self.unpress(stream_of(hello_file(b"good"), device), workbench.DAMAGE)
            self.assertIn("'device'", said)
            self.assertEqual(self.made(), {b"good": "file"}, said)
            workbench.remove(self.to)

    def test_modes_have_permission_bits_only(self):
        for mode in (0o10000, 0o20666, 0o60666, 1 << 40):
            said = self.unpress(stream_of(hello_file(b"good"), hello_file(b"bad", mode=mode)),
                                workbench.DAMAGE)
            self.assertIn("'bad'", said)
            self.assertEqual(self.made(), {b"good": "file"})
            workbench.remove(self.to)

    def test_names_of_this_system_are_only_names(self):
        names = (b"-rf", b"a\nb", b"\xff\xfe", b"...", b"a b", b"~", b"$(x)", b"a\\..\\b",
                 b"\x1b[2J")
        self.unpress(stream_of(*map(hello_file, names)), workbench.DONE)
        self.assertEqual(set(self.made()), set(names))

    def test_a_folder_that_becomes_a_link_meanwhile(self):
        stream = lps.Stream()
        stream.block([HELLO])
        stream.entries([hello_file(b"f/g/one")])
        stream.end_group()
        first = stream.data
        stream.entries([hello_file(b"f/g/two"), hello_file(b"f/h/three")])
        stream.end_group()
        whole = stream.end(3 * len(HELLO))
        before = self.outside()
        with subprocess.Popen([workbench.LETTERPRESS, "unpress", "--to", self.to],
                              stdin=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            program.stdin.write(first)
            program.stdin.flush()
            while not os.path.exists(self.to + b"/f/g/one"):
                self.assertIsNone(program.poll())
                time.sleep(0.01)
            os.rename(self.to + b"/f/g", self.to + b"/f/aside")
            os.symlink(b"../../../outside", self.to + b"/f/g")
            os.symlink(b"../../../outside", self.to + b"/f/h")
            _, said = program.communicate(whole[len(first):], timeout=60)
        self.assertEqual(self.outside(), before)
        self.assertIn(b"f/h", said)
        self.assertFalse(os.path.exists(self.path("outside", "two")))


class Claims(EnemyCase):
    """A stream that says it holds more than it does."""

    def peak_of(self, stream, code):
        """Peak memory in bytes, and what was said."""
        if os.path.lexists(self.to):
            workbench.remove(self.to)
        workbench.write(self.path("stream"), stream)
        cost = workbench.measure(workbench.LETTERPRESS, "unpress", "--to", self.to,
                                 stdin=self.path("stream"), preexec_fn=limit_memory)
        self.assertEqual(cost.code, code, cost)
        return cost.peak_bytes, cost.err

    def refused(self, stream):
        plain, _ = self.peak_of(stream_of(hello_file(b"good")), workbench.DONE)
        peak, said = self.peak_of(stream, workbench.DAMAGE)
        if not workbench.SANITIZED:
            self.assertLessEqual(peak, plain + SURPLUS_BYTES_MAX, said)
        return said

    def test_frames_of_4_gib(self):
        for letter in (b"B", b"E", b"G", b"Z"):
            stream = lps.Stream()
            stream.block([HELLO])
            stream.frame(letter, bytes(100), length=0xFFFFFFFF)
            self.refused(stream.data)

    def test_blocks_that_claim(self):
        for lie in ({"count": 1 << 32}, {"count": 1 << 60}, {"count": 65537}, {"count": 0},
                    {"lengths": [1 << 60]}, {"lengths": [65537]}, {"lengths": [0]},
                    {"lengths": [(1 << 64) - 1]}, {"number": 1 << 60}, {"number": (1 << 48) - 1},
                    {"number": 7}, {"codec": 2}, {"kind": 5}):
            with self.subTest(lie=lie):
                stream = lps.Stream()
                stream.block([HELLO], **lie)
                stream.end_group()
                self.refused(stream.end())

    def test_a_block_of_65536_chunks_of_64_kib(self):
        stream = lps.Stream()
        stream.block([HELLO], count=65536, lengths=[65536] * 65536, ids=[bytes(32)] * 65536)
        stream.end_group()
        self.refused(stream.end())

    def test_blocks_that_inflate(self):
        bomb = lps.compressed(bytes(256 << 20))
        self.assertGreater((256 << 20) / len(bomb), 10_000)
        for codec, payload in ((lps.ZSTD, bomb), (lps.ZSTD, frames_of(1 << 60)),
                               (lps.ZSTD, bomb[:-3])):
            stream = lps.Stream()
            stream.block([HELLO], codec=codec, payload=payload)
            stream.entries([hello_file(b"f")])
            stream.end_group()
            said = self.refused(stream.end(len(HELLO)))
            self.assertIn("f: block 0", said)  # a name of one letter is said too

    def test_records_that_inflate(self):
        for length, payload in ((1 << 60, lps.compressed(bytes(1 << 20))),
                                (100, lps.compressed(bytes(256 << 20))),
                                (8 << 20, lps.compressed(bytes(256 << 20))),
                                ((8 << 20) + 1, lps.compressed(bytes((8 << 20) + 1))),
                                (8 << 20, frames_of(1 << 60)), (0, b"")):
            stream = lps.Stream()
            stream.entries([], codec=lps.ZSTD, length=length, payload=payload)
            stream.end_group()
            self.refused(stream.end())

    def test_recipes_that_claim(self):
        good = lps.place(0)
        several = bytes([lps.SEVERAL | lps.REST | 4])
        digest = bytes(16)
        for recipe in (lps.stretch(HELLO, good, length=1 << 60), lps.stretch(HELLO, good, length=0),
                       lps.stretch(HELLO, good, length=(8 << 20) + 1),
                       lps.stretch(HELLO, good, length=8 << 20),
                       lps.stretch(HELLO, good, raw=1 << 60), lps.stretch(HELLO, good, raw=0),
                       lps.stretch(HELLO, lps.place(1 << 60)), lps.stretch(HELLO, lps.place(-1)),
                       lps.stretch(HELLO, lps.place(0, 1 << 60)),
                       lps.stretch(HELLO, lps.place(0, 0, 1 << 60)),
                       lps.stretch(HELLO, lps.place(0, 0, len(HELLO))),
                       lps.varint(6) + digest + several + lps.varint(1 << 60),
                       lps.varint(6) + digest + several + lps.varint(2) + lps.varint((1 << 60) + 1)
                       + good,
                       base64_recipe(1 << 60, b"\x21"),
                       base64_recipe(3, b"\x20\xff\xff\xff\x7f\x00"),
                       base64_recipe(3, b"\x00\x01\x00" + lps.varint((1 << 60) * 4 + 3))):
            with self.subTest(recipe=recipe):
                stream = lps.Stream()
                stream.block([HELLO])
                stream.entries([lps.entry(b"bad", recipe=recipe), hello_file(b"good")])
                stream.end_group()
                said = self.refused(stream.end(2 * len(HELLO)))
                self.assertIn("bad", said)
                self.assertNotIn(b"bad", self.made())

    def test_texts_that_claim(self):
        for record in (bytes([lps.FIRST | lps.LAST]) + lps.varint(1 << 60) + b"name",
                       bytes([lps.MOVED]) + lps.varint((1 << 64) - 1) + b"name",
                       lps.entry(b"f")[:-1] + lps.varint(1 << 60)):
            stream = lps.Stream()
            stream.entries([record])
            stream.end_group()
            self.refused(stream.end())

    def test_names_of_the_largest_size(self):
        """8 MiB of records: half a million links with one letter each, and 511 of 16 KiB."""
        for count, target in ((511, b"x" * 16384), (400_000, b"x")):
            stream = lps.Stream()
            records = b"".join(lps.entry(b"l%d" % (i % 100), lps.SYMLINK, target=target)
                               for i in range(count))[:8 << 20]
            stream.entries([records[:1]], codec=lps.ZSTD, length=len(records),
                           payload=lps.compressed(records))
            stream.end_group()
            self.refused(stream.data)


def frames_of(content_bytes):
    """A zstd frame that says it has so many bytes, and has one block of a run."""
    return (bytes.fromhex("28b52ffde0") + content_bytes.to_bytes(8, "little")
            + bytes.fromhex("030010") + b"a")


def base64_recipe(stored, layout):
    return (lps.varint(8) + bytes(16) + bytes([lps.JUMP | lps.REST | lps.BASE64 | 4])
            + lps.varint(stored) + lps.text(layout) + lps.place(0))


class OneIdTwoContents(EnemyCase):
    """Somebody who found two contents of one id, or wrote a wrong chunk on purpose: a stream whose
    writer took the second for known. The digest of what is restored tells."""

    def test_is_found_and_named(self):
        theirs, mine = b"the invoice says 100\n", b"the invoice says 900\n"
        one_id = lps.blake3.hash(theirs)
        stream = lps.Stream()
        stream.block([theirs, mine], ids=[one_id, one_id])
        stream.entries([
            lps.entry(b"theirs", recipe=lps.stretch(theirs, lps.place(0, 0))),
            lps.entry(b"mine-by-id", recipe=lps.stretch(mine, lps.place(0, 0))),
            lps.entry(b"mine", recipe=lps.stretch(mine, lps.place(0, 1)))])
        stream.end_group()
        said = self.unpress(stream.end(3 * len(mine)), workbench.DAMAGE)
        self.assertIn("mine-by-id", said)
        self.assertEqual(self.made(), {b"theirs": "file", b"mine": "file"})
        self.assertEqual(workbench.read(self.to + b"/theirs"), theirs)
        self.assertEqual(workbench.read(self.to + b"/mine"), mine)


if __name__ == "__main__":
    workbench.main(__doc__, (("sanitized", False),))
