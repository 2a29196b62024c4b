#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares letterpress with other tools; see --help, and docs/BENCHMARKING.md."""
import argparse
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict

from peers import inputs, machine, measure, report
from peers.commands import OPERATION_MEANS, TOOLS

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

EXAMPLES = """\
Each tool backs up each input with every file read, twice, then after mailgen --evolve (mailgen
inputs only; letterpress, restic, borg), and restores it. Rounds are interleaved, so that noise
meets all tools. An empty folder is an input too: what it costs is subtracted in the ratios.
Without FOLDER or --mailgen the inputs are the archives in LETTERPRESS_CORPORA.

The work folder needs about four times the bytes of all inputs, and is removed at the end. Its
default is memory; name a disk where that is too small.

Examples:
  LETTERPRESS_CORPORA=../shared/corpora tools/bench_peers.sh
  tools/bench_peers.sh /srv/mail --tools letterpress,restic --rounds 5
  tools/bench_peers.sh --mailgen 2G --mailgen-mbox 2G --work /var/tmp --out /tmp/peers

Exit codes: 0 done; 1 a tool failed or restored other bytes (see results.md); 2 wrong usage.
"""


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/bench_peers.sh", epilog=EXAMPLES,
        description="Compares letterpress with other backup tools.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("folders", nargs="*", metavar="FOLDER", help="mail to back up; only read")
    add("--mailgen", action="append", default=[], metavar="SIZE", help="a Maildir store, as 200M")
    add("--mailgen-mbox", action="append", default=[], metavar="SIZE", help="mbox files")
    add("--days", type=int, default=1, help="days of new mail for the incremental (default 1)")
    add("--rounds", type=int, default=3, help="how often all is measured (default 3)")
    add("--tools", metavar="NAME,...", help=f"default: all of {','.join(TOOLS)}")
    add("--work", metavar="DIR", default=os.environ.get("TMPDIR", "/dev/shm"),
        help="a fresh folder is made in it (default: TMPDIR, or /dev/shm)")
    add("--out", metavar="DIR", default=os.path.join(ROOT, "build", "bench_peers"),
        help="gets results.json, results.md and *.svg (default build/bench_peers)")
    add("--programs", metavar="DIR", default=os.path.join(ROOT, "build", "release"),
        help="has letterpress and mailgen (default build/release)")
    arguments = parser.parse_args()
    arguments.tools = arguments.tools.split(",") if arguments.tools else list(TOOLS)
    unknown = [name for name in arguments.tools if name not in TOOLS]
    if unknown:
        parser.error(f"no such tool: {', '.join(unknown)}; there are {', '.join(TOOLS)}")
    missing = [folder for folder in arguments.folders if not os.path.isdir(folder)]
    if missing:
        parser.error(f"not a folder: {', '.join(missing)}")
    if arguments.rounds < 1 or arguments.days < 1:
        parser.error("--rounds and --days are at least 1")
    return parser, arguments


