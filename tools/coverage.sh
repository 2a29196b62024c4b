#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the tests reach of engine/: builds the preset `coverage`, runs the tests, and reports lines
# by folder and in total, and branches of the code that commits, recovers and makes parity.
#
#   tools/coverage.sh                    all tests
#   tools/coverage.sh -R '^vault'        arguments go to ctest
#   tools/coverage.sh --keep -R '^cli'   adds to what earlier runs have reached
#   tools/coverage.sh --report           of what was run before, also by hand, and no test
#
# Exits 1 if a test fails, if fewer than 90 % of the lines were reached, or if a branch was not
# reached in a file that tools/coverage_branches.txt names and has no reason there. Each unreached
# line is in build/coverage/report.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

made=build/coverage
jobs=$(nproc)
is_fresh=yes
runs_tests=yes
case "${1-}" in
  -h | --help) sed -n '3,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --keep) is_fresh=; shift ;;
  --report) is_fresh=; runs_tests=; shift ;;
esac
if [[ -z ${LETTERPRESS_CORPORA+set} && -d ../shared/corpora ]]; then
  LETTERPRESS_CORPORA=$(cd ../shared/corpora && pwd)
  export LETTERPRESS_CORPORA
fi

tools/setup.sh
outcome=0
if [[ -n $runs_tests ]]; then
  cmake --preset coverage
  cmake --build --preset coverage --parallel "$jobs"
  if [[ -n $is_fresh ]]; then find "$made" -name '*.gcda' -delete; fi
  ctest --preset coverage --parallel "$jobs" --no-tests=error "$@" || outcome=1
fi

# Of every object, because the linker may take an inline function of the engine from a test.
# Branches of exceptions that may fly out of any call are the compiler's, and invariants of our own
# (LETTERPRESS_ASSERT) have an end that no test may reach.
gcovr --root . --filter 'engine/' --object-directory "$made" "$made" \
  --exclude-throw-branches --exclude-unreachable-branches \
  --exclude-branches-by-pattern '.*\bLETTERPRESS_ASSERT\(' \
  -j "$jobs" --json "$made/report.json"
/usr/bin/python3 -B tools/coverage_report.py "$made/report.json" tools/coverage_branches.txt ||
  outcome=1
exit "$outcome"
