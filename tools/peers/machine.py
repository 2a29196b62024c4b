# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""
import os
import platform
import re
import subprocess
import time


def first(pattern, path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        return "unknown"
    return found[1] if found else "unknown"


def output(*arguments):
    try:
        return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def describe(work):
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "system": first(r'^PRETTY_NAME="?([^"\n]*)', "/etc/os-release"),
        "kernel": platform.release(),
        "cpu": first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_kib": int(first(r"^MemTotal:\s*(\d+)", "/proc/meminfo").replace("unknown", "0")),
        "load_at_start": os.getloadavg()[0],
        "work_file_system": output("stat", "-f", "-c", "%T", work),
        "tree": output("git", "-C", os.path.dirname(__file__), "describe", "--always", "--dirty"),
    }
