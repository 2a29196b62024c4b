#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants one violation of each house rule in a folder of its own and asks tools/tidy.py for it.

Every planted tree is clean but for the planted line, so that a rule is proved to fire there, and
the look-alikes prove that it does not fire elsewhere. The expected file, line and rule are written
down here by hand, never taken from tidy's own tables.
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import tidy  # noqa: E402  (found by the line above)
import tidy_rules  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HEADER = SPDX + "#pragma once\n"


def findings(files):
    """What tidy finds in a tree of {path: text or bytes}: a list of (file, line, rule)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        tree = tidy.Tree(root)
        tree.check()
        return [violation[:3] for violation in tree.violations]


def function(lines, signature="int f(int x)"):
    return f"{signature} {{\n" + "  g();\n" * (lines - 2) + "}\n"


class Planted(unittest.TestCase):
    def fires(self, rule, path, text, line):
        self.assertEqual(findings({path: text}), [(path, line, rule)])

    def passes(self, path, text):
        self.assertEqual(findings({path: text}), [])

    def fires_in_code(self, rule, path, code):
        self.fires(rule, path, SPDX + "\n" + code + "\n", 3)

    def code_passes(self, path, code):
        self.passes(path, SPDX + code + "\n")


class Sizes(Planted):
    def test_each_kind_of_file_has_its_limit(self):
        for path, limit in [("engine/mail/scan.cc", 600), ("engine/mail/scan_avx2.cc", 400),
                            ("tests/mail/scan_test.cc", 800), ("tools/letterpress/main.cc", 600)]:
            with self.subTest(path):
                self.passes(path, SPDX + "\n" * (limit - 2) + "int x;\n")
                self.fires("size", path, SPDX + "\n" * (limit - 1) + "int x;\n", 1)

    def test_installed_headers_are_at_most_300_lines(self):
        path = "engine/include/letterpress/vault.h"
        self.passes(path, HEADER + "\n" * 297 + "int x;\n")
        self.fires("size", path, HEADER + "\n" * 298 + "int x;\n", 1)
        path = "engine/include/letterpress.h"  # C has one a library
        self.passes(path, HEADER + "\n" * 397 + "int x;\n")
        self.fires("size", path, HEADER + "\n" * 398 + "int x;\n", 1)

    def test_cmake_files_are_short(self):
        for path, limit in [("CMakeLists.txt", 150), ("engine/CMakeLists.txt", 60),
                            ("cmake/Find.cmake", 60)]:
            with self.subTest(path):
                self.passes(path, "# x\n" * limit)
                self.fires("size", path, "# x\n" * (limit + 1), 1)

    def test_marked_tables_may_be_long(self):
        rows = "int x;\n" * 700
        self.passes("engine/mail/table.cc", SPDX + "// tidy: table\n" + rows)
        self.passes("engine/mail/table.cc", SPDX + "// tidy: generated\n" + rows)
        self.fires("size", "engine/mail/table.cc", SPDX + "\n\n// tidy: table\n" + rows, 1)

    def test_functions_are_at_most_70_lines(self):
        signatures = [
            "int f(int x)", "void Scanner::run() const noexcept", "TEST(Scan, FindsTheEnd)",
            "template <class T, class U = int>\nT f(U x)", "struct stat f(int x)",
            "File::File(int fd)\n    : fd_(fd), name_{fd} ", "void f(Options o = {}, int y = 1)",
            "auto f() -> std::vector<int>", "class [[nodiscard]] A {\n public:\n  void f()"]
        for signature in signatures:
            with self.subTest(signature):
                # The class's own line and "public:" stand before the function that they hold.
                own = signature.startswith("class")
                lines = signature.count("\n") + 1 - 2 * own
                tail = "};\n" if own else ""
                first = 2 + 2 * own
                text = function(71 - lines, signature) + tail
                self.passes("engine/mail/a.cc", SPDX + text)
                text = function(72 - lines, signature) + tail
                self.fires("function", "engine/mail/a.cc", SPDX + text, first)

    def test_scopes_and_tables_are_no_functions(self):
        body = "  int x;\n" * 80
        for opening in ["namespace letterpress::mail {", "namespace {", "class Scanner : Base {",
                        "enum class Kind : std::uint8_t {", 'extern "C" {', "struct [[x]] A {",
                        "const int kTable[] = {", "constexpr std::array<int, 80> kTable{",
                        "template <class T>\nstruct A {"]:
            with self.subTest(opening):
                self.code_passes("engine/mail/a.cc", f"{opening}\n{body}}};")

    def test_braces_in_literals_and_comments_do_not_count(self):
        literals = "  g('{', \"{\", R\"({)\", 1'000);  // {\n  /* { */\n"
        text = "void f() {\n" + literals + "}\n" + function(60, "void h()")
        self.code_passes("engine/mail/a.cc", text.rstrip())

    def test_python_functions_are_measured_too(self):
        self.fires("function", "tools/a.py", "def f():\n" + "    g()\n" * 70, 1)
        self.passes("tools/a.py", "def f():\n" + "    g()\n" * 69)


class Lines(Planted):
    def test_at_most_100_columns(self):
        self.fires("width", "engine/mail/a.cc", SPDX + "// " + "x" * 98 + "\n", 2)
        self.fires("width", ".ci/run", "#!/bin/sh\n# " + "x" * 99 + "\n", 2)
        self.passes("engine/mail/a.cc", SPDX + "// " + "x" * 97 + "\n")
        self.passes("README.md", "x" * 300 + "\n")

    def test_ascii_only(self):
        self.fires("ascii", "engine/mail/a.cc", SPDX + "// caf\u00e9\n", 2)
        self.fires("ascii", "README.md", "one\ntwo \u2013 three\n", 2)

    def test_no_trailing_blanks_tabs_or_carriage_returns(self):
        self.fires("blanks", "engine/mail/a.cc", SPDX + "int x; \n", 2)
        self.fires("blanks", "engine/mail/a.cc", SPDX + "\tint x;\n", 2)
        self.fires("blanks", "changes/a.md", "one\r\n", 1)

    def test_a_file_ends_in_one_newline(self):
        self.fires("blanks", "changes/a.md", "one", 1)
        self.fires("blanks", "changes/a.md", "one\n\n", 3)
        self.passes("changes/empty.md", "")


class Names(Planted):
    def test_banned_words_in_file_names(self):
        for word in ["util", "utils", "helper", "helpers", "common", "misc", "manager", "handler",
                     "processor", "service", "wrapper", "impl", "data", "info"]:
            for path in [f"engine/mail/{word}.cc", f"tools/mail_{word}.cc",
                         f"tests/{word}/scan_test.cc"]:
                with self.subTest(path):
                    self.fires("name", path, SPDX, 1)
        self.passes("engine/files/metadata.cc", SPDX)

    def test_banned_words_in_type_names(self):
        for code in ["class PackManager {", "struct MailInfo final {", "enum class DataKind {",
                     "using ScanHelper = int;", "class LETTERPRESS_EXPORT PackWrapper : A {",
                     "class [[nodiscard]] ErrorImpl {", "struct url_utils {"]:
            with self.subTest(code):
                self.fires_in_code("name", "engine/mail/a.cc", code)

    def test_look_alikes_of_banned_words(self):
        for code in ["class Metadata {};", "struct Impl;", "struct Impl {};", "int data_ = info();",
                     "// class PackManager {", 'auto x = "class PackManager {";']:
            with self.subTest(code):
                self.code_passes("engine/mail/a.cc", code)

    def test_files_are_snake_case(self):
        for path in ["engine/mail/PackWriter.cc", "engine/mail/pack-writer.h",
                     "tools/mailgen/main.cpp", "tests/mail/a.hpp"]:
            with self.subTest(path):
                self.fires("name", path, HEADER, 1)


class Form(Planted):
    def test_the_licence_is_line_one(self):
        self.fires("spdx", "engine/mail/a.cc", "\n" + SPDX, 1)
        self.fires("spdx", "engine/mail/a.cc", "// Copyright\n", 1)

    def test_headers_are_guarded(self):
        self.fires("pragma-once", "engine/mail/a.h", SPDX + "int x;\n", 1)
        self.fires("pragma-once", "engine/mail/a.h", SPDX + "// #pragma once\n", 1)


class Tokens(Planted):
    PLANTED = [
        ("print", "engine/mail/a.cc", "#include <iostream>"),
        ("print", "engine/mail/a.cc", "std::cerr << x;"),
        ("print", "engine/mail/a.cc", "std::printf(x);"),
        ("print", "engine/mail/a.cc", "fprintf(stderr, x);"),
        ("environment", "engine/vault/a.cc", "std::getenv(x);"),
        ("environment", "engine/vault/a.cc", "::secure_getenv(x);"),
        ("abort", "engine/vault/a.cc", "std::abort();"),
        ("abort", "engine/vault/a.cc", "exit(1);"),
        ("abort", "engine/vault/a.cc", "std::terminate();"),
        ("reinterpret", "engine/mail/a.cc", "auto x = reinterpret_cast<char*>(y);"),
        ("reinterpret", "tools/letterpress/a.cc", "auto x = reinterpret_cast<char*>(y);"),
        ("thread", "engine/vault/a.cc", "#include <thread>"),
        ("thread", "engine/stream/a.cc", "#include <future>"),
        ("tbb", "engine/vault/a.cc", "#include <oneapi/tbb/task_arena.h>"),
        ("tbb", "engine/mail/a.cc", "#include <tbb/parallel_for.h>"),
        ("tbb", "tools/letterpress/a.cc", "#include <tbb/tbb.h>"),
        ("isa", "engine/mail/a.cc", "#include <immintrin.h>"),
        ("isa", "engine/mail/a.cc", "#ifdef __AVX2__"),
        ("dead-code", "engine/mail/a.cc", "#if 0"),
        ("dead-code", "tests/mail/a.cc", "if (false && x) g();"),
        ("empty-catch", "tools/letterpress/a.cc", "try { g(); } catch (...) { }"),
        ("disabled-test", "tests/mail/a_test.cc", "TEST(Scan, DISABLED_FindsTheEnd) {}"),
        ("disabled-test", "tests/mail/a_test.cc", "// TEST(Scan, FindsTheEnd) {}"),
        ("disabled-test", "tests/mail/a_test.cc", "GTEST_SKIP();"),
        ("sleep", "tests/mail/a_test.cc", "std::this_thread::sleep_for(x);"),
        ("todo", "engine/mail/a.cc", "// TO" "DO: later"),
    ]
    INNOCENT = [
        ("engine/mail/a.cc", "std::snprintf(buffer, sizeof buffer, x);"),
        ("engine/mail/a.cc", "sink.puts(x); sink->exit(1); on_exit(2);"),
        ("engine/mail/a.cc", "// std::abort(); getenv(x); reinterpret_cast<int>(x)"),
        ("engine/mail/a.cc", 'fail("std::abort(); #include <thread>");'),
        ("engine/base/bytes.cc", "auto x = reinterpret_cast<char*>(y);"),
        ("engine/mail/scan_avx512.cc", "#include <immintrin.h>\nreinterpret_cast<__m512i*>(y);"),
        ("engine/pipeline/a.cc", "#include <oneapi/tbb/task_arena.h>\n#include <thread>"),
        ("tests/pipeline/a_test.cc", "#include <thread>"),
        ("tools/letterpress/main.cc", "#include <iostream>\nstd::getenv(x); std::exit(2);"),
        ("engine/mail/a.cc", "catch (const E& e) { return fail(e); }"),
        ("tests/mail/a_test.cc", 'GTEST_SKIP() << "set LETTERPRESS_CORPORA";'),
        ("engine/mail/a.cc", "// TO" "DO(#12): later"),
        ("engine/mail/a.cc", "#if 1"),
    ]

    def test_each_forbidden_token_is_found_where_it_stands(self):
        for rule, path, code in self.PLANTED:
            with self.subTest(rule=rule, code=code):
                self.fires_in_code(rule, path, code)

    def test_look_alikes_and_places_where_they_are_allowed(self):
        for path, code in self.INNOCENT:
            with self.subTest(path=path, code=code):
                self.code_passes(path, code)

    def test_cmake(self):
        for code in ["file(GLOB x *.cc)", "include_directories(.)", "include(FetchContent)",
                     "add_compile_options(-march=native)", 'set(CMAKE_CXX_FLAGS "-O2")',
                     "set_tests_properties(a PROPERTIES DISABLED ON)"]:
            with self.subTest(code):
                self.fires("cmake", "engine/CMakeLists.txt", "# x\n" + code + "\n", 2)
        self.passes("engine/CMakeLists.txt", "target_include_directories(a PRIVATE .)\n")

    def test_python_tests_are_not_switched_off(self):
        text = "import unittest\n\n\n@unittest.skip\ndef test_a():\n    pass\n"
        self.fires("disabled-test", "tests/oracle/a.py", text, 4)

    def test_every_token_rule_was_planted(self):
        planted = {rule for rule, _, _ in self.PLANTED} | {"cmake"}
        rules = {row[0] for row in tidy_rules.CODE_TOKENS + tidy_rules.TEXT_TOKENS}
        self.assertEqual(rules, planted)


class Layers(Planted):
    # Written down by hand from the documents, not from the table of tidy_rules.py: for each folder
    # the folders that it may include.
    FIVE = ["mail", "chunking", "hashing", "codecs", "index"]
    BELOW = {
        "base": [],
        **{folder: ["base"] for folder in FIVE},
        "stream": ["base"] + FIVE,
        "pipeline": ["base", "stream"] + FIVE,
        "files": ["base", "stream"] + FIVE,
        "vault": ["base", "stream", "pipeline", "files"] + FIVE,
        "exports": ["base", "stream", "pipeline", "files", "vault"] + FIVE,
        "capi": ["base", "stream", "pipeline", "files", "vault", "exports"] + FIVE,
    }

    def test_every_pair_of_folders(self):
        for folder, below in self.BELOW.items():
            for other in self.BELOW:
                with self.subTest(folder=folder, includes=other):
                    path, code = f"engine/{folder}/a.cc", f'#include "{other}/b.h"'
                    if other == folder or other in below:
                        self.code_passes(path, code)
                    else:
                        self.fires_in_code("layer", path, code)

    def test_no_way_around(self):
        for code in ["#include <mail/scan.h>", '#  include "mail/scan.h"  // just this once',
                     '#include "../mail/scan.h"', '#include "scan.h"', '#include "elsewhere/a.h"']:
            with self.subTest(code):
                self.fires_in_code("layer", "engine/base/a.cc", code)

    def test_headers_obey_too(self):
        self.fires("layer", "engine/index/a.h", HEADER + '#include "codecs/b.h"\n', 3)

    def test_installed_headers_include_no_inner_ones(self):
        path = "engine/include/letterpress/vault.h"
        self.fires("layer", path, HEADER + '#include "base/bytes.h"\n', 3)
        self.passes(path, HEADER + '#include <vector>\n#include "letterpress/result.h"\n')
        self.code_passes("engine/base/a.cc", '#include "letterpress/result.h"\n#include <vector>')

    def test_a_new_folder_needs_a_layer(self):
        self.fires("layer", "engine/extras/a.cc", SPDX, 1)


class Links(Planted):
    def test_links_of_documents_resolve(self):
        for link in ["[a](gone.md)", "![a](gone.png)", "[a](docs/gone.md#here)", "[a]: gone.md",
                     "[a](../outside.md)", "[a](#gone)"]:
            with self.subTest(link):
                self.fires("link", "README.md", f"# Top\n\n{link}\n", 3)

    def test_good_links(self):
        text = ("# Top\n\n[a](docs/FORMAT.md) [b](docs/FORMAT.md#the-window-hash) [c](#top)\n"
                "[d](https://example.org/x) [e](docs) `[f](gone.md)`\n```\n[g](gone.md)\n```\n")
        files = {"README.md": text, "docs/FORMAT.md": "# Format\n\n## The window hash\n"}
        self.assertEqual(findings(files), [])

    def test_code_names_documents_and_sections_that_exist(self):
        document = {"docs/FORMAT.md": "# Format\n\n## Limits\n"}
        path = "engine/mail/a.cc"
        for text, expected in [
                ('// See docs/' 'FORMAT.md, "Limits".', []),
                ('// See docs/' 'FORMAT.md, "Gone".', [(path, 2, "link")]),
                ("// See docs/" "GONE.md.", [(path, 2, "link")])]:
            with self.subTest(text):
                self.assertEqual(findings({**document, path: SPDX + text + "\n"}), expected)


class Exceptions(Planted):
    def test_a_reason_allows_one_rule_on_one_line(self):
        path = "engine/mail/a.cc"
        allow = "// tidy: allow abort: the test wants it"
        self.code_passes(path, f"std::abort();  {allow}")
        self.code_passes(path, f"{allow}\nstd::abort();")
        self.fires("abort", path, SPDX + f"{allow}\n\nstd::abort();\n", 4)
        self.fires("abort", path, SPDX + f"x();  {allow}\nstd::abort();\n", 3)
        self.fires("abort", path, SPDX + "std::abort();  // tidy: allow abort:\n", 2)
        self.fires("abort", path, SPDX + "std::abort();  // tidy: allow print: because\n", 2)

    def test_frozen_bytes_and_builds_are_left_alone(self):
        for path in ["tests/golden/a.md", "fuzz/seeds/x/a.cc", "build/release/a.cc", ".git/a.md"]:
            with self.subTest(path):
                self.passes(path, b"\xff\t \r\n\n")


class Program(unittest.TestCase):
    def run_tidy(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                (Path(root) / path).write_text(text)
            return subprocess.run([sys.executable, "-B", TOOLS / "tidy.py", "--aims", root],
                                  capture_output=True, text=True, check=False)

    def test_prints_where_what_and_the_remedy(self):
        ran = self.run_tidy({"README.md": "one \n"})
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stdout.splitlines()[0],
                         "README.md:1: [blanks] trailing blank, tab or carriage return: "
                         "delete it; indent with spaces")

    def test_a_clean_tree_ends_with_zero(self):
        self.assertEqual(self.run_tidy({"README.md": "one\n"}).returncode, 0)

    def test_an_empty_tree_is_a_mistake(self):
        self.assertEqual(self.run_tidy({}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
