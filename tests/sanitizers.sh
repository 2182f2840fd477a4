#!/bin/bash
# The unit tests under AddressSanitizer with UndefinedBehaviorSanitizer and under ThreadSanitizer, then
# services whose forwarder is the one of the first build, and every kept recording: memory that is left at
# the end is told, too. Arguments: --units or --services for one half, then the tests that drive the services.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

install_missing "${building[@]}" "${testing[@]}"
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
failed=() halves=' --units --services ' checks=0
case ${1-} in --units | --services)
    halves=" $1 "
    shift
    ;;
esac
tests=("$@")
[ $# -gt 0 ] || tests=(tests/recordings tests/integration/test_{http,nginx,psql,school,orders,apm_server,cli}.py)

build() {
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" >"build/$1/build.log" || { cat "build/$1/build.log"; return 1; }
}

# unwind_test judges the unwinder by the objects of its own process, most of which would be the
# sanitizer's run-time.
unit_tests() {
    build "$1" || return 1
    ctest --test-dir "build/$1" -j2 --timeout 36000 -E unwind_test --output-on-failure --quiet \
        --output-log "build/$1/tests.log" || { cat "build/$1/tests.log"; return 1; }
}

# The recorder itself is never sanitized. What its forwarder has to say has no terminal to go to. A
# sanitized program refuses to be preloaded itself, which one test of the tool does.
services() {
    local preset=$1 reports=$PWD/build/$1/reports options
    shift
    build "$preset" || return 1
    rm -rf "$reports"
    mkdir -p "$reports"
    chmod 777 "$reports"
    options=log_path=$reports/report
    APMSHIM_BUILD=$PWD/build/$preset ASAN_OPTIONS=$options:detect_leaks=1 TSAN_OPTIONS=$options \
        UBSAN_OPTIONS=$options:print_stacktrace=1 \
        /usr/bin/python3 -m pytest -q "$@" --timeout 1200 --durations=5 -k "not keeps_other_preloads" |
        tee "build/$preset/services.log" || return 1
    [ -z "$(ls -A "$reports")" ] || { tell_reports "$reports"; return 1; }
}

# A race is reported at each of its bytes: of each file the beginning, and what all of them are about.
tell_reports() {
    head -qn 60 "$1"/*
    grep -h SUMMARY: "$1"/* | sort | uniq -c
}

check() {
    local half=$1 name=$2 start=$SECONDS
    shift 2
    [[ $halves = *" $half "* ]] || return 0
    checks=$((checks + 1))
    if "$@"; then
        echo "$name: passed ($((SECONDS - start)) s)"
    else
        echo "$name: FAILED"
        failed+=("$name")
    fi
}

check --units "unit tests, address and undefined behaviour" unit_tests asan
check --units "unit tests, threads" unit_tests tsan
check --services "services, address and undefined behaviour" services asan "${tests[@]}"
check --services "services, threads" services tsan tests/integration/test_{nginx,metrics}.py
[ ${#failed[@]} = 0 ] || grep -hE '^(FAILED|ERROR) ' build/*san/services.log || true
echo "$checks sanitizer checks: $((checks - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
