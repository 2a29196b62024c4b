# SPDX-License-Identifier: Apache-2.0
"""Who can write where the vault is changes it in every way that he can think of: with the trusted
vault.pub and the last witness, `verify` must find each.

    tamper_test.py LETTERPRESS MAILGEN [--cases N] [--seed S]

A case that fails says its seed. Forged files are made by the independent reader's rules.
"""
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import nacl.bindings

import blake3
import vault_files
import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, join, read, write

HEAD = b"letterpress-vault"


def sign(seed, context, message):
    _, secret = nacl.bindings.crypto_sign_seed_keypair(seed)
    return nacl.bindings.crypto_sign(context.encode() + b"\0" + message, secret)[:64]


def public_of(seed):
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]


class Signer:
    """Somebody who signs files as a writer, with a certificate, true or not."""

    def __init__(self, seed, name, certificate):
        self.seed, self.name, self.certificate = seed, name, certificate

    @classmethod
    def of_ingest_key(cls, path):
        key = vault_files.read_ingest_key(read(path))
        return cls(bytes.fromhex(key["signing"]), key["name"].encode(),
                   bytes.fromhex(key["certificate"]))

    @classmethod
    def certified_by(cls, root_seed, seed, name, file):
        """By a root of his own, for the vault, writer and epoch of a file."""
        epoch = int.from_bytes(file[56:60], "little")
        certified = vault_files.certified_bytes(file[24:40], file[40:56], epoch, public_of(seed),
                                                name)
        return cls(seed, name, sign(root_seed, "letterpress 2026-11 writer", certified))

    def seal(self, file):
        """The file with its hashes made new and its heads signed by this one."""
        head_bytes, record_bytes, count = (int.from_bytes(file[at:at + 4], "little")
                                           for at in (12, 16, 20))
        end = head_bytes + count * record_bytes
        hashes = b"".join(blake3.hash(file[at:at + record_bytes])[:16]
                          for at in range(head_bytes, end, record_bytes))
        head = bytearray(file[:head_bytes - 80])
        head[88:120] = blake3.hash(hashes)
        head[152:184] = public_of(self.seed)
        head[184:248] = self.name.ljust(64, b"\0")
        head[248:312] = self.certificate
        head += sign(self.seed, "letterpress 2026-11 head", bytes(head))
        head += vault_files.tag(head)
        filled = hashes.ljust(-(-len(hashes) // 512) * 512, b"\0")
        return bytes(head) + file[head_bytes:end] + filled + bytes(head)


def with_another_time(file):
    """A log entry that says another time; its records are clear, so their tags can be made."""
    head_bytes, record_bytes = (int.from_bytes(file[at:at + 4], "little") for at in (12, 16))
    record = bytearray(file[head_bytes:head_bytes + record_bytes])
    record[64] ^= 1
    record[-16:] = vault_files.tag(record[:-16])
    return file[:head_bytes] + bytes(record) + file[head_bytes + record_bytes:]


def vault_head(files, root_seed):
    """The vault's head with another root, properly signed by it."""
    lines = files[HEAD].split(b"\n")
    lines = [b"root " + public_of(root_seed).hex().encode() if line.startswith(b"root ") else line
             for line in lines if not line.startswith((b"signature ", b"check ")) and line]
    text = b"\n".join(lines) + b"\n"
    signature = sign(root_seed, "letterpress 2026-11 vault head", text)
    text += b"signature " + signature.hex().encode() + b"\n"
    return text + b"check " + vault_files.tag(text).hex().encode() + b"\n"


class Tampering(workbench.Case):
    def setUp(self):
        super().setUp()
        mail = self.path("mail")
        self.mailgen("mail", 9, "150K")
        self.vault_a, other = self.vault(), self.vault("other")
        second = self.path("second.key")
        self.run_program("writer", "add", self.vault_a.path, "mx2", "--key",
                         self.vault_a.recovery_key, "--out", second)
        self.fork = self.path("fork")
        for day in range(4):
            self.vault_a.backup(mail)
            other.backup(mail)
            if day % 2:
                self.run_program("backup", self.vault_a.path, mail, "--key", second, "--state",
                                 self.path("second.state"))
            if day == 1:
                shutil.copytree(self.vault_a.path, self.fork)
                shutil.copytree(self.vault_a.state, self.path("fork.state"))
            self.evolve(mail)
        for day in range(2):
            self.run_program("backup", self.fork, mail, "--key", self.vault_a.ingest_key,
                             "--state", self.path("fork.state"))
            self.evolve(mail)
        self.public, self.other_public = (join(vault.keys, "vault.pub")
                                          for vault in (self.vault_a, other))
        self.witness = self.path("witness")
        write(self.witness, self.run_program("witness", self.vault_a.path).out)
        self.good, self.forked, self.strange = (
            self.load(path) for path in (self.vault_a.path, self.fork, other.path))
        self.first = Signer.of_ingest_key(self.vault_a.ingest_key)
        self.second = Signer.of_ingest_key(second)
        self.third = Signer.of_ingest_key(other.ingest_key)

    @staticmethod
    def load(folder):
        return {join(top, name)[len(folder) + 1:]: read(join(top, name))
                for top, _, names in os.walk(folder) for name in names}

    # Every way gives what the vault has then. `chance` decides what is hit.

    @staticmethod
    def below(files, folder):
        return sorted(path for path in files if path.startswith(folder))

    def pick(self, chance, files, *folders):
        return chance.choice(self.below(files, chance.choice(folders or (b"packs", b"index",
                                                                         b"log"))))

    def drop(self, chance):
        files = dict(self.good)
        for _ in range(chance.randint(1, 3)):
            files.pop(self.pick(chance, files), None)
        return files

    def reorder(self, chance):
        files = dict(self.good)
        folder = chance.choice((b"packs", b"index", b"log"))
        first, second = chance.sample(self.below(files, folder), 2)
        files[first], files[second] = files[second], files[first]
        return files

    def replay(self, chance):
        """An old file again, as the newest one or in place of another."""
        files = dict(self.good)
        path = self.pick(chance, files, b"log", b"index")
        folder = os.path.dirname(path)
        names = self.below(files, folder)
        if len(names) == 1 or chance.random() < 0.5:
            files[join(folder, b"%020d" % (len(names) + chance.randint(1, 3)))] = files[path]
        else:
            files[chance.choice([name for name in names if name != path])] = files[path]
        return files

    def fork_it(self, chance):
        """A sound history that branches off from the one that the witness saw."""
        files = dict(self.forked)
        if chance.random() < 0.5:  # and the other one's packs lie beside it
            files |= {path: self.good[path] for path in self.below(self.good, b"packs")}
        if chance.random() < 0.5:  # a part of the fork only
            last = max(self.below(files, b"log"))
            files[last] = self.good.get(last, files[last])
        return files

    def splice(self, chance):
        files = dict(self.good)
        folder = chance.choice((b"packs", b"index", b"log"))
        file = self.strange[chance.choice(self.below(self.strange, folder))]
        path = self.pick(chance, files, folder)
        if chance.random() < 0.3 and folder != b"packs":
            path = join(os.path.dirname(path), b"%020d" % 9)
        files[path] = file
        return files

    def roll_back(self, chance):
        files = dict(self.good)
        writers = {os.path.dirname(path) for path in self.below(files, b"log")}
        writer = chance.choice(sorted(writers))
        entries = self.below(files, writer)
        for path in entries[-chance.randint(1, len(entries)):]:
            del files[path]
        if chance.random() < 0.5:  # and everything that nothing names any more
            for path in self.below(files, b"index" + writer[3:])[chance.randint(0, 2):]:
                del files[path]
        return files

    def sign_again(self, chance):
        """With a key of his own, with that of another writer, with a certificate of another, or by
        a root of his own."""
        files = dict(self.good)
        path = self.pick(chance, files)
        file = files[path]
        if path.startswith(b"log") and chance.random() < 0.7:
            file = with_another_time(file)
        own = chance.randbytes(32)
        true = self.second if file[40:56].hex().encode() not in path else self.first
        signer = chance.choice((
            self.second if file[152:184] != public_of(self.second.seed) else self.first,
            self.third,
            Signer(own, true.name, true.certificate),
            Signer(own, b"mail", bytes(64)),
            Signer(self.second.seed, self.first.name, self.first.certificate),
            Signer.certified_by(own, chance.randbytes(32), b"mail", file),
        ))
        files[path] = signer.seal(file)
        return files

    def sign_again_with_the_writers_own_key(self, chance):
        """Root on the mail server has it. What exists is in the witness."""
        files = dict(self.good)
        path = chance.choice([path for path in self.below(files, b"log")
                              if files[path][152:184] == public_of(self.first.seed)])
        files[path] = self.first.seal(with_another_time(files[path]))
        return files

    def swap_head(self, chance):
        files = dict(self.good)
        way = chance.randrange(3)
        if way == 0:
            files[HEAD] = self.strange[HEAD]
        elif way == 1:
            files[HEAD] = vault_head(files, chance.randbytes(32))
        else:
            files = dict(self.strange)
        return files

    def swap_certificates(self, chance):
        """Clear bytes of a head, and its tag made to fit, in one copy of it or in both."""
        files = dict(self.good)
        path = self.pick(chance, files)
        file = bytearray(files[path])
        head_bytes = int.from_bytes(file[12:16], "little")
        other = self.second if file[152:184] != public_of(self.second.seed) else self.first
        part, value = chance.choice((
            (slice(152, 184), public_of(other.seed)), (slice(184, 248), b"mx9".ljust(64, b"\0")),
            (slice(248, 312), other.certificate), (slice(40, 56), chance.randbytes(16)),
            (slice(24, 40), chance.randbytes(16)), (slice(56, 60), b"\2\0\0\0"),
            (slice(64, 72), b"\x63" + bytes(7)), (slice(320, 328), chance.randbytes(8))))
        file[part] = value
        file[head_bytes - 16:head_bytes] = vault_files.tag(file[:head_bytes - 16])
        if chance.random() < 0.7:
            file[-head_bytes:] = file[:head_bytes]
        files[path] = bytes(file)
        return files

    def flip(self, chance):
        files = dict(self.good)
        path = chance.choice(sorted(files))
        file = bytearray(files[path])
        file[chance.randrange(len(file))] ^= 1 << chance.randrange(8)
        files[path] = bytes(file)
        return files

    # The test

    def put(self, files):
        """Makes the vault what `files` says; only what differs is written."""
        for path in self.there.keys() - files.keys():
            os.unlink(join(self.vault_a.path, path))
        for path, content in files.items():
            if self.there.get(path) is not content:
                if path in self.there:
                    os.unlink(join(self.vault_a.path, path))
                write(join(self.vault_a.path, path), content)
        self.there = files

    def verify(self, public, code):
        return self.run_program("verify", self.vault_a.path, "--trust", public, "--witness",
                                self.witness, code=code)

    def test_everything_is_found(self):
        ways = (self.drop, self.reorder, self.replay, self.fork_it, self.splice, self.roll_back,
                self.sign_again, self.sign_again_with_the_writers_own_key, self.swap_head,
                self.swap_certificates, self.flip)
        self.there = self.good
        self.verify(self.public, DONE)
        self.verify(self.other_public, (USAGE, FAILED))
        for number in range(workbench.CASES):
            seed = workbench.SEED + number
            chance = random.Random(seed)
            way = ways[number % len(ways)]
            files = way(chance)
            with self.subTest(seed=seed, way=way.__name__):
                self.assertNotEqual(files, self.good, "a case that changes nothing tests nothing")
                self.put(files)
                found = self.verify(self.public, (DAMAGE, USAGE, FAILED))
                self.assertTrue(found.err)
        self.put(self.good)
        self.verify(self.public, DONE)


if __name__ == "__main__":
    workbench.main(__doc__, (("cases", 220), ("seed", 1)))
