# SPDX-License-Identifier: Apache-2.0
"""Sorted lists of ranges (start, end) of bytes."""


def subtract(ranges, holes):
    """What is left of sorted ranges without the sorted holes."""
    left = []
    i = 0
    for start, end in ranges:
        while i < len(holes) and holes[i][1] <= start:
            i += 1
        k = i
        while k < len(holes) and holes[k][0] < end:
            if start < holes[k][0]:
                left.append((start, holes[k][0]))
            start = max(start, holes[k][1])
            k += 1
        if start < end:
            left.append((start, end))
    return left


def size(ranges):
    return sum(end - start for start, end in ranges)
