#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The vault as strangers install it: programs in C through pkg-config, in C++ through find_package,
in Python through ctypes, against what was installed and moved.

    vault_install_test.py BUILD_FOLDER MAILGEN
"""
import re
import shutil
import subprocess
import sys
import unittest

from installed import EXAMPLES, Installed, functions_of, run


class VaultPrograms(Installed):
    package = "letterpress-vault"
    layout = "mbox"

    def test_a_c_program_keeps_a_folder_in_a_vault(self):
        program = self.build_c("vault_folder")
        vault, keys, state = (self.folder / name for name in ("c-vault", "c-keys", "c-state"))
        environment = dict(self.environment, VAULT_PASSPHRASE="open sesame")
        run(program, "make", vault, keys, env=environment)
        saved = [run(program, "save", vault, keys, state, "mail", self.mail,
                     env=environment).decode() for _ in range(2)]
        stored = [int(re.search(r"(\d+) stored", line)[1]) for line in saved]
        self.assertGreater(stored[0], 0)
        self.assertLess(stored[1], stored[0] / 20)
        listed = run(program, "list", vault, keys, env=environment).decode().splitlines()
        self.assertEqual(sum(line.startswith("snapshot ") for line in listed), 2)
        for path in self.files:
            name = f"mail/{path.relative_to(self.mail)}"
            self.assertIn(f"entry {path.stat().st_size} {name}", listed)
        one = self.files[len(self.files) // 2].relative_to(self.mail)
        to = self.folder / "c-out"
        run(program, "get", vault, keys, f"mail/{one}", to, env=environment)
        self.assertEqual((to / "mail" / one).read_bytes(), (self.mail / one).read_bytes())
        self.assertIn(b", 0 damages", run(program, "check", vault, keys, env=environment))
        # The command line takes it as its own: the same keys, the same vault.
        letterpress = self.prefix / "bin" / "letterpress"
        (self.folder / "passphrase").write_text("open sesame\n")
        listed = run(letterpress, "ls", vault, "latest", "mail", "-r", "--key",
                     keys / "recovery.key", "--passphrase-file", self.folder / "passphrase")
        self.assertIn(str(one).encode(), listed)
        run(letterpress, "verify", vault, "--trust", keys / "vault.pub")
        wrong = subprocess.run([program, "check", vault, keys], capture_output=True, check=False,
                               env=dict(environment, VAULT_PASSPHRASE="sesame"))
        self.assertEqual(wrong.returncode, 1)
        self.assertIn(b"passphrase", wrong.stderr)

    def test_a_cpp_program_has_both_libraries(self):
        """Also one in the other order, and both linked in: the copies do not meet."""
        project = self.folder / "project"
        project.mkdir()
        shutil.copy(EXAMPLES / "vault_and_stream.cc", project)
        kinds = {"shared": "letterpress::vault", "static": "letterpress::vault_static",
                 "engine_first": "letterpress::engine letterpress::vault",
                 "mixed": "letterpress::engine_static letterpress::vault"}
        lines = "\n".join(
            f"add_executable({name} vault_and_stream.cc)\n"
            f"target_link_libraries({name} PRIVATE {libraries})"
            for name, libraries in kinds.items())
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(stranger LANGUAGES C CXX)\n"
            "set(CMAKE_CXX_STANDARD 20)\n"
            "find_package(letterpress 0.1 REQUIRED)\n" + lines + "\n")
        run("cmake", "-S", project, "-B", project / "build",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Debug")
        run("cmake", "--build", project / "build", "--parallel", "2")
        out = {name: run(project / "build" / name, self.folder / f"cpp-{name}", self.mail)
               for name in kinds}
        for name, text in out.items():
            self.assertIn(f"vault: {len(self.files)} entries, 0 damages".encode(), text, name)
            self.assertIn(f"stream: {len(self.files)} entries".encode(), text, name)

    def test_a_python_program_reads_one_message_back(self):
        work = self.folder / "python"
        work.mkdir()
        mailbox = max(self.files, key=lambda path: path.stat().st_size)
        out = run("/usr/bin/python3", "-B", EXAMPLES / "ctypes_vault.py",
                  self.libraries / "libletterpress-vault.so", work, mailbox).decode()
        found = re.search(r"(\d+) messages of (\d+), (\d+) bytes in", out)
        self.assertGreater(int(found[2]), 1)
        self.assertEqual(found[1], found[2])
        self.assertEqual(int(found[3]), mailbox.stat().st_size)

    def test_the_library_needs_no_other_copy_of_the_engine(self):
        self.assertEqual(self.needed("libletterpress-vault.so"),
                         ["libc", "libcrypto", "libgcc_s", "libisal", "libsodium", "libstdc++",
                          "libtbb", "libxxhash", "libzstd"])
        self.assertEqual(run("pkg-config", "--print-requires", "letterpress-vault",
                             env=self.environment).split()[0], b"letterpress")

    def test_it_exports_what_the_headers_declare_and_no_more(self):
        names = self.exported("libletterpress-vault.so")
        in_c = {name for name in names if name.startswith("letterpress_")}
        self.assertEqual(sorted(in_c),
                         sorted(functions_of(self.header("letterpress_vault.h").read_text())))
        for name in names - in_c:
            self.assertRegex(name, r"^letterpress::(?:Vault|VaultKey|Backup|Snapshot)::"
                                   r"(?!Run|Held|Opened)")
        # Nothing that another library could take for its own, nor find in its place.
        self.assertFalse(names & self.exported("libletterpress.so"))
        undefined = run("nm", "--dynamic", "--undefined-only", "--demangle",
                        self.libraries / "libletterpress-vault.so").decode()
        self.assertNotIn("letterpress", undefined)

    def test_no_symbol_is_unique_in_the_process(self):
        """Such a one would be shared by the copies of the engine, hidden or not."""
        for library in ("libletterpress.so", "libletterpress-vault.so"):
            table = run("readelf", "--dyn-syms", "--wide", self.libraries / library).decode()
            self.assertIn(" GLOBAL ", table)
            self.assertNotIn(" UNIQUE ", table)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
