#!/usr/bin/env bash
# Makes .peers: what the benchmark sets beside blackstart and blackstart itself never needs, as pinned by hash.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/uv.sh
uv_path

if [ ! -x .venv/bin/python ]; then
  echo "blackstart: no .venv here: run make setup first" >&2
  exit 2
fi
echo "blackstart: installing the benchmark's peers into .peers (once)"
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
rm -f .peers/.ready
"$UV" venv --quiet --allow-existing --python .venv/bin/python .peers
"$UV" pip sync --quiet --compile-bytecode --require-hashes --python .peers/bin/python requirements/peers.txt || {
  echo "blackstart: the peers could not be installed: is the package index reachable? See the line above;" \
    "python -m benchmarks measures without them, and says so" >&2
  exit 2
}
touch .peers/.ready
