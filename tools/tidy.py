#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a machine can check: sizes, names, tokens, layers, links.

    tools/tidy.py [--aims] [ROOT]

Prints each violation as "file:line: [rule] what: what to do instead" and exits 1 if there is one.
--aims also prints, without failing, the files that are longer than the aim for their kind.

Exceptions are written where they are, so that a reviewer sees them:
  a line    // tidy: allow RULE: the reason      on the line or alone on the line above
  a file    // tidy: table  or  // tidy: generated      in its first three lines lifts size limits
"""
import argparse
import ast
import os
import re
import sys
from pathlib import Path

from tidy_rules import (BANNED_WORDS, CODE_TOKENS, CPP_SUFFIXES, FROZEN_FOLDERS,
                        FUNCTION_LINES_MAX, KERNEL, LAYER_RANKS, LINE_COLUMNS_MAX, TEXT_TOKENS,
                        TOP_FOLDERS)

CPP_TOKEN = re.compile(
    r"^[ \t]*#[ \t]*include[^\n]*|//[^\n]*|/\*.*?\*/|R\"([^()\\ ]*)\(.*?\)\1\""
    r"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S | re.M)


def blank(match):
    """Comments and literals as nothing but their newlines; an #include stays."""
    if match[0].lstrip().startswith("#"):
        return match[0]
    return ('""' if match[0][-1] in "\"'" else "") + "\n" * match[0].count("\n")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(code):
    """Yields (first line, lines) of each function outside another one; code has no comments."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m[0].count("\n"), code,
                  flags=re.M)
    stack, head, kind = [], 0, ""  # head: where the present declaration begins
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        outside = not stack or stack[-1][0] == "scope"
        if match[0] == "{":
            stack.append((kind_of_brace(code[head:at]) if outside else "inner", head))
        elif match[0] == "}" and stack:
            kind, begin = stack.pop()
            if kind == "function":
                begin = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)?").match(
                    code, begin).end()
                yield line_of(code, begin), code.count("\n", begin, at) + 1
        outside = not stack or stack[-1][0] == "scope"
        if outside and (match[0] != "}" or kind != "inner"):
            head = at + 1


def kind_of_brace(declaration):
    """What a "{" opens, told by the declaration before it: scope, function or inner."""
    text = re.sub(r"\[\[.*?\]\]|\balignas\([^)]*\)|\btemplate\s*<[^()]*?>(?=\s*\w)", "",
                  declaration)
    if "(" not in text and re.search(r"\b(?:namespace|class|struct|union|enum|extern)\b", text):
        return "scope"
    if re.search(r"(?:=\s*|[\w>\]])$", text):  # `x = {`, `member_{`; a body stands after a space
        return "inner"
    return "function" if "(" in text else "scope"


class Tree:
    """The files below a root, and what is wrong with them."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.violations = []  # (file, line, rule, what, instead)
        self.aims = []
        self.lines = []  # of the file that is being checked

    def check(self):
        count = 0
        for name in self.files():
            self.check_file(name)
            count += 1
        return count

    def files(self):
        for path in sorted(self.root.iterdir()):
            if path.is_file() and self.is_text(path.name):
                yield path.name
        for top in TOP_FOLDERS:
            for folder, folders, names in os.walk(self.root / top):
                folders[:] = sorted(set(folders) - set(FROZEN_FOLDERS))
                for name in sorted(names):
                    path = (Path(folder) / name).relative_to(self.root).as_posix()
                    if self.is_text(path):
                        yield path

    @staticmethod
    def is_text(path):
        name = path.rpartition("/")[2]
        return (name in ("CMakeLists.txt", ".clang-format", ".clang-tidy", ".editorconfig",
                         ".gitignore") or path == ".ci/run"
                or name.endswith(CPP_SUFFIXES + (".py", ".sh", ".cmake", ".md", ".json", ".in")))

    def report(self, file, line, rule, what, instead):
        allowed = re.compile(r"tidy: allow " + re.escape(rule) + r": \S")
        near = self.lines[max(0, line - 2):line]
        if near and (allowed.search(near[-1])
                     or allowed.search(near[0]) and re.match(r"\s*(?://|#|<!--)", near[0])):
            return
        self.violations.append((file, line, rule, what, instead))

    def check_file(self, name):
        raw = (self.root / name).read_bytes()
        text = raw.decode("utf-8", "replace")
        self.lines = text.split("\n")
        self.check_lines(name, raw)
        self.check_links(name)
        self.check_tokens(name, TEXT_TOKENS, text, re.M)
        if name.endswith(".md"):
            return
        self.check_names(name)
        unlimited = any(re.search(r"tidy: (?:table|generated)\b", line) for line in self.lines[:3])
        if not unlimited:
            self.check_size(name)
        if name.endswith(CPP_SUFFIXES):
            code = CPP_TOKEN.sub(blank, text)
            self.check_cpp(name, code)
            if not unlimited:
                self.check_functions(name, functions(code))
        elif name.endswith(".py") and not unlimited:
            nodes = [node for node in ast.walk(ast.parse(text))
                     if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
            self.check_functions(name, [(node.lineno, node.end_lineno - node.lineno + 1)
                                        for node in nodes])

    def check_lines(self, name, raw):
        wide = name.endswith(CPP_SUFFIXES + (".py", ".sh", ".cmake", "CMakeLists.txt", ".ci/run"))
        for number, line in enumerate(raw.split(b"\n"), 1):
            if not line.isascii():
                self.report(name, number, "ascii", "a byte that is not ASCII",
                            "write it in ASCII, or as an escape in a test's data")
            if line != line.rstrip() or b"\t" in line:
                self.report(name, number, "blanks", "trailing blank, tab or carriage return",
                            "delete it; indent with spaces")
            if wide and len(line) > LINE_COLUMNS_MAX:
                self.report(name, number, "width", f"{len(line)} columns",
                            f"break the line at {LINE_COLUMNS_MAX}")
        if raw and (not raw.endswith(b"\n") or raw.endswith(b"\n\n")):
            self.report(name, len(self.lines), "blanks", "the file does not end in one newline",
                        "end it in exactly one")

    def check_size(self, name):
        aim, limit = 150, 600
        if name == "CMakeLists.txt":
            aim = limit = 150
        elif name.endswith(("CMakeLists.txt", ".cmake")):
            aim, limit = 30, 60
        elif not name.endswith(CPP_SUFFIXES + (".py", ".sh", ".ci/run")):
            return
        elif name.startswith("tests/"):
            aim, limit = 250, 800
        elif name.startswith("engine/include/"):
            # C has one header a library.
            limit = 300 if name.startswith("engine/include/letterpress/") else 400
        elif re.search(KERNEL, name):
            limit = 400
        count = len(self.lines) - 1
        if count > limit:
            self.report(name, 1, "size", f"{count} lines (limit {limit})",
                        "one noun a file: move the second one into its own")
        elif count > aim:
            self.aims.append(f"{name}: {count} lines (aim {aim})")

    def check_functions(self, name, lengths):
        for line, count in lengths:
            if count > FUNCTION_LINES_MAX:
                self.report(name, line, "function",
                            f"a function of {count} lines (limit {FUNCTION_LINES_MAX})",
                            "give its steps names, as functions that fit a screen")

    def check_names(self, name):
        for word in re.split(r"[^a-z0-9]+", name.lower()):
            if word in BANNED_WORDS:
                self.report(name, 1, "name", f'"{word}" in a file name', "name the noun it defines")
        stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
        if not name.endswith(CPP_SUFFIXES):
            return
        if dot + suffix not in (".h", ".cc", ".c") or not re.fullmatch(r"[a-z0-9_]+", stem):
            self.report(name, 1, "name", "not a name of the house", "use snake_case.h or .cc")

    def check_cpp(self, name, code):
        if self.lines[0] != "// SPDX-License-Identifier: Apache-2.0":
            self.report(name, 1, "spdx", "no licence on line 1",
                        "begin with // SPDX-License-Identifier: Apache-2.0")
        if name.endswith(".h") and not re.search(r"^#pragma once$", code, re.M):
            self.report(name, 1, "pragma-once", "a header without #pragma once", "add it")
        for match in re.finditer(
                r"\b(?:class|struct|union|enum(?:\s+class|\s+struct)?)\s+(?:[A-Z_]+\s+"
                r"|\[\[[^\]]*\]\]\s*|alignas\([^)]*\)\s*)*(\w+)(?:\s+final)?\s*[:{]"
                r"|\busing\s+(\w+)\s*=", code):
            type_name = match[1] or match[2]
            words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", type_name)]
            if words == ["impl"]:  # a pimpl
                continue
            for word in BANNED_WORDS.intersection(words):
                self.report(name, line_of(code, match.start()), "name",
                            f'"{word}" in the type name {type_name}', "name the noun it is")
        self.check_tokens(name, CODE_TOKENS, code, 0)
        if name.startswith("engine/"):
            self.check_layers(name, code)

    def check_tokens(self, name, tokens, text, flags):
        for rule, scope, outside, pattern, what, instead in tokens:
            if re.search(scope, name) and not re.search(outside, name):
                for match in re.finditer(pattern, text, flags):
                    self.report(name, line_of(text, match.end()), rule, what, instead)

    def check_layers(self, name, code):
        folder = name.split("/")[1]
        if folder not in LAYER_RANKS and folder != "include":
            self.report(name, 1, "layer", f"engine/{folder} has no layer",
                        "give it a rank in LAYER_RANKS of tools/tidy.py and in the documents")
            return
        for match in re.finditer(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)", code, re.M):
            target = match[2].split("/")[0]
            line = line_of(code, match.start())
            if target not in LAYER_RANKS:
                if match[1] == '"' and target not in ("letterpress", "letterpress.h",
                                                      "letterpress_vault.h"):
                    self.report(name, line, "layer", f'"{match[2]}" is not below engine/',
                                'include our headers as "folder/file.h"')
            elif folder == "include":
                self.report(name, line, "layer", f"an installed header includes {match[2]}",
                            "it may include letterpress/ and the standard library only")
            elif target != folder and LAYER_RANKS[target] >= LAYER_RANKS[folder]:
                self.report(name, line, "layer", f"{folder} includes {match[2]}",
                            f"{folder} may only include layers below it: pass in what it needs")

    def check_links(self, name):
        fenced = False
        for number, line in enumerate(self.lines, 1):
            if name.endswith(".md"):
                fenced ^= line.lstrip().startswith("```")
                shown = "" if fenced else re.sub(r"`[^`]*`", "", line)
                for target in re.findall(r"\]\(<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)", shown):
                    self.check_link(name, number, target[0] or target[1])
            for file, section in re.findall(
                    r"(?<![\w./-])(?<!\]\()(docs/[\w/.-]+\.md)(?:, \"([^\"]+)\")?", line):
                if not (self.root / file).is_file():
                    self.link_is_dead(name, number, file)
                elif section and not any(section.lower() in heading
                                         for heading in self.headings(self.root / file)):
                    self.link_is_dead(name, number, f'{file}, "{section}"')

    def check_link(self, name, number, target):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            return
        file = (self.root / name).parent / path if path else self.root / name
        if not file.resolve().is_relative_to(self.root) or not file.exists():
            self.link_is_dead(name, number, target)
        elif anchor and file.suffix == ".md":
            slugs = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
                     for heading in self.headings(file)}
            if re.sub(r"-\d+$", "", anchor) not in slugs and anchor not in slugs:
                self.link_is_dead(name, number, target)

    def link_is_dead(self, name, number, target):
        self.report(name, number, "link", f"{target} does not exist in this tree",
                    "correct the link, or write what it promises")

    @staticmethod
    def headings(file):
        text = re.sub(r"^```.*?^```", "", file.read_text("utf-8", "replace"), flags=re.M | re.S)
        return {heading.strip().replace("`", "").lower()
                for heading in re.findall(r"^#{1,6} (.+)$", text, re.M)}


def main():
    parser = argparse.ArgumentParser(description="Checks the house rules.")
    parser.add_argument("--aims", action="store_true", help="also list files longer than the aim")
    parser.add_argument("root", nargs="?", default=Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    tree = Tree(arguments.root)
    count = tree.check()
    for file, line, rule, what, instead in tree.violations:
        print(f"{file}:{line}: [{rule}] {what}: {instead}")
    if arguments.aims:
        print("\n".join(tree.aims))
    if count == 0:
        sys.exit(f"tidy: no files below {tree.root}: is it the right folder?")
    print(f"tidy: {count} files, {len(tree.violations)} violations")
    return 1 if tree.violations else 0


if __name__ == "__main__":
    sys.exit(main())
