# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""
import mmap
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


def touch_memory(share=0.8):
    """Uses most of the free memory once, and gives it back.

    The first use of a page costs a virtual machine microseconds more, because its host has to find
    one: whoever runs first would pay for all."""
    available = int(first(r"^MemAvailable:\s*(\d+)", "/proc/meminfo").replace("unknown", "0"))
    block = bytes(1 << 20)
    blocks = int(available * 1024 * share) // len(block)
    if blocks == 0:
        return
    with mmap.mmap(-1, blocks * len(block)) as memory:
        for _ in range(blocks):
            memory.write(block)


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
