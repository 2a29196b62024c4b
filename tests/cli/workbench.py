# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: programs, vaults, trees, mail.

    class Something(workbench.Case):
        def test_that(self):
            store = self.mailgen("store", 1, "1M")
            vault = self.vault()
            vault.backup(store)
            self.assert_same(vault.restore("back") + b"/store", store)

    if __name__ == "__main__":
        workbench.main()

A test is called as NAME_test.py LETTERPRESS MAILGEN [unittest arguments]. Its folders are below
TMPDIR. Paths are bytes, so that every name that a file system takes can be tested.
"""
import contextlib
import glob
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

SKIPPED = 77  # what ctest takes for "was not run"
UNSETTLED_NS = 2_100_000_000
SECONDS_MAX = 600  # for one run of a program
IS_ROOT = os.geteuid() == 0

DONE, DAMAGE, USAGE, FAILED, PARTIAL, ALARM = range(6)

LETTERPRESS = ""
MAILGEN = ""


class Run:
    """What a program said, and how it ended."""

    def __init__(self, arguments, code, out, err):
        self.arguments = arguments
        self.code = code
        self.out = out
        self.err = err.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        shown = b" ".join(os.fsencode(argument) for argument in self.arguments)
        return f"{shown.decode('utf-8', 'replace')}: exit {self.code}\n{self.err[:4000]}"


def run(*arguments, stdin=b"", stdout=subprocess.PIPE, **options):
    """Runs a program to its end. `stdin` is bytes or an open file."""
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    done = subprocess.run(arguments, stdout=stdout, stderr=subprocess.PIPE, check=False,
                          timeout=SECONDS_MAX, **given, **options)
    return Run(arguments, done.returncode, done.stdout, done.stderr)


class Cost(Run):
    """The same, with what it took: user CPU seconds, and the largest resident size in bytes."""

    def __init__(self, arguments, code, out, err, usage):
        super().__init__(arguments, code, out, err)
        self.user_seconds = usage.ru_utime
        self.peak_bytes = usage.ru_maxrss * 1024


def measure(*arguments, stdin=None, stdout=None, **options):
    """Runs a program to its end. `stdin` and `stdout` are paths; what is said is kept in memory."""
    with (open(stdin or os.devnull, "rb") as given, open(stdout or os.devnull, "wb") as taken,
          tempfile.TemporaryFile() as said):
        with subprocess.Popen(arguments, stdin=given, stdout=taken, stderr=said,
                              **options) as program:
            _, status, usage = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return Cost(arguments, program.returncode, b"", said.read(), usage)


def join(*names):
    return b"/".join(os.fsencode(name) for name in names)


def hash_of(file):
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def hash_file(path, dir_fd=None):
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=dir_fd)
    with open(descriptor, "rb", buffering=0) as file:
        return hash_of(file)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content, mtime_ns=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def describe(name, folder, paths_of):
    """One entry as a tuple. `paths_of` collects the paths of each inode that has several."""
    path, folder_descriptor = folder
    status = os.stat(name, dir_fd=folder_descriptor, follow_symlinks=False)
    rest = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns)
    if stat.S_ISDIR(status.st_mode):
        return ("folder", *rest)
    if status.st_nlink > 1:
        paths_of.setdefault((status.st_dev, status.st_ino), []).append(path)
    if stat.S_ISLNK(status.st_mode):
        return ("symlink", *rest[1:], os.readlink(name, dir_fd=folder_descriptor))
    if stat.S_ISREG(status.st_mode):
        return ("file", *rest, status.st_size, hash_file(name, folder_descriptor))
    return ("special", stat.S_IFMT(status.st_mode))


def tree(root):
    """Everything below a folder: path in bytes -> kind, mode, owner, group, mtime, what it holds.

    A file with several names has them all at the end of its tuple. The root is b"".
    """
    root = os.fsencode(root)
    entries = {}
    paths_of = {}
    # With descriptors, because paths may be longer than the system takes in one piece.
    for folder, folders, names, descriptor in os.fwalk(root, follow_symlinks=False):
        below = folder[len(root):].lstrip(b"/")
        if not below:
            entries[b""] = describe(b".", (b"", descriptor), {})
        for name in folders + names:
            path = below + b"/" + name if below else name
            entries[path] = describe(name, (path, descriptor), paths_of)
    for paths in paths_of.values():
        group = tuple(sorted(paths))
        for path in group:
            if entries[path][0] == "file":
                entries[path] += (group,)
    return entries


def content_of(entry):
    """Size and hash of a file of a tree; nothing for others."""
    return entry[5:7] if entry[0] == "file" else None


def differences(made, expected, shown=10):
    """What differs between two trees, in lines."""
    lines = []
    for path in sorted(made.keys() | expected.keys()):
        if made.get(path) != expected.get(path):
            lines.append(f"  {path!r}: {made.get(path, 'is missing')}"
                         f" instead of {expected.get(path, 'nothing')}")
    if len(lines) > shown:
        lines[shown:] = [f"  and {len(lines) - shown} more"]
    return lines


def settle(root):
    """Waits until the newest change below a folder is so old that times tell it from any later one.

    A backup reads younger files again, next time, because the file system's clock ticks slowly.
    """
    newest = max(os.lstat(join(top, name)).st_ctime_ns
                 for top, folders, names in os.walk(root) for name in folders + names)
    while (left_ns := newest + UNSETTLED_NS - time.time_ns()) > 0:
        time.sleep(left_ns / 1e9)


def remove(path):
    """Removes a folder, whatever its permissions are."""
    for folder, folders, _ in os.walk(path):
        for name in folders:
            inner = os.path.join(folder, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def memory_folder():
    """Where most tests work: thousands of folders are made and removed, and ext4 spends minutes on
    looking for inodes that were not in use a moment ago. None if there is too little room."""
    folder = "/dev/shm"
    has_room = os.path.isdir(folder) and shutil.disk_usage(folder).free >= 1 << 30
    return folder if has_room else None


class Case(unittest.TestCase):
    """A test with an empty folder of its own, `self.folder`."""

    maxDiff = None
    on_disk = False  # where the system keeps temporary files, and not in memory

    def setUp(self):
        parent = None if self.on_disk else memory_folder()
        self.folder = os.fsencode(tempfile.mkdtemp(prefix="letterpress-", dir=parent))
        self.addCleanup(remove, self.folder)

    def path(self, *names):
        return join(self.folder, *names)

    def run_program(self, *arguments, code=DONE, **options):
        done = run(LETTERPRESS, *arguments, **options)
        allowed = code if isinstance(code, tuple) else (code,)
        self.assertIn(done.code, allowed, done)
        return done

    def mailgen(self, name, seed, size, layout="maildir"):
        """A new mail store; its path."""
        path = self.path(name)
        self.run_mailgen("--seed", str(seed), "--size", size, "--layout", layout, "--out", path)
        return path

    def run_mailgen(self, *arguments):
        done = run(MAILGEN, *arguments)
        self.assertEqual(done.code, 0, done)

    def evolve(self, store, days=1):
        self.run_mailgen("--evolve", str(days), "--out", store)

    def vault(self, name="vault"):
        return Vault(self, name)

    def assert_same(self, made, expected):
        """Both a path or a tree()."""
        trees = [each if isinstance(each, dict) else tree(each) for each in (made, expected)]
        self.assertTrue(trees[1], "nothing to compare with")
        lines = differences(*trees)
        if lines:
            self.fail("trees differ:\n" + "\n".join(lines))


class Vault:
    """A vault, its keys and the writer's state, made new in the folder of a test."""

    def __init__(self, case, name):
        self.case = case
        self.name = name
        self.path = case.path(name)
        self.keys = case.path(name + ".keys")
        self.state = case.path(name + ".state")
        self.ingest_key = join(self.keys, "ingest.key")
        self.recovery_key = join(self.keys, "recovery.key")
        case.run_program("init", self.path, "--keys", self.keys)

    def backup_arguments(self, *sources):
        return ("backup", self.path, *sources, "--key", self.ingest_key, "--state", self.state)

    def backup(self, *sources, code=DONE, **options):
        """The report, as JSON gives it, with what was printed as `messages`."""
        done = self.case.run_program(*self.backup_arguments(*sources), "--json", code=code,
                                     **options)
        return {**done.json(), "messages": done.err}

    def restore(self, to, *arguments, code=DONE):
        """The path of the new folder."""
        self.run_restore(to, *arguments, code=code)
        return self.case.path(to)

    def run_restore(self, to, *arguments, code=DONE):
        return self.case.run_program("restore", self.path, *arguments, "--to", self.case.path(to),
                                     "--key", self.recovery_key, code=code)

    def verify(self, code=DONE):
        return self.case.run_program("verify", self.path, "--json", code=code)

    def verify_deep(self, code=DONE):
        return self.case.run_program("verify", self.path, "--deep", "--key", self.recovery_key,
                                     "--json", code=code)

    def snapshots(self):
        done = self.case.run_program("snapshots", self.path, "--json")
        return done.json()["snapshots"]

    def files(self):
        """Path below the vault -> what identifies the file and its bytes."""
        return {path: entry[1:] for path, entry in tree(self.path).items() if entry[0] == "file"}

    def file_names(self, folder=b""):
        """The files below a folder of the vault, nothing of them opened."""
        found = []
        for top, _, names in os.walk(join(self.path, folder) if folder else self.path):
            found += [join(top, name)[len(self.path) + 1:] for name in names]
        return sorted(found)


