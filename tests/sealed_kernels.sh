#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sealed_kernels.sh OBJECT...: fails if an object that was compiled for one CPU tier defines weak
# code, or if there is no such object. The linker keeps one copy of weak code for the whole program,
# so that other CPUs might run this one.
status=0
kernel_count=0
for object in "$@"; do
  case $object in
    *_avx2.cc.o | *_avx512.cc.o) ;;
    *) continue ;;
  esac
  kernel_count=$((kernel_count + 1))
  symbols=$(nm --defined-only "$object") || exit 1
  weak=$(printf '%s\n' "$symbols" | awk '$2 == "W"')
  if [ -n "$weak" ]; then
    printf '%s defines weak code:\n%s\n' "$object" "$weak"
    status=1
  fi
done
[ "$kernel_count" -gt 0 ] || status=1
echo "$kernel_count kernel objects looked at"
exit $status
