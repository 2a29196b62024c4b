# SPDX-License-Identifier: Apache-2.0
"""tools/bench_peers.sh on a small store: its rows are whole, and its Markdown has their figures.

    bench_peers_test.py FOLDER-OF-PROGRAMS TOOLS-FOLDER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77  # what ctest takes for "was not run"
INPUT = "mailgen-maildir-2M"
OPERATIONS = ("first", "again", "incremental", "restore")
EXPECTED = {("letterpress", operation) for operation in OPERATIONS}
EXPECTED |= {("zstd", "first"), ("zstd", "restore")}


class BenchPeers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="letterpress-test-")
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.out = os.path.join(cls.work, "out")
        cls.bench = subprocess.run(
            [sys.executable, "-B", os.path.join(TOOLS, "bench_peers.py"), "--programs", PROGRAMS,
             "--tools", "letterpress,zstd", "--mailgen", "2M", "--rounds", "1", "--out", cls.out,
             "--work", os.path.join(cls.work, "work")],
            capture_output=True, text=True, timeout=300, check=False)
        if cls.bench.returncode == 0:
            with open(os.path.join(cls.out, "results.json"), encoding="utf-8") as file:
                cls.results = json.load(file)

    def setUp(self):
        self.assertEqual(self.bench.returncode, 0, self.bench.stderr)

    def test_rows(self):
        for name in ("start-up", INPUT):
            rows = [row for row in self.results["rounds"] if row["input"] == name]
            self.assertEqual({(row["tool"], row["operation"]) for row in rows}, EXPECTED)
            self.assertEqual(len(rows), len(EXPECTED))
        for row in self.results["rounds"]:
            self.assertGreater(row["wall_s"], 0)
            self.assertGreater(row["peak_kib"], 1024)
        self.assertEqual(len(self.results["verified"]), 4)

    def test_stored_bytes_are_those_of_a_compressed_store(self):
        source = self.results["inputs"][INPUT]["bytes"]
        for row in self.results["rounds"]:
            if row["input"] == INPUT and row["operation"] == "first":
                self.assertTrue(source / 20 < row["stored_bytes"] < source, row)

    def test_markdown_has_the_same_figures(self):
        with open(os.path.join(self.out, "results.md"), encoding="utf-8") as file:
            lines = file.read().split(f"## {INPUT}\n")[1].splitlines()
        shown = [[cell.strip() for cell in line.strip("|").split("|")]
                 for line in lines if line.startswith("| ") and "MB per CPU s" not in line]
        raw = {(row["operation"], row["tool"]): row for row in self.results["rounds"]
               if row["input"] == INPUT}
        self.assertEqual(len(shown), len(EXPECTED))
        for operation, tool, _, cpu, wall, _, stored, *_ in shown:
            row = raw[operation, tool]
            self.assertEqual(cpu, f"{row['cpu_s']:.2f}")
            self.assertEqual(wall, f"{row['wall_s']:.2f}")
            self.assertEqual(stored, f"{row['stored_bytes']:,}" if "stored_bytes" in row else "-")

    def test_plots_and_nothing_left(self):
        self.assertEqual(sorted(os.listdir(self.out)),
                         ["results.json", "results.md", "speed.svg", "stored.svg"])
        self.assertEqual(os.listdir(os.path.join(self.work, "work")), [])


if __name__ == "__main__":
    try:
        import matplotlib  # what the plots need
    except ImportError:
        print("skipped: python3-matplotlib is missing (tools/setup.sh --peers)")
        sys.exit(SKIPPED)
    if not shutil.which("zstd"):
        print("skipped: zstd is missing")
        sys.exit(SKIPPED)
    PROGRAMS, TOOLS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
