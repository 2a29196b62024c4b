# SPDX-License-Identifier: Apache-2.0
"""Checks the oracle against the published vectors: blake3_test.py VECTORS.json"""

import json
import sys
import unittest

import blake3

with open(sys.argv.pop(), encoding="utf-8") as file:
    VECTORS = json.load(file)


def cycle_251(byte_count):
    return bytes(i % 251 for i in range(byte_count))


class PublishedVectors(unittest.TestCase):
    def check(self, name, digest):
        self.assertGreater(len(VECTORS["cases"]), 30)
        for case in VECTORS["cases"]:
            with self.subTest(name=name, input_len=case["input_len"]):
                found = digest(cycle_251(case["input_len"]))
                self.assertEqual(found.hex(), case[name][:64])

    def test_hash(self):
        self.check("hash", blake3.hash)

    def test_keyed_hash(self):
        key = VECTORS["key"].encode()
        self.check("keyed_hash", lambda data: blake3.keyed_hash(key, data))

    def test_derive_key(self):
        context = VECTORS["context_string"]
        self.check("derive_key", lambda data: blake3.derive_key(context, data))


if __name__ == "__main__":
    unittest.main()
