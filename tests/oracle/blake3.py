# SPDX-License-Identifier: Apache-2.0
"""BLAKE3 for readers: short, slow, and independent of the engine.

Written from "BLAKE3: one function, fast everywhere" (the paper). What the paper calls a chunk is a
leaf here, because this project has other chunks.

    import blake3
    blake3.hash(b"bytes")                     # 32 bytes
    blake3.keyed_hash(key, b"bytes")          # key: 32 bytes
    blake3.derive_key("application, date, purpose", b"material")
"""

import struct

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


def _rotate_right(word, bits):
    return (word >> bits | word << (32 - bits)) & 0xFFFFFFFF


def _mix(v, a, b, c, d, x, y):
    v[a] = (v[a] + v[b] + x) & 0xFFFFFFFF
    v[d] = _rotate_right(v[d] ^ v[a], 16)
    v[c] = (v[c] + v[d]) & 0xFFFFFFFF
    v[b] = _rotate_right(v[b] ^ v[c], 12)
    v[a] = (v[a] + v[b] + y) & 0xFFFFFFFF
    v[d] = _rotate_right(v[d] ^ v[a], 8)
    v[c] = (v[c] + v[d]) & 0xFFFFFFFF
    v[b] = _rotate_right(v[b] ^ v[c], 7)


def _compress(value, block, counter, flags):
    """The chaining value after a block of at most 64 bytes."""
    words = list(struct.unpack("<16I", block.ljust(BLOCK_BYTES, b"\0")))
    v = list(value) + list(INITIAL_VALUE[:4])
    v += [counter & 0xFFFFFFFF, counter >> 32, len(block), flags]
    for _ in range(7):
        for i, quarter in enumerate(QUARTERS):
            _mix(v, *quarter, words[2 * i], words[2 * i + 1])
        words = [words[i] for i in PERMUTATION]
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def _leaf(key, data, counter, mode, root):
    value = key
    offsets = range(0, max(len(data), 1), BLOCK_BYTES)
    for offset in offsets:
        flags = mode
        if offset == 0:
            flags |= LEAF_START
        if offset == offsets[-1]:
            flags |= LEAF_END | root
        value = _compress(value, data[offset : offset + BLOCK_BYTES], counter, flags)
    return value


def _tree(key, data, counter, mode, root):
    """The value of the subtree over data, whose first leaf has the number counter."""
    if len(data) <= LEAF_BYTES:
        return _leaf(key, data, counter, mode, root)
    # The left subtree has the largest power of two of leaves that leaves some to the right one.
    left_leaves = 1
    while 2 * left_leaves * LEAF_BYTES < len(data):
        left_leaves *= 2
    split = left_leaves * LEAF_BYTES
    left = _tree(key, data[:split], counter, mode, 0)
    right = _tree(key, data[split:], counter + left_leaves, mode, 0)
    return _compress(key, struct.pack("<16I", *left, *right), 0, mode | PARENT | root)


def _digest(key, data, mode):
    return struct.pack("<8I", *_tree(key, bytes(data), 0, mode, ROOT))


def hash(data):
    return _digest(INITIAL_VALUE, data, 0)


def keyed_hash(key, data):
    return _digest(struct.unpack("<8I", key), data, KEYED_HASH)


def derive_key(context, material):
    context_key = _digest(INITIAL_VALUE, context.encode(), DERIVE_KEY_CONTEXT)
    return _digest(struct.unpack("<8I", context_key), material, DERIVE_KEY_MATERIAL)
