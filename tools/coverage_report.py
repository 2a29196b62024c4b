#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports what tests reached, and judges it.

    tools/coverage_report.py REPORT.json BRANCHES.txt

REPORT.json is what gcovr --json wrote; BRANCHES.txt names the files of which every branch has to be
reached, and the branches that are not, each with its reason (its first lines say how). Exits 1 if
engine/ is below 90 % of lines, or a branch is neither reached nor excepted, or an exception is of
no use any more. Run from the top of the tree.
"""
import argparse
import fnmatch
import json
import sys
from collections import defaultdict
from pathlib import Path

LINES_MIN = 0.90


def folder_of(path):
    """engine/vault/log/log.cc -> engine/vault/log"""
    return path.rsplit("/", 1)[0]


def share(reached, there):
    return f"{reached:6d} of {there:6d}  {100 * reached / there:6.2f} %" if there else "nothing"


def read_branches(path):
    """(patterns of files, {(file, text of the line): reason}, problems)"""
    patterns, exceptions, problems = [], {}, []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if " " not in line.strip():
            patterns.append(line.strip())
            continue
        parts = line.split(" :: ")
        if len(parts) != 3 or not parts[2].strip():
            problems.append(f"{path}:{number}: is not FILE :: LINE OF CODE :: REASON")
            continue
        exceptions[parts[0].strip(), parts[1].strip()] = parts[2].strip()
    return patterns, exceptions, problems


def report_lines(files):
    by_folder = defaultdict(lambda: [0, 0])
    for name, lines in files.items():
        for line in lines:
            for key in (folder_of(name), ""):
                by_folder[key][0] += line["count"] > 0
                by_folder[key][1] += 1
    total = by_folder.pop("", [0, 0])
    print("lines:")
    for folder in sorted(by_folder):
        print(f"  {folder:32s} {share(*by_folder[folder])}")
    print(f"  {'engine/':32s} {share(*total)}")
    return total[1] > 0 and total[0] / total[1] >= LINES_MIN


def report_branches(files, branch_list):
    patterns, exceptions, problems = branch_list
    used, unreached, excepted_count = set(), [], 0
    totals = [0, 0]
    print("branches of commit, recovery and parity:")
    for pattern in patterns:
        if not fnmatch.filter(files, pattern):
            problems.append(f"{pattern}: names no file that was built")
    wanted = [name for name in sorted(files) if any(fnmatch.fnmatch(name, p) for p in patterns)]
    for name in wanted:
        source = Path(name).read_text().splitlines()
        reached = there = 0
        for line in files[name]:
            missed = sum(branch["count"] == 0 for branch in line["branches"])
            there += len(line["branches"])
            reached += len(line["branches"]) - missed
            if not missed:
                continue
            text = source[line["line_number"] - 1].strip()
            if (name, text) in exceptions:
                used.add((name, text))
                excepted_count += missed
            else:
                unreached.append(f"{name}:{line['line_number']}: {missed} of "
                                 f"{len(line['branches'])} not reached: {text}")
        totals[0] += reached
        totals[1] += there
        if there:
            print(f"  {name:48s} {share(reached, there)}")
    print(f"  {'all':48s} {share(*totals)}, {excepted_count} excepted with a reason")
    problems += [f"{name}: an exception that nothing needs: {text}"
                 for name, text in exceptions if (name, text) not in used]
    for line in unreached + problems:
        print(line)
    return not unreached and not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report")
    parser.add_argument("branches")
    arguments = parser.parse_args()
    found = json.loads(Path(arguments.report).read_text())
    files = {file["file"]: [line for line in file["lines"] if not line.get("gcovr/noncode")]
             for file in found["files"] if file["file"].startswith("engine/")}
    has_lines = report_lines(files)
    if not has_lines:
        print(f"fewer than {LINES_MIN:.0%} of the lines of engine/ were reached")
    has_branches = report_branches(files, read_branches(arguments.branches))
    return 0 if has_lines and has_branches else 1


if __name__ == "__main__":
    sys.exit(main())
