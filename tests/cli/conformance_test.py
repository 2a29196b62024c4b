#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program and the independent reader over the conformance files of streams: both say what the
table in tests/golden/streams/README.md says.

    conformance_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import collections
import io
import json
import os
import re
import stat
import sys

import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, join, read

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "..", "golden", "streams")
sys.path.insert(0, os.path.join(HERE, "..", "oracle"))

import stream_reader  # noqa: E402  (found by the line above)
from stream_files import Restorer  # noqa: E402
from stream_frames import Damaged  # noqa: E402

# What unpress ends with if the header was not for it; else with DAMAGE.
CODES = {"not-a-stream": FAILED, "bad-header": FAILED, "unknown-version": FAILED,
         "unknown-feature": FAILED, "key-needed": USAGE, "wrong-key": USAGE}
NEWER = ("unknown-version", "unknown-feature", "unknown-frame")

Row = collections.namedtuple("Row", "name error offset key earlier")


def path_of(name):
    return os.path.join(FILES, name)


def table():
    rows = []
    with open(path_of("README.md"), encoding="ascii") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not cells[0].endswith(".lps"):
                continue
            name, _, error, offset, options = cells
            options = re.findall(r"`--(\w+) ?([^`]*)`", options)
            keys = [path_of(value or "key") for option, value in options if option == "key"]
            earlier = [path_of(value) for option, value in options if option == "with"]
            rows.append(Row(name, error or None, int(offset) if offset else None,
                            keys[0] if keys else None, earlier))
    return rows


def contents():
    with open(path_of("contents.json"), encoding="ascii") as file:
        return json.load(file)


def error_of(error):
    return (error["name"], error["offset"]) if error else (None, None)


class Conformance(workbench.Case):
    def setUp(self):
        super().setUp()
        self.contents = contents()
        self.rows = table()

    def test_the_table_has_every_file(self):
        names = [row.name for row in self.rows]
        self.assertEqual(sorted(names), sorted(name for name in os.listdir(FILES)
                                               if name.endswith(".lps")))
        self.assertEqual(sorted(self.contents),
                         sorted(row.name[:-len(".lps")] for row in self.rows if not row.error))
        self.assertGreater(sum(1 for row in self.rows if row.error), 100)

    def assert_holds(self, folder, name):
        """The folder has what the stream holds, and nothing else."""
        expected = {path.encode("latin-1"): entry
                    for path, entry in self.contents[name[:-len(".lps")]].items()}
        made = workbench.tree(folder) if os.path.exists(folder) else {}
        made.pop(b"", None)
        self.assertEqual(sorted(made), sorted(expected), name)
        for path, entry in expected.items():
            at = join(folder, path)
            if "file" in entry:
                self.assertEqual(read(at).decode("latin-1"), entry["file"], (name, path))
            if "symlink" in entry:
                self.assertEqual(os.readlink(at), entry["symlink"].encode("latin-1"))
            if "folder" in entry:
                self.assertTrue(stat.S_ISDIR(os.lstat(at).st_mode))
            if "hard link" in entry:
                self.assertTrue(os.path.samefile(at, join(folder, entry["hard link"])))

    def unpress(self, row, stdin):
        to = self.path("back")
        arguments = ["unpress", "--json", "--to", to]
        arguments += ["--hash-key", row.key] if row.key else []
        for earlier in row.earlier:
            arguments += ["--with", earlier]
        done = workbench.run(workbench.LETTERPRESS, *arguments, stdin=stdin)
        found = done.json()
        if found["error"] is None:
            self.assertTrue(found["complete"], done)
        return done, error_of(found["error"]), to

    def check_program(self, row, stdin):
        done, error, to = self.unpress(row, stdin)
        # Ids are checked by who stores chunks; the digest has checked what was restored.
        expected = (None, None) if row.error == "bad-id" else (row.error, row.offset)
        self.assertEqual(error, expected, (row.name, done.err))
        if row.error in NEWER:
            self.assertIn("made by a newer version: needs", done.err)
        if row.error is None:
            self.assert_holds(to, row.name)
        if row.name == "path-twice.lps":
            self.assertEqual(done.code, FAILED, done)
        elif error[0]:
            is_headless = row.offset == 0 and row.error in ("cut-short", "bad-sum")
            self.assertEqual(done.code, FAILED if is_headless else CODES.get(row.error, DAMAGE),
                             done)
            self.assertTrue(done.err)
        else:
            self.assertEqual(done.code, DONE, done)
        if os.path.exists(to):
            workbench.remove(to)

    def test_the_program_reads_files(self):
        for row in self.rows:
            with self.subTest(row.name), open(path_of(row.name), "rb") as file:
                self.check_program(row, file)

    def test_the_program_reads_pipes(self):
        for row in self.rows:
            with self.subTest(row.name):
                self.check_program(row, read(path_of(row.name)))

    def check_reader(self, row):
        if os.path.exists(self.path("back")):
            workbench.remove(self.path("back"))
        key = read(row.key) if row.key else None
        earlier = [stream_reader.read_earlier(path, key, True) for path in row.earlier]
        os.mkdir(self.path("back"))
        restorer = Restorer(self.path("back"), False)
        reading = stream_reader.Reading(io.BytesIO(read(path_of(row.name))), restorer, key,
                                        lend=stream_reader.lender(earlier))
        try:
            reading.run()
            error = (None, None)
        except Damaged as damage:
            error = (damage.name, damage.offset)
        restorer.finish()
        for spool in (reading.spool, *(blocks.spool for blocks in earlier)):
            spool.close()
        self.assertEqual(error, (row.error, row.offset), row.name)
        if row.error is None:
            self.assertEqual(len(restorer.problems), row.name == "path-twice.lps")
            self.assertTrue(reading.complete)
            self.assert_holds(self.path("back"), row.name)
        workbench.remove(self.path("back"))

    def test_the_independent_reader(self):
        for row in self.rows:
            with self.subTest(row.name):
                self.check_reader(row)


if __name__ == "__main__":
    workbench.main(__doc__)
