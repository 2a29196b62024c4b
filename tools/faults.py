#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the tests notice faults? Wakes each fault of tests/faults in turn and runs the tests.

    tools/faults.py [--only FOLDER] [--jobs N] [--fresh] [--folder DIR]
    tools/faults.py --check

The engine is built once, in DIR (build/faults), with all faults in it, of which an environment
variable wakes one: tools/fault_tree.py. All tests must pass while all sleep. Then, for each fault,
the cases that reach it are run, those of its own folder first, up to the first that fails, crashes
or goes on without an end; where none does, the scripts of tests/cli that reach it.

Prints which test killed each fault, or that it survived. What was found is kept in DIR: killed
faults are not run again, survivors are if the programs have changed. --fresh forgets all of it.
Exits 1 if fewer than 95 % are killed. --check builds nothing: are all faults where they are said
to be?
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import sys
import threading
from pathlib import Path

import fault_runs
import fault_tree

KILLED_MIN = 0.95
SHARDS = {"vault": 4, "crash": 3}


class Book:
    """What was found out, on disk after each finding."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.found = json.loads(path.read_text()) if path.exists() else {}

    def get(self, key):
        return self.found.get(key)

    def put(self, key, value):
        with self.lock:
            self.found[key] = value
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps(self.found))
            beside.replace(self.path)


def stamp_of(paths):
    stamp = hashlib.sha256()
    for path in sorted(paths):
        stamp.update(path.read_bytes())
    return stamp.hexdigest()


class Hunt:
    def __init__(self, folder, programs, jobs):
        self.folder, self.programs, self.jobs = folder, programs, jobs
        self.book = Book(folder / "found.json")
        self.stamps = {name: stamp_of([path]) for name, path in programs.items()}
        self.commands = {
            script: fault_runs.script_command(folder / "tree", folder / "build", script)
            for script in fault_runs.SCRIPTS}
        self.stamp = stamp_of([*programs.values(), folder / "build" / "letterpress"])
        self.cases, self.scripts = {}, {}

    def pool(self):
        return concurrent.futures.ThreadPoolExecutor(self.jobs)

    def measure_programs(self):
        def measure(name, shard):
            key = f"cases {name} {shard} {self.stamps[name]}"
            if self.book.get(key) is None:
                self.book.put(key, fault_runs.measure_program(
                    self.programs[name], shard, SHARDS.get(name, 1)))
            return self.book.get(key)

        with self.pool() as pool:
            runs = [(name, pool.submit(measure, name, shard)) for name in self.programs
                    for shard in range(SHARDS.get(name, 1))]
            for name, run in runs:
                self.cases.setdefault(name, {}).update(run.result())

    def measure_scripts(self):
        def measure(script):
            key = f"script {script} {self.stamp}"
            if self.book.get(key) is None:
                self.book.put(key, [fault_runs.measure_script(self.commands[script])])
            return self.book.get(key)[0]

        with self.pool() as pool:
            for script, found in zip(self.commands, pool.map(measure, self.commands)):
                self.scripts[script] = found

    def is_open(self, fault):
        found = self.book.get(fault.key)
        return found is None or (found["killer"] is None and found["stamp"] != self.stamp)

    def killer(self, fault):
        return self.book.get(fault.key)["killer"]

    def conclude(self, fault, killer):
        self.book.put(fault.key, {"killer": killer, "stamp": self.stamp})
        print(f"{fault.file}: {fault.breaks}: {killer or 'SURVIVED'}", flush=True)

    def run(self, faults):
        opened = [fault for fault in faults if self.is_open(fault)]
        if not opened:
            return
        self.measure_programs()
        survivors = []

        def try_programs(fault):
            killer = fault_runs.kill(fault, self.programs, self.cases)
            if killer:
                self.conclude(fault, killer)
            else:
                print(f"{fault.file}: {fault.breaks}: no program kills it", flush=True)
                survivors.append(fault)

        def try_scripts(fault):
            self.conclude(fault, fault_runs.kill_by_script(fault, self.commands, self.scripts))

        with self.pool() as pool:
            list(pool.map(try_programs, opened))
        if not survivors:
            return
        self.measure_scripts()
        with self.pool() as pool:
            list(pool.map(try_scripts, survivors))


def report(hunt, faults):
    by_folder = {}
    for fault in faults:
        by_folder.setdefault(fault.folder, []).append(fault)
    for folder, listed in by_folder.items():
        print(f"\n{folder}")
        for fault in listed:
            name = fault.file.removeprefix(f"engine/{folder}/")
            print(f"  {name}: {fault.breaks}\n      {hunt.killer(fault) or 'SURVIVED'}")
    print()
    for folder, listed in by_folder.items():
        killed = sum(hunt.killer(fault) is not None for fault in listed)
        print(f"{folder}: {killed} of {len(listed)} killed")
    killed = sum(hunt.killer(fault) is not None for fault in faults)
    print(f"{killed} of {len(faults)} faults were killed ({100 * killed / len(faults):.1f} %)")
    return killed >= KILLED_MIN * len(faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="FOLDER", help="faults of this folder of engine/")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--check", action="store_true", help="only whether the lists are right")
    parser.add_argument("--folder", type=Path, help="where to build (build/faults)")
    options = parser.parse_args()
    source = Path(__file__).resolve().parent.parent
    if options.check:
        print(f"{fault_tree.check(source)} faults")
        return 0
    folder = (options.folder or source / "build/faults").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        (folder / "found.json").unlink(missing_ok=True)
    faults = fault_tree.read_faults(source)
    fault_tree.number(faults, folder / "numbers.json")
    fault_tree.write_tree(source, folder / "tree", faults)
    programs = fault_tree.build(folder / "tree", folder / "build", options.jobs)
    wanted = [fault for fault in faults if options.only in (None, fault.folder)]
    if not wanted:
        parser.error(f"no faults are listed for {options.only}")
    hunt = Hunt(folder, programs, options.jobs)
    hunt.run(wanted)
    return 0 if report(hunt, wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
