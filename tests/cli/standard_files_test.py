#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program with standard files that are closed, or on a disk that is full:

    standard_files_test.py LETTERPRESS MAILGEN [unittest arguments]

No message gets into a file of the program's, one that cannot be written stops no work, and a result
that did not arrive is an error.
"""
import os
import subprocess

import workbench
from workbench import DONE, FAILED, join, read, write


def without(*numbers):
    """Closes these in the program that is started."""
    def close():
        for number in numbers:
            os.close(number)
    return close


class StandardFiles(workbench.Case):
    def setUp(self):
        super().setUp()
        self.mail = self.path("mail")
        write(join(self.mail, "one"), b"From: a@example.org\n\nhello\n")
        os.mkfifo(join(self.mail, "fifo"))  # is left out with a note
        self.stream = self.press(stderr=subprocess.PIPE)

    def press(self, code=DONE, **options):
        done = subprocess.run([workbench.LETTERPRESS, "press", self.mail],
                              stdout=subprocess.PIPE, check=False, **options)
        self.assertEqual(done.returncode, code)
        return done.stdout

    def test_closed_standard_error_gets_no_number_of_another_file(self):
        self.assertEqual(self.press(preexec_fn=without(2)), self.stream)
        self.assertEqual(self.press(preexec_fn=without(0, 2)), self.stream)

    def test_messages_that_cannot_be_written_stop_nothing(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.press(stderr=full), self.stream)
            vault = self.vault()
            done = subprocess.run([workbench.LETTERPRESS, *vault.backup_arguments(self.mail)],
                                  stdout=subprocess.PIPE, stderr=full, check=False)
        self.assertEqual(done.returncode, DONE)
        self.assertEqual(read(join(vault.restore("back"), "mail", "one")),
                         read(join(self.mail, "one")))

    def test_closed_standard_output_is_an_error(self):
        done = subprocess.run([workbench.LETTERPRESS, "press", self.mail], check=False,
                              stderr=subprocess.PIPE, preexec_fn=without(1))
        self.assertEqual(done.returncode, FAILED)

    def test_results_that_did_not_arrive_are_an_error(self):
        vault = self.vault()
        vault.backup(self.mail)
        for command in (("witness", vault.path), ("snapshots", vault.path, "--json"),
                        ("verify", vault.path, "--json"), ("cpu",)):
            with open("/dev/full", "wb") as full:
                done = self.run_program(*command, stdout=full, code=FAILED)
            self.assertIn("no space left", done.err.lower(), command)

    def test_a_stream_without_a_file_gives_no_empty_one(self):
        os.mkdir(self.path("empty"))
        stream = self.run_program("press", self.path("empty")).out
        done = self.run_program("unpress", "--stdout", stdin=stream, code=FAILED)
        self.assertIn("no file", done.err)


if __name__ == "__main__":
    workbench.main()
