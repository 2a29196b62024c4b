# SPDX-License-Identifier: Apache-2.0
"""Do the engine and mail_split.py split every message in the same way?

    [LETTERPRESS_CORPORA=FOLDER] mail_split_test.py SPLIT_STRUCTURE MAILGEN [FOLDER...]

Splits what MAILGEN makes, hostile mail too, and the archives NAME.tar.zst of LETTERPRESS_CORPORA;
or, if they are given, only the mail of the folders. SPLIT_STRUCTURE is the program of
tests/mail/split_structure.cc. Compared are, of every message, where its header blocks end, each
boundary line with its level, which bytes are stored as headers, and what each run of base64
decodes to. A message that the RFCs split otherwise is read again with the departures that
mail_split.py names; one that is not explained by any fails the test. docs/TESTING.md counts them.
"""

import bisect
import collections
import operator
import os
import pathlib
import subprocess
import sys
import tempfile

import base64_bodies
import mail_split
from byte_ranges import subtract

MADE = {
    "mailgen-maildir": ("--seed", "7", "--size", "8M", "--layout", "maildir"),
    "mailgen-mbox": ("--seed", "8", "--size", "4M", "--layout", "mbox"),
    "mailgen-hostile": ("--hostile", "--size", "50K"),
}
REASONS = {
    **mail_split.DEPARTURES,
    "gave up": "RFCs, which have no limits: past one of mail/limits.h the rest is plain",
    **{"left: " + name: "engine: " + why for name, why in base64_bodies.REASONS_LEFT.items()},
}
UNEXPLAINED_SHOWN = 20
OFFSET_OF_EVENT = operator.itemgetter(1)


class File:
    """What SPLIT_STRUCTURE says of one."""

    def __init__(self, form, path):
        self.form = form
        self.path = path
        self.starts = []
        self.events = []
        self.headers = []
        self.runs = []

    def add(self, words):
        numbers = [int(word) for word in words[1:3]]
        if words[0] == "M":
            self.starts.append(numbers[0])
        elif words[0] == "P":
            self.headers.append(tuple(numbers))
        elif words[0] == "B":
            self.runs.append((*numbers, words[3]))
        else:
            self.events.append((words[0], *numbers))


def read_report(text):
    files = []
    for line in text.splitlines():
        if line.startswith("F "):
            files.append(File(*line.split(" ", 2)[1:]))
        else:
            files[-1].add(line.split())
    return files


