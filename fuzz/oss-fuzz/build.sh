#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets as OSS-Fuzz wants them: with its compiler, flags and engine ($CC, $CXX,
# $CFLAGS, $CXXFLAGS, $LIB_FUZZING_ENGINE), into $OUT, each with its seeds and dictionary beside it.
# The image needs what tools/setup.sh installs; $SRC/letterpress is this tree.
#
# To try it without OSS-Fuzz:
#   OUT=/tmp/out LIB_FUZZING_ENGINE=-fsanitize=fuzzer CC=clang CXX=clang++ \
#     CXXFLAGS='-O1 -fsanitize=address,fuzzer-no-link' fuzz/oss-fuzz/build.sh
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${WORK:-$source/build}/oss-fuzz

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_UNITY_BUILD=ON -DLETTERPRESS_BUILD_TOOLS=OFF -DLETTERPRESS_BUILD_TESTS=OFF \
  -DLETTERPRESS_BUILD_FUZZ=ON -DLETTERPRESS_FUZZ_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$build" --target fuzz_programs

mkdir -p "$OUT"
for program in "$build"/fuzz/*_fuzz; do
  name=$(basename "$program" _fuzz)
  if [[ $name == canary ]]; then continue; fi
  cp "$program" "$OUT/"
  if [[ -f $source/fuzz/dictionaries/$name.dict ]]; then
    cp "$source/fuzz/dictionaries/$name.dict" "$OUT/${name}_fuzz.dict"
  fi
  inputs=("$build/fuzz/seeds/$name")
  if [[ -d $source/fuzz/regressions/$name ]]; then inputs+=("$source/fuzz/regressions/$name"); fi
  (cd "$build" && rm -f "$OUT/${name}_fuzz_seed_corpus.zip" &&
    find "${inputs[@]}" -type f | cmake -E tar cf "$OUT/${name}_fuzz_seed_corpus.zip" \
      --format=zip --files-from=/dev/stdin)
done
