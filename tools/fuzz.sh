#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes, with AddressSanitizer and UBSan: builds the preset `fuzz`, lets the canary fail, runs each
# target two at a time, merges what it found into its corpus, and prints a table.
#
#   tools/fuzz.sh                    every target, 60 seconds each
#   tools/fuzz.sh recipe 600         one target, 10 minutes
#   tools/fuzz.sh all 10             every target, 10 seconds each
#   tools/fuzz.sh canary 20          what a crash looks like
#
# LETTERPRESS_FUZZ_CORPUS: where corpora are kept, one folder a target, so that runs add up; else
# build/fuzz-corpus. A crash is kept, minimised, in build/fuzz-crashes/TARGET; once it is understood
# it goes to fuzz/regressions/TARGET. Exits 1 if there was one.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

if [[ ${1-} == -h || ${1-} == --help ]]; then
  sed -n '3,14s/^# \{0,1\}//p' tools/fuzz.sh
  exit 0
fi
wanted=${1:-all}
seconds=${2:-60}
programs=build/fuzz/fuzz
corpora=${LETTERPRESS_FUZZ_CORPUS:-build/fuzz-corpus}
crashes=build/fuzz-crashes
logs=build/fuzz-logs
# The rest is for speed: fresh memory costs more than most inputs.
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16:malloc_context_size=6
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

fail() {
  echo "tools/fuzz.sh: $*" >&2
  exit 2
}

mapfile -t targets < <(sed -n 's/^  \([a-z0-9_]*\))\{0,1\}$/\1/p' fuzz/targets.cmake)
if [[ $wanted != all ]]; then
  [[ " ${targets[*]} canary " == *" $wanted "* ]] ||
    fail "no target '$wanted'; there are: ${targets[*]}"
  targets=("$wanted")
fi

# A fuzzer that does not find what is there proves nothing.
canary_fails() {
  local folder
  folder=$(mktemp -d)
  "$programs/canary_fuzz" -max_total_time=60 -artifact_prefix="$folder/" >"$folder/log" 2>&1
  local status=$?
  grep -q 'an invariant is broken' "$folder/log" && ((status != 0))
  local found=$?
  rm -rf "$folder"
  return "$found"
}

# number LOG NAME: a figure of libFuzzer's final statistics.
number() {
  sed -n "s/^stat::$2: *//p" "$1" | tail -1
}

keep_crashes() {
  local target=$1 found=$2 file
  for file in "$found"/*; do
    [[ -f $file ]] || continue
    mkdir -p "$crashes/$target"
    "$programs/${target}_fuzz" -minimize_crash=1 -max_total_time=60 -timeout=25 \
      -exact_artifact_path="$found/smaller" "$file" >/dev/null 2>&1
    if [[ -f $found/smaller ]]; then mv "$found/smaller" "$file"; fi
    mv "$file" "$crashes/$target/"
    # For who sees only what was printed, as of CI.
    printf '%s: %s, in base64: %s\n' "$target" "${file##*/}" \
      "$(base64 -w0 "$crashes/$target/${file##*/}" | head -c 20000)" >&2
  done
}

run() {
  local target=$1 log=$logs/$1.log
  local corpus=$corpora/$target found inputs=() options=()
  found=$(mktemp -d)
  mkdir -p "$corpus" "$found/corpus"
  inputs=("$found/corpus" "$corpus" "$programs/seeds/$target")
  if [[ -d fuzz/regressions/$target ]]; then inputs+=("fuzz/regressions/$target"); fi
  if [[ -f fuzz/dictionaries/$target.dict ]]; then
    options+=("-dict=fuzz/dictionaries/$target.dict")
  fi
  "$programs/${target}_fuzz" -max_total_time="$seconds" -print_final_stats=1 -timeout=25 \
    -rss_limit_mb=2048 -artifact_prefix="$found/" "${options[@]}" "${inputs[@]}" >"$log" 2>&1
  local status=$? outcome=ok
  if ((status != 0)); then outcome=FAILED; fi
  "$programs/${target}_fuzz" -merge=1 -timeout=25 "$corpus" "$found/corpus" \
    "$programs/seeds/$target" >"$log.merge" 2>&1
  if ((status != 0)); then
    grep -E -m8 'invariant|ERROR|runtime error|^    #[0-9].*_fuzz.cc' "$log" >&2
  fi
  keep_crashes "$target" "$found"
  rm -rf "$found"
  # "#123 DONE cov: 456 ft: 789 corp: ...": of a crash the last line before it.
  local edges
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  printf '| %-18s | %11s | %8s | %6s | %6s | %6s |\n' "$target" \
    "$(number "$log" number_of_executed_units)" "$(number "$log" average_exec_per_sec)" \
    "${edges:-?}" "$(find "$corpus" -type f | wc -l)" "$outcome"
  [[ $outcome == ok ]]
}

mkdir -p build
cmake --preset fuzz >build/fuzz-configure.log 2>&1 || { cat build/fuzz-configure.log; exit 2; }
cmake --build --preset fuzz --target fuzz_programs --parallel "$(nproc)" || exit 2
mkdir -p "$corpora" "$logs"
canary_fails || fail "the canary did not fail: what the others do not find means nothing"

printf '| %-18s | %11s | %8s | %6s | %6s | %6s |\n' target executions exec/s edges inputs ''
printf '|%s|\n' '--------------------|------------:|---------:|-------:|-------:|--------'
failed=0
running=0
for target in "${targets[@]}"; do
  if ((running == 2)); then
    wait -n || failed=1
    running=$((running - 1))
  fi
  run "$target" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || failed=1
  running=$((running - 1))
done
if ((failed)); then
  echo "tools/fuzz.sh: crashes are in $crashes, what the targets said in $logs" >&2
  exit 1
fi
