#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The canary must pass on its seeds and fail, by an abort that names the input, on the one input
# that breaks its invariant: else nobody would notice what the other targets find.
#
#   fuzz/canary_test.sh CANARY SEEDS
set -uo pipefail
canary=$1
seeds=$2

fail() {
  echo "canary: $*" >&2
  exit 1
}

"$canary" "$seeds" || fail "failed on seeds that break nothing"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf LPST >"$folder/bad"
said=$("$canary" "$folder" 2>&1) && fail "was not noticed"
[[ $said == *"an invariant is broken"* ]] || fail "did not say what is broken: $said"
[[ $said == *"$folder/bad"* ]] || fail "did not name the input: $said"
