#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the conformance files of this folder, and README.md, their table.

    make_streams.py FOLDER          FOLDER: where they go

Written from docs/STREAM.md alone. The files are frozen: no test makes them again. Another release
of zstd may compress differently, which is right too.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../oracle"))

import bad_entries  # noqa: E402  (found by the line above)
import bad_streams  # noqa: E402
import valid_streams  # noqa: E402

INTRODUCTION = """# Conformance files of the stream

For who writes a reader of docs/STREAM.md: streams that it must read, and streams that it must refuse, each with one thing wrong. The error is a name of the document's section
"Errors", the offset that of the frame in which it is. `contents.json` has what the valid ones hold: paths, and texts as Latin-1, by the name of the file.

*Called with* says what the reader is given beside the stream: `--key` is the file `key`, 32 bytes; `--with` an earlier stream. A reader that does not check ids reads `id.lps`; one that
stops at the first error and one that goes on after it have the same first error.

`tests/cli/conformance_test.py` runs `letterpress unpress` and `tests/oracle/stream_reader.py` over all of them. `make_streams.py` made them.

"""


def rows():
    """(name, what it shows, bytes, error, offset, called with, what it holds)"""
    for name, make, shows, options in valid_streams.VALID:
        stream, holds = make()
        yield name, shows, stream.bytes(), "", "", options, holds
    data, holds = valid_streams.trailing()
    yield "trailing", "bytes behind the end frame, which are not part of it", data, "", "", (), \
        holds
    for module in (bad_streams, bad_entries):
        for name, shows, data, error, offset, options in module.all_bad():
            yield name, shows, data, error, offset, options, None


def shown(holds):
    """What a stream holds, for JSON."""
    def value(entry):
        if isinstance(entry, bytes):
            return {"file": entry.decode("latin-1")}
        if entry == "folder":
            return {"folder": True}
        kind, target, *content = entry
        return {kind: target.decode("latin-1"), **{"file": each.decode("latin-1")
                                                   for each in content}}
    return {path.decode("latin-1"): value(entry) for path, entry in sorted(holds.items())}


def main():
    folder = sys.argv[1]
    contents = {}
    table = [INTRODUCTION, "| file | shows | error | offset | called with |\n",
             "|---|---|---|---|---|\n"]
    for name, shows, data, error, offset, options, holds in rows():
        path = os.path.join(folder, name + ".lps")
        with open(path, "xb") as file:
            file.write(data)
        if holds is not None:
            contents[name] = shown(holds)
        called = " ".join(f"`{option}`" for option in options)
        table.append(f"| {name}.lps | {shows} | {error} | {offset} | {called} |\n")
    with open(os.path.join(folder, "README.md"), "w", encoding="ascii") as file:
        file.writelines(table)
    with open(os.path.join(folder, "contents.json"), "w", encoding="ascii") as file:
        json.dump(contents, file, indent=1)
        file.write("\n")
    for name, key in (("key", valid_streams.KEY), ("other", bytes(32))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(key)


if __name__ == "__main__":
    main()
