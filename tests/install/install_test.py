#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into a folder, moves that, and builds and runs strangers' programs against it:
C through pkg-config, C++ through CMake's find_package, Python through ctypes.

    install_test.py BUILD_FOLDER MAILGEN
"""
import os
import re
import shutil
import subprocess
import sys
import unittest

from header_examples import AROUND_EXAMPLES, example_of
from installed import EXAMPLES, Installed, functions_of, run


class Programs(Installed):
    def test_a_c_program_writes_streams_and_lists_them(self):
        program = self.build_c("stream_pipe")
        letterpress = self.prefix / "bin" / "letterpress"
        stream = run(program, "put", "mail", self.mail, env=self.environment)
        # A stream of the library is one of the program, to the byte.
        self.assertEqual(stream, run(letterpress, "press", self.mail))
        run(letterpress, "unpress", "--to", self.folder / "unpressed", input=stream)
        listed = run(program, "list", input=stream, env=self.environment).decode().splitlines()
        for path in self.files:
            name = path.relative_to(self.folder)
            self.assertEqual((self.folder / "unpressed" / name).read_bytes(), path.read_bytes())
            self.assertIn(f"{path.stat().st_size} {name}", listed)
        self.assertEqual(listed[-1].split(",")[0], f"whole: {len(stream)} bytes")
        cut = subprocess.run([str(program), "list"], input=stream[:-1], env=self.environment,
                             capture_output=True, check=False)
        self.assertEqual(cut.returncode, 1)
        self.assertIn(b"(cut-short)", cut.stderr)

    def test_a_c_program_keeps_mail_in_a_database(self):
        program = self.build_c("sqlite_store", "-lsqlite3")
        database = self.folder / "mail.sqlite"
        first = run(program, database, "add", "mail", self.mail, env=self.environment).decode()
        again = run(program, database, "add", "mail", self.mail, env=self.environment).decode()
        new = re.compile(r"(\d+) entries, (\d+) bytes, (\d+) of them new, (\d+) after")
        self.assertEqual(int(new.match(first)[2]), sum(f.stat().st_size for f in self.files))
        self.assertGreater(int(new.match(first)[3]), 0)
        self.assertEqual(new.match(again)[1], new.match(first)[1])
        # Small parts of neighbours are joined, in batches that begin anew; here it is the same.
        self.assertEqual(int(new.match(again)[3]), 0)
        names = run(program, database, "list", env=self.environment).decode().splitlines()
        for path in self.files:
            name = "mail/" + str(path.relative_to(self.mail))
            self.assertIn(name, names)
            self.assertEqual(run(program, database, "get", name, env=self.environment),
                             path.read_bytes(), name)

    def test_a_cpp_program_finds_the_cmake_package(self):
        project = self.folder / "project"
        project.mkdir()
        shutil.copy(EXAMPLES / "arena_store.cc", project)
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(stranger LANGUAGES C CXX)\n"
            "set(CMAKE_CXX_STANDARD 20)\n"
            "find_package(letterpress 0.1 REQUIRED)\n"
            "foreach(kind engine engine_static)\n"
            "  add_executable(with_${kind} arena_store.cc)\n"
            "  target_link_libraries(with_${kind} PRIVATE letterpress::${kind} TBB::tbb)\n"
            "endforeach()\n")
        run("cmake", "-S", project, "-B", project / "build",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Debug")
        run("cmake", "--build", project / "build", "--parallel", "2")
        for kind in ("engine", "engine_static"):
            out = run(project / "build" / f"with_{kind}", self.folder / kind, self.mail)
            self.assertIn(b" entries, ", out)
        self.assertEqual(sorted(os.listdir(self.folder / "engine")),
                         sorted(os.listdir(self.folder / "engine_static")))

    def test_a_python_program_loads_the_library(self):
        out = run("/usr/bin/python3", "-B", EXAMPLES / "ctypes_store.py",
                  self.libraries / "libletterpress.so", self.mail)
        self.assertIn(f"{len(self.files)} files, ".encode(), out)

    def test_the_examples_in_the_headers_are_programs(self):
        include = self.header("letterpress.h").parent
        for number, (name, (package, around)) in enumerate(AROUND_EXAMPLES.items()):
            self.package = package
            example = example_of((include / name).read_text())
            self.assertIn("letterpress", example, name)
            suffix, compiler, standard = ((".cc", "c++", "-std=c++20") if "/" in name
                                          else (".c", "cc", "-std=c11"))
            source = self.folder / ("example" + suffix)
            source.write_text(around.replace("EXAMPLE", example))
            run(compiler, standard, "-Wall", "-Wextra", "-Werror",
                "-Wno-missing-field-initializers", source, "-o", self.folder / "example",
                *self.pkg_config("--cflags", "--libs"))
            run(self.folder / "example", self.folder / f"example-{number}", cwd=self.mail,
                env=self.environment)
        with_examples = {str(path.relative_to(include)) for path in include.rglob("*.h")
                         if example_of(path.read_text())}
        self.assertEqual(with_examples, set(AROUND_EXAMPLES))

    def test_each_c_function_and_command_has_a_manual_page(self):
        declared = [function for header in self.prefix.rglob("letterpress*.h")
                    for function in functions_of(header.read_text())]
        pages = {path.name: path for path in self.prefix.rglob("man/man*/*")}
        self.assertEqual({name for name in pages if name.endswith(".3")},
                         {f"{function}.3" for function in declared})
        program = self.prefix / "bin" / "letterpress"
        for command in re.findall(r"^  ([a-z]+) {2,}", run(program, "--help").decode(), re.M):
            self.assertIn(f"letterpress-{command}.1", pages)
            # What --help says of an option, the page says too.
            text = re.sub(r"\\(?:&|-)", lambda match: match[0][1:].replace("&", ""),
                          pages[f"letterpress-{command}.1"].read_text())
            for option in re.findall(r"--[a-z-]+", run(program, command, "--help").decode()):
                self.assertIn(option, text, command)
        if shutil.which("man"):
            for path in pages.values():
                warnings = subprocess.run(["man", "--warnings", "-l", path], capture_output=True,
                                          check=False).stderr
                self.assertEqual(warnings, b"", path.name)

    def test_a_pipe_keeps_a_stream_as_objects(self):
        program = self.prefix / "bin" / "letterpress"
        store = f"/usr/bin/python3 -B {EXAMPLES / 'pipe_store.py'}"
        bucket, night = self.folder / "bucket", self.folder / "night"
        put = f"set -o pipefail; {program} press {self.mail} | {store} put {bucket}"
        run("bash", "-c", f"{put} > {night}", env=self.environment)
        objects = sorted(os.listdir(bucket))
        self.assertEqual(run("bash", "-c", put, env=self.environment), night.read_bytes())
        self.assertEqual(sorted(os.listdir(bucket)), objects)
        run("bash", "-c", f"set -o pipefail; {store} get {bucket} < {night} | "
                          f"{program} unpress --to {self.folder / 'back'}", env=self.environment)
        for path in self.files:
            back = self.folder / "back" / path.relative_to(self.folder)
            self.assertEqual(back.read_bytes(), path.read_bytes())
        # A pipe that broke is not taken for a whole one.
        broken = subprocess.run(
            ["bash", "-c", f"{program} press {self.mail} | head -c 100000 | {store} put {bucket}"],
            capture_output=True, check=False)
        self.assertNotEqual(broken.returncode, 0)
        self.assertIn(b"cut short", broken.stderr)

    def test_the_library_needs_nothing_of_the_vault(self):
        self.assertEqual(self.needed("libletterpress.so"),
                         ["libc", "libgcc_s", "libstdc++", "libtbb", "libxxhash", "libzstd"])

    def test_it_exports_what_the_headers_declare_and_no_more(self):
        names = self.exported("libletterpress.so")
        in_c = {name for name in names if name.startswith("letterpress_")}
        declared = functions_of(next(self.prefix.rglob("letterpress.h")).read_text())
        self.assertEqual(sorted(in_c), sorted(declared))
        classes = r"(?:(?:vtable|typeinfo|typeinfo name) for )?letterpress::" \
                  r"(?:Press|Rebuild|Receiver|StreamInput|StreamOutput)(?:::|$)" \
                  r"(?!Run|State|Blocks)"
        functions = r"letterpress::(?:version|is_valid_path|block_of_chunks)\("
        for name in names - in_c:
            self.assertRegex(name, f"^(?:{classes}|{functions})")

    def test_each_header_compiles_alone_in_c11_and_cpp20(self):
        include = next(self.prefix.rglob("letterpress.h")).parent
        headers = sorted(path.relative_to(include) for path in include.rglob("*.h"))
        self.assertLessEqual(len(headers), 12)
        for header in headers:
            source = self.folder / "one_header.cc"
            source.write_text(f'#include "{header}"\n')
            run("c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", include,
                "-fsyntax-only", source)
        for header in include.glob("*.h"):
            source = self.folder / "one_header.c"
            source.write_text(f'#include "{header.name}"\n')
            run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", include,
                "-fsyntax-only", source)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
