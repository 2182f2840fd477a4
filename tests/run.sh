#!/bin/bash
# Installs what is missing, builds, runs every test. Files are written to build/ and /tmp alone, and
# nothing is left running. Arguments go to pytest, such as: tests/run.sh -k orders
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    # building
    gcc g++ cmake ninja-build make pkg-config binutils
    libpq-dev libdw-dev libelf-dev libcurl4-openssl-dev zlib1g-dev uthash-dev
    # tests and the services they start
    python3 python3-pytest python3-pytest-timeout python3-fastjsonschema util-linux strace curl
    postgresql nginx-light python3-gunicorn python3-django python3-psycopg2
    # programs that must not notice
    gdb valgrind linux-perf stress-ng musl-tools libcap2-bin libpython3.11-testsuite
    libeatmydata1 libfaketime libjemalloc2 libtcmalloc-minimal4 gcc-multilib libunwind-dev
    perl php-cli nodejs
)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian starts services as it installs them, unless this program forbids it.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    if as_root test -e $policy; then as_root cp -p $policy $policy.apmshim; fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

restore_services() {
    if as_root test -e $policy.apmshim; then
        as_root mv $policy.apmshim $policy
    else
        as_root rm -f $policy
    fi
}

install_missing() {
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing ${missing[*]}"
    trap restore_services EXIT
    forbid_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null
    restore_services
    trap - EXIT
}

# Programs of ours that a test forgot to end.
left_running() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in
        "$PWD"/build/*) echo "${exe//[!0-9]/} $(readlink "$exe")" ;;
        esac
    done
}

install_missing
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
