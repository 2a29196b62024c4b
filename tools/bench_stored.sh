#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What letterpress stores of real mail, everything counted, beside what restic stores of the same
# trees: a Markdown table on standard output.
#
#   tools/bench_stored.sh [FOLDER...]      default: each archive in LETTERPRESS_CORPORA
#
# Needs restic (tools/setup.sh --peers). Both at their defaults: restic's repository version 2.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$PWD/build/release/letterpress
work=$(mktemp -d "${TMPDIR:-/dev/shm}/letterpress-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export RESTIC_PASSWORD=x RESTIC_CACHE_DIR=$work/restic-cache

sources=("$@")
if [ ${#sources[@]} -eq 0 ]; then
  : "${LETTERPRESS_CORPORA:?name folders, or set LETTERPRESS_CORPORA}"
  for archive in "$LETTERPRESS_CORPORA"/*.tar.zst; do
    folder=$work/mail/$(basename "$archive" .tar.zst)
    mkdir -p "$folder"
    tar --zstd -xf "$archive" -C "$folder"
    sources+=("$folder")
  done
fi
stored() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

printf '| %s ' mail messages bytes restic letterpress "of restic's" "overhead a message" sealing
echo "|"
echo "|---|---:|---:|---:|---:|---:|---:|---:|"
for source in "${sources[@]}"; do
  rm -rf "$work"/{restic,vault,keys,state}
  restic init --quiet --repository-version 2 --repo "$work/restic" >/dev/null
  restic backup --quiet --repo "$work/restic" "$source" >/dev/null
  "$program" init -q "$work/vault" --keys "$work/keys"
  "$program" backup --json "$work/vault" "$source" --key "$work/keys/ingest.key" \
    --state "$work/state" >"$work/report.json"
  python3 - "$work/report.json" "$(basename "$source")" "$(stored "$work/restic")" \
    "$(stored "$work/vault")" <<'PYTHON'
import json, sys
report, (name, restic, vault) = json.load(open(sys.argv[1])), sys.argv[2:]
restic, vault = int(restic), int(vault)
print(f"| {name} | {report['messages']:,} | {report['raw_bytes']:,} | {restic:,} | {vault:,} "
      f"| {vault / restic:.3f} | {report['overhead_bytes'] / max(1, report['messages']):.1f} "
      f"| {report['sealing_bytes']:,} |")
PYTHON
done
