# SPDX-License-Identifier: Apache-2.0
"""Checks the oracle against the numbers that docs/FORMAT.md gives: cut_points_test.py FORMAT.md"""

import re
import sys
import unittest

import cut_points
from cut_points_cases import input_bytes

with open(sys.argv.pop(), encoding="ascii") as file:
    SECTION = file.read().partition("## Cut points\n")[2].partition("\n## ")[0]


def stated(pattern):
    found = re.findall(pattern, " ".join(SECTION.split()))
    if len(found) != 1:
        raise AssertionError(f"the document states {pattern!r} {len(found)} times")
    return found[0]


class WorkedExample(unittest.TestCase):
    def test_hashes_and_mark(self):
        data = bytes(range(32))
        for width in (8, 16, 32):
            value = int(stated(rf"`h\({width}, 32\)` = (0x[0-9a-f]+)"), 16)
            self.assertEqual(cut_points.h(width, data, 32), value)
        self.assertEqual(cut_points.mark(data, 32), int(stated(r"has the mark (0x\w+)"), 16))

    def test_chunk_lengths(self):
        lengths = list(map(int, stated(r"chunks of ([0-9 ]+) bytes; the mark").split()))
        data = input_bytes("random:1:100000")
        self.assertEqual(cut_points.chunk_lengths(data), lengths)
        first_mark = int(stated(r"mark of the first cut is (0x\w+)"), 16)
        self.assertEqual(cut_points.mark(data, lengths[0]), first_mark)

    def test_target(self):
        self.assertEqual(int(stated(r"The target (0x\w+)"), 16), cut_points.TARGET)


class Arithmetic(unittest.TestCase):
    def test_two_generates_all_elements(self):
        powers = [1]
        while (power := cut_points.twice(powers[-1])) != 1:
            powers.append(power)
        self.assertEqual(sorted(powers), list(range(1, 256)))


if __name__ == "__main__":
    unittest.main()
