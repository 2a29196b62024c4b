# SPDX-License-Identifier: Apache-2.0
"""How much of the base64 in real mail does the splitter undo?

    LETTERPRESS_CORPORA=FOLDER base64_share.py SPLIT_REPORT

FOLDER holds mail archives, NAME.tar.zst. Each one of those named below is unpacked to a temporary
folder. Its base64 bytes are found here, by a line-based reader that shares nothing with the engine:
below each line `Content-Transfer-Encoding: base64`, the lines after the next blank line, up to the
first that is not base64, line endings included, blank lines not. The result is intersected with the
ranges that SPLIT_REPORT (tests/mail/split_report.cc) prints, which also fails if a file does not
come back byte for byte.

Exit code 0 if every archive reaches its share, 1 if not, 77 if there are no archives.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from byte_ranges import size, subtract

SHARES_WANTED = {
    "usrp-users": 0.98,
    "ksummit": 0.98,
    "hostile-mime": 0.98,
    "notmuch-maildir": 0.98,
    "spamassassin": 0.95,
    "twisted-mbox": 0.0,
    "enron-skilling": 0.0,
}
SKIPPED = 77

LABEL = re.compile(rb"content-transfer-encoding\s*:\s*\"?base64\"?\s*(;.*)?$", re.IGNORECASE)
BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}[ \t\r\n]*$")


def base64_ranges(data):
    """Lists (offset, end) of the base64 lines below each label, in order."""
    ranges = []
    at = 0
    place = "anywhere"
    for line in split_lines(data):
        end = at + len(line)
        bare = line.strip()
        if place == "body":
            if not bare:
                pass
            elif BASE64_LINE.match(line):
                ranges.append((at, end))
                if bare.endswith(b"="):
                    place = "anywhere"
            else:
                place = "anywhere"
        elif LABEL.match(bare):
            place = "header"
        elif place == "header" and not bare:
            place = "body"
        at = end
    return ranges


def split_lines(data):
    """Lines end in LF only: a lone CR is part of a line."""
    lines = data.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return whole + [lines[-1]] if lines[-1] else whole


def overlap_bytes(wanted, undone):
    """Bytes that two sorted lists of ranges share."""
    return size(wanted) - size(subtract(wanted, undone))


def read_report(text):
    """Gives {path: [(offset, end)]} and the totals."""
    undone = {}
    current = []
    totals = []
    for line in text.split("\n"):
        if line.startswith("F "):
            current = undone.setdefault(line.split(" ", 2)[2], [])
        elif line.startswith("B "):
            offset, length = map(int, line.split()[1:])
            current.append((offset, offset + length))
        elif line.startswith("T "):
            totals = list(map(int, line.split()[1:]))
    return undone, totals


def measure(split_report, folder):
    """Gives the bytes of base64, those undone, the totals, and the worst files."""
    ran = subprocess.run([split_report, str(folder)], capture_output=True, check=False)
    if ran.returncode != 0:
        sys.exit(ran.stderr.decode(errors="surrogateescape"))
    undone, totals = read_report(os.fsdecode(ran.stdout))
    wanted_bytes = 0
    undone_bytes = 0
    losses = []
    for path, ranges in undone.items():
        wanted = base64_ranges((folder / path).read_bytes())
        size = sum(end - start for start, end in wanted)
        got = overlap_bytes(wanted, ranges)
        wanted_bytes += size
        undone_bytes += got
        if got < size:
            losses.append((size - got, path))
    return wanted_bytes, undone_bytes, totals, sorted(losses, reverse=True)[:3]


def check_archive(split_report, archive, name):
    with tempfile.TemporaryDirectory(prefix="letterpress-mail-") as folder:
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
        wanted, undone, totals, losses = measure(split_report, pathlib.Path(folder))
    share = undone / wanted if wanted else 1.0
    good = share >= SHARES_WANTED[name]
    speed = totals[0] * 1000 / max(totals[3], 1)
    print(f"{name}: {undone} of {wanted} base64 bytes undone, {share:.2%}"
          f" (at least {SHARES_WANTED[name]:.0%} wanted);"
          f" {totals[1]} pieces of {totals[0]} bytes, split at {speed:.0f} MB/s")
    for lost, path in losses:
        print(f"    {lost} bytes left in {path}")
    return good


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    corpora = os.environ.get("LETTERPRESS_CORPORA")
    names = SHARES_WANTED if corpora else ()
    archives = [(name, pathlib.Path(corpora, f"{name}.tar.zst")) for name in names]
    archives = [(name, archive) for name, archive in archives if archive.exists()]
    if not archives:
        print("skipped: set LETTERPRESS_CORPORA to the folder of mail archives")
        return SKIPPED
    results = [check_archive(arguments[1], archive, name) for name, archive in archives]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
