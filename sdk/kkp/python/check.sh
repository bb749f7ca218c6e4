#!/usr/bin/env bash
# Lint, types and tests of the Python SDK.
#   ./check.sh [VENV]    VENV: folder of the virtual environment, made when it is not there (default: .venv)
#   PYTHON=python3.13    the interpreter a new environment is made with (default: python3)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

venv=${1:-.venv}
stamp="$venv/.kkp-installed"
wanted="$(pwd) $(cksum <pyproject.toml)"

[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
  echo "$wanted" >"$stamp"
fi

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
"$venv/bin/mypy"
"$venv/bin/pytest" -q
