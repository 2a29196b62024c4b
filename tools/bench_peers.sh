#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares letterpress with restic, borg, casync, zbackup, zpaq and tar | zstd: speed, memory and
# stored bytes, as results.json, results.md and SVG plots. Try tools/bench_peers.sh --help.
# Needs a release build and tools/setup.sh --peers.
set -euo pipefail

# The Python that is first in the PATH may be another than the distribution's, which has matplotlib.
python=/usr/bin/python3
if python3 -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("matplotlib"))'; then
  python=python3
fi
exec "$python" -B "$(dirname "$0")/bench_peers.py" "$@"
