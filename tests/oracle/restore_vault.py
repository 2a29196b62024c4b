#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Restores a snapshot of a vault, slowly, as docs/FORMAT.md says. Written from that text alone.

    restore_vault.py VAULT KEY OUT        the latest snapshot; KEY is recovery.key or a reader's key

    --snapshot NAME     3f2a-17: the first digits of the writer's id, and the sequence
    --trust FILE        vault.pub: says who may have written the vault; needed with a reader's key
                        only if whoever keeps the vault is not trusted
    --passphrase-file FILE      its first line unlocks KEY
    --no-owner          leave owners as they are, also as root
    --check-index       also hash every chunk and compare it with the index runs

Exit codes: 0 all is back; 1 damage was found (what is whole is back); 2 wrong usage; 3 failed.
Needs python3-nacl, python3-cryptography, python3-zstandard and python3-xxhash.
"""

import argparse
import os
import sys

import stream_files
import stream_frames
import stream_records
import vault_files
import vault_tree

DAMAGED = (stream_frames.Damaged, vault_files.Damaged)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def open_reader(arguments, vault):
    passphrase = None
    if arguments.passphrase_file:
        passphrase = read(arguments.passphrase_file).partition(b"\n")[0]
    text = vault_files.unlock(read(arguments.key), passphrase)
    if text.startswith(b"letterpress reader key"):
        return vault_files.Reader(bytes.fromhex(vault_files.read_reader_key(text)["secret"]))
    recovery = vault_files.read_recovery_key(text)
    vault_files.require(recovery["vault"] == vault.head["id"], "the key is of another vault")
    vault_files.require(vault_files.root_of(recovery) == vault.root, "the key is of another root")
    return vault_files.reader_of(recovery)


def find(vault, name):
    """A snapshot by its name, or the latest."""
    entries = [entry for writer in vault.writers() for entry in vault.log(writer)]
    if name:
        writer, _, sequence = name.partition("-")
        entries = [entry for entry in entries if entry["writer"].startswith(writer)
                   and str(entry["sequence"]) == sequence]
    vault_files.require(entries, "the vault has no such snapshot")
    return max(entries, key=lambda entry: entry["time_ns"])


def restore(snapshot, restorer):
    """Files, folders and symbolic links, then hard links. What is damaged, in lines."""
    damaged = []
    links = []
    for entry, content in snapshot.entries():
        if entry.type == stream_records.HARD_LINK:
            links.append(entry)
            continue
        restorer.begin(entry)
        try:
            for piece in snapshot.bytes_of(content) if content is not None else ():
                restorer.write(piece)
            restorer.end()
        except DAMAGED as damage:
            restorer.abandon()
            damaged.append(f"{os.fsdecode(entry.path)}: {damage}")
    for entry in links:
        restorer.begin(entry)
        restorer.end()
    return damaged


def run(arguments):
    vault = vault_files.Vault(arguments.vault)
    if arguments.trust:
        public = vault_files.read_vault_public_key(read(arguments.trust))
        vault_files.require((public["vault"], public["root"])
                            == (vault.head["id"], vault.head["root"]), "not the trusted vault")
    reader = open_reader(arguments, vault)
    snapshot = vault_tree.Snapshot(vault, find(vault, arguments.snapshot), reader)
    os.makedirs(arguments.out, exist_ok=True)
    if os.listdir(arguments.out):
        raise OSError(f"{arguments.out}: is not empty; give a new or an empty folder")
    restorer = stream_files.Restorer(arguments.out, not arguments.no_owner)
    try:
        damaged = restore(snapshot, restorer)
    finally:
        restorer.finish()
    if arguments.check_index and snapshot.id_key:
        print(f"{vault_tree.check_index_runs(vault, snapshot)} chunk ids checked")
    return damaged + restorer.problems


def main():
    parser = argparse.ArgumentParser(description="Restores a letterpress vault, slowly.")
    parser.add_argument("vault", metavar="VAULT")
    parser.add_argument("key", metavar="KEY")
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--snapshot", metavar="NAME")
    parser.add_argument("--trust", metavar="FILE")
    parser.add_argument("--passphrase-file", metavar="FILE")
    parser.add_argument("--no-owner", action="store_true")
    parser.add_argument("--check-index", action="store_true")
    try:
        problems = run(parser.parse_args())
    except DAMAGED as damage:
        print(f"restore_vault: {damage}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"restore_vault: {error}", file=sys.stderr)
        return 3
    for problem in problems:
        print(f"restore_vault: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
