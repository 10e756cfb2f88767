# Finds uv, or brings it into the checkout. Sourced; sets UV.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
home="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME="$home"

# The first Python of at least version $1.$2: version managers' shims fail where no version is chosen, so their
# folders are looked into as well.
python_at_least() {
  local candidate
  for candidate in python3.12 python3.13 python3.14 python3 "$home"/.pyenv/versions/3.*/bin/python3 /usr/local/bin/python3 /usr/bin/python3; do
    if "$candidate" -c "import sys; sys.exit(sys.version_info < ($1, $2))" 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

uv_path() {
  if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    UV="$(command -v uv)"
    return 0
  fi
  UV="$here/.uv/bin/uv"
  if [ -x "$UV" ]; then return 0; fi
  local python
  python="$(python_at_least 3 8)" || { echo "blackstart: no Python 3 on this machine: install one, then run make setup" >&2; return 2; }
  if "$python" -m venv "$here/.uv" 2>/dev/null; then
    "$here/.uv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements/uv.txt" && return 0
  else # Debian's Python comes without ensurepip
    rm -rf "$here/.uv"
    "$python" -m pip install --quiet --disable-pip-version-check --target "$here/.uv" --require-hashes -r "$here/requirements/uv.txt" && return 0
  fi
  rm -rf "$here/.uv"
  echo "blackstart: uv could not be installed: is the package index reachable? Or install uv yourself, then run make setup" >&2
  return 2
}
