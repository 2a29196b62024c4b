#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is left of a vault comes back: verify's list is exact, repair heals, salvage needs packs
only, and an index that was lost is made anew:

    salvage_test.py LETTERPRESS MAILGEN [--vaults N] [unittest arguments]
"""
import base64
import collections
import os
import random
import shutil

import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, content_of, join, read, tree, write

SEED = 61
SECTOR = 512


def files_of(root):
    if not os.path.exists(root):
        return {}
    return {path: content_of(entry) for path, entry in tree(root).items() if entry[0] == "file"}


class Vaults(workbench.Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.store = self.mailgen("store", SEED, "300K")
        write(join(self.store, "large"), self.random.randbytes(400_000))
        # A mailbox, so that single messages can be lost.
        box = self.mailgen("box", SEED + 1, "300K", layout="mbox")
        write(join(box, "raw.mbox"), b"".join(self.message(number) for number in range(30)))
        shutil.copytree(box, join(self.store, "boxes"))
        self.damaged = self.vault()
        self.trees = {}
        for _ in range(2):
            name = self.damaged.backup(self.store)["snapshot"]
            self.trees[name] = tree(self.store)
            self.evolve(self.store, 5)
            write(join(self.store, "more"), self.random.randbytes(60_000))

    def message(self, number):
        """With an attachment that is stored as it is, so that its records alone can be lost."""
        encoded = base64.encodebytes(self.random.randbytes(30_000))
        return (b"From anna@example.org Mon Nov 23 14:06:54 2026\nFrom: anna@example.org\n"
                b"Subject: %d\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
                b"Content-Transfer-Encoding: base64\n\n%s\n" % (number, encoded))

    def hurt_at_random(self):
        """Some damage to packs; nothing that makes the vault another one."""
        for _ in range(self.random.randint(1, 4)):
            name = self.random.choice(self.damaged.file_names(b"packs"))
            path = join(self.damaged.path, name)
            content = bytearray(read(path))
            at = self.random.randrange(max(1, len(content)))
            kind = self.random.randrange(5)
            if kind == 0 and content:
                content[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                at -= at % SECTOR
                content[at:at + SECTOR] = bytes(len(content[at:at + SECTOR]))
            elif kind == 2:
                del content[at:]
            elif kind == 3 and len(content) > 3 * 4096:
                one, other = (self.random.randrange(len(content) // 4096) * 4096 for _ in range(2))
                content[one:one + 4096], content[other:other + 4096] = (
                    content[other:other + 4096], content[one:one + 4096])
            os.remove(path)
            if kind != 4 or self.random.randrange(3):
                write(path, content)


class Verify(Vaults):
    def test_the_list_is_exact(self):
        whole = self.path("whole")
        shutil.copytree(self.damaged.path, whole)
        seen = collections.Counter()
        for number in range(workbench.VAULTS):
            workbench.remove(self.damaged.path)
            shutil.copytree(whole, self.damaged.path)
            self.hurt_at_random()
            done = self.damaged.verify_deep(code=(DONE, DAMAGE))
            for snapshot, expected in self.trees.items():
                with self.subTest(number=number, snapshot=snapshot):
                    lost = [damage for damage in done.json()["damage"]
                            if damage["snapshot"] == snapshot]
                    self.check_list(number, snapshot, expected, lost)
                    seen[bool(lost)] += 1
        self.assertGreater(seen[True], 0)

    def check_list(self, number, snapshot, expected, lost):
        to = f"back-{number}-{snapshot}"
        done = self.damaged.run_restore(to, snapshot, code=(DONE, DAMAGE, FAILED))
        made = tree(self.path(to, "store")) if os.path.exists(self.path(to, "store")) else {}
        missing = {b"store/" + path for path, entry in expected.items()
                   if entry[0] == "file" and made.get(path, ("", ))[0] != "file"}
        named = {os.fsencode(damage["path"]) for damage in lost if damage["path"]}
        nameless = sum(damage["lost_entries"] for damage in lost if not damage["path"])
        self.assertLessEqual(named, missing, done)
        if nameless == 0:
            self.assertEqual(named, missing, done)
        else:  # folders are among the nameless
            self.assertLessEqual(len(missing - named), nameless, done)
        for path, entry in made.items():
            self.assertEqual(content_of(entry), content_of(expected[path]))
        workbench.remove(self.path(to))


class Salvage(Vaults):
    def salvage(self, *paths, code=DONE, key=None):
        to = self.path("salvaged")
        workbench.remove(to)
        done = self.run_program("salvage", *paths, "--to", to, "--key",
                                key or self.damaged.recovery_key, "--json", code=code)
        return done, to

    def expected_latest(self):
        return {path: content_of(entry) for path, entry in self.trees[list(self.trees)[-1]].items()
                if entry[0] == "file"}

    def check_none_wrong(self, made):
        """Every file is one that some snapshot had, or says in its name that it is not whole."""
        known = collections.defaultdict(set)
        for snapshot in self.trees.values():
            for path, entry in snapshot.items():
                if entry[0] == "file":
                    known[path].add(content_of(entry))
        for path, content in made.items():
            if path.startswith(b"boxes/") or path.endswith(b".partial"):
                continue  # checked by messages
            self.assertIn(content, known[path.removesuffix(b".older")], path)

    def test_packs_alone(self):
        done, to = self.salvage(join(self.damaged.path, "packs"))
        made = files_of(join(to, "store"))
        for path, content in self.expected_latest().items():
            if b"/cur/" not in path and b"/new/" not in path:
                self.assertEqual(made.get(path), content, path)
        # Mails may have their newest name only; each content is there.
        self.assertLessEqual(set(self.expected_latest().values()), set(made.values()))
        self.assertEqual(done.json()["lost"], [])
        self.check_none_wrong(made)

    def check_untouched_is_back(self, to):
        """`self.damaged` has the damage that the salvage met, and its log: every file of the last
        snapshot that is whole in it is below `to`, by its digest, and every whole message of a
        mailbox that is not. Their numbers, and that of files which only verify cannot name."""
        last = list(self.trees)[-1]
        damage = [each for each in self.damaged.verify_deep(code=(DONE, DAMAGE)).json()["damage"]
                  if each["snapshot"] == last]
        nameless = sum(each["lost_entries"] for each in damage if not each["path"])
        lost = {os.fsencode(each["path"]).removeprefix(b"store/"): each["lost"] for each in damage
                if each["path"]}
        made = set(files_of(to).values())
        whole = {path: content for path, content in self.expected_latest().items()
                 if path not in lost}
        missing = [path for path, content in whole.items() if content not in made]
        self.assertLessEqual(len(missing), nameless, missing)
        boxes = 0
        for path, ranges in lost.items():
            if path.startswith(b"boxes/") and ranges:
                boxes += self.check_rest_of_mailbox(to, path, ranges)
        return len(whole) - len(missing), boxes, len(missing)

    def check_rest_of_mailbox(self, to, path, ranges):
        """The messages of it that are whole are what was salvaged; whether there are any."""
        original = read(join(self.folder, b"box", path.removeprefix(b"boxes/")))
        kept, at = b"", 0
        for gone in ranges:
            kept += original[at:gone["offset"]]
            at = gone["offset"] + gone["size"]
        kept += original[at:]
        if kept:
            self.assertEqual(read(join(to, "store", path)), kept, path)
        return bool(kept)

    @staticmethod
    def pieces_of(content, step, first=0):
        """(offset, bytes) from a file system that cuts files there."""
        cuts = [0, *range(first or step, len(content), step), len(content)]
        return [(at, content[at:end]) for at, end in zip(cuts, cuts[1:])]

    def make_image(self, cut, destroyed):
        """Everything of the packs in any order, with other things between. What is destroyed in the
        image is destroyed in the vault too."""
        pieces = []
        contents = {}
        for name in self.damaged.file_names(b"packs"):
            contents[name] = bytearray(read(join(self.damaged.path, name)))
            pieces += [(name, *piece) for piece in cut(bytes(contents[name]))]
        self.random.shuffle(pieces)
        heap = bytearray()
        for name, at, piece in pieces:
            self.assertEqual(len(piece) % SECTOR, 0)
            for sector in range(0, len(piece), SECTOR):
                if self.random.random() < destroyed:
                    noise = self.random.randbytes(SECTOR)
                    piece = piece[:sector] + noise + piece[sector + SECTOR:]
                    contents[name][at + sector:at + sector + SECTOR] = noise
            heap += piece + self.random.randbytes(SECTOR * self.random.randrange(4))
        image = self.path("image")
        write(image, heap)
        for name, content in contents.items():
            os.remove(join(self.damaged.path, name))
            write(join(self.damaged.path, name), content)
        return image

    def salvage_image(self, cut, destroyed):
        """Where it went, and the report."""
        whole = self.path("whole")
        workbench.remove(whole)
        shutil.copytree(self.damaged.path, whole)
        self.addCleanup(workbench.remove, whole)
        image = self.make_image(cut, destroyed)
        done, to = self.salvage(image, code=(DONE, DAMAGE))
        self.check_none_wrong(files_of(join(to, "store")))
        return to, done.json(), whole

    def back_to(self, whole):
        workbench.remove(self.damaged.path)
        shutil.copytree(whole, self.damaged.path)

    def test_raw_image_in_any_order(self):
        """Pieces that end where records end; some sectors are destroyed."""
        def between_records(content):
            record = int.from_bytes(content[16:20], "little")
            return self.pieces_of(content, record, first=int.from_bytes(content[12:16], "little"))
        for destroyed in (0, 0.001, 0.003, 0.01):
            to, report, whole = self.salvage_image(between_records, destroyed)
            files, boxes, unnamed = self.check_untouched_is_back(to)
            print(f"{destroyed:.1%} of sectors destroyed: {report['lost_records']} of "
                  f"{report['records']} records lost; of {len(self.expected_latest())} files, all "
                  f"{files} untouched ones came back, and the rest of {boxes} mailboxes; "
                  f"{unnamed} lost their names")
            if not destroyed:
                self.assertEqual((report["lost"], report["lost_records"]), ([], 0))
                self.assertEqual(files, len(self.expected_latest()))
            self.back_to(whole)

    def test_records_that_are_cut_once(self):
        """Pieces of a file system's blocks of 64 KiB: each large record lies in two of them."""
        to, report, _ = self.salvage_image(lambda content: self.pieces_of(content, 65536), 0)
        self.assertEqual((report["lost"], report["lost_records"]), ([], 0))
        self.assertEqual(self.check_untouched_is_back(to)[0], len(self.expected_latest()))

    def test_records_in_many_pieces_stay_lost(self):
        """docs/FORMAT.md, "Record": each block of 4 KiB somewhere else. Records of 4 KiB come back,
        of larger ones nothing does: as from a vault without the packs that have them."""
        to, _, _ = self.salvage_image(lambda content: self.pieces_of(content, 4096), 0)
        packs = [join(self.damaged.path, name) for name in self.damaged.file_names(b"packs")]
        large = [pack for pack in packs
                 if int.from_bytes(read(pack)[16:20], "little") == 65536]
        self.assertTrue(0 < len(large) < len(packs))
        self.assertTrue(files_of(to))
        for pack in large:
            os.remove(pack)
        files, _, _ = self.check_untouched_is_back(to)
        print(f"blocks of 4 KiB in any order: {files} of {len(self.expected_latest())} files, from "
              f"{len(packs) - len(large)} of {len(packs)} packs")

    def test_some_of_the_packs(self):
        whole = self.path("whole")
        shutil.copytree(self.damaged.path, whole)
        for left_out in self.damaged.file_names(b"packs"):
            os.remove(join(self.damaged.path, left_out))
            _, to = self.salvage(join(self.damaged.path, "packs"), code=(DONE, DAMAGE))
            self.check_none_wrong(files_of(join(to, "store")))
            files, boxes, unnamed = self.check_untouched_is_back(to)
            print(f"without one of the packs: of {len(self.expected_latest())} files, all {files} "
                  f"untouched ones came back, and the rest of {boxes} mailboxes; {unnamed} lost "
                  "their names")
            self.back_to(whole)

    def test_mailbox_gives_its_whole_messages(self):
        """verify names the bytes of a mailbox that are lost, and salvage gives the others."""
        whole = self.path("whole")
        shutil.copytree(self.damaged.path, whole)
        checked = 0
        for _ in range(workbench.VAULTS):
            workbench.remove(self.damaged.path)
            shutil.copytree(whole, self.damaged.path)
            self.hurt_at_random()
            lost = [damage for damage in self.damaged.verify_deep(code=(DONE, DAMAGE))
                    .json()["damage"] if damage["snapshot"] == list(self.trees)[-1]
                    and damage["path"].startswith("store/boxes/") and damage["lost"]]
            if not lost:
                continue
            _, to = self.salvage(join(self.damaged.path, "packs"), code=DAMAGE)
            checked += self.check_untouched_is_back(to)[1]
        self.assertGreater(checked, 0)
        print(f"{checked} damaged mailboxes gave back the rest")

    def test_refusals(self):
        to = self.path("salvaged")
        done = self.run_program("salvage", join(self.damaged.path, "packs"), "--to", to, "--key",
                                self.damaged.ingest_key, code=(USAGE, FAILED))
        self.assertIn("ingest", done.err)
        self.run_program("salvage", self.store, "--to", to, "--key", self.damaged.recovery_key,
                         code=FAILED)
        other = self.vault("other")
        self.run_program("salvage", join(self.damaged.path, "packs"), "--to", to, "--key",
                         other.recovery_key, code=FAILED)


