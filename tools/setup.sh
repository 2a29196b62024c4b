#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building and testing need, from the distribution. Quiet when nothing is missing.
#
#   tools/setup.sh            the compiler, the libraries, what the tests use
#   tools/setup.sh --peers    also the tools that the benchmarks compare with
#   tools/setup.sh --tsan     also oneTBB, built from the distribution's source for ThreadSanitizer
#                             into build/onetbb-tsan: it must see all code that synchronises
#
# Written for Debian 12 and systems with its package names. Needs root, or sudo, only when a
# package is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config
  libtbb-dev libzstd-dev libxxhash-dev libssl-dev libsodium-dev libisal-dev
  libcli11-dev libfmt-dev nlohmann-json3-dev libqrencode-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  clang libclang-rt-14-dev                         # preset fuzz: libFuzzer comes with Clang
  python3 python3-zstandard python3-xxhash zstd    # the independent readers of tests/
  python3-nacl python3-cryptography
  gcovr valgrind                                   # tools/coverage.sh, tools/valgrind.sh
  libsqlite3-dev                                   # the programs in tests/examples
  libarchive-tools borgbackup casync restic        # what reads exports
  git ca-certificates
)
peers=(zbackup zpaq python3-matplotlib)

fail() {
  echo "tools/setup.sh: $*" >&2
  exit 1
}

wants_tsan=
case "${1-}" in
  "") ;;
  --peers) packages+=("${peers[@]}") ;;
  --tsan) wants_tsan=yes ;;
  -h | --help) sed -n '3,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
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

# Says what a command said only when it failed.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" </dev/null >"$log" 2>&1 || status=$?
  if ((status != 0)); then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

install_missing() {
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "not root, and no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  local apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  echo "tools/setup.sh: installing ${missing[*]}"
  # A broken source must not stop what the others have.
  quietly "${apt_get[@]}" update ||
    echo "tools/setup.sh: apt-get update failed (above); trying all the same" >&2
  quietly "${apt_get[@]}" install --no-install-recommends "${missing[@]}" ||
    fail "apt-get install failed (above). Is the network there? Wanted: ${missing[*]}"
}

# With lists and sources of its own, so that the machine's are left as they are.
download_onetbb() {
  local codename options
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
  mkdir -p lists/partial cache/archives/partial
  echo "deb-src http://deb.debian.org/debian ${codename:-bookworm} main" >sources.list
  options=(-o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only onetbb
}

build_onetbb() {
  mkdir source && tar -xf onetbb_*.orig.tar.* -C source --strip-components=1 &&
    cmake -S source -B made -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_CXX_FLAGS='-O1 -g1 -fsanitize=thread' -DTBB_TEST=OFF -DTBB_STRICT=OFF \
      -DTBBMALLOC_BUILD=OFF -DCMAKE_INSTALL_PREFIX="$1" &&
    cmake --build made --target install
}

install_onetbb_tsan() {
  local made work
  made=$(cd "$(dirname "$0")/.." && pwd)/build/onetbb-tsan
  if [[ -d $made ]]; then return; fi
  echo "tools/setup.sh: building oneTBB for ThreadSanitizer"
  mkdir -p "$(dirname "$made")"
  work=$(mktemp -d)
  (cd "$work" && quietly download_onetbb && quietly build_onetbb "$made.part") ||
    fail "oneTBB could not be had or built (above)"
  mv "$made.part" "$made"
  rm -rf "$work"
}

if ((${#missing[@]} > 0)); then install_missing; fi
if [[ -n $wants_tsan ]]; then install_onetbb_tsan; fi
