#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The catastrophe, played through: mail is made, backed up on three days, and written to six offline
# volumes, two of which may be lost. Then the mail server and the vault are wiped, two volumes are
# destroyed, and every file on the other four is damaged but for one copy of those that all have. On
# a bare machine - no program, no settings, four volumes, recovery.key - one command brings all mail
# back. It is timed, and everything is compared byte for byte.
#
#   tools/drill.sh [SIZE]      SIZE of the mail, as mailgen takes it; 200M unless it is given
#
# BUILD is the folder with the programs (default: build/release), TMPDIR where it works.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  -h | --help) sed -n '3,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
size=${1:-200M}
build=$(realpath "${BUILD:-build/release}")
letterpress=$build/letterpress
mailgen=$build/mailgen
for program in "$letterpress" "$mailgen"; do
  if [ ! -x "$program" ]; then
    echo "tools/drill.sh: $program is missing: tools/test.sh builds it" >&2
    exit 2
  fi
done
say() { printf '\n== %s\n' "$*"; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/letterpress-drill.XXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"

say "A mail server with $size of mail; recovery.key lies in a safe"
mkdir server safe
"$mailgen" --seed 7 --size "$size" --layout maildir --out server/mail >/dev/null
"$letterpress" init server/vault --keys server/keys -q
mv server/keys/recovery.key safe/

for day in 1 2 3; do
  say "Day $day: backup"
  if [ "$day" -gt 1 ]; then
    "$mailgen" --seed 7 --size "$size" --layout maildir --out server/mail --evolve 1 >/dev/null
  fi
  "$letterpress" backup server/vault server/mail --key server/keys/ingest.key --state server/state
done

say "Six volumes, two of them parity"
mkdir volume-{1..6}
"$letterpress" volumes write server/vault --to volume-{1..6} --parity 2 \
  --public-key server/keys/vault.pub 2>/dev/null
# What must come back, kept where no restore looks.
cp -a server/mail truth
(cd server/vault && find . -type f -exec sha256sum {} + | sort -k 2) >truth.sums

say "The mail server and the vault are wiped; volumes 2 and 5 are destroyed, the others damaged"
rm -rf server volume-2 volume-5
chmod -R u+w volume-*
hurt() {  # FILE: bytes in its middle are overwritten
  printf 'destroyed' |
    dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none
}
hurt_count=0
# Each volume has its own packs, parity and spares: a piece of each pack and parity file is hit.
for file in volume-*/packs/*/* volume-*/parity/*; do
  hurt "$file"
  hurt_count=$((hurt_count + 1))
done
# Everything else is on all volumes: one copy of each file stays, each time on another volume.
keep=0
volumes=(volume-1 volume-3 volume-4 volume-6)
while read -r path; do
  keep=$(((keep + 1) % 4))
  for i in 0 1 2 3; do
    if [ "$i" -ne "$keep" ]; then
      hurt "${volumes[i]}/$path"
      hurt_count=$((hurt_count + 1))
    fi
  done
done < <(cd volume-1 && find letterpress-{set,seal,vault} log index tags program -type f)
# The label is each volume's own; the script is typed from the volume where it is whole.
for volume in volume-1 volume-3 volume-4; do
  hurt $volume/restore-all.sh
  hurt $volume/letterpress-volume
  hurt_count=$((hurt_count + 2))
done
echo "$hurt_count files damaged"

say "A bare machine: four volumes, recovery.key, one command"
mkdir bare
began=$(date +%s.%N)
(cd bare && env -i /bin/sh ../volume-6/restore-all.sh --to "$work/bare/back" \
  --key ../safe/recovery.key ../volume-4 ../volume-1 ../volume-6 ../volume-3)
ended=$(date +%s.%N)

say "Compare"
diff -r --no-dereference truth bare/back/mail/mail
(cd bare/back/vault && find . -type f -exec sha256sum {} + | sort -k 2) >back.sums
diff truth.sums back.sums
files=$(find truth -type f | wc -l)
bytes=$(find truth -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
awk -v began="$began" -v ended="$ended" -v files="$files" -v bytes="$bytes" 'BEGIN {
  printf "All mail is back, byte for byte, and the vault as it was: %d files, %.1f MB, in %.1f s\n",
         files, bytes / 1e6, ended - began }'
