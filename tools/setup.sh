#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building and testing need, from the distribution. Quiet when nothing is missing.
#
#   tools/setup.sh            the compiler, the libraries, what the tests use
#   tools/setup.sh --peers    also the tools that the benchmarks compare with
#
# Written for Debian 12 and systems with its package names. Needs root, or sudo, only when a
# package is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  libtbb-dev libzstd-dev libxxhash-dev libssl-dev
  libcli11-dev libfmt-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  clang libclang-rt-14-dev                         # preset fuzz: libFuzzer comes with Clang
  python3 python3-zstandard python3-xxhash zstd    # the independent readers of tests/
  git ca-certificates
)
peers=(restic borgbackup casync zbackup zpaq)

fail() {
  echo "tools/setup.sh: $*" >&2
  exit 1
}

case "${1-}" in
  "") ;;
  --peers) packages+=("${peers[@]}") ;;
  -h | --help) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "tools/setup.sh: unknown argument '$1' (try --help)" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "needs dpkg-query and apt-get, as on Debian 12. Elsewhere, install what these packages" \
    "bring, then use cmake and ctest directly: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
  # "ii " or "hi " when installed, "rc " when removed; an error when dpkg never heard of it.
  state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || state=
  [[ $state == ?i* ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail "not root, and no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi

# Says what apt-get said only when it failed.
apt_get() {
  local log status=0
  log=$(mktemp)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" \
    </dev/null >"$log" 2>&1 || status=$?
  if ((status != 0)); then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

echo "tools/setup.sh: installing ${missing[*]}"
# A broken source must not stop what the others have.
apt_get update || echo "tools/setup.sh: apt-get update failed (above); trying all the same" >&2
apt_get install --no-install-recommends "${missing[@]}" ||
  fail "apt-get install failed (above). Is the network there? Wanted: ${missing[*]}"
