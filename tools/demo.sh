#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows the whole way on a fresh Debian 12: installs what is needed, builds, backs up mail twice,
# lists, verifies, restores, compares byte for byte, and says what was stored.
#
#   tools/demo.sh [MAIL]    MAIL: a folder or file of yours, which is only read; without it a mail
#                           store of 200 MB is made, and the second backup has three more days
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  -h | --help) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
if [ $# -gt 1 ] || { [ $# -eq 1 ] && [ ! -e "$1" ]; }; then
  echo "tools/demo.sh: give one folder or file that exists, or nothing" >&2
  exit 2
fi
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "Install what is needed, and build"
tools/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target letterpress_cli mailgen | tail -n 1
letterpress=$PWD/build/release/letterpress

work=$(mktemp -d "${TMPDIR:-/var/tmp}/letterpress-demo.XXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
key=$work/keys

if [ $# -eq 1 ]; then
  mail=$(realpath "$1")
else
  mail=$work/mail
  say "Make a mail store: mailgen --seed 1 --size 200M --layout maildir"
  build/release/mailgen --seed 1 --size 200M --layout maildir --out "$mail"
fi

say "Make a vault"
"$letterpress" init "$work/vault" --keys "$key"

say "First backup"
"$letterpress" backup "$work/vault" "$mail" --key "$key/ingest.key" --state "$work/state"

if [ $# -eq 0 ]; then
  say "Three days later: new mail, deletions, changed flags"
  build/release/mailgen --seed 1 --size 200M --layout maildir --out "$mail" --evolve 3
fi
say "Second backup"
"$letterpress" backup "$work/vault" "$mail" --key "$key/ingest.key" --state "$work/state"

say "List"
"$letterpress" snapshots "$work/vault"
"$letterpress" ls "$work/vault" latest "$(basename "$mail")" --key "$key/recovery.key" | head -n 5

say "Verify every byte"
"$letterpress" verify "$work/vault" --trust "$key/vault.pub"

say "Restore, and compare with the source byte for byte"
"$letterpress" restore "$work/vault" --to "$work/restored" --key "$key/recovery.key"
if [ $# -eq 0 ]; then
  diff -r "$mail" "$work/restored/mail"
else
  # A live store may have changed since, and some files are left out on purpose (see backup --help).
  diff -r --no-dereference "$mail" "$work/restored/$(basename "$mail")" ||
    echo "The lines above: files that were left out on purpose, or changed since the backup."
fi
echo "Compared."

size_of() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
say "What came in, and what is stored"
awk -v mail="$(size_of "$mail")" -v vault="$(size_of "$work/vault")" 'BEGIN {
  printf "mail   %13d bytes\nvault  %13d bytes, two snapshots: %.0f %% of the mail\n", mail, vault,
         100 * vault / (mail > 0 ? mail : 1) }'
