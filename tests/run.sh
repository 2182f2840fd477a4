#!/bin/bash
# Installs what is missing, builds, runs every test. Files are written to build/ and /tmp alone, and
# nothing is left running. Arguments go to pytest, such as tests/run.sh -k orders, and then nothing
# else is run. Single stages: tests/analysis/run.sh, tests/fuzz/run.sh, tests/sanitizers.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

packages=(
    "${building[@]}"
    # services, and programs that look at them
    binutils dpkg-dev file python3 python3-pytest python3-pytest-timeout python3-fastjsonschema util-linux
    strace curl wrk openssl libssl-dev libgnutls28-dev apache2-bin nghttp2-client python3-h2 python3-dbg python3-dev
    postgresql nginx-light python3-gunicorn python3-django python3-flask python3-psycopg2 python3-greenlet
    php-fpm php-pgsql libapache2-mod-php apache2-bin uwsgi-core uwsgi-plugin-python3
    python3-gevent python3-uvicorn python3-psycopg
    # programs that must not notice
    gdb valgrind debuginfod linux-perf stress-ng musl-tools libcap2-bin libpython3.11-testsuite
    libeatmydata1 libfaketime libjemalloc2 libtcmalloc-minimal4 gcc-multilib libunwind-dev
    perl php-cli nodejs
    # analysis
    clang clang-format clang-tidy cppcheck libclang-rt-14-dev libjansson-dev shellcheck
    # PostgreSQL's clients
    python3-psycopg python3-asyncpg php-pgsql libdbd-pg-perl ruby ruby-pg libpqxx-dev libecpg-dev
    odbc-postgresql unixodbc-dev tcl libpgtcl tcl8.6-tdbc-postgres libpostgresql-jdbc-java ecj
    default-jre-headless
)
command -v npm >/dev/null || packages+=(npm libnode-dev)

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

failed=()
stage() {
    local name=$1 start=$SECONDS result=passed
    shift
    "$@" || result=FAILED
    [ $result = passed ] || failed+=("$name")
    summary+=$(printf '%-18s %s (%d s)' "$name:" $result $((SECONDS - start)))$'\n'
}

summary=
stage "Unit tests" ctest --test-dir build --output-on-failure
stage "All other tests" /usr/bin/python3 -m pytest tests --durations=10 -ra --junit-xml=build/pytest.xml "$@"
if [ $# = 0 ]; then
    stage "Analysis" tests/analysis/run.sh
    stage "Sanitizers" tests/sanitizers.sh
    stage "Fuzzing" tests/fuzz/run.sh
fi

left=$(left_running)
printf '\n%s' "$summary"
[ -z "$left" ] || echo "Left running:      $left"
[ ${#failed[@]} = 0 ] && [ -z "$left" ]
