#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether time stays linear and memory flat: backs up mailgen stores of growing size, again with
every file read, and restores them, with one plot of seconds and one of peak memory.

    tools/bench_scale.py [--sizes 1G,5G,20G] [--layout maildir|mbox] [--work DIR] [--out DIR]

Needs a release build and matplotlib (tools/setup.sh --peers). The work folder needs three times the
largest size, and is removed at the end. Writes scale.json, scale.md and scale.svg.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "letterpress"  # the same figures make the same file
from matplotlib import pyplot  # after the choice of the backend

from peers import machine
from peers.measure import Step, StepFailed, measure, stored_bytes

OPERATIONS = ("first backup", "again, all read", "restore")


def parse():
    top = os.path.join(os.path.dirname(__file__), "..", "build")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", default="1G,2G,5G,10G,20G", metavar="SIZE,...",
                        help="of the stores, as mailgen takes them (default %(default)s)")
    parser.add_argument("--layout", default="maildir", choices=("maildir", "mbox"))
    parser.add_argument("--work", default="/var/tmp", metavar="DIR")
    parser.add_argument("--out", default=os.path.join(top, "bench_scale"), metavar="DIR")
    parser.add_argument("--programs", default=os.path.join(top, "release"), metavar="DIR",
                        help="has letterpress and mailgen (default build/release)")
    return parser.parse_args()


def measure_size(arguments, size, work):
    """The rows of one size."""
    program = os.path.join(os.path.abspath(arguments.programs), "letterpress")
    mail, vault, keys, state, back = (os.path.join(work, name)
                                      for name in ("mail", "vault", "keys", "state", "back"))
    mailgen = os.path.join(os.path.abspath(arguments.programs), "mailgen")
    subprocess.run([mailgen, "--seed", "1", "--size", size, "--layout", arguments.layout,
                    "--out", mail], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    subprocess.run([program, "-q", "init", vault, "--keys", keys], check=True)
    backup = [program, "-q", "backup", vault, mail, "--key", os.path.join(keys, "ingest.key"),
              "--state", state]
    commands = (backup, [*backup, "--read-all"],
                [program, "-q", "restore", vault, "--to", back, "--key",
                 os.path.join(keys, "recovery.key")])
    mail_bytes = stored_bytes(mail)
    rows = []
    for operation, command in zip(OPERATIONS, commands):
        cost = measure([Step([command], work)], dict(os.environ), os.path.join(work, "log"))
        rows.append({"size": size, "mail_bytes": mail_bytes, "operation": operation,
                     "stored_bytes": stored_bytes(vault), **asdict(cost)})
        print(f"{size} {operation}: {cost.user_s + cost.system_s:.1f} CPU s, {cost.wall_s:.1f} s, "
              f"{cost.peak_kib // 1024} MiB", flush=True)
    same = subprocess.run(["diff", "-r", mail, os.path.join(back, "mail")], check=False)
    if same.returncode != 0:
        raise StepFailed(f"{size}: what was restored differs")
    return rows


def table(results):
    lines = ["| mail | operation | CPU s | wall s | CPU s a GB | peak MiB | stored of the mail |",
             "|---:|---|---:|---:|---:|---:|---:|"]
    for row in results["rows"]:
        cpu = row["user_s"] + row["system_s"]
        lines.append(f"| {row['mail_bytes']:,} | {row['operation']} | {cpu:.1f} "
                     f"| {row['wall_s']:.1f} | {cpu * 1e9 / row['mail_bytes']:.2f} "
                     f"| {row['peak_kib'] / 1024:.0f} "
                     f"| {row['stored_bytes'] / row['mail_bytes']:.3f} |")
    return "\n".join(lines) + "\n"


def plot(results, path):
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(10, 4))
    for operation, mark in zip(OPERATIONS, "os^"):
        rows = [row for row in results["rows"] if row["operation"] == operation]
        sizes = [row["mail_bytes"] / 1e9 for row in rows]
        time.plot(sizes, [row["user_s"] + row["system_s"] for row in rows], mark + "-",
                  label=operation)
        memory.plot(sizes, [row["peak_kib"] / 1024 for row in rows], mark + "-", label=operation)
    for axes, what in ((time, "CPU seconds"), (memory, "peak memory, MiB")):
        axes.set_xlabel("mail, GB")
        axes.set_ylabel(what)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    time.legend()
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def main():
    arguments = parse()
    os.makedirs(arguments.out, exist_ok=True)
    results = {"machine": machine.describe(arguments.work), "layout": arguments.layout, "rows": []}
    for size in arguments.sizes.split(","):
        work = tempfile.mkdtemp(prefix="letterpress-scale-", dir=arguments.work)
        try:
            results["rows"] += measure_size(arguments, size, work)
        except (StepFailed, OSError, subprocess.CalledProcessError) as problem:
            print(f"bench_scale.py: {problem}", file=sys.stderr)
            return 1
        finally:
            shutil.rmtree(work, ignore_errors=True)
    with open(os.path.join(arguments.out, "scale.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    with open(os.path.join(arguments.out, "scale.md"), "w", encoding="utf-8") as file:
        file.write(table(results))
    plot(results, os.path.join(arguments.out, "scale.svg"))
    print(f"results are in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
