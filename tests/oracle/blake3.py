# SPDX-License-Identifier: Apache-2.0
"""BLAKE3 for readers: short, and independent of the engine.

Written from "BLAKE3: one function, fast everywhere" (the paper). What the paper calls a chunk is a
leaf here, because this project has other chunks. Leaves are hashed side by side: a word of each
lies in 64 bits of one large integer, its lane, whose upper half is room to add and to shift.

    import blake3
    blake3.hash(b"bytes")                     # 32 bytes
    blake3.keyed_hash(key, b"bytes")          # key: 32 bytes
    blake3.derive_key("application, date, purpose", b"material")
"""

import array
import functools
import struct
import sys

BLOCK_BYTES = 64
LEAF_BYTES = 1024

LEAF_START, LEAF_END, PARENT, ROOT = 1, 2, 4, 8
KEYED_HASH, DERIVE_KEY_CONTEXT, DERIVE_KEY_MATERIAL = 16, 32, 64

INITIAL_VALUE = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)

# The four columns of the state, then its four diagonals.
QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


@functools.lru_cache(maxsize=None)
def _ones(lanes):
    """1 in each lane: times a word, it is that word in each."""
    return int.from_bytes(b"\1\0\0\0\0\0\0\0" * lanes, "little")


def _pack(words):
    """One word for each lane."""
    lanes = array.array("Q", words)
    if sys.byteorder == "big":
        lanes.byteswap()
    return int.from_bytes(lanes.tobytes(), "little")


def _unpack(value, lanes):
    words = array.array("Q", value.to_bytes(8 * lanes, "little"))
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _compress(value, words, counter, length, flags, lanes):
    """The chaining values after one block in each lane. value, words and counter are lanes."""
    ones = _ones(lanes)
    mask = ones * 0xFFFFFFFF

    def rotate_right(word, bits):
        return (word >> bits | word << (32 - bits)) & mask

    v = list(value) + [word * ones for word in INITIAL_VALUE[:4]]
    v += [counter & mask, counter >> 32 & mask, length * ones, flags * ones]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(QUARTERS):
            v[a] = v[a] + v[b] + words[2 * i] & mask
            v[d] = rotate_right(v[d] ^ v[a], 16)
            v[c] = v[c] + v[d] & mask
            v[b] = rotate_right(v[b] ^ v[c], 12)
            v[a] = v[a] + v[b] + words[2 * i + 1] & mask
            v[d] = rotate_right(v[d] ^ v[a], 8)
            v[c] = v[c] + v[d] & mask
            v[b] = rotate_right(v[b] ^ v[c], 7)
        words = [words[i] for i in PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def _leaves(key, data, first, mode, root):
    """The values of leaves of one length, the last block of which may be short."""
    length = min(len(data), LEAF_BYTES)
    lanes = max(len(data) // LEAF_BYTES, 1)
    words = struct.unpack(f"<{lanes * 256}I", data.ljust(lanes * LEAF_BYTES, b"\0"))
    counter = _pack(range(first, first + lanes))
    value = [word * _ones(lanes) for word in key]
    offsets = range(0, max(length, 1), BLOCK_BYTES)
    for offset in offsets:
        flags = mode
        if offset == 0:
            flags |= LEAF_START
        if offset == offsets[-1]:
            flags |= LEAF_END | root
        block = [_pack(words[offset // 4 + i :: 256]) for i in range(16)]
        value = _compress(value, block, counter, min(length - offset, BLOCK_BYTES), flags, lanes)
    return list(zip(*(_unpack(word, lanes) for word in value)))


def _parents(key, values, mode, root):
    """Joins neighbours. One that has none goes up as it is: so the left subtree of a parent has the
    largest power of two of leaves that leaves some to the right one."""
    pairs = len(values) // 2
    children = [values[2 * i] + values[2 * i + 1] for i in range(pairs)]
    words = [_pack(word) for word in zip(*children)]
    value = [word * _ones(pairs) for word in key]
    value = _compress(value, words, 0, BLOCK_BYTES, mode | PARENT | root, pairs)
    joined = list(zip(*(_unpack(word, pairs) for word in value)))
    return joined + values[2 * pairs :]


def _digest(key, data, mode):
    data = bytes(data)
    whole = len(data) // LEAF_BYTES * LEAF_BYTES
    root = ROOT if len(data) <= LEAF_BYTES else 0
    values = _leaves(key, data[:whole], 0, mode, root) if whole else []
    if whole < len(data) or not whole:
        values += _leaves(key, data[whole:], whole // LEAF_BYTES, mode, root)
    while len(values) > 1:
        values = _parents(key, values, mode, ROOT if len(values) == 2 else 0)
    return struct.pack("<8I", *values[0])


def hash(data):
    return _digest(INITIAL_VALUE, data, 0)


def keyed_hash(key, data):
    return _digest(struct.unpack("<8I", key), data, KEYED_HASH)


def derive_key(context, material):
    context_key = _digest(INITIAL_VALUE, context.encode(), DERIVE_KEY_CONTEXT)
    return _digest(struct.unpack("<8I", context_key), material, DERIVE_KEY_MATERIAL)
