#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a sample of the tests under Valgrind's memcheck: builds the release, and fails at an access
# to memory that is not there, at a decision by bytes that nobody set, and at a leak.
#
#   tools/valgrind.sh             the sample
#   tools/valgrind.sh stream      of one folder
#
# Valgrind shows programs a CPU without AVX-512, so the release chooses its AVX2 kernels; threads
# run one at a time (tools/check.sh tsan is for those). Logs: build/valgrind.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# FOLDER FILTER, as of GoogleTest: what reads bytes of others, and memory by hand; not what makes
# megabytes, because a program runs 30 times slower.
sample=(
  "base *"
  "codecs *"
  "hashing Blake3.*:*EveryLengthUpToThreeLeaves*"
  "index *:-*Million*"
  "mail *:-HostileMail.*:*AnyMutation*:*IsHarmlessWhateverItsBytes*"
  "stream *:-*Exactly*"
)

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '3,10s/^# \{0,1\}//p' "$0"
  exit 0
fi
if [[ -n ${1-} ]]; then
  wanted=()
  for entry in "${sample[@]}"; do
    if [[ ${entry%% *} == "$1" ]]; then wanted+=("$entry"); fi
  done
  if ((${#wanted[@]} == 0)); then
    echo "tools/valgrind.sh: nothing of '$1' is in the sample (try --help)" >&2
    exit 2
  fi
  sample=("${wanted[@]}")
fi

logs=build/valgrind
rm -rf "$logs" && mkdir -p "$logs" || exit 1
targets=("${sample[@]%% *}")
cmake --preset release &&
  cmake --build --preset release --parallel "$(nproc)" --target "${targets[@]/%/_test}" || exit 1

# What the libraries keep until the process ends is no leak; what nobody can reach any more is.
checks=(--error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect
  --errors-for-leak-kinds=definite,indirect --num-callers=30 --suppressions=tools/valgrind.supp)
outcome=0
for entry in "${sample[@]}"; do
  folder=${entry%% *}
  begin=$SECONDS
  valgrind "${checks[@]}" --log-file="$logs/$folder" \
    "build/release/tests/$folder/${folder}_test" --gtest_filter="${entry#* }" --gtest_brief=1 \
    >"$logs/$folder.out" 2>&1
  status=$?
  printf '%-10s %s; %s; %d s\n' "$folder" \
    "$(sed -n 's/.*\] \([0-9]* tests\{0,1\}\) from .*ran.*/\1/p' "$logs/$folder.out")" \
    "$(sed -n 's/.*ERROR SUMMARY: \([0-9]* errors\{0,1\}\).*/\1/p' "$logs/$folder" | tail -1)" \
    $((SECONDS - begin))
  if ((status != 0)); then
    outcome=1
    cat "$logs/$folder.out" "$logs/$folder"
  fi
done
exit "$outcome"
