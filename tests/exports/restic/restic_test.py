# SPDX-License-Identifier: Apache-2.0
"""`letterpress export restic`: what Debian's restic finds in it, reads back, and adds to it."""
import base64
import json
import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "cli"))
import workbench  # noqa: E402
from restic_repository import RESTIC, Repository  # noqa: E402

ODD_NAMES = (b'a"b', b"a\\b", b"a<b>&c", b"line\nbreak", b"tab\tbell\x07", b"not utf-8 \xff\xc3",
             "umlaut \u00fc".encode(), "joined\u200dwide\u3000".encode(), b"del\x7f", b" ", b"-q",
             b"$(x)", "\U0001f4e7 mail".encode(), b"%41", b"a'b", b"\xed\xa0\x80surrogate")


def message(subject, attachment=b""):
    head = b"From: a@example.org\nTo: b@example.org\nSubject: " + subject + b"\n"
    if not attachment:
        return head + b"\nHello, " + subject + b".\n"
    return (head + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_x\"\n\n"
            b"--=_x\nContent-Type: text/plain\n\nSee " + subject + b".\n"
            b"--=_x\nContent-Type: application/pdf; name=\"a.pdf\"\n"
            b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(attachment) +
            b"--=_x--\n")


def mbox(seed, count):
    letters = random.Random(seed)
    mails = []
    for i in range(count):
        words = " ".join("%x" % letters.getrandbits(30) for _ in range(letters.randrange(20, 900)))
        mails.append(b"From a%d@example.org Mon Nov 23 14:06:%02d 2026\n" % (i, i % 60) +
                     message(b"%d" % i) + words.encode() + b"\n\n")
    return mails


