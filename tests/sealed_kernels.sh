#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sealed_kernels.sh OBJECT...: fails if an object that was compiled for one CPU tier defines weak code. The linker
# keeps one copy of weak code for the whole program, so that other CPUs might run this one.
status=0
for object in "$@"; do
  case $object in
    *_avx2.cc.o | *_avx512.cc.o) ;;
    *) continue ;;
  esac
  weak=$(nm --defined-only "$object" | awk '$2 == "W"') || exit 1
  if [ -n "$weak" ]; then
    printf '%s defines weak code:\n%s\n' "$object" "$weak"
    status=1
  fi
done
exit $status
