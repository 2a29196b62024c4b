#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures `letterpress export restic` beside `restic backup`, in rounds that take turns.

    tools/bench_restic.py LETTERPRESS FOLDER... [--rounds N] [--work DIR] [--level N]

Each folder has mail; it is read only. Every run goes into a copy of one repository that has an
empty snapshot, so that both have the same key to open, and restic's cache is empty. Prints, for
each folder, medians of CPU seconds (user and system) less those of an empty folder, and what the
repositories hold. DIR is in memory by default. Needs restic.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile


def stored(folder):
    """Bytes of the files below a folder."""
    return sum(os.path.getsize(os.path.join(top, name))
               for top, _, names in os.walk(folder) for name in names)


class Bench:
    TOOLS = ("restic", "letterpress")

    def __init__(self, letterpress, work, level):
        self.letterpress, self.work = os.path.abspath(letterpress), work
        self.level = ["--level", str(level)] if level else []
        self.empty = self.path("empty")
        os.mkdir(self.empty)
        self.environment = {**os.environ, "RESTIC_PASSWORD": "bench",
                            "RESTIC_CACHE_DIR": self.path("cache")}
        self.run(self.letterpress, "-q", "export", "restic", self.path("begun"), self.empty)
        self.seconds, self.peak, self.bytes = {}, {}, {}

    def path(self, name):
        return os.path.join(self.work, name)

    def run(self, *arguments):
        """(CPU seconds, peak KiB)"""
        program = subprocess.Popen(arguments, env=self.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        said = program.stderr.read()
        _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        if program.returncode != 0:
            raise SystemExit(f"{arguments}: exit {program.returncode}\n{said.decode()}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss

    def take(self, tool, folder):
        repository = self.path("repository")
        for path in (repository, self.path("cache")):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.path("begun"), repository)
        if tool == "restic":
            seconds, peak = self.run("restic", "-q", "-r", repository, "backup", folder)
        else:
            seconds, peak = self.run(self.letterpress, "-q", "export", "restic", repository, folder,
                                     *self.level)
        self.seconds.setdefault((tool, folder), []).append(seconds)
        self.peak[tool, folder] = max(peak, self.peak.get((tool, folder), 0))
        self.bytes[tool, folder] = stored(repository)

    def print(self, folder):
        start = {tool: statistics.median(self.seconds[tool, self.empty]) for tool in self.TOOLS}
        theirs, ours = (statistics.median(self.seconds[tool, folder]) - start[tool]
                        for tool in self.TOOLS)
        their_bytes, our_bytes = (self.bytes[tool, folder] for tool in self.TOOLS)
        peaks = " / ".join(str(self.peak[tool, folder] // 1024) for tool in self.TOOLS)
        print(f"| {os.path.basename(os.path.abspath(folder))} | {stored(folder) / 1e6:.1f} | "
              f"{theirs:.2f} | {ours:.2f} | {theirs / ours:.1f} | {their_bytes:,} | "
              f"{our_bytes:,} | {our_bytes / their_bytes:.3f} | {peaks} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("letterpress")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default="/dev/shm")
    parser.add_argument("--level", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-restic-", dir=arguments.work) as work:
        bench = Bench(arguments.letterpress, work, arguments.level)
        print("| mail | MB | restic, CPU s | export, CPU s | times | restic, bytes | export, bytes "
              "| of restic's | peak MiB |\n|---|---|---|---|---|---|---|---|---|")
        for _ in range(arguments.rounds):
            for tool in bench.TOOLS:
                bench.take(tool, bench.empty)
        for folder in arguments.folders:
            for _ in range(arguments.rounds):
                for tool in bench.TOOLS:
                    bench.take(tool, folder)
            bench.print(folder)


if __name__ == "__main__":
    main()