@unittest.skipUnless(RESTIC, "restic is not installed")
class ResticTest(workbench.Case):
    def odd_tree(self):
        """A tree with what restic has to describe in its own way."""
        top = self.path("odd")
        for i, name in enumerate(ODD_NAMES):
            workbench.write(workbench.join(top, name), b"%d" % i, mtime_ns=1700000000123456789 + i)
            workbench.write(workbench.join(top, b"in " + name, name), name)
            os.symlink(b"to " + name.replace(b"\xff\xc3", b"").replace(b"\xed\xa0\x80", b""),
                       workbench.join(top, b"link " + name))
        workbench.write(workbench.join(top, "empty"), b"")
        os.mkdir(workbench.join(top, "empty folder"))
        os.mkdir(workbench.join(top, "z"))
        os.link(workbench.join(top, "empty"), workbench.join(top, "z", "empty too"))
        workbench.write(workbench.join(top, "m", "first"), b"three names")
        os.link(workbench.join(top, "m", "first"), workbench.join(top, "a second"))
        os.link(workbench.join(top, "m", "first"), workbench.join(top, "z", "third"))
        for name, mode in (("set uid", 0o4755), ("set gid", 0o2711), ("none", 0o000)):
            workbench.write(workbench.join(top, "modes", name), b"mode")
            os.chmod(workbench.join(top, "modes", name), mode)
        os.chmod(workbench.join(top, "empty folder"), 0o1777)
        workbench.write(workbench.join(top, "old"), b"before 1970", mtime_ns=-1_000_000_001)
        if workbench.IS_ROOT:
            os.chown(workbench.join(top, "old"), 12345, 54321)
        return top

    def test_restores_what_was_exported(self):
        odd = self.odd_tree()
        mail = self.mailgen("mail", 1, "6M")
        repository = Repository(self)
        report = repository.export(odd, mail)
        self.assertTrue(report["is_new_repository"])
        self.assertEqual(report["problems"], 0)
        repository.check()
        self.assert_same(repository.restore(report["snapshot"], odd, "back"), odd)
        self.assert_same(self.path("back") + os.path.abspath(mail), mail)
        [snapshot] = repository.snapshots()
        self.assertEqual(snapshot["id"], report["snapshot"])
        self.assertEqual(sorted(snapshot["paths"]), sorted(os.fsdecode(s) for s in (odd, mail)))

    def test_ls_find_dump_and_diff_find_it(self):
        top = self.path("top")
        workbench.write(workbench.join(top, "cur", "a mail"), b"the first")
        repository = Repository(self)
        first = repository.export(top)["snapshot"]
        self.assertIn(os.fsdecode(top) + "/cur/a mail",
                      repository.restic("ls", first).out.decode().splitlines())
        found = json.loads(repository.restic("find", "--json", "a m*").out)
        self.assertEqual([match["path"] for match in found[0]["matches"]],
                         [os.fsdecode(top) + "/cur/a mail"])
        self.assertEqual(repository.restic("dump", first, top + b"/cur/a mail").out, b"the first")
        workbench.write(workbench.join(top, "cur", "a mail"), b"it has changed")
        workbench.write(workbench.join(top, "new", "another"), b"the second")
        second = repository.export(top)["snapshot"]
        lines = repository.restic("diff", first, second).out.decode().split("\n")
        self.assertIn("M    " + os.fsdecode(top) + "/cur/a mail", lines)
        self.assertIn("+    " + os.fsdecode(top) + "/new/another", lines)
        self.assertFalse([line for line in lines if line.startswith("-  ")])

    def test_describes_folders_as_restic_does(self):
        odd = self.odd_tree()
        workbench.settle(odd)
        repository = Repository(self)
        exported = repository.export(odd)["snapshot"]
        summary = repository.backup(odd)
        self.assertEqual(summary["data_blobs"], 0)
        backed_up = next(each["id"] for each in repository.snapshots() if each["id"] != exported)
        ours, theirs = (repository.tree_of(each, odd) for each in (exported, backed_up))
        if ours != theirs:
            self.assertEqual(repository.cat("blob", ours), repository.cat("blob", theirs))
        self.assertEqual(ours, theirs)

    def test_restic_takes_the_snapshot_as_parent(self):
        mail = self.mailgen("mail", 2, "2M")
        workbench.settle(mail)
        repository = Repository(self)
        exported = repository.export(mail)
        summary = repository.backup(mail)
        self.assertEqual(summary["files_unmodified"], exported["files"])
        self.assertEqual((summary["files_new"], summary["files_changed"]), (0, 0))

    def test_takes_turns_with_restic(self):
        mail = self.mailgen("mail", 3, "4M")
        repository = Repository(self)
        repository.init()
        repository.backup(mail)
        before = repository.export(mail)
        self.assertFalse(before["is_new_repository"])
        # What has attachments is cut in another way than restic's; all else is there.
        self.assertLess(before["new_data_blobs"], before["blobs"])
        self.evolve(mail, days=3)
        repository.backup(mail)
        second = repository.export(mail)
        kept = workbench.tree(mail)
        repository.restic("forget", "-q", "--keep-last", "1", "--prune")
        self.assertEqual([each["id"] for each in repository.snapshots()], [second["snapshot"]])
        repository.check()
        again = repository.export(mail)
        self.assertEqual(again["new_data_blobs"], 0)
        repository.check()
        self.assert_same(repository.restore(again["snapshot"], mail, "back"), kept)

    def test_is_the_same_for_any_number_of_threads(self):
        mail = self.mailgen("mail", 4, "60M")
        made = []
        for threads in ("1", "2", "7"):
            repository = Repository(self, "repo" + threads)
            report = repository.export(mail, "--threads", threads)
            packs = [pack for pack in repository.packs() if pack[0][0] == "data"]
            self.assertGreater(len(packs), 1)
            made.append((packs, repository.tree_of(report["snapshot"], mail)))
        self.assertTrue(made[0] == made[1] == made[2])

    def test_stores_a_repeated_attachment_once(self):
        attachment = random.Random(5).randbytes(700_000)
        mail = self.path("mail")
        for i in range(20):
            workbench.write(workbench.join(mail, b"%d.eml" % i), message(b"%d" % i, attachment))
        repository = Repository(self)
        report = repository.export(mail)
        repository.check()
        self.assertLess(repository.size(), 2 * len(attachment))
        self.assert_same(repository.restore(report["snapshot"], mail, "back"), mail)
        twin = Repository(self, "twin")
        twin.init()
        twin.backup(mail)
        self.assertLess(repository.size(), twin.size() / 5)

    def test_stores_little_of_an_mbox_that_grew_or_lost_a_mail(self):
        mails = mbox(6, 4000)
        path = self.path("mail", "inbox")
        workbench.write(path, b"".join(mails))
        self.assertGreater(os.path.getsize(path), 14_000_000)
        repository = Repository(self)
        first = repository.export(path)
        self.assertGreater(first["blobs"], 4)
        workbench.write(path, b"".join(mails) + b"".join(mbox(7, 5)))
        grown = repository.export(path)
        self.assertLessEqual(grown["new_data_blobs"], 2)
        del mails[1000]
        workbench.write(path, b"".join(mails))
        shrunk = repository.export(path)
        self.assertLessEqual(shrunk["new_data_blobs"], shrunk["blobs"] / 2)
        repository.check()
        for report, size in ((first, None), (grown, None), (shrunk, len(b"".join(mails)))):
            out = repository.restic("dump", report["snapshot"], path).out
            if size is not None:
                self.assertEqual(len(out), size)
                self.assertEqual(out, workbench.read(path))

    def test_keeps_standard_input_and_names_of_its_own(self):
        repository = Repository(self)
        done = self.run_program("export", "restic", repository.path, "-", "--stdin-name", "a.sql",
                                stdin=b"dumped", env=repository.environment)
        self.assertIn("Snapshot", done.out.decode())
        self.assertEqual(repository.restic("dump", "latest", "/a.sql").out, b"dumped")
        workbench.write(self.path("x"), b"renamed")
        repository.export("--as", b"srv/mail/x=" + self.path("x"), "--tag", "one", "--tag", "two",
                          "--host", "mx.example.org")
        snapshot = repository.snapshots()[-1]
        self.assertEqual(snapshot["paths"], ["/srv/mail/x"])
        self.assertEqual((snapshot["hostname"], snapshot["tags"]),
                         ("mx.example.org", ["one", "two"]))
        self.assertEqual(repository.restic("dump", "latest", "/srv/mail/x").out, b"renamed")
        repository.check()

    def test_exports_a_vaults_snapshot(self):
        odd = self.odd_tree()
        mail = self.mailgen("mail", 8, "4M")
        vault = self.vault()
        vault.backup(odd, mail)
        repository = Repository(self)
        from_files = repository.export(mail)
        report = repository.export(vault.path, "--key", vault.recovery_key)
        self.assertEqual(report["problems"], 0)
        repository.check()
        repository.restic("restore", "-q", report["snapshot"], "--target", self.path("back"))
        self.assert_same(self.path("back", "odd"), odd)
        self.assert_same(self.path("back", "mail"), mail)
        snapshots = {each["id"]: each for each in repository.snapshots()}
        self.assertEqual(sorted(snapshots[report["snapshot"]]["paths"]), ["/mail", "/odd"])
        self.assertLess(snapshots[report["snapshot"]]["time"],
                        snapshots[from_files["snapshot"]]["time"])
        one = repository.export(vault.path, "--key", vault.recovery_key, "--path", "odd/m")
        self.assertEqual((one["new_data_blobs"], one["files"]), (0, 1))

    def test_describes_a_folder_of_many_entries(self):
        top = self.path("many")
        os.mkdir(top)
        for i in range(15_000):
            os.symlink(b"%d" % i, workbench.join(top, b"name %d" % i))
        repository = Repository(self)
        report = repository.export(top)
        repository.check()
        tree = repository.tree_of(report["snapshot"], top)
        self.assertGreater(len(repository.cat("blob", tree)), 4 << 20)
        self.assertEqual(len(repository.nodes(tree)), 15_000)


if __name__ == "__main__":
    workbench.main(__doc__)
