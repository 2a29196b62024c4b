#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`letterpress bench` measures all that it names and leaves nothing behind. How fast is no test's
business:

    bench_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import json
import os

import workbench


class Bench(workbench.Case):
    def bench(self, *arguments):
        work = self.path("work")
        os.makedirs(work, exist_ok=True)
        done = self.run_program("--json", "bench", *arguments, "--work", work)
        self.assertEqual(os.listdir(work), [])
        return json.loads(done.out)

    def test_measures_a_folder(self):
        mail = self.mailgen("store", 16, "3M")
        measured = self.bench(mail)
        sizes = [os.path.getsize(os.path.join(top, name))
                 for top, _, names in os.walk(mail) for name in names]
        self.assertEqual(measured["files"], len(sizes))
        self.assertEqual(measured["bytes"], sum(sizes))
        cpu = json.loads(self.run_program("cpu", "--json").out)
        tiers = ["scalar", "avx2", "avx512"][:["scalar", "avx2", "avx512"].index(cpu["tier"]) + 1]
        for kernel in ("lines of text", "cut points", "chunk ids", "base64 decode"):
            speeds = {speed["tier"]: speed["bytes_per_second"] for speed in measured["kernels"]
                      if speed["kernel"] == kernel}
            self.assertEqual(list(speeds), tiers, kernel)
            self.assertTrue(all(speed > 0 for speed in speeds.values()), kernel)
        self.assertEqual([path["threads"] for path in measured["hot_path"]][:1], [1])
        for path in measured["hot_path"]:
            self.assertGreater(path["bytes_per_second"], 0)
            self.assertGreater(path["known_bytes_per_second"], 0)
        self.assertEqual([run["run"] for run in measured["whole"]],
                         ["first backup", "same again", "same again, all read", "restore"])

    def test_a_folder_without_files_is_an_error(self):
        empty = self.path("empty")
        os.makedirs(empty)
        done = workbench.run(workbench.LETTERPRESS, "bench", empty, "--work", self.path(""))
        self.assertEqual(done.code, workbench.USAGE, done)
        self.assertIn("has no files", done.err)


if __name__ == "__main__":
    workbench.main()
