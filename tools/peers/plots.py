# SPDX-License-Identifier: Apache-2.0
"""The plots: stored bytes beside restic's, and bytes per CPU second, as SVG."""
import os

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "letterpress"  # the same figures make the same file
from matplotlib import pyplot  # after the choice of the backend

from peers.commands import OPERATION_MEANS, TOOLS
from peers.inputs import START_UP

COLORS = dict(zip(TOOLS, matplotlib.colormaps["tab10"].colors))
MARKERS = dict(zip(TOOLS, "osD^vP*X"))


def write(results, folder):
    plot_stored(results, os.path.join(folder, "stored.svg"))
    plot_speed(results, os.path.join(folder, "speed.svg"))


def save(figure, path):
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def of(results, operation):
    return [row for row in results["summary"]
            if row["operation"] == operation and row["input"] != START_UP]


def unique(values):
    return list(dict.fromkeys(values))


def plot_stored(results, path):
    """Bars: a first backup's stored bytes. Beside the mail's own bytes where restic is missing."""
    rows = of(results, "first")
    by_restic = bool(rows) and all("of_restic_stored" in row for row in rows)
    names, tools = unique(row["input"] for row in rows), unique(row["tool"] for row in rows)
    figure, axes = pyplot.subplots(figsize=(2.5 + 1.4 * len(names), 4.5))
    width = 0.85 / max(1, len(tools))
    for at, tool in enumerate(tools):
        own = [row for row in rows if row["tool"] == tool]
        axes.bar([names.index(row["input"]) + (at + 0.5) * width - 0.425 for row in own],
                 [row["of_restic_stored"] if by_restic else row["stored_bytes"]["median"]
                  / max(1, results["inputs"][row["input"]]["bytes"]) for row in own],
                 width * 0.92, label=tool, color=COLORS[tool])
    if by_restic:
        axes.axhline(1, color="black", linewidth=0.6)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_ylabel("restic = 1" if by_restic else "the mail's own bytes = 1")
    axes.set_title("Stored bytes after a first backup (less is better)")
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    save(figure, path)


def plot_speed(results, path):
    """Points on a logarithmic scale: the tools lie two powers of ten apart."""
    operations = [name for name in OPERATION_MEANS
                  if any("mb_per_cpu_s" in row for row in of(results, name))]
    names = [name for name in results["inputs"] if name != START_UP]
    figure, grid = pyplot.subplots(max(1, len(operations)), squeeze=False, sharex=True,
                                   figsize=(3 + 1.2 * len(names), 3 * max(1, len(operations))))
    for axes, operation in zip(grid[:, 0], operations):
        rows = [row for row in of(results, operation) if "mb_per_cpu_s" in row]
        tools = unique(row["tool"] for row in rows)
        for at, tool in enumerate(tools):  # side by side, or equals would hide each other
            own = [row for row in rows if row["tool"] == tool]
            aside = 0.7 * ((at + 0.5) / len(tools) - 0.5)
            axes.plot([names.index(row["input"]) + aside for row in own],
                      [row["mb_per_cpu_s"] for row in own], MARKERS[tool], label=tool,
                      color=COLORS[tool])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.tick_params(axis="y", which="minor", labelsize="xx-small")
        axes.grid(axis="y", alpha=0.3)
        axes.set_ylabel("MB per CPU s")
        axes.set_title(f"{operation}: {OPERATION_MEANS[operation]}", fontsize="medium")
        axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes.set_xlim(-0.5, len(names) - 0.5)
    save(figure, path)