def corpora():
    """Archives of real mail: name -> path of NAME.tar.zst."""
    folder = os.environ.get("LETTERPRESS_CORPORA", "")
    archives = sorted(glob.glob(os.path.join(glob.escape(folder), "*.tar.zst"))) if folder else []
    return {os.path.basename(path)[:-len(".tar.zst")]: path for path in archives}


def unpack(archive, to):
    """The tar stream of an archive, unpacked into a new folder."""
    os.mkdir(to)
    with subprocess.Popen(["zstd", "-dcq", archive], stdout=subprocess.PIPE) as zstd:
        with tarfile.open(fileobj=zstd.stdout, mode="r|") as tar:
            tar.extractall(os.fsdecode(to))
        while zstd.stdout.read(1 << 16):  # what follows the end of the archive
            pass
    if zstd.returncode != 0:
        raise OSError(f"{archive}: zstd ended with {zstd.returncode}")


def main(doc="", options=()):
    """Runs the tests of the calling module. `options`: (name, default) pairs, taken as
    --name VALUE; a default of False makes a flag. Their values are attributes of this module."""
    global LETTERPRESS, MAILGEN
    arguments = sys.argv[1:]
    if len(arguments) < 2:
        sys.exit(f"usage: {sys.argv[0]} LETTERPRESS MAILGEN [unittest arguments]\n{doc}")
    LETTERPRESS, MAILGEN = (os.path.abspath(program) for program in arguments[:2])
    rest = arguments[2:]
    for name, default in options:
        value = default
        if "--" + name in rest:
            at = rest.index("--" + name)
            value = True if default is False else type(default)(rest.pop(at + 1))
            del rest[at]
        globals()[name.upper().replace("-", "_")] = value
    program = unittest.main(argv=sys.argv[:1] + rest, exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(SKIPPED)
