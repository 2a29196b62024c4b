#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages: of the program and each command from their --help, of each C function
from the comments of its header.

    tools/man_pages.py PROGRAM OUT HEADER...

OUT gets letterpress.1, letterpress-COMMAND.1 and FUNCTION.3. Nothing is written by hand but here,
so that the pages say what the program and the header say.
"""
import re
import subprocess
import sys
from pathlib import Path

LIST_TITLES = {"Positionals:": "ARGUMENTS", "Options:": "OPTIONS", "Subcommands:": "COMMANDS"}
MANUAL = "letterpress manual"


def troff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def title(name, section, version):
    return [f'.TH "{troff(name.upper())}" "{section}" "" "letterpress {version}" "{MANUAL}"']


def code(lines):
    """As it stands, indented."""
    return [".PP", ".RS 4", ".nf", *map(troff, lines), ".fi", ".RE"]


# The program.


def help_of(program, command):
    done = subprocess.run([program, *command, "--help"], capture_output=True, check=True)
    return done.stdout.decode().rstrip("\n").split("\n")


def parts_of(lines):
    """(about, usage, {list title: [(term, text)]}, lines behind the lists)"""
    about, usage, lists = lines[0], "", {}
    current, at = None, 1
    for at, line in enumerate(lines[1:], 1):
        if line.startswith("Usage: "):
            usage = line[len("Usage: "):]
        elif line in LIST_TITLES:
            current = lists.setdefault(line, [])
        elif match := re.match(r"  (\S.*?)(?:\s{2,}(\S.*))?$", line):
            if current is None:
                break
            current.append((match[1], match[2] or ""))
        elif match := re.match(r"\s{10,}(\S.*)$", line):
            term, text = current[-1]
            current[-1] = (term, f"{text} {match[1]}".strip())
        elif line:
            break
    else:
        at = len(lines)
    return about, usage, lists, lines[at:]


def paragraphs(lines):
    """What stands behind the lists: text, and indented lines as they are."""
    out, is_code = [], False
    for line in lines:
        indented = line.startswith("  ")
        if indented != is_code:
            out += [".PP", ".RS 4", ".nf"] if indented else [".fi", ".RE"]
            is_code = indented
        if not line:
            out.append(".PP")
        elif re.fullmatch(r"Examples?:", line):
            out.append(".SH EXAMPLES")
        else:
            out.append(troff(line.strip() if indented else line))
    return out + ([".fi", ".RE"] if is_code else [])


def command_page(name, lines, version, see_also):
    about, usage, lists, rest = parts_of(lines)
    out = title(name, 1, version)
    out += [".SH NAME", f"{troff(name)} \\- {troff(about.rstrip('.'))}",
            ".SH SYNOPSIS", f".B {troff(usage)}"]
    for heading, section in LIST_TITLES.items():
        if heading in lists:
            out.append(f".SH {section}")
            for term, text in lists[heading]:
                out += [".TP", f".B {troff(term)}", troff(text)]
    if any(rest):
        out += [".SH DESCRIPTION", *paragraphs(rest)]
    return out + [".SH SEE ALSO", troff(", ".join(see_also))]


def program_pages(program, version):
    pages = {}
    names = []

    def visit(command):
        lines = help_of(program, command)
        name = "-".join(["letterpress", *command])
        names.append(name)
        pages[name] = lines
        for subcommand, _ in parts_of(lines)[2].get("Subcommands:", []):
            visit([*command, subcommand])

    visit([])
    for name, lines in pages.items():
        parent = name.rpartition("-")[0]
        near = [other for other in names if other.rpartition("-")[0] == name or other == parent]
        yield f"{name}.1", command_page(name, lines, version, [f"{other}(1)" for other in near])


# The functions.


def declarations(header):
    """(comment, [declaration]) of each comment and the functions that follow it directly."""
    # The description of the library comes first, and belongs to none.
    body = header[header.index('extern "C"'):]
    pattern = re.compile(r"/\*(?P<comment>.*?)\*/|LETTERPRESS_C_API(?P<function>[^;]*);"
                         r"|typedef (?P<type>struct \w+ \{.*?\} \w+|[^;{]*);", re.S)
    comment, functions = "", []
    for match in pattern.finditer(body):
        if match["function"] is not None:
            functions.append(re.sub(r"\s+", " ", match["function"]).strip())
            continue
        if functions:
            yield comment, functions
            comment, functions = "", []
        if match["comment"] is not None:
            comment = re.sub(r"\s*\n\s*\*?\s*", " ", match["comment"]).strip()
    if functions:
        yield comment, functions


def function_pages(path, version):
    header = Path(path).read_text(encoding="utf-8")
    about = re.match(r".*?/\*(.*?)\*/", header, re.S)[1]
    results, threads = (re.sub(r"\s*\n\s*\*\s*", " ", re.search(
        rf"\* {word}: (.*?)\n \*\n|\* {word}: (.*)$", about, re.S)[0]).strip("* ")
        for word in ("Results", "Threads"))
    groups = list(declarations(header))
    everything = [name_of(function) for _, functions in groups for function in functions]
    for comment, functions in groups:
        for function in functions:
            name = name_of(function)
            family = [other for other in everything
                      if other != name and noun_of(other) == noun_of(name)]
            out = title(name, 3, version)
            out += [".SH NAME", f"{troff(name)} \\- {troff(first_sentence(comment))}",
                    ".SH SYNOPSIS", f".B #include <{Path(path).name}>",
                    *code([f"{one};" for one in functions]), ".SH DESCRIPTION", troff(comment)]
            if function.startswith("int "):
                out += [".SH RETURN VALUE", troff(results.removeprefix("Results: "))]
            out += [".SH THREADS", troff(threads.removeprefix("Threads: ")), ".SH SEE ALSO",
                    troff(", ".join(f"{other}(3)" for other in family) or "letterpress(1)")]
            yield f"{name}.3", out


def first_sentence(comment):
    return re.split(r"[.;:] ", comment + " ")[0].rstrip(".").lower()


def noun_of(name):
    """What a function is about: its handle."""
    return re.match(r"letterpress_(vault_(?:key|backup|snapshot)_|\w+?(?:_|$))", name)[1]


def name_of(function):
    return re.search(r"\b(letterpress_\w+)\(", function)[1]


def main(program, out, *headers):
    done = subprocess.run([program, "--version"], capture_output=True, check=True)
    version = re.search(r"[\d.]+", done.stdout.decode())[0]
    Path(out).mkdir(parents=True, exist_ok=True)
    for pages in (program_pages(program, version),
                  *(function_pages(header, version) for header in headers)):
        for name, lines in pages:
            (Path(out) / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
