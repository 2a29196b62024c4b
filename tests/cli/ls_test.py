#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`ls --messages`: the messages in Maildir files, mbox files and tar archives, compared with what
Python's mailbox and email modules find in the same store."""

import email
import email.policy
import io
import mailbox
import os
import tarfile
import unittest
from os.path import join

import workbench
from workbench import read


def field(message, name):
    """As it stands in the header, unfolded, and cut as ls does."""
    value = message.get(name)
    if value is None:
        return ""
    return " ".join(line.strip() for line in str(value).splitlines()).strip()[:300]


def expected(message):
    return {"from": field(message, "from"), "date": field(message, "date"),
            "subject": field(message, "subject"), "message_id": field(message, "message-id")}


def parse(content):
    return email.message_from_bytes(content, policy=email.policy.compat32)


def found(message):
    return {key: message[key] for key in ("from", "date", "subject", "message_id")}


class Messages(workbench.Case):
    def list(self, vault, *arguments):
        done = self.run_program("ls", vault.path, "latest", *arguments, "--messages", "-r",
                                "--key", vault.recovery_key, "--json")
        return {entry["path"]: entry["messages"] for entry in done.json()["entries"]
                if "messages" in entry}

    def test_a_maildir_has_one_in_each_file(self):
        store = self.mailgen("store", 1, "2M", "maildir")
        vault = self.vault()
        vault.backup(store)
        listed = self.list(vault)
        self.assertTrue(listed)
        mails = 0
        for path, messages in listed.items():
            content = read(join(os.fsencode(self.folder), os.fsencode(path)))
            if os.path.basename(os.path.dirname(path)) not in ("cur", "new"):
                continue
            mails += 1
            self.assertEqual([found(each) for each in messages], [expected(parse(content))], path)
            self.assertEqual((messages[0]["offset"], messages[0]["size"]), (0, len(content)))
        self.assertGreater(mails, 20)

    def test_an_mbox_has_many(self):
        store = self.mailgen("store", 2, "2M", "mbox")
        vault = self.vault()
        vault.backup(store)
        listed = self.list(vault)
        self.assertTrue(listed)
        for path, messages in listed.items():
            name = join(os.fsencode(self.folder), os.fsencode(path))
            mails = mailbox.mbox(os.fsdecode(name), create=False)
            self.assertEqual([found(each) for each in messages], [expected(m) for m in mails])
            self.assertEqual(sum(each["size"] for each in messages), len(read(name)))
            for each in messages:
                self.assertEqual(read(name)[each["offset"]:][:5], b"From ")

    def test_a_tar_has_those_of_its_members(self):
        store = self.mailgen("store", 3, "1M", "maildir")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(os.fsdecode(store), arcname="mail")
        vault = self.vault()
        vault.backup("-", stdin=archive.getvalue())
        messages = self.list(vault)["stdin"]
        archive.seek(0)
        with tarfile.open(fileobj=archive) as tar:
            mails = [tar.extractfile(member).read() for member in tar
                     if member.isfile() and "/cur/" in member.name or "/new/" in member.name]
        self.assertEqual([found(each) for each in messages],
                         [expected(parse(mail)) for mail in mails])
        for each, mail in zip(messages, mails):
            self.assertEqual(archive.getvalue()[each["offset"]:][:each["size"]], mail)

    def test_text_shows_them_below_their_file(self):
        vault = self.vault()
        store = self.path("store")
        workbench.write(join(store, b"box"),
                        b"From a Mon May  5 01:02:03 2003\nFrom: a@example.org\n"
                        b"Subject: odd \x1b[2J\n\nx\n")
        vault.backup(store)
        done = self.run_program("ls", vault.path, "latest", "store/box", "-m", "--key",
                                vault.recovery_key)
        lines = done.out.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(b"a@example.org", lines[1])
        self.assertIn(rb"odd \x1b[2J", lines[1])


if __name__ == "__main__":
    workbench.main()
