# SPDX-License-Identifier: Apache-2.0
"""A copy of this tree in which every fault of tests/faults sleeps, and a number wakes one.

A fault is a piece of an engine file and what stands there in its stead:

    [[fault]]
    file = "crlf.cc"              below engine/FOLDER, for tests/faults/FOLDER.toml
    was = "from = at + 1"         in the file once
    now = "from = at"
    breaks = "the line feed is given twice"

If `was` ends with ; or } both are statements, and `now` may be empty. Otherwise both are
expressions. What is neither has a `form`, where %F stands for "this fault is awake".
"""
import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

NUMBERS_MAX = 4096

SWITCH_H = f"""#pragma once
namespace letterpress {{
extern int awake_fault;
extern unsigned char reached_faults[{NUMBERS_MAX}];
[[gnu::always_inline]] inline bool planted(int number) noexcept {{
  reached_faults[number] = 1;
  return awake_fault == number;
}}
}}
"""

# A program that is not a test of GoogleTest's says at its end what it reached.
SWITCH_CC = """#include "base/planted.h"
#include <cstdio>
#include <cstdlib>
namespace letterpress {
int awake_fault = 0;
unsigned char reached_faults[sizeof reached_faults];
namespace {
[[gnu::constructor(101)]] void wake() {
  const char* number = std::getenv("LETTERPRESS_FAULT");
  if (number != nullptr) awake_fault = std::atoi(number);
}
[[gnu::destructor(101)]] void tell() {
  const char* path = std::getenv("LETTERPRESS_FAULTS_REACHED");
  std::FILE* out = path != nullptr ? std::fopen(path, "a") : nullptr;
  if (out == nullptr) return;
  for (unsigned i = 1; i < sizeof reached_faults; ++i) {
    if (reached_faults[i] != 0) std::fprintf(out, "%u ", i);
  }
  std::fputs("\\n", out);
  std::fclose(out);
}
}
}
"""

# Which case reaches which faults, and how long it takes.
LISTENER_CC = """#include <gtest/gtest.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include "base/planted.h"
namespace {
class Listener : public testing::EmptyTestEventListener {
 public:
  explicit Listener(const char* path) : path_(path) {}
  void OnTestStart(const testing::TestInfo&) override {
    std::memset(letterpress::reached_faults, 0, sizeof letterpress::reached_faults);
  }
  void OnTestEnd(const testing::TestInfo& test) override {
    std::FILE* out = std::fopen(path_, "a");
    if (out == nullptr) return;
    const auto* result = test.result();
    std::fprintf(out, "%s.%s\\t%s\\t%lld\\t", test.test_suite_name(), test.name(),
                 result->Failed() ? "failed" : "passed",
                 static_cast<long long>(result->elapsed_time()));
    for (unsigned i = 1; i < sizeof letterpress::reached_faults; ++i) {
      if (letterpress::reached_faults[i] != 0) std::fprintf(out, "%u ", i);
    }
    std::fputs("\\n", out);
    std::fclose(out);
  }
 private:
  const char* path_;
};
const bool is_listening = [] {
  const char* path = std::getenv("LETTERPRESS_FAULT_CASES");
  if (path != nullptr) testing::UnitTest::GetInstance()->listeners().Append(new Listener(path));
  return path != nullptr;
}();
}
"""


class Fault:
    def __init__(self, folder, fields):
        self.folder = folder
        self.file = f"engine/{folder}/{fields['file']}"
        self.was, self.now = fields["was"], fields["now"]
        self.breaks = fields["breaks"]
        self.form = fields.get("form", "")
        self.number = 0

    @property
    def key(self):
        return "\n".join((self.file, self.was, self.now))

    def written(self):
        test = f"::letterpress::planted({self.number})"
        if self.form:
            return self.form.replace("%F", test)
        if self.was.rstrip()[-1] in ";}":
            return f"{{ if ({test}) {{ {self.now} }} else {{ {self.was} }} }}"
        return f"({test} ? ({self.now}) : ({self.was}))"


def read_faults(source):
    faults = []
    for path in sorted((source / "tests/faults").glob("*.toml")):
        listed = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
        faults += [Fault(path.stem, fields) for fields in listed]
    keys = [fault.key for fault in faults]
    for key in keys:
        if keys.count(key) > 1:
            raise SystemExit(f"a fault is listed twice:\n{key}")
    return faults


