#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backup after a backup costs what is new, and holds whatever became of the vault or the state:

    incremental_test.py LETTERPRESS MAILGEN [unittest arguments]
"""
import os
import shutil

import workbench
from workbench import DAMAGE, content_of, join, tree, write

KIB = 1024


def size_of(folder):
    """Bytes of all files."""
    return sum(entry[5] for entry in tree(folder).values() if entry[0] == "file")


def base_name(path):
    """What names a mail whatever its flags and wherever it is."""
    return os.path.basename(path).partition(b":2,")[0]


def mails(store):
    """The mails of a Maildir store: path on disk -> name without flags."""
    return {join(top, name): base_name(name) for top, _, names in os.walk(store)
            for name in names if os.path.basename(top) in (b"cur", b"new")}


class Unchanged(workbench.Case):
    def check_nothing_is_stored(self, *arguments):
        store = self.mailgen("store", 21, "6M")
        workbench.settle(store)
        vault = self.vault()
        vault.backup(store)
        before = vault.files()
        for number in (2, 3):
            report = vault.backup(store, *arguments)
            added = sorted(set(vault.files()) - set(before))
            self.assertEqual(report["packs"], 0)
            self.assertEqual([os.path.dirname(os.path.dirname(path)) for path in added],
                             [b"log"] * (number - 1), "one log entry and nothing else")
            self.assertEqual({path: vault.files()[path] for path in before}, before)
        vault.verify_deep()
        self.assert_same(join(vault.restore("back"), "store"), store)
        return report

    def test_same_tree_adds_one_log_entry(self):
        self.assertEqual(self.check_nothing_is_stored()["raw_bytes"], 0)

    def test_same_tree_read_again_adds_one_log_entry(self):
        report = self.check_nothing_is_stored("--read-all")
        self.assertGreater(report["raw_bytes"], 5_000_000)

    def test_same_mboxes_read_again_add_one_log_entry(self):
        store = self.mailgen("store", 22, "12M", "mbox")
        vault = self.vault()
        vault.backup(store)
        before = vault.file_names()
        vault.backup(store, "--read-all")
        self.assertEqual(len(vault.file_names()), len(before) + 1)

    def test_dry_run_stores_nothing(self):
        store = self.mailgen("store", 23, "500K")
        vault = self.vault()
        vault.backup(store, "--dry-run")
        self.assertEqual(vault.snapshots(), [])
        self.assertEqual(vault.file_names(), [b"letterpress-vault"])
        vault.backup(store)
        self.assert_same(join(vault.restore("back"), "store"), store)


class TenDays(workbench.Case):
    # A day's files, pressed alone, are the yardstick: they find nothing to deduplicate with, so
    # what a snapshot adds for contents must not be more. To it come a log entry, an index run and
    # a pack, in whole records of 4 KiB (up to 16 KiB), and the tree: entries that moved or got
    # other flags change the tree's chunks around them, at worst all. 72 bytes an entry is the
    # budget of everything that is not payload, so a tree written as a whole is at most that.
    SHARE_MAX = 1.0
    FILES_BYTES_MAX = 16 * KIB
    ENTRY_BYTES_MAX = 72

    def test_each_day_costs_its_new_mail(self):
        store = self.mailgen("store", 24, "20M")
        vault = self.vault()
        vault.backup(store)
        days = [tree(store)]
        for day in range(1, 11):
            before = days[-1]
            self.evolve(store)
            days.append(tree(store))
            yardstick = self.press_alone(store, self.new_files(before, days[-1]), day)
            size_before = size_of(vault.path)
            vault.backup(store)
            added = size_of(vault.path) - size_before
            bound = (self.SHARE_MAX * yardstick + self.FILES_BYTES_MAX
                     + self.ENTRY_BYTES_MAX * len(days[-1]))
            print(f"day {day}: {added} bytes stored; its new files alone {yardstick};"
                  f" {len(days[-1])} entries; bound {bound:.0f}")
            self.assertLessEqual(added, bound)
        vault.verify_deep()
        names = [snapshot["snapshot"] for snapshot in vault.snapshots()]
        self.assertEqual(len(names), 11)
        for day in (0, 5, 10):
            back = vault.restore(f"day-{day}", names[day])
            self.assert_same(tree(join(back, "store")), days[day])
        self.assert_same(join(vault.restore("latest"), "store"), store)

    @staticmethod
    def new_files(before, now):
        """Paths of files whose name without flags was not there, or which hold something else."""
        held = {(base_name(path), content_of(entry)) for path, entry in before.items()}
        return [path for path, entry in now.items()
                if entry[0] == "file" and (base_name(path), content_of(entry)) not in held]

    def press_alone(self, store, paths, day):
        folder = self.path(f"new-{day}")
        os.mkdir(folder)
        for number, path in enumerate(paths):
            shutil.copy2(join(store, path), join(folder, str(number)))
        return len(self.run_program("press", folder).out)


class NothingButNames(workbench.Case):
    ENTRY_BYTES_MAX = 72
    FILES_BYTES_MAX = 16 * KIB

    def check_little_is_stored(self, change):
        store = self.mailgen("store", 25, "8M")
        vault = self.vault()
        vault.backup(store)
        change(store)
        before = size_of(vault.path)
        vault.backup(store)
        added = size_of(vault.path) - before
        entries = len(tree(store))
        print(f"{change.__name__}: {added} bytes stored for {entries} entries")
        self.assertLessEqual(added, self.ENTRY_BYTES_MAX * entries + self.FILES_BYTES_MAX)
        vault.verify_deep()
        self.assert_same(join(vault.restore("back"), "store"), store)

    def test_touched_files(self):
        def touch_all(store):
            for number, path in enumerate(sorted(mails(store))):
                os.utime(path, ns=(1, 1_750_000_000_000_000_000 + number))
        self.check_little_is_stored(touch_all)

    def test_flags(self):
        def flag_all(store):
            for path, name in mails(store).items():
                if b"/cur/" in path:
                    os.rename(path, join(os.path.dirname(path), name + b":2,FRS"))
        self.check_little_is_stored(flag_all)

    def test_new_modes(self):
        def protect_all(store):
            for path in mails(store):
                os.chmod(path, 0o400)
        self.check_little_is_stored(protect_all)

    def test_renamed_store(self):
        """Nothing is known of the new paths, so all is read. Small parts that were joined with
        other neighbours are stored again: a tenth is far from what text and headers are."""
        store = self.mailgen("store", 26, "8M")
        vault = self.vault()
        vault.backup(store)
        before = size_of(vault.path)
        os.rename(store, self.path("other"))
        vault.backup(self.path("other"))
        added = size_of(vault.path) - before
        print(f"renamed: {added} bytes stored, {before} before")
        self.assertLessEqual(added, before // 10)
        self.assert_same(join(vault.restore("back"), "other"), self.path("other"))


class ChangedBehindTheBack(workbench.Case):
    """Changes that only the change time, or nothing but the bytes, gives away."""

    def rewrite_one(self, store, path, *arguments):
        """One bit of a file, behind the time of its last change, and a backup before and after."""
        workbench.settle(store)
        vault = self.vault()
        vault.backup(store)
        content = bytearray(workbench.read(path))
        content[len(content) // 2] ^= 1
        write(path, bytes(content), os.stat(path).st_mtime_ns)
        vault.backup(store, *arguments)
        self.assert_same(join(vault.restore("back"), "store"), store)

    def test_same_size_and_time_but_other_bytes(self):
        store = self.mailgen("store", 27, "500K", "mbox")
        self.rewrite_one(store, next(join(top, name) for top, _, names in os.walk(store)
                                     for name in names if size_of(top) > 1000))

    def test_rewritten_mail_is_found_when_all_is_read(self):
        """A Maildir's mail never changes its bytes, so its change time (a flag) says nothing."""
        store = self.mailgen("store", 27, "500K")
        self.rewrite_one(store, sorted(mails(store))[0], "--read-all")

    def test_changed_right_after_it_was_read(self):
        """Within the tick of the file system's clock times do not tell two versions apart."""
        vault = self.vault()
        for number in range(12):
            write(self.path("store", "box"), b"From: a@example.org\n\nVersion %02d\n" % number,
                  1_700_000_000_000_000_000)
            vault.backup(self.path("store"))
            back = vault.restore(f"back-{number}")
            self.assert_same(join(back, "store"), self.path("store"))


