#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every check of this tree, in stages. All stages run, whatever became of the one before; ends
# non-zero if one failed.
#
#   tools/check.sh ci           what every change must pass; .ci/run calls it
#   tools/check.sh long         what takes longer: before a release
#   tools/check.sh STAGE...     only these
#
# To add a stage: a function with a line `# stage NAME: what it proves` above it, and its name in
# one of the two lists.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null

ci_stages=(release asan scalar fuzz)
long_stages=(tsan kills everything_back hostile every_byte crashes memory asan_all tsan_all)
long_stages+=(fuzz_long coverage valgrind faults)

jobs=$(nproc)
if [[ -z ${LETTERPRESS_CORPORA+set} && -d ../shared/corpora ]]; then
  LETTERPRESS_CORPORA=$(cd ../shared/corpora && pwd)
  export LETTERPRESS_CORPORA
fi
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
ASAN_OPTIONS+=:check_initialization_order=1:strict_init_order=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" &&
    "${run_as[@]}" cmake --build --preset "$preset" --parallel "$jobs" ${1+--target "$@"}
}

# run_tests PRESET [ctest argument...]
run_tests() {
  local preset=$1
  shift
  "${run_as[@]}" ctest --preset "$preset" --parallel "$jobs" --no-tests=error "$@"
}

# check_folders PRESET FOLDER...: the tests of these folders below tests/.
check_folders() {
  local preset=$1
  shift
  build "$preset" "${@/%/_test}" &&
    run_tests "$preset" -R "^($(IFS='|' && echo "$*"))\\."
}

# without PATTERN...: GTEST_FILTER for all cases but these.
without() {
  local IFS=:
  echo "-$*"
}

# stage release: the release and its tests, on real mail too where it is at hand (tools/test.sh)
release() {
  tools/test.sh
}

# with_part_of_the_mail COMMAND...: with real mail that is small, and the worst input that there is;
# of many seeds a few.
with_part_of_the_mail() {
  local part=$PWD/build/asan-corpora name
  local corpora=(hostile-mime notmuch-maildir)
  rm -rf "$part" && mkdir -p "$part" || return
  for name in "${corpora[@]}"; do
    if [[ -f ${LETTERPRESS_CORPORA-}/$name.tar.zst ]]; then
      cp "$LETTERPRESS_CORPORA/$name.tar.zst" "$part/" || return
    fi
  done
  if [[ -z $(ls "$part") ]]; then part=; fi
  local -x LETTERPRESS_CORPORA=$part
  local -x GTEST_FILTER
  GTEST_FILTER=$(without '*Exactly/'{4..9} '*Exactly/1?')
  "$@"
}

# stage asan: all but the vault's own folder, under AddressSanitizer, LeakSanitizer and UBSan
asan() {
  with_part_of_the_mail check_folders asan \
    base mail chunking hashing codecs index stream pipeline files embed embed_vault exports restic \
    capi
}

everything_sanitized() {
  build asan && run_tests asan
}

# stage asan_all: every test under them, the vault and the program too
asan_all() {
  with_part_of_the_mail everything_sanitized
}

# GCC 12's ThreadSanitizer cannot map its shadow where the kernel randomises 32 bits of address.
tsan_folders() {
  local run_as=()
  if setarch -R true 2>/dev/null; then run_as=(setarch -R); fi
  tools/setup.sh --tsan && check_folders tsan "$@"
}

# stage tsan: the pipeline and who drives it, under ThreadSanitizer; of many seeds a few
tsan() {
  # What has one thread only, and is slow.
  local one_thread=('Batcher.*' 'BatchCutter.*' 'Placer.*')
  local -x GTEST_FILTER
  GTEST_FILTER=$(without "${one_thread[@]}" '*Exactly/'{3..9} '*Exactly/1?')
  tsan_folders pipeline embed embed_vault capi
}

# stage scalar: the folders that have kernels, without SIMD files
scalar() {
  check_folders scalar chunking hashing mail
}

# by_hand SCRIPT [argument...]: a test of tests/cli with the release's programs.
by_hand() {
  local script=$1
  shift
  build release letterpress_cli mailgen &&
    /usr/bin/python3 -B "tests/cli/$script" build/release/letterpress build/release/mailgen "$@"
}

# stage kills: `kill -9` at 2,000 moments of backups, repairs and writing volumes
kills() {
  by_hand kill_test.py --kills 1000 --repair-kills 800 RandomMoments RepairAtRandomMoments &&
    by_hand volumes_test.py --kills 200 Killed
}