class Mend(Vaults):
    def test_repair_from_a_copy(self):
        copy = self.path("copy")
        shutil.copytree(self.damaged.path, copy)
        good = self.damaged.files()
        for _ in range(workbench.VAULTS):
            self.hurt_at_random()
            self.run_program("repair", self.damaged.path, "--from", copy)
            made = self.damaged.files()
            for path, content in good.items():
                self.assertEqual(made[path][4:], content[4:], path)
            self.damaged.verify()

    def test_index_rebuild(self):
        workbench.settle(self.store)
        self.damaged.backup(self.store)
        for name in self.damaged.file_names(b"index"):
            os.remove(join(self.damaged.path, name))
        self.damaged.verify(code=DAMAGE)
        self.run_program("index", "rebuild", self.damaged.path, "--key", self.damaged.ingest_key,
                         code=(USAGE, FAILED))
        done = self.run_program("index", "rebuild", self.damaged.path, "--key",
                                self.damaged.recovery_key, "--json")
        self.assertGreater(done.json()["chunks"], 0)
        self.damaged.verify()
        packs_before = set(self.damaged.file_names(b"packs"))
        workbench.remove(self.damaged.state)
        self.damaged.backup(self.store)
        added = sum(os.path.getsize(join(self.damaged.path, name))
                    for name in set(self.damaged.file_names(b"packs")) - packs_before)
        self.assertLess(added, 100_000)
        again = self.run_program("index", "rebuild", self.damaged.path, "--key",
                                 self.damaged.recovery_key, "--json")
        self.assertEqual(again.json()["runs"], 0)
        self.damaged.verify_deep()


if __name__ == "__main__":
    workbench.main(__doc__, (("vaults", 12),))