class LostState(workbench.Case):
    STORED_BYTES_MAX = 16 * KIB

    def check_without_state(self, lose):
        store = self.mailgen("store", 28, "8M")
        workbench.settle(store)
        vault = self.vault()
        vault.backup(store)
        before = size_of(vault.path)
        lose(vault)
        report = vault.backup(store)
        self.assertIn("every file is read", report["messages"])
        self.assertGreater(report["raw_bytes"], 7_000_000)
        print(f"{lose.__name__}: {size_of(vault.path) - before} bytes stored")
        self.assertLessEqual(size_of(vault.path) - before, self.STORED_BYTES_MAX)
        self.assert_same(join(vault.restore("back"), "store"), store)
        self.assertEqual(vault.backup(store)["raw_bytes"], 0)

    def test_deleted(self):
        def delete(vault):
            shutil.rmtree(vault.state)
        self.check_without_state(delete)

    def test_truncated(self):
        def truncate(vault):
            path = join(vault.state, "state")
            os.truncate(path, os.path.getsize(path) // 2)
        self.check_without_state(truncate)

    def test_of_another_vault(self):
        def exchange(vault):
            other = self.vault("other")
            other.backup(self.path("store"))
            shutil.copy2(join(other.state, "state"), join(vault.state, "state"))
        self.check_without_state(exchange)


class OlderCopy(workbench.Case):
    def test_vault_rolled_back_then_backed_up_to(self):
        store = self.mailgen("store", 29, "8M")
        vault = self.vault()
        vault.backup(store)
        first = tree(store)
        shutil.copytree(vault.path, self.path("older"))
        for _ in range(2):
            self.evolve(store, 3)
            vault.backup(store)
        shutil.rmtree(vault.path)
        os.rename(self.path("older"), vault.path)
        report = vault.backup(store)
        self.assertIn("its state is not used", report["messages"])
        vault.verify_deep()
        self.assert_same(join(vault.restore("back"), "store"), store)
        self.assert_same(tree(join(vault.restore("first", "1"), "store")), first)
        self.evolve(store)
        vault.backup(store)
        self.assert_same(join(vault.restore("again"), "store"), store)

    def test_empty_vault_put_back(self):
        store = self.mailgen("store", 30, "2M")
        vault = self.vault()
        shutil.copytree(vault.path, self.path("older"))
        vault.backup(store)
        vault.backup(store)
        shutil.rmtree(vault.path)
        os.rename(self.path("older"), vault.path)
        vault.backup(store)
        vault.verify_deep()
        self.assert_same(join(vault.restore("back"), "store"), store)


class LostFiles(workbench.Case):
    def setUp(self):
        super().setUp()
        self.store = self.mailgen("store", 31, "80M")  # two packs or more
        self.backed_up = self.vault()
        self.backed_up.backup(self.store)

    def test_index_run(self):
        vault = self.backed_up
        run = max(name for name in vault.file_names() if name.startswith(b"index/"))
        os.remove(join(vault.path, run))
        vault.verify(code=DAMAGE)
        self.assert_same(join(vault.restore("first"), "store"), self.store)
        self.evolve(self.store)
        vault.backup(self.store)
        self.assertNotIn(run, vault.file_names(), "its name is taken by another run")
        found = vault.verify(code=DAMAGE).json()["damage"]
        self.assertEqual([damage["file"].encode() for damage in found], [join(vault.path, run)])
        self.assert_same(join(vault.restore("back"), "store"), self.store)

    def test_pack(self):
        self.check_pack(os.remove)

    def test_pack_cut_short(self):
        def cut(path):
            os.chmod(path, 0o600)
            os.truncate(path, os.path.getsize(path) // 2)
        self.check_pack(cut)

    def check_pack(self, hurt):
        vault = self.backed_up
        packs = [name for name in vault.file_names() if name.startswith(b"packs/")]
        self.assertGreater(len(packs), 1)
        sizes = {name: os.path.getsize(join(vault.path, name)) for name in packs}
        first = tree(self.store)
        for lost in packs[:1]:
            hurt(join(vault.path, lost))
        self.evolve(self.store)
        before = size_of(vault.path)
        report = vault.backup(self.store)
        self.assertRegex(report["messages"], "missing, have another size or are marked")
        added = size_of(vault.path) - before
        print(f"{hurt.__name__}: {sizes[lost]} bytes lost, {added} stored again, with a new day")
        self.assertGreater(added, 0)
        self.assertLess(added, 2 * sizes[lost] + (1 << 20), "far more was stored than was lost")
        damage = vault.verify(code=DAMAGE).json()["damage"]
        self.assertTrue(damage)
        for each in damage:
            self.assertEqual(each["file"].encode(), join(vault.path, lost))
        self.assert_same(join(vault.restore("back"), "store"), self.store)
        self.check_old_snapshot(vault, first)
        self.assertEqual(vault.backup(self.store)["packs"], 0, "it is whole again")

    def check_old_snapshot(self, vault, first):
        """What the first snapshot can still give is right, and what it cannot is said."""
        old = vault.restore("old", "1", code=DAMAGE)
        given = tree(join(old, "store")) if os.path.exists(join(old, "store")) else {}
        self.assertLess(len(given), len(first))
        for path, entry in given.items():
            self.assertEqual(content_of(entry), content_of(first[path]), path)


if __name__ == "__main__":
    workbench.main(__doc__)