def sources(parser, arguments, work):
    """What is backed up; the empty folder first."""
    mailgen = os.path.join(os.path.abspath(arguments.programs), "mailgen")
    found = [inputs.Folder(os.path.basename(os.path.realpath(folder)), os.path.realpath(folder))
             for folder in arguments.folders]
    for layout, sizes in (("maildir", arguments.mailgen), ("mbox", arguments.mailgen_mbox)):
        found += [inputs.Mailgen(mailgen, layout, size, arguments.days, work) for size in sizes]
    if not found:
        corpora = os.environ.get("LETTERPRESS_CORPORA", "")
        archives = sorted(glob.glob(os.path.join(corpora, "*.tar.zst"))) if corpora else []
        if not archives:
            parser.error("name folders or sizes, or set LETTERPRESS_CORPORA")
        found = [inputs.Archive(archive, work) for archive in archives]
    names = [source.name for source in found]
    if len(set(names)) < len(names):
        parser.error(f"two inputs of one name: {', '.join(names)}")
    return [inputs.Empty(work)] + found


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class Bench:
    """All rounds of all tools on all inputs, within one work folder."""

    def __init__(self, work, tools):
        self.work = work
        self.tools = tools
        self.environment = dict(os.environ, TMPDIR=os.path.join(work, "tmp"), LC_ALL="C",
                                XDG_CACHE_HOME=os.path.join(work, "cache"),
                                XDG_STATE_HOME=os.path.join(work, "state"))
        os.mkdir(self.environment["TMPDIR"])  # restic makes its packs there
        self.log = os.path.join(work, "log")
        self.results = {"machine": machine.describe(work), "versions": {}, "settings": {},
                        "operations": OPERATION_MEANS, "inputs": {}, "commands": {},
                        "missing": [], "failures": [], "verified": [], "rounds": []}
        self.results["peak_floor_kib"] = measure.floor_kib(self.environment, self.log)
        self.failed = set()  # (input, tool): not tried again

    def round(self, number, source):
        source.make()
        self.results["inputs"].setdefault(source.name, source.describe())
        # Each round begins with another tool.
        turn = (number - 1) % len(self.tools)
        tools = [tool(os.path.join(self.work, tool.name), source.folder)
                 for tool in self.tools[turn:] + self.tools[:turn]]
        for tool in tools:
            self.attempt(number, source, tool, self.whole_cycle)
        if source.evolves:
            source.evolve()
            self.results["inputs"][source.name].setdefault("evolved", source.describe())
            for tool in tools:
                if "incremental" in tool.operations:
                    self.attempt(number, source, tool, self.incremental)
        for tool in tools:
            shutil.rmtree(tool.folder, ignore_errors=True)

    def attempt(self, number, source, tool, what):
        if (source.name, tool.name) in self.failed:
            return
        try:
            what(number, source, tool)
        except measure.StepFailed as error:
            self.failed.add((source.name, tool.name))
            text = str(error).replace(self.work, "WORK")
            self.results["failures"].append(f"{source.name}, {tool.name}: {text}")
            say(f"failed: {source.name}, {tool.name}: {text}")

    def whole_cycle(self, number, source, tool):
        """All operations that the source as it is now allows."""
        os.mkdir(tool.folder)
        self.run(tool, tool.prepare())
        for operation in ("first", "again"):
            if operation in tool.operations:
                self.record(number, source, tool, operation, tool.backup(operation))
        os.mkdir(tool.back)
        self.record(number, source, tool, "restore", tool.restore())
        if number == 1:
            self.run(tool, [measure.Step([["diff", "-r", "--no-dereference", source.folder,
                                           tool.restored()]], self.work)])
            self.results["verified"].append([source.name, tool.name])
        shutil.rmtree(tool.back)
        if not source.evolves:  # nothing more is asked of it, and space may be short
            shutil.rmtree(tool.folder)

    def incremental(self, number, source, tool):
        self.record(number, source, tool, "incremental", tool.backup("incremental"))

    def run(self, tool, steps):
        return measure.measure(steps, self.environment | tool.environment(), self.log)

    def record(self, number, source, tool, operation, steps):
        before = measure.stored_bytes(tool.repository)
        cost = self.run(tool, steps)
        row = {"round": number, "input": source.name, "tool": tool.name, "operation": operation,
               **asdict(cost), "cpu_s": cost.user_s + cost.system_s}
        if operation != "restore":
            row["stored_bytes"] = measure.stored_bytes(tool.repository)
            row["added_bytes"] = row["stored_bytes"] - before
        self.results["rounds"].append(row)
        commands = "; ".join(str(step) for step in steps)
        for path, name in ((source.folder, "SOURCE"), (tool.parent, "PARENT"),
                           (self.work, "WORK")):
            commands = commands.replace(path, name)
        if source.name != inputs.START_UP:
            self.results["commands"].setdefault(tool.name, {}).setdefault(operation, commands)
        say(f"round {number} {source.name} {tool.name} {operation}: {row['cpu_s']:.2f} CPU s, "
            f"{cost.wall_s:.2f} s, {cost.peak_kib // 1024} MiB")


def installed(bench, arguments):
    """Leaves out the tools that are not there, and notes them."""
    for name in arguments.tools:
        tool = TOOLS[name]
        version = tool.version()
        if version is None:
            bench.results["missing"].append(name)
            say(f"{name} is missing and left out (tools/setup.sh --peers installs all)")
            continue
        bench.tools.append(tool)
        bench.results["versions"][name] = version
        bench.results["settings"][name] = tool.settings


def run(parser, arguments, work):
    bench = Bench(work, [])
    TOOLS["letterpress"].path = os.path.join(os.path.abspath(arguments.programs), "letterpress")
    listed = sources(parser, arguments, work)
    installed(bench, arguments)
    if not bench.tools:
        parser.error("none of these tools is installed")
    machine.touch_memory()
    for number in range(1, arguments.rounds + 1):
        for source in listed:
            bench.round(number, source)
        report.write(bench.results, arguments.out)  # an interrupted run keeps its whole rounds
    try:
        from peers import plots  # late: what is measured starts with this process's memory
        plots.write(bench.results, arguments.out)
    except ImportError:
        say("no plots: python3-matplotlib is missing (tools/setup.sh --peers installs it)")
    say(f"results are in {arguments.out}")
    return 1 if bench.results["failures"] else 0


def remove(work):
    subprocess.run(["chmod", "-R", "u+rwX", work], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(work, ignore_errors=True)


def main():
    parser, arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments.out = os.path.abspath(arguments.out)
    os.makedirs(arguments.out, exist_ok=True)
    os.makedirs(arguments.work, exist_ok=True)
    work = os.path.realpath(tempfile.mkdtemp(prefix="letterpress-peers.", dir=arguments.work))
    try:
        return run(parser, arguments, work)
    finally:
        remove(work)


if __name__ == "__main__":
    sys.exit(main())
