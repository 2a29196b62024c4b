# SPDX-License-Identifier: Apache-2.0
"""Runs commands and says what they cost: wall time, CPU time and peak memory."""
import os
import subprocess
import time
from dataclasses import dataclass

# A process starts with the peak of the one that it replaces. After vfork that is all of this
# Python; after a true fork only the pages that were copied, about half (see floor_kib).
subprocess._USE_VFORK = False


@dataclass
class Step:
    """A pipeline: its commands run at the same time, each reads what the one before it writes."""
    stages: list
    folder: str

    def __str__(self):
        return " | ".join(" ".join(stage) for stage in self.stages)


@dataclass
class Cost:
    wall_s: float = 0.0
    user_s: float = 0.0
    system_s: float = 0.0
    peak_kib: int = 0


class StepFailed(Exception):
    """A command ended with an error; the text says which, and what it wrote last."""


def measure(steps, environment, log):
    """The cost of steps that run one after the other; what they print goes to the file `log`."""
    total = Cost()
    for step in steps:
        cost = measure_step(step, environment, log)
        total.wall_s += cost.wall_s
        total.user_s += cost.user_s
        total.system_s += cost.system_s
        total.peak_kib = max(total.peak_kib, cost.peak_kib)
    return total


def measure_step(step, environment, log):
    cost = Cost()
    with open(log, "wb") as said:
        begin = time.monotonic()
        children = start(step, environment, said)
        codes = []
        try:
            for child in children:
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                codes.append(child.returncode)
                cost.user_s += usage.ru_utime
                cost.system_s += usage.ru_stime
                cost.peak_kib += usage.ru_maxrss  # the parts of a pipeline live at the same time
            cost.wall_s = time.monotonic() - begin
        finally:
            for child in children:
                if child.returncode is None:
                    child.kill()
                    child.wait()
    if any(codes):
        with open(log, errors="replace") as said:
            raise StepFailed(f"{step}: exit codes {codes}: {said.read()[-800:].strip()}")
    return cost


def start(step, environment, said):
    children = []
    source = subprocess.DEVNULL
    for stage in step.stages:
        is_last = stage is step.stages[-1]
        child = subprocess.Popen(stage, stdin=source, stderr=said, cwd=step.folder,
                                 stdout=said if is_last else subprocess.PIPE, env=environment)
        if children:
            source.close()  # so that a writer is told when its reader ends
        source = child.stdout
        children.append(child)
    return children


def floor_kib(environment, log):
    """What is reported for a program that needs next to nothing."""
    return measure([Step([["true"]], "/")], environment, log).peak_kib


def stored_bytes(folder):
    """Sizes of all files below a folder."""
    total = 0
    for parent, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(parent, name)).st_size for name in names)
    return total
