# SPDX-License-Identifier: Apache-2.0
"""`letterpress export restic` where it cannot go on: clear errors, and a repository as it was."""
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "cli"))
import workbench  # noqa: E402
from restic_repository import PASSWORD, RESTIC, Repository  # noqa: E402
from workbench import FAILED, USAGE  # noqa: E402

SECONDS_MAX = 60


def wait_until(condition, what):
    until = time.monotonic() + SECONDS_MAX
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("in vain: " + what)
        time.sleep(0.01)


@unittest.skipUnless(RESTIC, "restic is not installed")
class ResticErrorsTest(workbench.Case):
    def setUp(self):
        super().setUp()
        self.source = self.path("source")
        workbench.write(workbench.join(self.source, "a"), b"something")
        self.repository = Repository(self)

    def made(self):
        """A repository with one snapshot; what it is made of."""
        self.repository.export(self.source)
        workbench.write(workbench.join(self.source, "b"), b"something new")
        return self.repository.files()

    def assert_refused(self, *texts, code=FAILED, before=None):
        before = self.repository.files() if before is None else before
        messages = self.repository.export(self.source, code=code)["messages"]
        for text in texts:
            self.assertIn(text, messages)
        self.assertEqual(self.repository.files(), before)
        return messages

    def test_two_programs_make_one_repository(self):
        for i, pause in enumerate((0, 0.02, 0.05, 0.1, 0.3)):
            with self.subTest(pause=pause):
                repository = Repository(self, f"made-{i}")
                command = [workbench.LETTERPRESS, "export", "restic", repository.path, self.source]
                runs = []
                for _ in range(2):
                    runs.append(subprocess.Popen(command, env=repository.environment,
                                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE))
                    time.sleep(pause)
                codes = sorted(run.wait() for run in runs)
                for run in runs:
                    run.communicate()
                # Who was late fails, unless the other had come to its end.
                self.assertIn(codes, ([0, 0], [0, FAILED]))
                repository.check()
                self.assertEqual(len(repository.snapshots()), codes.count(0))
                self.assertEqual(len(os.listdir(workbench.join(repository.path, "keys"))), 1)

    def test_path_with_an_equals_sign(self):
        source = self.path("a=b")
        workbench.write(workbench.join(source, "mail"), b"something")
        self.repository.export(source)
        snapshot = self.repository.snapshots()[0]
        back = self.repository.restore(snapshot["id"], source, "back")
        self.assertEqual(workbench.tree(back), workbench.tree(source))

    def test_wrong_or_missing_password(self):
        self.made()
        environment = self.repository.environment
        environment["RESTIC_PASSWORD"] = "wrong"
        self.assert_refused("password", os.fsdecode(self.repository.path), code=USAGE)
        del environment["RESTIC_PASSWORD"]
        self.assert_refused("RESTIC_PASSWORD_FILE", code=USAGE)
        self.assertEqual(self.repository.locks(), [])

    def test_password_comes_from_files_too(self):
        self.made()
        environment = self.repository.environment
        environment["RESTIC_PASSWORD"] = "wrong"
        workbench.write(self.path("password"), PASSWORD.encode() + b"\n")
        environment["RESTIC_PASSWORD_FILE"] = os.fsdecode(self.path("password"))
        self.repository.export(self.source)
        workbench.write(self.path("wrong"), b"wrong")
        environment["RESTIC_PASSWORD_FILE"] = os.fsdecode(self.path("wrong"))
        self.repository.export(self.source, "--password-file", self.path("password"))
        workbench.write(self.path("nothing"), b" \n")
        environment["RESTIC_PASSWORD_FILE"] = os.fsdecode(self.path("nothing"))
        self.assert_refused("has no password", code=USAGE)

    def test_second_key(self):
        self.made()
        workbench.write(self.path("other"), b"other\n")
        self.repository.restic("key", "add", "--new-password-file", self.path("other"))
        self.repository.export(self.source, "--password-file", self.path("other"))
        self.repository.check()

    def test_version_1(self):
        self.repository.init("--repository-version", "1")
        self.assert_refused("version 1", "restic migrate upgrade_repo_v2")

    def test_something_else_lies_there(self):
        workbench.write(workbench.join(self.repository.path, "precious"), b"other data")
        self.assert_refused("neither a restic repository", code=USAGE)
        self.assertEqual(os.listdir(self.repository.path), [b"precious"])

    def test_folder_above_is_missing(self):
        self.repository.path = self.path("no", "such", "repo")
        messages = self.repository.export(self.source, code=FAILED)["messages"]
        self.assertIn(os.fsdecode(self.repository.path), messages)

    def test_damaged_files(self):
        self.made()
        for folder, advice in (("index", "restic rebuild-index"), ("keys", ""), ("", "")):
            top = workbench.join(self.repository.path, folder) if folder else self.repository.path
            name = os.listdir(top)[0] if folder else b"config"
            path = workbench.join(top, name)
            good = workbench.read(path)
            for bad in (good[:-1], good[:len(good) // 2] + b"\x00" + good[len(good) // 2 + 1:],
                        b"", good[:20]):
                with self.subTest(path=path, length=len(bad)):
                    self.replace(path, bad)
                    if bad != good:
                        self.assert_refused(code=(FAILED, USAGE))
                    if folder == "index":
                        self.assert_refused(os.fsdecode(path), advice)
            self.replace(path, good)
        self.repository.check()

    def replace(self, path, content):
        os.remove(path)
        workbench.write(path, content)

    def test_lost_pack_is_stored_again(self):
        self.made()
        for folder, _, names in os.walk(workbench.join(self.repository.path, "data")):
            for name in names:
                os.remove(workbench.join(folder, name))
        report = self.repository.export(self.source)
        self.assertIn("packs that the index names are missing", report["messages"])
        self.assertEqual(report["new_data_blobs"], 2)
        self.repository.restic("rebuild-index", "-q")
        restored = self.repository.restore(report["snapshot"], self.source, "back")
        self.assert_same(restored, self.source)

    def test_exclusive_lock_of_another(self):
        before = self.made()
        other = subprocess.Popen([RESTIC, "-r", self.repository.path, "check", "--read-data"],
                                 env=self.repository.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            wait_until(self.repository.locks, "restic takes its lock")
            other.send_signal(signal.SIGSTOP)
            [lock] = self.repository.locks()
            self.assert_refused("locked exclusively by process %d" % other.pid, "restic unlock",
                                before=before)
            self.assertEqual(self.repository.locks(), [lock])
        finally:
            other.send_signal(signal.SIGCONT)
            other.wait()
        self.repository.export(self.source)

    def test_exclusive_lock_that_was_left_behind(self):
        self.made()
        other = subprocess.Popen([RESTIC, "-r", self.repository.path, "check", "--read-data"],
                                 env=self.repository.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        wait_until(self.repository.locks, "restic takes its lock")
        other.kill()
        other.wait()
        # As restic does it: only `unlock` takes it away.
        self.repository.restic("backup", "-q", self.source, code=1)
        self.assert_refused("locked exclusively")
        self.repository.restic("unlock", "-q")
        self.repository.export(self.source)

    def test_restic_respects_our_lock(self):
        self.made()
        run = self.repository.start_export()
        wait_until(self.repository.locks, "we take our lock")
        done = self.repository.restic("prune", code=1)
        self.assertIn("already locked", done.err)
        self.repository.backup(self.source)
        out, err = run.communicate(b"late", timeout=SECONDS_MAX)
        self.assertEqual(run.returncode, 0, err)
        self.assertIn(b"Snapshot", out)
        self.assertEqual(self.repository.locks(), [])
        self.repository.restic("prune", "-q")
        self.repository.check()
        self.assertEqual(len(self.repository.snapshots()), 3)

    def test_stopped_and_killed(self):
        self.made()
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                before = self.repository.snapshots()
                run = self.repository.start_export()
                wait_until(self.repository.locks, "we take our lock")
                run.stdin.write(b"x" * 5_000_000)
                run.stdin.flush()
                run.send_signal(number)
                run.communicate(timeout=SECONDS_MAX)
                self.assertNotEqual(run.returncode, 0)
                self.assertEqual(self.repository.snapshots(), before)
                if number == signal.SIGINT:
                    self.assertEqual(run.returncode, FAILED)
                    self.assertEqual(self.repository.locks(), [])
        self.assertEqual(len(self.repository.locks()), 1)
        self.repository.restic("unlock", "-q")
        self.assertEqual(self.repository.locks(), [])
        self.repository.export(self.source)
        self.repository.check()
        self.repository.restic("prune", "-q")
        self.repository.check()

    def test_lock_that_was_taken_from_us(self):
        self.made()
        before = self.repository.snapshots()
        run = self.repository.start_export()
        wait_until(self.repository.locks, "we take our lock")
        self.repository.restic("unlock", "-q", "--remove-all")
        _, err = run.communicate(b"late", timeout=SECONDS_MAX)
        self.assertEqual(run.returncode, FAILED)
        self.assertIn(b"our lock was removed", err)
        self.assertEqual(self.repository.snapshots(), before)

    @unittest.skipIf(workbench.IS_ROOT, "permissions mean nothing to root")
    def test_read_only(self):
        self.made()
        for name in (b"locks", b"data"):
            os.chmod(workbench.join(self.repository.path, name), 0o500)
            self.assert_refused(os.fsdecode(name))
            os.chmod(workbench.join(self.repository.path, name), 0o700)

    @unittest.skipUnless(workbench.IS_ROOT and shutil.which("mount"), "needs a small file system")
    def test_full_disk(self):
        self.repository.path = self.path("small", "repo")
        os.mkdir(self.path("small"))
        mounted = workbench.run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs",
                                self.path("small"))
        if mounted.code != 0:
            self.skipTest("no file system can be mounted")
        try:
            self.repository.export(self.source)
            before = self.repository.snapshots()
            workbench.write(workbench.join(self.source, "large"), os.urandom(5_000_000))
            messages = self.repository.export(self.source, code=FAILED)["messages"]
            self.assertIn("No space left", messages)
            self.assertEqual(self.repository.snapshots(), before)
            self.assertEqual(self.repository.locks(), [])
            self.repository.check()
            os.remove(workbench.join(self.source, "large"))
            self.repository.export(self.source)
            self.repository.check()
        finally:
            workbench.run("umount", self.path("small"))


if __name__ == "__main__":
    workbench.main(__doc__)
