#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the release, and runs every test.
#
#   tools/test.sh             all of them
#   tools/test.sh -R '^mail'  arguments go to ctest
#
# Tests on real mail want LETTERPRESS_CORPORA, a folder of *.tar.zst; without it they are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '3,8s/^# \{0,1\}//p' tools/test.sh
  exit 0
fi

tools/setup.sh
if [[ -z ${LETTERPRESS_CORPORA+set} && -d ../shared/corpora ]]; then
  LETTERPRESS_CORPORA=$(cd ../shared/corpora && pwd)
  export LETTERPRESS_CORPORA
fi

jobs=$(nproc)
cmake --preset release
cmake --build --preset release --parallel "$jobs"
ctest --preset release --parallel "$jobs" --no-tests=error "$@"
echo "tools/test.sh: passed; real mail: ${LETTERPRESS_CORPORA:-none (set LETTERPRESS_CORPORA)}"