# stage everything_back: also 1 GiB of zeros, 300 MB without a newline, all variants of real mail
everything_back() {
  by_hand round_trip_test.py --full &&
    { [[ -z ${LETTERPRESS_CORPORA-} ]] || by_hand round_trip_test.py --full --real-mail; }
}

# stage every_byte: each byte of a vault flipped, inside one process; then by the program
every_byte() {
  build release vault_test &&
    LETTERPRESS_EVERY_BYTE=1 build/release/tests/vault/vault_test \
      --gtest_filter='BackupDamageTest.AFlippedBitInEveryByte*' &&
    by_hand damage_test.py --flips 1000 --cuts 300
}

# stage crashes: power cuts and failing calls at full size; programs that share a vault, with kills
crashes() {
  build release crash_test && LETTERPRESS_FULL=1 build/release/tests/crash/crash_test &&
    by_hand kill_test.py --rounds 500 TogetherInOneVault
}

# stage memory: 2 GB of mail, backed up and restored in at most 400 MB
memory() {
  by_hand memory_test.py --size 2G
}

# stage hostile: every shape of hostile mail at 16 MiB and back, and what each costs
hostile() {
  by_hand hostile_test.py --scale medium --measure
}

# stage tsan_all: every test under ThreadSanitizer
tsan_all() {
  local run_as=()
  if setarch -R true 2>/dev/null; then run_as=(setarch -R); fi
  tools/setup.sh --tsan && build tsan && run_tests tsan
}

# stage fuzz: every fuzz target on its seeds and regressions and 10 seconds on, two at a time
fuzz() {
  if ! command -v clang++ >/dev/null; then
    echo "no Clang: only the release has replayed seeds and regressions"
    return 0
  fi
  tools/fuzz.sh all 10
}

# stage fuzz_long: five minutes of each
fuzz_long() {
  tools/fuzz.sh all 300
}

# stage coverage: what the tests reach of the engine, and of what commits, recovers, makes parity
coverage() {
  tools/coverage.sh
}

# stage valgrind: memcheck over a sample of the release's tests
valgrind() {
  tools/valgrind.sh
}

# stage faults: of the faults of tests/faults, planted one by one, the tests notice at least 95 %
faults() {
  /usr/bin/python3 -B tools/faults.py
}

if [[ ${1-} == -h || ${1-} == --help || $# == 0 ]]; then
  sed -n '3,9s/^# \{0,1\}//p' tools/check.sh
  for list in ci long; do
    declare -n stages=${list}_stages
    echo "$list:"
    for name in "${stages[@]}"; do
      sed -n "s/^# stage \($name\): \(.*\)/  \1  \2/p" tools/check.sh | awk '{
        name = $1; sub(/^ *[^ ]+ */, ""); printf "  %-16s %s\n", name, $0 }'
    done
  done
  exit $((${#} == 0 ? 2 : 0))
fi

stages=()
for name in "$@"; do
  case $name in
    ci) stages+=("${ci_stages[@]}") ;;
    long) stages+=("${long_stages[@]}") ;;
    *)
      if [[ " ${ci_stages[*]} ${long_stages[*]} " != *" $name "* ]]; then
        echo "tools/check.sh: no stage '$name' (try --help)" >&2
        exit 2
      fi
      stages+=("$name")
      ;;
  esac
done

# Seconds of processor time that the processes which ended so far have used.
cpu_seconds() {
  local fields
  read -r -a fields <"/proc/$$/stat"
  echo $(((fields[15] + fields[16]) / $(getconf CLK_TCK)))
}

summary=()
failed=()
for name in "${stages[@]}"; do
  begin=$SECONDS
  cpu_begin=$(cpu_seconds)
  run_as=()
  printf '\n== %s ==\n' "$name"
  if "$name"; then
    outcome=passed
  else
    outcome=FAILED
    failed+=("$name")
  fi
  cpu=$(($(cpu_seconds) - cpu_begin))
  summary+=("$name: $outcome in $((SECONDS - begin)) s, $cpu CPU seconds")
done

printf '\n== summary ==\n'
printf '%s\n' "${summary[@]}"
if ((${#failed[@]} > 0)); then
  echo "CHECKS FAILED in $SECONDS s: ${failed[*]}"
  exit 1
fi
echo "all passed in $SECONDS s"
