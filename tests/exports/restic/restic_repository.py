# SPDX-License-Identifier: Apache-2.0
"""A restic repository in the folder of a test, and Debian's restic, which judges it."""
import json
import os
import shutil
import subprocess

import workbench

PASSWORD = "correct horse"
RESTIC = shutil.which("restic")


class Repository:
    """`case` is the test, a workbench.Case."""

    def __init__(self, case, name="repo"):
        self.case = case
        self.path = case.path(name)
        self.environment = {**os.environ, "RESTIC_PASSWORD": PASSWORD,
                            "RESTIC_CACHE_DIR": os.fsdecode(case.path("cache"))}
        self.environment.pop("RESTIC_PASSWORD_FILE", None)

    def restic(self, *arguments, code=0):
        done = workbench.run(RESTIC, "-r", self.path, *arguments, env=self.environment)
        self.case.assertEqual(done.code, code, done)
        return done

    def init(self, *arguments):
        self.restic("init", "-q", *arguments)

    def export(self, *sources, code=workbench.DONE):
        """The report; with what was printed as `messages`."""
        done = self.case.run_program("export", "restic", self.path, *sources, "--json", code=code,
                                     env=self.environment)
        report = done.json() if done.out else {}
        return {**report, "messages": done.err}

    def start_export(self):
        """A run that holds its lock, and reads standard input until that is closed."""
        run = subprocess.Popen([workbench.LETTERPRESS, "export", "restic", self.path, "-"],
                               env=self.environment, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.case.addCleanup(run.wait)
        self.case.addCleanup(run.kill)
        self.case.addCleanup(run.stdin.close)
        return run

    def backup(self, *sources):
        """What restic stored of the sources: its summary."""
        done = self.restic("backup", "--json", *sources)
        return json.loads(done.out.splitlines()[-1])

    def check(self):
        self.restic("check", "--read-data")

    def restore(self, snapshot, source, to):
        """The path of what was restored of `source`."""
        self.restic("restore", "-q", snapshot, "--target", self.case.path(to))
        return self.case.path(to) + os.path.abspath(source)

    def snapshots(self):
        return json.loads(self.restic("snapshots", "--json").out) or []

    def cat(self, *arguments):
        return self.restic("cat", *arguments).out

    def nodes(self, tree):
        """The nodes of a tree, with the names as restic writes them."""
        return json.loads(self.cat("blob", tree))["nodes"]

    def tree_of(self, snapshot, source):
        """The id of the tree of a folder, as its absolute path says."""
        tree = next(each["tree"] for each in self.snapshots() if each["id"] == snapshot)
        for name in os.fsdecode(os.path.abspath(source)).strip("/").split("/"):
            tree = next(node["subtree"] for node in self.nodes(tree) if node["name"] == name)
        return tree

    def packs(self):
        """The blobs of each pack in the order of their offsets, for all indexes."""
        packs = []
        for name in self.restic("list", "index").out.split():
            for pack in json.loads(self.cat("index", name))["packs"]:
                blobs = sorted(pack["blobs"], key=lambda blob: blob["offset"])
                packs.append([(blob["type"], blob["id"]) for blob in blobs])
        return sorted(packs)

    def locks(self):
        """Those that have their names: restic writes a lock under another one first."""
        return [name for name in os.listdir(workbench.join(self.path, "locks"))
                if len(name) == 64]

    def files(self):
        """Of each file its size and hash, locks apart."""
        found = workbench.tree(self.path)
        return {path: workbench.content_of(entry) for path, entry in found.items()
                if entry[0] == "file" and not path.startswith(b"locks/")}

    def size(self):
        return sum(size for size, _ in self.files().values())
