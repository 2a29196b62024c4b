# SPDX-License-Identifier: Apache-2.0
"""Makes files of the entries of a stream: a sink for stream_reader.Reading."""

import os
import stat
import tempfile

from stream_records import FILE, HARD_LINK, SYMLINK


class Restorer:
    """A sink that makes files. Touches nothing that exists, and follows no symbolic link."""

    def __init__(self, folder, owners):
        self.root = os.fsencode(folder)
        self.owners = owners and os.geteuid() == 0
        self.folders = {}
        self.problems = []
        self.entry = self.file = None

    def begin(self, entry):
        self.entry, self.file = entry, None
        try:
            self.make(entry, self.target_of(entry.path))
        except OSError as error:
            self.problem(entry.path, error)

    def make(self, entry, path):
        if entry.type == FILE:
            self.file = open(path, "xb")
        elif entry.type == SYMLINK:
            os.symlink(entry.target, path)
            self.apply(path, entry)
        elif entry.type == HARD_LINK:
            os.link(self.target_of(entry.target), path, follow_symlinks=False)
        else:
            # A folder may have been made for what is in it.
            if not (os.path.lexists(path) and entry.path not in self.folders):
                os.mkdir(path)
            self.need_folder(path)
            self.folders[entry.path] = entry

    def write(self, data):
        if self.file:
            self.file.write(data)

    def end(self):
        if self.file:
            self.file.close()
            self.apply(self.file.name, self.entry)
        self.entry = self.file = None

    def abandon(self):
        if self.file:
            self.file.close()
            os.unlink(self.file.name)
        self.entry = self.file = None

    def move(self, old, new):
        try:
            target = self.target_of(new)
            if os.path.lexists(target):
                raise FileExistsError("there is something of this name")
            os.rename(self.target_of(old), target)
        except OSError as error:
            self.problem(new, error)

    def finish(self):
        """Metadata of folders, deepest first. Call it after damage, too."""
        self.abandon()
        for path in sorted(self.folders, key=len, reverse=True):
            self.apply(os.path.join(self.root, path), self.folders[path])

    def target_of(self, path):
        """Where the entry goes; its parents are there then."""
        at = self.root
        *parents, name = path.split(b"/")
        for parent in parents:
            at = os.path.join(at, parent)
            try:
                os.mkdir(at)
            except FileExistsError:
                self.need_folder(at)
        return os.path.join(at, name)

    @staticmethod
    def need_folder(path):
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(f"{os.fsdecode(path)} is not a folder")

    def apply(self, path, entry):
        mode = entry.mode if self.owners else entry.mode & 0o1777
        try:
            if self.owners:
                os.chown(path, entry.user, entry.group, follow_symlinks=False)
            if entry.type != SYMLINK:
                os.chmod(path, mode)
            os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)
        except (OSError, OverflowError) as error:
            self.problem(entry.path, error)

    def problem(self, path, error):
        self.problems.append(f"{os.fsdecode(path)}: {error}")


def prepare(folder):
    """The folder, made if absent, and one beside its contents for the spool."""
    os.makedirs(folder, exist_ok=True)
    if os.listdir(folder):
        raise OSError(f"{folder}: is not empty; give a new or an empty folder")
    return tempfile.mkdtemp(prefix=".stream-", dir=os.path.dirname(os.path.abspath(folder)))
