# SPDX-License-Identifier: Apache-2.0
"""How each tool is called. A tool lives in a folder of its own, and has its caches there."""
import os
import re
import shutil
import subprocess

from peers.measure import Step

OPERATIONS = ("first", "again", "incremental", "restore")
OPERATION_MEANS = {
    "first": "first backup into an empty repository",
    "again": "the same once more, with all files read again",
    "incremental": "after `mailgen --evolve`, with each tool's default detection of changes",
    "restore": "everything, into an empty folder",
}


class Tool:
    """One tool with one repository of one source. Steps are returned, not run."""
    name = ""
    settings = ""
    operations = ("first", "restore")
    version_arguments = ("--version",)

    def __init__(self, folder, source):
        self.source = source
        self.folder = folder
        self.repository = os.path.join(folder, "repository")
        self.back = os.path.join(folder, "restored")
        self.parent, self.base = os.path.split(source)

    @classmethod
    def program(cls):
        return cls.name

    @classmethod
    def version(cls):
        """None when the tool is not installed."""
        path = shutil.which(cls.program())
        if not path:
            return None
        said = subprocess.run([path, *cls.version_arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
        said = said.decode("utf-8", "replace").partition("\n")[0]
        found = (re.search(r"\bversion (\d[\d.]*)|\bv(\d[\d.]*)", said)
                 or re.search(r" (\d[\d.]*)\b", said))
        return next(filter(None, found.groups())) if found else "unknown"

    def environment(self):
        return {}

    def step(self, *stages, folder=None):
        return Step([list(stage) for stage in stages], folder or self.parent)

    def prepare(self):
        """Makes the repository; not measured."""
        os.makedirs(self.repository)
        return []

    def backup(self, operation):
        raise NotImplementedError

    def restore(self):
        raise NotImplementedError

    def restored(self):
        return os.path.join(self.back, self.base)

    def tar(self):
        """The source on standard output. By name, so that each tool gets the same bytes."""
        return ["tar", "--sort=name", "-cf", "-", "-C", self.parent, self.base]

    def untar(self):
        return ["tar", "-xf", "-", "-C", self.back]


class Letterpress(Tool):
    name = "letterpress"
    settings = "level 3, all cores, encrypted and signed: it always is"
    operations = OPERATIONS
    path = ""  # set by bench_peers.py

    @classmethod
    def program(cls):
        return cls.path

    def prepare(self):
        return [self.step([self.path, "init", "-q", self.repository, "--keys", self.keys()])]

    def keys(self):
        return os.path.join(self.folder, "keys")

    def backup(self, operation):
        read_all = ["--read-all"] if operation == "again" else []
        return [self.step([self.path, "backup", "-q", self.repository, self.source, "--key",
                           self.keys() + "/ingest.key", "--state", self.folder + "/state",
                           *read_all])]

    def restore(self):
        return [self.step([self.path, "restore", "-q", self.repository, "--to", self.back,
                           "--key", self.keys() + "/recovery.key"])]


class Restic(Tool):
    name = "restic"
    settings = "repository version 2, compression auto, all cores, encrypted: it always is"
    operations = OPERATIONS
    version_arguments = ("version",)

    def environment(self):
        return {"RESTIC_PASSWORD": "x", "RESTIC_CACHE_DIR": self.folder + "/cache"}

    def restic(self, *arguments):
        return [self.step(["restic", *arguments, "--quiet", "--repo", self.repository])]

    def prepare(self):
        return self.restic("init", "--repository-version", "2")

    def backup(self, operation):
        return self.restic("backup", self.source, *(["--force"] if operation == "again" else []))

    def restore(self):
        return self.restic("restore", "latest", "--target", self.back)

    def restored(self):
        return self.back + self.source  # it keeps whole paths


class Borg(Tool):
    name = "borg"
    settings = "`--compression zstd,3` (its default is lz4), one core, not encrypted (`-e none`)"
    operations = OPERATIONS

    def environment(self):
        return {"BORG_BASE_DIR": self.folder + "/base",
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def prepare(self):
        return [self.step(["borg", "init", "-e", "none", self.repository])]

    def backup(self, operation):
        read_all = ["--files-cache=disabled"] if operation == "again" else []
        return [self.step(["borg", "create", "--compression", "zstd,3", *read_all,
                           f"{self.repository}::{operation}", self.base])]

    def restore(self):
        return [self.step(["borg", "extract", self.repository + "::first"], folder=self.back)]


class Casync(Tool):
    name = "casync"
    settings = "defaults, one core, on a tar that is written before and counted as its time"

    def tarball(self):
        return os.path.join(self.folder, "mail.tar")

    def casync(self, verb):
        return self.step(["casync", verb, f"--store={self.repository}/default.castr",
                          self.repository + "/mail.caibx", self.tarball()])

    def backup(self, operation):
        tar = self.tar()
        tar[tar.index("-")] = self.tarball()
        return [self.step(tar), self.casync("make")]

    def restore(self):
        # Without the tarball of the backup: casync would take what it needs from there.
        remove = self.step(["rm", "-f", self.tarball()])
        untar = ["tar", "-xf", self.tarball(), "-C", self.back]
        return [remove, self.casync("extract"), self.step(untar)]


class Zbackup(Tool):
    name = "zbackup"
    settings = "defaults (LZMA), all cores, `--non-encrypted`, on a tar through a pipe"
    version_arguments = ()  # says it before it complains of the missing command

    def prepare(self):
        return [self.step(["zbackup", "init", "--non-encrypted", self.repository])]

    def zbackup(self, verb):
        return ["zbackup", verb, "--non-encrypted", self.repository + "/backups/mail"]

    def backup(self, operation):
        return [self.step(self.tar(), self.zbackup("backup"))]

    def restore(self):
        return [self.step(self.zbackup("restore"), self.untar())]


class Zpaq(Tool):
    name = "zpaq"
    settings = "`-m1`, its default, all cores, not encrypted"
    version_arguments = ()

    def archive(self):
        return os.path.join(self.repository, "mail.zpaq")

    def backup(self, operation):
        return [self.step(["zpaq", "a", self.archive(), self.base, "-m1"])]

    def restore(self):
        return [self.step(["zpaq", "x", self.archive(), "-to", self.back])]


class Zstd(Tool):
    name = "zstd"
    settings = "`tar | zstd -3 --long=27`, one core: no deduplication beyond its window"

    def archive(self):
        return os.path.join(self.repository, "mail.tar.zst")

    def backup(self, operation):
        return [self.step(self.tar(), ["zstd", "-q", "-3", "--long=27", "-o", self.archive()])]

    def restore(self):
        return [self.step(["zstd", "-q", "-dc", "--long=27", self.archive()], self.untar())]


class Cp(Tool):
    name = "cp"
    settings = "`cp -r` of the source: the floor of a restore"
    operations = ("restore",)

    def restore(self):
        return [self.step(["cp", "-r", self.source, self.back])]


TOOLS = {tool.name: tool for tool in (Letterpress, Restic, Borg, Casync, Zbackup, Zpaq, Zstd, Cp)}