def number(faults, path):
    """A fault keeps its number, so that another one below it does not compile its file anew."""
    numbers = json.loads(path.read_text()) if path.exists() else {}
    for fault in faults:
        fault.number = numbers.setdefault(fault.key, len(numbers) + 1)
    if len(numbers) >= NUMBERS_MAX:
        raise SystemExit(f"too many faults were ever listed: remove {path}")
    path.write_text(json.dumps(numbers, indent=1))


def plant(text, faults):
    spans = []
    for fault in faults:
        if text.count(fault.was) != 1:
            raise SystemExit(f"{fault.file}: is there {text.count(fault.was)} times:\n{fault.was}")
        at = text.index(fault.was)
        spans.append((at, at + len(fault.was), fault))
    spans.sort(key=lambda span: span[0])
    for (_, end, one), (begin, _, other) in zip(spans, spans[1:]):
        if begin < end:
            raise SystemExit(f"{one.file}: overlap:\n{one.was}\n{other.was}")
    for begin, end, fault in reversed(spans):
        text = text[:begin] + fault.written() + text[end:]
    first_include = text.index("#include")
    return text[:first_include] + '#include "base/planted.h"\n' + text[first_include:]


def by_file(faults):
    files = {}
    for fault in faults:
        files.setdefault(fault.file, []).append(fault)
    return files


def check(source):
    """How many faults are listed; each is in its file once, and none in another."""
    faults = read_faults(source)
    for name, listed in by_file(faults).items():
        plant((source / name).read_text(encoding="utf-8"), listed)
    return len(faults)


def replaced(text, was, now):
    if text.count(was) != 1:
        raise SystemExit(f"the tree has changed, this is not there once: {was}")
    return text.replace(was, now)


def write_if_changed(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_tree(source, tree, faults):
    """Everything that git has or would have, with the faults in it."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=source,
                            stdout=subprocess.PIPE, check=True).stdout
    planted = by_file(faults)
    changes = {
        "engine/base/CMakeLists.txt": ("  cpu.cc", "  cpu.cc planted.cc"),
        "tests/CMakeLists.txt": ("${folder}_test ${arg_UNPARSED_ARGUMENTS}",
                                 "${folder}_test ${PROJECT_SOURCE_DIR}/tests/reach.cc "
                                 "${arg_UNPARSED_ARGUMENTS}"),
    }
    written = {"engine/base/planted.h", "engine/base/planted.cc", "tests/reach.cc"}
    for name in os.fsdecode(listed).split("\0"):
        path = source / name
        if not name or not path.is_file():
            continue
        content = path.read_bytes()
        if name in planted:
            content = plant(content.decode(), planted.pop(name)).encode()
        if name in changes:
            content = replaced(content.decode(), *changes[name]).encode()
        write_if_changed(tree / name, content)
        os.chmod(tree / name, path.stat().st_mode)
        written.add(name)
    if planted:
        raise SystemExit(f"no such files: {sorted(planted)}")
    for name, content in (("engine/base/planted.h", SWITCH_H), ("tests/reach.cc", LISTENER_CC),
                          ("engine/base/planted.cc", SWITCH_CC)):
        write_if_changed(tree / name, content.encode())
    for path in list(tree.rglob("*")):
        if path.is_file() and path.relative_to(tree).as_posix() not in written:
            path.unlink()


def build(tree, folder, jobs):
    flags = ["--preset", "release", "-B", folder, "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
             "-DCMAKE_C_FLAGS_RELEASE=-O1", "-DCMAKE_COMPILE_WARNING_AS_ERROR=OFF",
             "-DCMAKE_CXX_FLAGS=-w", "-DLETTERPRESS_WHOLE_TEST_PROGRAMS=ON",
             "-DLETTERPRESS_BUILD_BENCHES=OFF", "-DLETTERPRESS_BUILD_FUZZ=OFF"]
    subprocess.run(["cmake", *flags], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    listing = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    programs = sorted(set(re.findall(r"^(\w+_test): phony", listing, flags=re.M)))
    subprocess.run(["cmake", "--build", folder, "-j", str(jobs), "--target", "letterpress_cli",
                    "mailgen", *programs], check=True)
    return {name.removesuffix("_test"): next(Path(folder).rglob(name)) for name in programs}
