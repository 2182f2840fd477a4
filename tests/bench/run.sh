#!/bin/bash
# Measures programs with and without the shim, and each hook alone; prints tables (docs/bench.md).
# Usage: tests/bench/run.sh [--seconds N] [--pairs N] [--slow-stacks] [nginx|orders|school|pgbench|hooks ...]
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

install_missing "${building[@]}" wrk valgrind postgresql nginx-light python3 python3-gunicorn python3-django \
    python3-psycopg2 python3-fastjsonschema util-linux
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cmake --preset release >/dev/null
cmake --build --preset release >/dev/null
exec /usr/bin/python3 tests/bench/bench.py "$@"
