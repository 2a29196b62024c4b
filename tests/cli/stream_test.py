#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams that leave out what the receiver has, that are cut anywhere, and that are taken up again
after a kill:

    stream_test.py LETTERPRESS MAILGEN [--kills N] [--stride N] [--seed N] [unittest arguments]

--kills: how many times unpress is killed, 20 unless it is given. --stride: only each Nth byte of
the stream that is cut at every byte.
"""
import io
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time

import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, join, read, tree, write

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden", "streams")
sys.path.insert(0, os.path.join(HERE, "..", "oracle"))

import stream_blocks  # noqa: E402  (found by the line above)
import stream_frames  # noqa: E402
import stream_reader  # noqa: E402


def frames_of(stream):
    """Pairs of a frame's letter and body."""
    frames = stream_frames.Frames(io.BytesIO(stream))
    while frames.last_type != "Z":
        yield frames.next()


def carried(stream):
    """The ids of the chunks that a stream carries, in its order."""
    return [chunk_id.hex() for letter, body in frames_of(stream) if letter == "B"
            for chunk_id in stream_blocks.Block(body).ids]


def borrowed(stream):
    return [chunk_id.hex() for letter, body in frames_of(stream) if letter == "K"
            for chunk_id in stream_blocks.BorrowedBlock(body, None).ids]


def lines_of(text):
    return text.decode("ascii").splitlines()


class Streams(workbench.Case):
    def press(self, source, *arguments, **options):
        return self.run_program("press", source, *arguments, **options).out

    def ids(self, source, *arguments):
        first, *ids = lines_of(self.press(source, "--list-ids", *arguments))
        self.assertEqual(first, "letterpress-ids 1 blake3")
        return ids

    def list_file(self, name, ids, first="letterpress-ids 1 blake3"):
        write(self.path(name), "".join(line + "\n" for line in [first, *ids]).encode())
        return self.path(name)

    def stream_file(self, name, stream):
        write(self.path(name), stream)
        return self.path(name)

    def unpress(self, stream, to, *arguments, code=DONE):
        return self.run_program("unpress", "--to", self.path(to), "--json", *arguments,
                                stdin=stream, code=code).json()


