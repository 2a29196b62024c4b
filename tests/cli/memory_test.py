#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The memory that a backup, a check and a restore take does not grow with the mail:

    memory_test.py LETTERPRESS MAILGEN [--size SIZE] [unittest arguments]

--size: how much mail, as mailgen takes it, 256M unless it is given; the bar is for 2G.
"""
import workbench
from workbench import join

PEAK_BYTES_MAX = 400_000_000


class Memory(workbench.Case):
    on_disk = True

    def peak_of(self, *arguments):
        """The largest resident size of a run that succeeds."""
        cost = workbench.measure(workbench.LETTERPRESS, *arguments)
        self.assertEqual(cost.code, workbench.DONE, cost)
        print(f"{arguments[0]}: {cost.peak_bytes / 1e6:.0f} MB at most")
        self.assertGreater(cost.peak_bytes, 1_000_000, "nothing was measured")
        self.assertLessEqual(cost.peak_bytes, PEAK_BYTES_MAX)

    def check(self, layout):
        store = self.mailgen("store", 61, workbench.SIZE, layout)
        vault = self.vault()
        self.peak_of(*vault.backup_arguments(store))
        self.peak_of(*vault.backup_arguments(store), "--read-all")
        self.peak_of("verify", vault.path, "--deep", "--key", vault.recovery_key)
        self.peak_of("restore", vault.path, "--to", self.path("back"), "--key", vault.recovery_key)
        self.assert_same(join(self.path("back"), "store"), store)

    def test_maildir(self):
        self.check("maildir")

    def test_mbox(self):
        self.check("mbox")


if __name__ == "__main__":
    workbench.main(__doc__, (("size", "256M"),))
