# SPDX-License-Identifier: Apache-2.0
"""Keys that are locked with a passphrase: from a file, and asked for on a terminal.

    passphrase_test.py LETTERPRESS MAILGEN
"""
import os
import pty
import select
import signal
import termios
import time

import workbench
from workbench import DONE, FAILED, USAGE, join, read, write

WORDS = b"correct horse battery staple"
SECONDS_MAX = 60


class Terminal:
    """A program with a terminal of its own, whose standard input is another pipe."""

    def __init__(self, *arguments):
        self.seen = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execv(workbench.LETTERPRESS, [workbench.LETTERPRESS, *arguments])

    def wait_for(self, text):
        end = time.monotonic() + SECONDS_MAX
        while text not in self.seen:
            if not select.select([self.descriptor], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} did not come: {self.seen!r}")
            self.seen += os.read(self.descriptor, 4096)

    def answer(self, question, line):
        self.wait_for(question)
        end = time.monotonic() + SECONDS_MAX
        while self.echoes() and time.monotonic() < end:
            time.sleep(0.01)
        if line is None:
            os.kill(self.pid, signal.SIGINT)
        else:
            os.write(self.descriptor, line + b"\n")

    def echoes(self):
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)

    def end(self):
        try:
            while got := os.read(self.descriptor, 4096):
                self.seen += got
        except OSError:  # the other end is closed
            pass
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Passphrases(workbench.Case):
    def setUp(self):
        super().setUp()
        self.mail = self.path("mail")
        write(join(self.mail, "one"), b"From: a@example.org\n\nthe text of the first mail\n")
        self.words, self.wrong = self.path("words"), self.path("wrong")
        write(self.words, WORDS + b"\nthe second line is not read\n")
        write(self.wrong, WORDS[:-1] + b"\n")
        self.vault, self.keys = self.path("vault"), self.path("keys")
        self.recovery, self.ingest = join(self.keys, "recovery.key"), join(self.keys, "ingest.key")

    def init(self, *arguments):
        return self.run_program("init", self.vault, "--keys", self.keys, *arguments)

    def backup(self, key, *arguments, code=DONE):
        return self.run_program("backup", self.vault, self.mail, "--key", key, "--state",
                                self.path("state"), *arguments, code=code)

    def refuses(self, *arguments, says):
        done = self.run_program(*arguments, code=(USAGE, FAILED))
        self.assertIn(says, done.err, done)

    def test_a_locked_recovery_key_opens_with_its_passphrase_only(self):
        made = self.init("--passphrase-file", self.words, "--json").json()
        self.assertEqual((made["recovery_key_locked"], made["ingest_key_locked"]), (True, False))
        self.assertEqual(os.stat(self.recovery).st_mode & 0o777, 0o600)
        self.assertTrue(read(self.recovery).startswith(b"letterpress locked key, version 2\n"))
        self.backup(self.ingest)
        commands = {
            "ls": ("ls", self.vault),
            "restore": ("restore", self.vault, "--to", self.path("back")),
            "verify": ("verify", self.vault, "--deep"),
            "writer": ("writer", "add", self.vault, "mx2", "--out", self.path("mx2.key")),
        }
        for name, command in commands.items():
            with self.subTest(command=name):
                command += ("--key", self.recovery)
                self.refuses(*command, says="locked with a passphrase")
                self.refuses(*command, "--passphrase-file", self.wrong,
                             says="not its passphrase")
                self.refuses(*command, "--passphrase-file", self.path("nothing"),
                             says="nothing: No such file")
                self.run_program(*command, "--passphrase-file", self.words)
        self.assert_same(join(self.path("back"), "mail"), self.mail)

    def test_other_keys_can_be_locked_too(self):
        self.init("--ingest-passphrase-file", self.words)
        self.backup(self.ingest, code=USAGE)
        self.backup(self.ingest, "--passphrase-file", self.wrong, code=USAGE)
        self.backup(self.ingest, "--passphrase-file", self.words)
        self.run_program("ls", self.vault, "--key", self.recovery)
        second = self.path("second.key")
        self.run_program("writer", "add", self.vault, "mx2", "--key", self.recovery, "--out",
                         second, "--ingest-passphrase-file", self.words)
        self.backup(second, code=USAGE)
        reader = self.path("partner")
        self.run_program("reader", "new", "--out", reader, "--passphrase-file", self.words)
        shared, keys = self.path("shared"), self.path("shared.keys")
        self.run_program("init", shared, "--keys", keys, "--reader", reader + b".pub")
        self.run_program("backup", shared, self.mail, "--key", join(keys, "ingest.key"), "--state",
                         self.path("state2"))
        list_it = ("ls", shared, "--key", reader)
        self.refuses(*list_it, says="locked with a passphrase")
        self.run_program(*list_it, "--passphrase-file", self.words)

    def test_a_passphrase_file_that_cannot_be(self):
        write(self.path("empty"), b"\nwords\n")
        write(self.path("long"), b"a" * 1025)
        for name, says in (("empty", "is empty"), ("long", "longer than")):
            self.refuses("init", self.vault, "--keys", self.keys, "--passphrase-file",
                         self.path(name), says=says)
            self.assertFalse(os.path.exists(self.vault))
        write(self.path("crlf"), WORDS + b"\r\n")
        self.init("--passphrase-file", self.path("crlf"))
        self.backup(self.ingest)
        self.run_program("ls", self.vault, "--key", self.recovery, "--passphrase-file", self.words)

    def test_a_terminal_is_asked_without_echo(self):
        made = Terminal("init", self.vault, "--keys", self.keys, "--passphrase")
        made.answer(b"New passphrase for recovery.key: ", WORDS)
        made.answer(b"Once more: ", WORDS)
        self.assertEqual(made.end(), DONE, made.seen)
        self.assertNotIn(WORDS, made.seen)
        self.backup(self.ingest)
        for line, code in ((WORDS, DONE), (b"other", USAGE), (None, FAILED)):
            listed = Terminal("ls", self.vault, "--key", self.recovery)
            listed.answer(b"Passphrase of ", line)
            self.assertEqual(listed.end(), code, listed.seen)
            self.assertNotIn(WORDS, listed.seen)
        self.run_program("ls", self.vault, "--key", self.recovery, "--passphrase-file", self.words)

    def test_two_different_lines_make_nothing(self):
        made = Terminal("init", self.vault, "--keys", self.keys, "--passphrase")
        made.answer(b"New passphrase for recovery.key: ", WORDS)
        made.answer(b"Once more: ", WORDS + b"r")
        self.assertEqual(made.end(), USAGE, made.seen)
        self.assertFalse(os.path.exists(self.vault))


if __name__ == "__main__":
    workbench.main(__doc__)