class Comparison:
    """Of the mail of one folder."""

    def __init__(self):
        self.counts = collections.Counter()
        self.differences = collections.Counter()
        self.left = collections.Counter()
        self.unexplained = []

    def print(self, name):
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        print(f"{name}: {counts}")
        for reason, count in sorted(self.differences.items()):
            chars = self.left[reason]
            size = f" ({chars} characters)" if chars else ""
            print(f"    {count} {reason}{size}: {REASONS.get(reason, 'nobody knows why')}")
        for path, at, what in self.unexplained[:UNEXPLAINED_SHOWN]:
            print(f"    UNEXPLAINED {path} at {at}: {what}")
        if self.unexplained:
            print(f"    {len(self.unexplained)} unexplained")

    def compare(self, file, data):
        self.counts["files"] += 1
        if file.form in ("plain", "tar"):
            self.counts[file.form] += 1
            if mail_split.is_message(data):
                self.unexplained.append((file.path, 0, "a message, and not taken for one"))
            return
        in_mbox = file.form == "mbox"
        ranges = [(0, len(data))]
        if in_mbox:
            strict = mail_split.messages(data)
            ranges = mail_split.messages(data, {"from-line"})
            self.differences.update(["from-line"] * len(set(ranges) - set(strict)))
        if [start for start, _ in ranges] != file.starts:
            self.unexplained.append((file.path, 0, "messages begin elsewhere"))
            return
        for start, end in ranges:
            self.compare_message(file, data, start, end, in_mbox)

    def compare_message(self, file, data, start, end, in_mbox):
        self.counts["messages"] += 1
        seen = file.events
        if in_mbox:
            seen = between(file.events, start + 1, end + 1, OFFSET_OF_EVENT)
        given_up = next((event[1] for event in seen if event[0] == "G"), end + 1)
        seen = [event for event in seen if event[1] < given_up]
        headers = between(file.headers, start, end)

        def read(departures):
            split = mail_split.MailSplit(data, start, end, in_mbox, frozenset(departures))
            events = [event for event in split.events if event[1] < given_up]
            agrees = events == seen
            return split, agrees and headers_agree(data, split.spans, headers, given_up)

        split, agrees = read(())
        if not agrees:
            departures = set(mail_split.DEPARTURES)
            split, agrees = read(departures)
            if not agrees:
                self.unexplained.append((file.path, start, "structure"))
                return
            for name in mail_split.DEPARTURES:
                if read(departures - {name})[1]:
                    departures.remove(name)
            split = read(departures)[0]
            self.differences.update(departures)
        if given_up <= end:
            self.differences["gave up"] += 1
            if given_up != min(split.limits_passed, default=None):
                self.unexplained.append((file.path, given_up, "gave up, and passed no limit"))
        self.compare_base64(file, data, split, start, given_up, end)
        self.counts["boundary lines"] += sum(event[0] in "CD" for event in seen)
        self.counts["header blocks"] += sum(event[0] == "H" for event in seen)

    def compare_base64(self, file, data, split, start, given_up, end):
        runs = between(file.runs, start, end)
        labelled = set()
        for body in split.bodies:
            if body[0] >= given_up:
                continue
            inside = [run for run in between(runs, *body) if run[1] <= body[1]]
            labelled.update(inside)
            judged = base64_bodies.judge(data, body, inside)
            self.counts["base64 bodies"] += 1
            self.counts["runs"] += len(inside)
            self.counts["joined"] += judged.joined
            for reason, chars in judged.left.items():
                self.differences["left: " + reason] += 1
                self.left["left: " + reason] += chars
                if reason not in base64_bodies.REASONS_LEFT:
                    self.unexplained.append((file.path, body[0], f"base64 left: {reason}"))
            if not judged.joined and not set(judged.left) - {"behind padding"}:
                self.unexplained.append((file.path, body[0], "base64 is undone in part"))
            for at, _ in judged.wrong:
                self.unexplained.append((file.path, at, "base64 decodes to other bytes"))
        unlabelled = [run for run in runs if run not in labelled]
        self.counts["unlabelled runs"] += len(unlabelled)
        for at, stop, digest in unlabelled:
            judged = base64_bodies.judge(data, (at, stop), [(at, stop, digest)])
            if judged.wrong:
                self.unexplained.append((file.path, at, "base64 decodes to other bytes"))


def between(ranges, start, end, offset=operator.itemgetter(0)):
    """Those of sorted ranges that begin there."""
    first = bisect.bisect_left(ranges, start, key=offset)
    return ranges[first:bisect.bisect_left(ranges, end, first, key=offset)]


def headers_agree(data, spans, pieces, given_up):
    """Whether the pieces of headers hold the spans, and else only blanks beside them."""
    spans = [(start, min(end, given_up)) for start, end in spans if start < given_up]
    surplus = subtract(pieces, spans)
    return not subtract(spans, pieces) and not any(data[at:end].strip() for at, end in surplus)


def check(split_structure, folder, name):
    ran = subprocess.run([split_structure, str(folder)], capture_output=True, check=False)
    if ran.returncode != 0:
        sys.exit(ran.stderr.decode(errors="surrogateescape"))
    comparison = Comparison()
    for file in read_report(os.fsdecode(ran.stdout)):
        comparison.compare(file, (folder / file.path).read_bytes())
    comparison.print(name)
    return not comparison.unexplained


def make_mail(mailgen, folder):
    """Gives (folder, name) of each kind of mail that is made."""
    for name, options in MADE.items():
        subprocess.run([mailgen, *options, "--out", str(folder / name)], check=True,
                       stdout=subprocess.DEVNULL)
        yield folder / name, name


def unpack_mail(corpora, folder):
    for archive in sorted(pathlib.Path(corpora).glob("*.tar.zst")):
        name = archive.name.removesuffix(".tar.zst")
        (folder / name).mkdir()
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder / name], check=True)
        yield folder / name, name


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    split_structure, mailgen, *folders = arguments[1:]
    with tempfile.TemporaryDirectory(prefix="letterpress-mail-") as made:
        mail = [(pathlib.Path(folder), folder) for folder in folders]
        if not mail:
            mail = list(make_mail(mailgen, pathlib.Path(made)))
            mail += unpack_mail(os.environ.get("LETTERPRESS_CORPORA", made), pathlib.Path(made))
        results = [check(split_structure, folder, name) for folder, name in mail]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
