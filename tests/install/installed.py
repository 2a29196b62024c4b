# SPDX-License-Identifier: Apache-2.0
"""What was installed, moved to another folder, and what strangers' programs are built with."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(sys.argv[1])
MAILGEN = sys.argv[2]
EXAMPLES = Path(__file__).parent.parent / "examples"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False,
                          **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n"
                             f"{done.stderr.decode(errors='replace')}"
                             f"{done.stdout.decode(errors='replace')}")
    return done.stdout


def functions_of(header):
    return re.findall(r"LETTERPRESS_C_API[^;]*?\b(letterpress_\w+)\(", header)


class Installed(unittest.TestCase):
    """The package whose programs are built, and the layout of the mail."""
    package = "letterpress"
    layout = "maildir"

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="letterpress-install-"))
        run("cmake", "--install", BUILD, "--prefix", cls.folder / "first")
        # Nothing that was installed may know where.
        cls.prefix = cls.folder / "moved"
        os.rename(cls.folder / "first", cls.prefix)
        cls.libraries = next(cls.prefix.rglob("libletterpress.so")).parent
        cls.environment = dict(os.environ, LD_LIBRARY_PATH=str(cls.libraries),
                               PKG_CONFIG_PATH=str(cls.libraries / "pkgconfig"))
        cls.mail = cls.folder / "mail"
        run(MAILGEN, "--seed", "3", "--size", "3M", "--layout", cls.layout, "--out", cls.mail)
        cls.files = sorted(path for path in cls.mail.rglob("*") if path.is_file())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def pkg_config(self, *arguments):
        return run("pkg-config", *arguments, self.package, env=self.environment).decode().split()

    def build_c(self, name, *libraries):
        program = self.folder / name
        run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            EXAMPLES / f"{name}.c", "-o", program, *self.pkg_config("--cflags", "--libs"),
            *libraries)
        return program

    def exported(self, library):
        symbols = run("nm", "--dynamic", "--defined-only", "--demangle",
                      self.libraries / library).decode().splitlines()
        names = {re.sub(r"@.*", "", line.split(" ", 2)[2]) for line in symbols}
        return {name for name in names if not name.startswith("LETTERPRESS_")}

    def needed(self, library):
        names = re.findall(r"NEEDED.*\[(.*)\]",
                           run("readelf", "-d", self.libraries / library).decode())
        return sorted(name.split(".so")[0] for name in names
                      if name.split(".so")[0] != "ld-linux-x86-64")

    def header(self, name):
        return next(self.prefix.rglob("letterpress.h")).parent / name
