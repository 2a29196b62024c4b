# SPDX-License-Identifier: Apache-2.0
"""Medians of all rounds, the ratios, and both as results.json and results.md."""
import json
import os
from statistics import median

from peers.commands import OPERATIONS
from peers.inputs import START_UP

RIVAL = "restic"
SMALLEST_S = 0.01  # a time that is shorter once the start-up is off is noise


def spread(values):
    return {"median": median(values), "min": min(values), "max": max(values)}


def summarize(results):
    """One row for each input, operation and tool, in the order of the tables."""
    groups = {}
    for row in results["rounds"]:
        groups.setdefault((row["input"], row["operation"], row["tool"]), []).append(row)
    rows = {}
    for name, source in results["inputs"].items():
        for operation in OPERATIONS:
            for tool in results["versions"]:
                measured = groups.get((name, operation, tool))
                if measured:
                    row = {"input": name, "operation": operation, "tool": tool}
                    for key in ("wall_s", "cpu_s", "peak_kib", "stored_bytes", "added_bytes"):
                        if key in measured[0]:
                            row[key] = spread([one[key] for one in measured])
                    rows[name, operation, tool] = row
    for key, row in rows.items():
        add_net(row, rows.get((START_UP, *key[1:])), results["inputs"][key[0]])
    for (name, operation, _), row in rows.items():
        add_ratios(row, rows.get((name, operation, RIVAL)))
    return list(rows.values())


def add_net(row, start_up, source):
    """Times without what the tool needs for an empty folder, and the speed that follows."""
    if row["input"] == START_UP or start_up is None:
        return
    for key in ("wall_s", "cpu_s"):
        net = row[key]["median"] - start_up[key]["median"]
        row["net_" + key] = net if net >= SMALLEST_S else None
    if row["operation"] == "incremental":
        source = source["evolved"]
    if row["net_cpu_s"]:
        row["mb_per_cpu_s"] = source["bytes"] / 1e6 / row["net_cpu_s"]


def add_ratios(row, rival):
    if rival is None or row["input"] == START_UP:
        return
    for key in ("net_cpu_s", "net_wall_s"):
        if row.get(key) and rival.get(key):
            row["of_restic_" + key] = row[key] / rival[key]
    if "stored_bytes" in row:
        row["of_restic_stored"] = row["stored_bytes"]["median"] / rival["stored_bytes"]["median"]


def number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def with_range(values, digits, scale=1):
    middle, low, high = (number(values[key] / scale, digits) for key in ("median", "min", "max"))
    return middle if low == high else f"{middle} ({low} to {high})"


COLUMNS = (
    ("operation", lambda row: row["operation"]),
    ("tool", lambda row: row["tool"]),
    ("MB per CPU s", lambda row: number(row.get("mb_per_cpu_s"), 1)),
    ("CPU s", lambda row: with_range(row["cpu_s"], 2)),
    ("wall s", lambda row: with_range(row["wall_s"], 2)),
    ("peak MiB", lambda row: with_range(row["peak_kib"], 0, 1024)),
    ("stored bytes", lambda row: number(row.get("stored_bytes", {}).get("median"), 0)),
    ("of them added", lambda row: number(row.get("added_bytes", {}).get("median"), 0)),
    ("CPU of restic's", lambda row: number(row.get("of_restic_net_cpu_s"), 3)),
    ("wall of restic's", lambda row: number(row.get("of_restic_net_wall_s"), 3)),
    ("stored of restic's", lambda row: number(row.get("of_restic_stored"), 3)),
)
START_UP_COLUMNS = COLUMNS[:2] + COLUMNS[3:8]


def table(rows, columns):
    yield "| " + " | ".join(name for name, _ in columns) + " |"
    yield "|---|---|" + "---:|" * (len(columns) - 2)
    for row in rows:
        yield "| " + " | ".join(show(row) for _, show in columns) + " |"
    yield ""


def markdown(results):
    about = results["machine"]
    rounds = max((row["round"] for row in results["rounds"]), default=0)
    yield "# letterpress and its peers\n"
    yield (f"{about['date']}, {about['system']}, Linux {about['kernel']}, {about['cpu']}, "
           f"{about['cores']} cores, {about['memory_kib'] / 2**20:.1f} GiB, work folder on "
           f"{about['work_file_system']}, load {about['load_at_start']:.1f} at the start, "
           f"tree {about['tree']}. Medians of interleaved rounds (here {rounds}), with the least "
           "and the most; page cache warm.\n")
    yield from explanations(results)
    for name, source in results["inputs"].items():
        rows = [row for row in results["summary"] if row["input"] == name]
        if name == START_UP:
            yield "## Start-up: an empty folder\n"
            yield "Subtracted from CPU and wall time in every ratio and in MB per CPU s below.\n"
            yield from table(rows, START_UP_COLUMNS)
            continue
        yield f"## {name}\n"
        evolved = source.get("evolved")
        later = f"; evolved: {evolved['files']:,} and {evolved['bytes']:,}" if evolved else ""
        yield f"{source['files']:,} files, {source['bytes']:,} bytes{later}.\n"
        yield from table(rows, COLUMNS)


def explanations(results):
    yield "| tool | version | settings |\n|---|---|---|"
    for tool, version in results["versions"].items():
        settings = results["settings"][tool].replace("|", "\\|")  # also within `code`
        yield f"| {tool} | {version} | {settings} |"
    yield "\nletterpress and restic encrypt and authenticate what they store; the others do not.\n"
    for operation, meaning in results["operations"].items():
        yield f"- {operation}: {meaning}"
    yield ("\nCPU is user and system time of all parts. MB (10^6) are those of the whole source. "
           "Peak memory of a pipeline is the sum of its parts; of steps in turn, the greatest; "
           f"{results['peak_floor_kib'] / 1024:.0f} MiB of each part are the least that is seen. "
           "Stored bytes are the sizes of all files in the repository.\n")
    if results["missing"]:
        yield f"Not installed, and left out: {', '.join(results['missing'])}.\n"
    checked = len(results["verified"])
    yield f"Restored and compared with `diff -r`: {checked} times, once for each tool and input.\n"
    if results["failures"]:
        yield "**Failed:**\n"
        for failure in results["failures"]:
            yield f"- {' '.join(failure.split())}"
        yield ""


def write(results, folder):
    results["summary"] = summarize(results)
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "results.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(markdown(results)).rstrip() + "\n")