class Known(Streams):
    def setUp(self):
        super().setUp()
        self.store = self.mailgen("store", 31, "2M")
        self.first = self.press(self.store)
        self.before = tree(self.store)
        self.offered = self.ids(self.store)
        self.earlier = self.stream_file("first.lps", self.first)
        self.evolve(self.store, 2)

    def test_ids_are_those_of_the_stream(self):
        self.assertGreater(len(self.offered), 50)
        self.assertEqual(self.offered, carried(self.first))
        self.assertEqual(len(set(self.offered)), len(self.offered))

    def test_what_is_known_is_left_out_and_comes_back(self):
        known = self.list_file("known", self.offered)
        whole = self.press(self.store)
        done = self.run_program("press", self.store, "--known", known, "--json")
        rest = done.out
        report = json.loads(done.err)
        self.assertLess(len(rest), len(whole) / 2)
        self.assertEqual(set(carried(rest)) & set(self.offered), set())
        self.assertEqual(set(carried(rest)) | set(borrowed(rest)), set(carried(whole)))
        self.assertEqual(report["borrowed_chunks"], len(borrowed(rest)))
        self.assertEqual(carried(rest), self.ids(self.store, "--known", known))
        self.assertEqual(len(borrowed(rest)), len(set(borrowed(rest))))
        self.assert_back(rest, "--with", self.earlier)

    def assert_back(self, rest, *arguments):
        """From a pipe, from a file, and by the independent reader."""
        expected = tree(self.store)
        name = os.path.basename(self.store)
        self.unpress(rest, "pipe", *arguments)
        self.assert_same(tree(join(self.path("pipe"), name)), expected)
        with open(self.stream_file("rest.lps", rest), "rb") as file:
            self.unpress(file, "file", *arguments)
        self.assert_same(tree(join(self.path("file"), name)), expected)
        reader = workbench.run(sys.executable, "-B", os.path.join(HERE, "..", "oracle",
                                                                  "stream_reader.py"),
                               "--no-digests", "--to", self.path("reader"), *arguments, stdin=rest)
        self.assertEqual(reader.code, 0, reader)
        self.assert_same(tree(join(self.path("reader"), name)), expected)

    def test_a_third_day_needs_both_earlier_streams(self):
        first = self.list_file("known1", self.offered)
        second = self.press(self.store, "--known", first)
        known = self.list_file("known2", self.offered + carried(second))
        self.evolve(self.store, 3)
        third = self.press(self.store, "--known", known)
        second_file = self.stream_file("second.lps", second)
        self.assertTrue(set(carried(second)) & set(borrowed(third)), "nothing is tested")
        self.assert_back(third, "--with", second_file, "--with", self.earlier)
        report = self.unpress(third, "half", "--with", self.earlier, code=DAMAGE)
        self.assertEqual(report["missing_chunks"], len(set(borrowed(third)) - set(self.offered)))

    def test_the_same_known_chunks_give_the_same_stream(self):
        known = self.list_file("known", self.offered)
        stream = self.press(self.store, "--known", known, "--threads", "1")
        for threads in ("2", "16"):
            again = self.press(self.store, "--known", known, "--threads", threads)
            self.assertEqual(again, stream)
        shuffled = random.Random(1).sample(self.offered, len(self.offered))
        other = self.list_file("other", shuffled + shuffled[:10] + ["ab" * 32])
        self.assertEqual(self.press(self.store, "--known", other), stream)

    def test_a_list_of_no_ids_is_as_no_list(self):
        self.assertEqual(self.press(self.store, "--known", self.list_file("none", [])),
                         self.press(self.store))

    def test_without_the_earlier_stream_it_says_what_is_missing(self):
        write(join(self.store, "new"), b"needs nothing of the earlier stream\n" * 3)
        rest = self.press(self.store, "--known", self.list_file("known", self.offered))
        missing = borrowed(rest)
        done = self.run_program("unpress", "--to", self.path("back"), "--json", stdin=rest,
                                code=DAMAGE)
        report = done.json()
        self.assertEqual(report["missing_chunks"], len(missing))
        self.assertEqual(report["missing_chunk"], missing[0])
        self.assertEqual(report["error"]["name"], "missing-chunk")
        self.assertEqual(report["error"]["offset"], rest.index(b"K\0\0\0"))
        for said in (missing[0], "--with", str(len(missing))):
            self.assertIn(said, done.err)
        self.assert_only_right(self.path("back"))
        self.assertTrue(os.path.exists(join(self.path("back"), "store", "new")))
        # And then with it, in the same folder.
        report = self.unpress(rest, "back", "--resume", "--with", self.earlier)
        self.assertGreater(report["there"], 0)
        self.assert_same(join(self.path("back"), "store"), self.store)

    def assert_only_right(self, folder):
        for path, entry in tree(join(folder, "store")).items():
            if entry[0] == "file":
                self.assertEqual(read(join(folder, "store", path)), read(join(self.store, path)))

    def test_damage_of_the_earlier_stream_is_told(self):
        rest = self.press(self.store, "--known", self.list_file("known", self.offered))
        cut = self.stream_file("cut.lps", self.first[:len(self.first) // 2])
        done = self.run_program("unpress", "--to", self.path("back"), "--json", "--with", cut,
                                stdin=rest, code=DAMAGE)
        self.assertIn("cut-short", done.err)
        have = carried_before_cut(read(cut))
        self.assertEqual(done.json()["missing_chunks"], len(set(borrowed(rest)) - have))
        self.assert_only_right(self.path("back"))

    def test_lists_that_are_none(self):
        for content, says in (
                (b"", "empty"), (b"\n", "no list"), (b"letterpress-ids 2 blake3\n", "version 1"),
                (b"letterpress-ids 1 blake3\n" + b"A" * 64 + b"\n", "line 2"),
                (b"letterpress-ids 1 blake3\n" + b"a" * 63 + b"\n", "line 2"),
                (b"letterpress-ids 1 blake3\n" + b"a" * 64, "cut short"),
                (b"letterpress-ids 1 blake3\n" + b"a" * 64 + b"\n" + b"b" * 5000, "line 3"),
                (b"letterpress-ids 1 blake3-keyed 0011223344556677\n", "keyed")):
            known = self.stream_file("bad", content)
            done = self.run_program("press", self.store, "--known", known, code=USAGE)
            self.assertEqual(done.out, b"")
            self.assertIn(says, done.err)

    def test_keys(self):
        key, other = self.stream_file("key", bytes(range(32))), self.stream_file("other", b"x" * 32)
        short = self.stream_file("short", b"x" * 31)
        keyed = ("--hash-key", key)
        offered = lines_of(self.press(self.store, "--list-ids", *keyed))
        self.assertRegex(offered[0], "^letterpress-ids 1 blake3-keyed [0-9a-f]{16}$")
        stream = self.press(self.store, *keyed)
        self.assertEqual(offered[1:], carried(stream))
        self.assertEqual(set(offered) & set(self.ids(self.store)), set())
        known = self.list_file("keyed", offered[1:], offered[0])
        rest = self.press(self.store, "--known", known, *keyed)
        self.assertEqual(carried(rest), [])
        earlier = self.stream_file("keyed.lps", stream)
        self.unpress(rest, "back", "--with", earlier, *keyed)
        self.assert_same(join(self.path("back"), "store"), self.store)
        for arguments in (("--known", known), ("--known", known, "--hash-key", other),
                          ("--hash-key", short)):
            self.run_program("press", self.store, *arguments, code=USAGE)
        for arguments in ((), ("--hash-key", other), ("--hash-key", short),
                          (*keyed, "--with", self.earlier)):
            done = self.run_program("unpress", "--to", self.path("no"), *arguments, stdin=stream,
                                    code=USAGE)
            self.assertIn("key", done.err)
        self.assertFalse(os.path.exists(self.path("no")))


def carried_before_cut(stream):
    frames = stream_frames.Frames(io.BytesIO(stream))
    ids = set()
    try:
        while True:
            letter, body = frames.next()
            if letter == "B":
                ids |= {chunk_id.hex() for chunk_id in stream_blocks.Block(body).ids}
    except stream_frames.Damaged:
        return ids


class Count(stream_reader.Nothing):
    """A sink that remembers what was complete."""

    def __init__(self):
        self.made = {}

    def begin(self, entry):
        self.entry, self.content = entry, b""

    def write(self, data):
        self.content += data

    def end(self):
        self.made[self.entry.path] = (self.entry.type, self.content)

    def move(self, old, new):
        self.made[new] = self.made.pop(old)


class CutAnywhere(Streams):
    """What the program says of a stream that ends early is what an independent reader counts."""

    def count(self, stream):
        sink = Count()
        reading = stream_reader.Reading(io.BytesIO(stream), sink)
        name = offset = None
        try:
            reading.run()
        except stream_frames.Damaged as damage:
            name, offset = damage.name, damage.offset
        reading.spool.close()
        return {**reading.whole(), "name": name, "offset": offset}, sink.made

    def check(self, stream, length, from_pipe):
        counted, made = self.count(stream[:length])
        to = self.path("back")
        code = DONE if length == len(stream) else DAMAGE if counted["stream_bytes"] else FAILED
        arguments = ("unpress", "--to", to, "--json")
        if from_pipe:
            done = self.run_program(*arguments, stdin=stream[:length], code=code)
        else:
            with open(self.stream_file("cut", stream[:length]), "rb") as file:
                done = self.run_program(*arguments, stdin=file, code=code)
        report = done.json()
        error = report["error"] or {"name": None, "offset": None}
        said = {key: report[key] for key in counted if key in report}
        self.assertEqual({**said, "name": error["name"], "offset": error["offset"]}, counted)
        if counted["name"] and counted["stream_bytes"]:
            for said in (f"ends at byte {length}.", f"{counted['entries']} entries",
                         f"{counted['stream_bytes']} bytes", f"{counted['groups']} groups"):
                self.assertIn(said, done.err)
        self.check_files(to, made)

    def check_files(self, to, made):
        files = {path: content for path, (kind, content) in made.items() if kind == 0}
        there = tree(to) if os.path.exists(to) else {}
        names = {path for path, entry in there.items() if entry[0] == "file"}
        links = {path for path, (kind, _) in made.items() if kind == 3}
        self.assertEqual(names - links, set(files))
        for path, content in files.items():
            self.assertEqual(read(join(to, path)), content)
        if there:
            workbench.remove(to)

    def check_all(self, name):
        stream = read(os.path.join(GOLDEN, name))
        for length in range(0, len(stream) + 1, workbench.STRIDE):
            with self.subTest(stream=name, length=length):
                self.check(stream, length, length % 2 == 0)

    def test_parts_of_a_file_in_several_groups(self):
        self.check_all("parts.lps")

    def test_groups(self):
        self.check_all("groups.lps")

    def test_entries_of_each_type(self):
        self.check_all("entry-types.lps")

    def listed(self, name):
        """A tree, without the times of folders that have no entry."""
        there = tree(self.path(name))
        for path in (b"", b"not", b"not/listed"):
            there[path] = there.get(path, ())[:-1]
        return there

    def test_a_longer_piece_goes_on_where_a_shorter_one_ended(self):
        for name in ("parts.lps", "groups.lps", "entry-types.lps"):
            stream = read(os.path.join(GOLDEN, name))
            self.unpress(stream, "whole")
            for length in range(0, len(stream), 7 * workbench.STRIDE):
                self.run_program("unpress", "--to", self.path("back"), stdin=stream[:length],
                                 code=(DAMAGE, FAILED))
                self.unpress(stream, "back", "--resume")
                self.assert_same(self.listed("back"), self.listed("whole"))
                workbench.remove(self.path("back"))
            workbench.remove(self.path("whole"))


class Resumed(Streams):
    on_disk = True

    def setUp(self):
        super().setUp()
        self.random = random.Random(workbench.SEED)

    def make_store(self):
        """Many mails, a large file in several parts, links, and what has odd modes."""
        store = self.mailgen("store", workbench.SEED, "8M")
        write(join(store, "large"), self.random.randbytes(20_000_000))
        write(join(store, "read-only"), b"x" * 1000)
        os.chmod(join(store, "read-only"), 0o400)
        os.link(join(store, "large"), join(store, "large again"))
        os.symlink(b"large", join(store, "link"))
        return store

    def start(self, path, to, from_pipe):
        arguments = [workbench.LETTERPRESS, "unpress", "--to", to, "--resume", "--json"]
        feeder = subprocess.Popen(["cat", path], stdout=subprocess.PIPE) if from_pipe else None
        with open(path, "rb") as file:
            program = subprocess.Popen(arguments, stdin=feeder.stdout if feeder else file,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if feeder:
            feeder.stdout.close()
        return program, feeder

    def run_for(self, path, to, from_pipe, seconds):
        """The report, if it ended before."""
        program, feeder = self.start(path, to, from_pipe)
        try:
            program.wait(seconds)
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGKILL)
        out, err = program.communicate()
        if feeder:
            feeder.wait()
        self.assertIn(program.returncode, (DONE, -signal.SIGKILL), err)
        return json.loads(out) if program.returncode == DONE else None

    def test_a_file_that_is_called_as_one_that_waits_for_its_name(self):
        box = join(self.path("store"), "box")
        write(join(box, "cur", "1"), b"From: a@example.org\n\nhello\n")
        write(join(box, ".letterpress-1.restoring"), b"of an old restore\n")
        write(join(box, "dovecot-uidlist"), b"3 V1 N2\n")
        stream = self.press(self.path("store"))
        for _ in range(2):
            self.unpress(stream, "back", "--resume")
            self.assert_same(join(self.path("back"), "store"), tree(self.path("store")))

    def inodes(self, to):
        """Of files that look finished: path -> what changes if they are written again. Those that
        get their names at the end (dovecot-uidlist) are not; a link gets its time when it is there
        already."""
        found = {}
        for top, _, names in os.walk(to):
            for name in names:
                status = os.lstat(join(top, name))
                if status.st_mode & 0o7777 != 0o200 and not name.startswith(b".letterpress-"):
                    is_link = stat.S_ISLNK(status.st_mode)
                    found[join(top, name)] = (status.st_ino, is_link or status.st_mtime_ns)
        return found

    def check_kills(self, from_pipe):
        store = self.make_store()
        expected = tree(store)
        path = self.stream_file("stream", self.press(store))
        began = time.monotonic()
        self.run_for(path, self.path("timed"), from_pipe, 600)
        seconds = time.monotonic() - began
        self.assert_same(join(self.path("timed"), "store"), expected)
        killed = resumed = rounds = 0
        while killed < workbench.KILLS:
            rounds += 1
            to = self.path(f"back{rounds}")
            report = None
            while report is None:
                before = self.inodes(to)
                limit = self.random.uniform(0, 1.1 * seconds)
                report = self.run_for(path, to, from_pipe, limit)
                now = self.inodes(to)
                again = [name for name in before if now.get(name) != before[name]]
                self.assertEqual(again, [], "written again")
                killed += report is None
                resumed += report is not None and report["there"] > 0
            self.assert_same(join(to, "store"), expected)
            self.assertEqual(os.listdir(to), [b"store"])
            workbench.remove(to)
        print(f"{killed} killed in {rounds} rounds, {resumed} took up what was there")
        self.assertGreater(resumed, 0, "no kill came in the middle: nothing is tested")

    def test_killed_from_a_file(self):
        self.check_kills(False)

    def test_killed_from_a_pipe(self):
        self.check_kills(True)

    def test_moves_and_links_that_were_done_before(self):
        stream = read(os.path.join(GOLDEN, "entry-types.lps"))
        self.unpress(stream, "back")
        once = tree(self.path("back"))
        for _ in range(2):
            report = self.unpress(stream, "back", "--resume")
            self.assertEqual(report["unmade"], 0)
            self.assert_same(tree(self.path("back")), once)

    def test_what_is_anothers_is_never_overwritten(self):
        stream = read(os.path.join(GOLDEN, "groups.lps"))
        write(join(self.path("back"), "a"), b"mine")
        write(join(self.path("back"), "e"), b"no folder")
        write(join(self.path("back"), "other"), b"stays")
        report = self.unpress(stream, "back", "--resume", code=FAILED)
        self.assertEqual(report["unmade"], 2)
        for name, content in (("a", b"mine"), ("e", b"no folder"), ("other", b"stays"),
                              ("b", b"two"), ("d", b"two")):
            self.assertEqual(read(join(self.path("back"), name)), content)

    def test_a_large_file_of_another_size_is_not_overwritten(self):
        stream = read(os.path.join(GOLDEN, "parts.lps"))
        self.unpress(stream, "whole")
        time_ns = os.lstat(join(self.path("whole"), "long")).st_mtime_ns
        write(join(self.path("back"), "long"), b"mine, at the same time", time_ns)
        report = self.unpress(stream, "back", "--resume", code=FAILED)
        self.assertEqual((report["unmade"], report["entries"]), (1, 1))
        self.assertEqual(read(join(self.path("back"), "long")), b"mine, at the same time")

    def test_a_move_over_what_is_anothers(self):
        stream = read(os.path.join(GOLDEN, "entry-types.lps"))
        write(join(self.path("back"), "box", "2"), b"mine")
        self.unpress(stream, "back", "--resume", code=FAILED)
        self.assertEqual(read(join(self.path("back"), "box", "2")), b"mine")
        self.assertEqual(read(join(self.path("back"), "box", "1")), b"Subject: hello\n\nHi\n")

    def test_only_with_a_folder(self):
        for option in ("--resume", "--into"):
            self.run_program("unpress", "--stdout", option, code=USAGE)


if __name__ == "__main__":
    workbench.main(__doc__, [("kills", 20), ("stride", 1), ("seed", 1)])
