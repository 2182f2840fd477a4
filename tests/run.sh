#!/bin/bash
# Installs what is missing, builds, runs every test. Files are written to build/ and /tmp alone, and
# nothing is left running. Arguments go to pytest, such as: tests/run.sh -k orders
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

packages=(
    "${building[@]}"
    # services, and programs that look at them
    binutils dpkg-dev file python3 python3-pytest python3-pytest-timeout python3-fastjsonschema util-linux
    strace curl wrk
    postgresql nginx-light apache2-bin python3-gunicorn python3-django python3-psycopg2
    # programs that must not notice
    gdb valgrind linux-perf stress-ng musl-tools libcap2-bin libpython3.11-testsuite
    libeatmydata1 libfaketime libjemalloc2 libtcmalloc-minimal4 gcc-multilib libunwind-dev
    perl php-cli nodejs
)

# Programs of ours that a test forgot to end.
left_running() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in
        "$PWD"/build/*) echo "${exe//[!0-9]/} $(readlink "$exe")" ;;
        esac
    done
}

install_missing "${packages[@]}"
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cmake --preset dev >/dev/null
cmake --build --preset dev

unit=0 rest=0
ctest --test-dir build --output-on-failure || unit=$?
/usr/bin/python3 -m pytest tests --durations=10 -ra --junit-xml=build/pytest.xml "$@" || rest=$?

left=$(left_running)
echo
echo "Unit tests:      $([ $unit = 0 ] && echo passed || echo FAILED)"
echo "All other tests: $([ $rest = 0 ] && echo passed || echo FAILED)"
[ -z "$left" ] || echo "Left running:    $left"
[ $unit = 0 ] && [ $rest = 0 ] && [ -z "$left" ]
