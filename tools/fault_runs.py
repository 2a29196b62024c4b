# SPDX-License-Identifier: Apache-2.0
"""Which test reaches which fault, and which kills it. See tools/faults.py."""
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile

SECONDS_MAX = 1500  # of a program without a fault
MEMORY_MAX = 12 << 30
FILE_MAX = 8 << 30
QUICK_MS = 300
AIMED_CASES = 12
FILTER_MAX = 100_000  # the system takes a little more in one variable

# Scripts below tests/, for what no program of GoogleTest's kills: with few kills and cuts.
SCRIPTS = (
    "cli/round_trip_test.py --small", "cli/damage_test.py --flips 10 --cuts 5 --one-in 4",
    "cli/tamper_test.py", "cli/salvage_test.py", "cli/keys_test.py", "cli/errors_test.py",
    "cli/incremental_test.py", "cli/ls_test.py", "cli/conformance_test.py",
    "cli/stream_test.py --kills 3 --stride 16", "cli/volumes_test.py --kills 2",
    "cli/isolate_test.py", "cli/oracle_test.py", "cli/alarm_test.py", "cli/live_test.py",
    "cli/export_tar_test.py", "cli/export_store_test.py", "cli/passphrase_test.py",
    "exports/restic/restic_test.py", "exports/restic/restic_errors_test.py")
SKIPPED = 77


class Outcome:
    def __init__(self, code, text, is_endless):
        self.code, self.text, self.is_endless = code, text, is_endless

    def killer(self):
        """The test that failed, and how if that is not plain."""
        if not self.is_endless and self.code in (0, SKIPPED):
            return None
        failed = re.search(r"^\[  FAILED  \] ([^\s,]+)|^(?:FAIL|ERROR): (\w+)", self.text, re.M)
        running = re.findall(r"^\[ RUN      \] (\S+)|^(test_\w+)", self.text, re.M)
        if failed:
            return failed[1] or failed[2]
        how = "endless" if self.is_endless else f"ended with {self.code}"
        return f"{''.join(running[-1]) if running else '?'} ({how})"


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MAX, FILE_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, environment, seconds_max):
    folder = tempfile.mkdtemp(prefix="letterpress-fault-")
    environment = {**os.environ, "TMPDIR": folder, **environment}
    environment.pop("LETTERPRESS_CORPORA", None)
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=limit)
        is_endless = False
        try:
            program.wait(seconds_max)
        except subprocess.TimeoutExpired:
            is_endless = True
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    subprocess.run(["chmod", "-R", "u+rwX", folder], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)
    return Outcome(program.returncode, text, is_endless)


def run_patiently(command, environment, seconds):
    """What is only slow, on a busy machine, is not taken for endless."""
    outcome = run(command, environment, seconds)
    return run(command, environment, 200 + 5 * seconds) if outcome.is_endless else outcome


def measure_program(path, shard, shards):
    """Of each case: milliseconds, and the faults that it reaches."""
    with tempfile.NamedTemporaryFile() as cases:
        outcome = run([path], {"LETTERPRESS_FAULT_CASES": cases.name,
                               "GTEST_TOTAL_SHARDS": str(shards), "GTEST_SHARD_INDEX": str(shard)},
                      SECONDS_MAX)
        lines = cases.read().decode().splitlines()
    if outcome.killer():
        raise SystemExit(f"{path} fails without a fault: {outcome.killer()}\n"
                         f"{outcome.text[-4000:]}")
    measured = {}
    for line in lines:
        name, _, milliseconds, reached = line.split("\t")
        measured[name] = [int(milliseconds), [int(number) for number in reached.split()]]
    return measured


def script_command(tree, build, script):
    name, *rest = script.split()
    programs = [os.path.join(build, "letterpress"), os.path.join(build, "mailgen")]
    return ["/usr/bin/python3", "-B", os.path.join(tree, "tests", name), *programs, *rest, "-f"]


def measure_script(command):
    """Seconds and the faults that its programs reach; nothing if it does not run here."""
    with tempfile.NamedTemporaryFile() as reached:
        before = os.times().elapsed
        outcome = run(command, {"LETTERPRESS_FAULTS_REACHED": reached.name}, SECONDS_MAX)
        seconds = os.times().elapsed - before
        numbers = {int(number) for number in reached.read().decode().split()}
    if outcome.code == SKIPPED:
        return None
    if outcome.killer():
        raise SystemExit(f"{command} fails without a fault: {outcome.killer()}\n"
                         f"{outcome.text[-4000:]}")
    return [seconds, sorted(numbers)]


def batches(cases, number):
    """Names of cases to run together: first those that reach little else and are quick."""
    reaching = [name for name, (_, reached) in cases.items() if number in reached]
    reaching.sort(key=lambda name: (cases[name][0] + 1) * len(cases[name][1]))
    aimed, rest = reaching[:AIMED_CASES], reaching[AIMED_CASES:]
    quick = [name for name in rest if cases[name][0] < QUICK_MS]
    slow = [name for name in rest if cases[name][0] >= QUICK_MS]
    for names in (aimed, quick, slow):
        while names:
            count, length = 0, 0
            while count < len(names) and length < FILTER_MAX:
                length += len(names[count]) + 1
                count += 1
            yield names[:count]
            names = names[count:]


def kill(fault, programs, measured):
    """The test of GoogleTest's that kills the fault: "program: case", or nothing."""
    own = [fault.folder] + (["restic"] if fault.folder == "exports" else [])

    def cost(program):
        return sum(ms for ms, reached in measured[program].values() if fault.number in reached)

    for program in sorted(programs, key=lambda name: (name not in own, cost(name))):
        cases = measured[program]
        for names in batches(cases, fault.number):
            seconds = sum(cases[name][0] for name in names) / 1000
            outcome = run_patiently([programs[program]],
                                    {"LETTERPRESS_FAULT": str(fault.number), "GTEST_FAIL_FAST": "1",
                                     "GTEST_FILTER": ":".join(names)}, 20 + 6 * seconds)
            if outcome.killer():
                return f"{program}: {outcome.killer()}"
    return None


def kill_by_script(fault, commands, measured):
    reaching = [script for script, found in measured.items()
                if found and fault.number in found[1]]
    for script in sorted(reaching, key=lambda script: measured[script][0]):
        outcome = run_patiently(commands[script], {"LETTERPRESS_FAULT": str(fault.number)},
                                60 + 6 * measured[script][0])
        if outcome.killer():
            return f"{script.split()[0]}: {outcome.killer()}"
    return None
