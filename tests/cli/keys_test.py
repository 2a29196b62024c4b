# SPDX-License-Identifier: Apache-2.0
"""Keys as their owners use them: several servers, several readers, who can do what.

    keys_test.py LETTERPRESS MAILGEN
"""
import os
import shutil

import workbench
from workbench import DAMAGE, DONE, FAILED, USAGE, join, read, write


class Keys(workbench.Case):
    def setUp(self):
        super().setUp()
        self.mail = self.path("mail")
        write(join(self.mail, "one"), b"From: a@example.org\n\nthe text of the first mail\n" * 50)

    def run_letterpress(self, *arguments, code=DONE, says=()):
        done = self.run_program(*arguments, code=code)
        for text in says:
            self.assertIn(text.lower(), (done.err + done.out.decode()).lower(), done)
        return done

    def test_ingest_key_backs_up_and_reads_nothing(self):
        vault = self.vault()
        vault.backup(self.mail)
        for command in (("ls",), ("restore", "--to", self.path("back"))):
            self.run_letterpress(command[0], vault.path, *command[1:], "--key", vault.ingest_key,
                                 code=(USAGE, FAILED), says=["ingest key"])
        self.assertFalse(os.path.exists(self.path("back")))
        for name in vault.file_names():
            for word in (b"the text of", b"mail/one", b"example.org\n"):
                self.assertNotIn(word, read(join(vault.path, name)), name)

    def test_several_writers_share_a_vault(self):
        vault = self.vault()
        vault.backup(self.mail)
        other_key = self.path("mx2.key")
        self.run_letterpress("writer", "add", vault.path, "mx2", "--key", vault.recovery_key,
                             "--out", other_key, says=["mx2"])
        self.assertEqual(os.stat(other_key).st_mode & 0o077, 0)
        other_mail = self.path("other")
        write(join(other_mail, "two"), b"From: b@example.org\n\nanother mail\n")
        self.run_letterpress("backup", vault.path, other_mail, "--key", other_key, "--state",
                             self.path("state2"))
        vault.backup(self.mail)
        snapshots = vault.snapshots()
        self.assertEqual(len(snapshots), 3)
        self.assertEqual([each["writer_name"] == "mx2" for each in snapshots],
                         [False, True, False])
        self.assert_same(join(vault.restore("back1", snapshots[0]["snapshot"]), "mail"), self.mail)
        self.assert_same(join(vault.restore("back2", snapshots[1]["snapshot"]), "other"),
                         other_mail)
        self.assertEqual(vault.verify_deep().json()["damage"], [])
        for wrong in (vault.ingest_key, self.path("nothing.key")):
            self.run_letterpress("writer", "add", vault.path, "mx3", "--key", wrong, "--out",
                                 self.path("mx3.key"), code=(USAGE, FAILED))
        self.run_letterpress("writer", "add", vault.path, "mx3", "--key", vault.recovery_key,
                             "--out", other_key, code=FAILED, says=["overwritten"])
        self.assertFalse(os.path.exists(self.path("mx3.key")))

    def test_a_second_reader_reads_and_a_stranger_does_not(self):
        for name in ("partner", "stranger"):
            self.run_letterpress("reader", "new", "--out", self.path(name))
            self.assertEqual(os.stat(self.path(name)).st_mode & 0o077, 0)
        path, keys = self.path("shared"), self.path("shared.keys")
        self.run_letterpress("init", path, "--keys", keys, "--reader", self.path("partner.pub"))
        self.run_letterpress("backup", path, self.mail, "--key", join(keys, "ingest.key"),
                             "--state", self.path("state"))
        for number, key in enumerate((self.path("partner"), join(keys, "recovery.key"))):
            to = self.path(f"back{number}")
            self.run_letterpress("restore", path, "--to", to, "--key", key, "--trust",
                                 join(keys, "vault.pub"))
            self.assert_same(join(to, "mail"), self.mail)
            self.run_letterpress("verify", path, "--deep", "--key", key)
        self.check_what_a_reader_is_told(path, join(keys, "vault.pub"))
        self.run_letterpress("restore", path, "--to", self.path("no"), "--key",
                             self.path("stranger"), code=(USAGE, FAILED), says=["readers"])
        self.run_letterpress("init", self.path("v2"), "--keys", self.path("k2"), "--reader",
                             self.path("partner"), code=USAGE, says=["reader public key"])

    def test_a_reader_who_comes_later_reads_a_new_writer(self):
        vault = self.vault()
        vault.backup(self.mail)
        old = vault.snapshots()[0]["snapshot"]
        late, key = self.path("late"), self.path("again.key")
        self.run_letterpress("reader", "new", "--out", late)
        self.run_letterpress("writer", "add", vault.path, "again", "--key", vault.recovery_key,
                             "--reader", late, "--out", key, code=USAGE,
                             says=["reader public key"])
        self.run_letterpress("writer", "add", vault.path, "again", "--key", vault.recovery_key,
                             "--reader", late + b".pub", "--out", key)
        self.run_letterpress("backup", vault.path, self.mail, "--key", key, "--state",
                             self.path("state2"))
        new = vault.snapshots()[1]["snapshot"]
        for number, reader in enumerate((late, vault.recovery_key)):
            to = self.path(f"back{number}")
            self.run_letterpress("restore", vault.path, new, "--to", to, "--key", reader)
            self.assert_same(join(to, "mail"), self.mail)
        self.run_letterpress("restore", vault.path, old, "--to", self.path("no"), "--key", late,
                             code=(USAGE, FAILED), says=["readers"])
        self.assertEqual(vault.verify_deep().json()["damage"], [])

    def check_what_a_reader_is_told(self, path, public):
        """A reader's key alone does not say whose vault it is."""
        list_it = ("ls", path, "--key", self.path("partner"))
        (line,) = self.run_letterpress(*list_it).err.splitlines()
        self.assertIn("does not say whose vault", line)
        self.assertEqual(self.run_letterpress(*list_it, "-q").err, "")
        self.assertEqual(len(self.run_letterpress(*list_it, "--json").json()["warnings"]), 1)
        for trusted in ((*list_it, "--trust", public),
                        ("ls", path, "--key", join(os.path.dirname(public), "recovery.key"))):
            self.assertEqual(self.run_letterpress(*trusted).err, "")
            self.assertNotIn("warnings", self.run_letterpress(*trusted, "--json").json())

    def test_trust_proves_whose_vault_it_is(self):
        vault, other = self.vault(), self.vault("other")
        vault.backup(self.mail)
        other.backup(self.mail)
        public = join(vault.keys, "vault.pub")
        done = self.run_letterpress("verify", vault.path, says=["authorship is not checked"])
        self.run_letterpress("verify", vault.path, "--trust", public, says=["was signed by"])
        self.run_letterpress("verify", other.path, "--trust", public, code=USAGE,
                             says=["another vault"])
        self.assertNotIn("was signed by", done.out.decode())

    def test_witness_finds_a_roll_back(self):
        vault = self.vault()
        vault.backup(self.mail)
        shutil.copytree(vault.path, self.path("old"))
        vault.backup(self.mail)
        done = self.run_letterpress("witness", vault.path)
        write(self.path("witness.txt"), done.out)
        self.assertLess(len(done.out), 500)
        self.run_letterpress("verify", vault.path, "--witness", self.path("witness.txt"),
                             says=["was signed by"])
        self.run_letterpress("verify", self.path("old"), says=["no damage"])
        self.run_letterpress("verify", self.path("old"), "--witness", self.path("witness.txt"),
                             code=DAMAGE, says=["rolled back"])
        drawn = self.run_letterpress("witness", vault.path, "--qr").out.decode()
        self.assertTrue(drawn.startswith(done.out.decode()))
        rows = drawn[len(done.out):].splitlines()
        self.assertEqual(len({len(row) for row in rows}), 1, "a code is square")


if __name__ == "__main__":
    workbench.main()
