#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures `letterpress export` beside tar and casync, in rounds that take turns.

    tools/bench_exports.py LETTERPRESS FOLDER [--rounds N] [--work DIR]

FOLDER has mail; it is read only. Prints medians of CPU seconds (user and system, of the program
alone), peak memory, and what the stores hold. DIR is in memory by default. Needs casync.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile


def measure(arguments, into=None):
    """(CPU seconds, peak KiB) of one run; its output goes through a pipe, or to a file."""
    sink = open(into, "wb") if into else subprocess.Popen(["cat"], stdin=subprocess.PIPE,
                                                          stdout=subprocess.DEVNULL)
    program = subprocess.Popen(arguments, stdout=sink if into else sink.stdin,
                               stderr=subprocess.PIPE)
    if not into:
        sink.stdin.close()
    said = program.stderr.read()
    _, status, usage = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if into:
        sink.close()
    else:
        sink.wait()
    if program.returncode != 0:
        raise SystemExit(f"{arguments}: exit {program.returncode}\n{said.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def stored(folder):
    """(bytes, files) below a folder."""
    sizes = [os.path.getsize(os.path.join(top, name))
             for top, _, names in os.walk(folder) for name in names]
    return sum(sizes), len(sizes)


class Bench:
    def __init__(self, letterpress, mail, work):
        self.letterpress, self.mail, self.work = letterpress, mail, work
        self.results = {}

    def path(self, name):
        return os.path.join(self.work, name)

    def take(self, name, arguments, store=None):
        result = measure(arguments)
        row = self.results.setdefault(name, {"runs": []})
        row["runs"].append(result)
        if store:
            row["stored"] = stored(self.path(store))

    def prepare(self):
        run = subprocess.check_call
        keys, vault = self.path("keys"), self.path("vault")
        run([self.letterpress, "-q", "init", vault, "--keys", keys])
        run([self.letterpress, "-q", "backup", vault, self.mail, "--key", keys + "/ingest.key",
             "--state", self.path("state")])
        parent, name = os.path.split(os.path.abspath(self.mail))
        run(["tar", "-C", parent, "-cf", self.path("mail.tar"), name])

    def round(self):
        parent, name = os.path.split(os.path.abspath(self.mail))
        archive, vault = self.path("mail.tar"), self.path("vault")
        export = [self.letterpress, "-q", "export"]
        one = ["--threads", "1"]
        self.take("tar -c", ["tar", "-C", parent, "-c", name])
        self.take("export tar", [*export, "tar", self.mail])
        key = ["--key", self.path("keys/recovery.key")]
        self.take("export tar, from a vault", [*export, "tar", vault, *key])
        self.take("export tar, from a vault, one thread", [*export, "tar", vault, *key, *one])
        for store in ("casync", "ours", "ours1", "pbs"):
            shutil.rmtree(self.path(store), ignore_errors=True)
        for times in ("first", "again"):
            self.take("casync make, " + times, ["casync", "make", "--store=" + self.path("casync"),
                                                self.path("a.caibx"), archive], "casync")
            self.take("export casync, " + times, [*export, "casync", self.path("ours"),
                                                  self.path("b.caibx"), archive], "ours")
            self.take("export casync, one thread, " + times,
                      [*export, "casync", self.path("ours1"), self.path("b.caibx"), archive, *one],
                      "ours1")
            self.take("export pbs, " + times, [*export, "pbs", self.path("pbs"), archive, "--time",
                                               "1" if times == "first" else "2"], "pbs")

    def print(self):
        for name, row in self.results.items():
            seconds = [run[0] for run in row["runs"]]
            line = (f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f} to "
                    f"{max(seconds):.2f}) | {max(run[1] for run in row['runs']) // 1024} |")
            bytes_, files = row.get("stored", (0, 0))
            print(line + (f" {bytes_:,} in {files:,} |" if files else " |"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("letterpress")
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default="/dev/shm")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-exports-", dir=arguments.work) as work:
        bench = Bench(os.path.abspath(arguments.letterpress), arguments.folder, work)
        bench.prepare()
        for _ in range(arguments.rounds):
            bench.round()
        bench.print()


if __name__ == "__main__":
    main()
