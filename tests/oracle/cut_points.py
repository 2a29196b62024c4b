# SPDX-License-Identifier: Apache-2.0
"""Cut points for readers: slow, and written from docs/FORMAT.md, "Cut points", alone.

    cut_points.py FILE [MIN AVG MAX]     prints the lengths of FILE's chunks, one a line
"""

import sys
from typing import NamedTuple

TARGET = 0x7D17C9


class Sizes(NamedTuple):
    min: int = 4096
    avg: int = 16384
    max: int = 65536

    def check(self):
        if self.avg not in [1 << k for k in range(10, 17)]:
            raise ValueError("avg must be a power of two from 1024 to 65536")
        if not 64 <= self.min <= self.avg <= self.max <= 65536:
            raise ValueError("64 <= min <= avg <= max <= 65536 does not hold")


def twice(byte):
    byte <<= 1
    return byte ^ 0x11D if byte & 0x100 else byte


def _multiples_by_powers_of_two():
    """rows[j][b] = 2^j * b"""
    rows = [list(range(256))]
    for _ in range(31):
        rows.append([twice(product) for product in rows[-1]])
    return rows


TIMES_POWER_OF_TWO = _multiples_by_powers_of_two()


def h(width, data, n):
    total = 0
    for j in range(width):
        total ^= TIMES_POWER_OF_TWO[j][data[n - 1 - j]]
    return total


def mark(data, n):
    return h(32, data, n) << 16 | h(16, data, n) << 8 | h(8, data, n)


def first_chunk(data, sizes):
    """The length of the first chunk of data."""
    if len(data) <= sizes.min:
        return len(data)
    log2_avg = sizes.avg.bit_length() - 1
    for n in range(sizes.min, len(data)):
        if n == sizes.max:
            return n
        bits = log2_avg + 2 if n < sizes.avg else log2_avg - 2
        if (mark(data, n) ^ TARGET) >> (24 - bits) == 0:
            return n
    return len(data)


def chunk_lengths(data, sizes=Sizes()):
    sizes.check()
    lengths = []
    while data:
        lengths.append(first_chunk(data, sizes))
        data = data[lengths[-1] :]
    return lengths


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        for length in chunk_lengths(file.read(), Sizes(*map(int, sys.argv[2:5]))):
            print(length)
