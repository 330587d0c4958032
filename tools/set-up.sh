#!/bin/sh
# Creates .venv from uv.lock. The machine needs only Python or uv. Progress is printed to standard error.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
OLDEST_UV_MINOR=5 # 0.5 has the options and platform names used here: `uv sync --frozen`, `--no-default-groups`
WANTED=${ASSET_UPLOAD_API_PYTHON:-3.13} # the functions' default runtime (template.yaml)
OTHERS="3.14 3.13 3.12 3.11"

say() { printf '%s\n' "$*" >&2; }
fail() { printf '%s\n' "$@" >&2; exit 1; }

# Find Python versions that pyenv has installed but not activated here. pyenv's shims, later in PATH, fail for them.
for bin in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[1-9]*/bin; do
  [ -d "$bin" ] && PATH="$bin:$PATH"
done
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT UV_PYTHON PYTHONPATH PYTHONHOME || true

is_recent_uv() {
  "$1" --version 2>/dev/null | awk -v oldest="$OLDEST_UV_MINOR" \
    '{ split($2, v, "."); recent = v[1] > 0 || v[2] >= oldest } END { exit !recent }'
}

install_uv() {
  for python in python3 python3.13 python3.14 python3.12 python3.11; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
    python=
  done
  [ -n "$python" ] || fail "Neither Python nor uv was found." \
    "Install one of them: https://www.python.org/downloads/ or https://docs.astral.sh/uv/"
  say "Installing uv $UV_VERSION into .tools/"
  if ! why=$("$python" -m venv .tools/uv 2>&1); then
    rm -rf .tools/uv
    fail "$why" "" "Python's venv module does not work. On Debian and Ubuntu: sudo apt install python3-venv"
  fi
  if ! why=$(.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" 2>&1); then
    fail "$why" "" "uv could not be installed from PyPI. Check the network."
  fi
}

mkdir -p .tools/bin
if uv=$(command -v uv) && is_recent_uv "$uv"; then :; else
  is_recent_uv .tools/uv/bin/uv || install_uv
  uv=$PWD/.tools/uv/bin/uv
fi
# The Makefile puts .tools/bin into PATH, so the uv that was found may be this link.
[ "$uv" = "$PWD/.tools/bin/uv" ] || ln -sf "$uv" .tools/bin/uv

find_python() { "$uv" python find --system --no-python-downloads --no-project "$1" 2>/dev/null; }

# Limit the time, because some firewalls drop packets without an error.
install_python() {
  limit=$(command -v timeout || command -v gtimeout || true)
  say "Looking for Python $1 to install"
  UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=0 ${limit:+"$limit" 90} "$uv" python install --quiet "$1" >/dev/null 2>&1
}

if ! python=$(find_python "$WANTED"); then
  install_python "$WANTED" || true
  for version in $WANTED $OTHERS; do
    python=$(find_python "$version") && break
    python=
  done
fi
[ -n "$python" ] || fail "Python 3.11 or later is required; found $(python3 --version 2>/dev/null || echo none)." \
  "Install Python $WANTED: https://www.python.org/downloads/, or with your package manager."

say "Setting up .venv with $("$python" --version)"
"$uv" sync --quiet --frozen --no-python-downloads --python "$python" >&2 ||
  fail "" "The dependencies in uv.lock could not be installed; see above."
touch .venv/.set-up
