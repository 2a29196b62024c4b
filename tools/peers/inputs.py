# SPDX-License-Identifier: Apache-2.0
"""The mail that is backed up: folders, unpacked archives, stores that mailgen makes."""
import os
import shutil
import subprocess
import time

from peers.measure import stored_bytes

SEED = "7"
# letterpress reads files again that changed just before they were seen; mail at rest is older.
SETTLE_S = 3

START_UP = "start-up"  # the empty folder


def call(*arguments):
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class Folder:
    """A folder that stays as it is."""
    evolves = False

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder

    def make(self):
        """Called before each round."""

    def describe(self):
        files = sum(len(names) for _, _, names in os.walk(self.folder))
        return {"name": self.name, "files": files, "bytes": stored_bytes(self.folder)}


class Empty(Folder):
    """What each tool needs before it reads the first byte of mail."""
    evolves = True  # into itself

    def __init__(self, work):
        super().__init__(START_UP, os.path.join(work, "inputs", "empty"))

    def make(self):
        os.makedirs(self.folder, exist_ok=True)

    def evolve(self):
        pass


class Archive(Folder):
    """A *.tar.zst of a corpus."""

    def __init__(self, archive, work):
        name = os.path.basename(archive).removesuffix(".tar.zst")
        super().__init__(name, os.path.join(work, "inputs", name))
        self.archive = archive

    def make(self):
        if not os.path.isdir(self.folder):
            os.makedirs(self.folder)
            call("tar", "--zstd", "-xf", self.archive, "-C", self.folder)
            time.sleep(SETTLE_S)


class Mailgen(Folder):
    """A store that is made anew before each round, and grows older by days within it."""
    evolves = True

    def __init__(self, program, layout, size, days, work):
        name = f"mailgen-{layout}-{size}"
        super().__init__(name, os.path.join(work, "inputs", name))
        self.program, self.layout, self.size, self.days = program, layout, size, days

    def make(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in (self.folder + ".mailgen-state",):
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)
        call(self.program, "--seed", SEED, "--size", self.size, "--layout", self.layout,
             "--out", self.folder)
        time.sleep(SETTLE_S)

    def evolve(self):
        call(self.program, "--evolve", str(self.days), "--out", self.folder)
