#!/bin/bash
# The unit tests under AddressSanitizer with UndefinedBehaviorSanitizer and under ThreadSanitizer, then
# services whose forwarder is the one of the first build. Arguments: the tests that drive those.
set -euo pipefail
cd "$(dirname "$0")/.."

reports=$PWD/build/asan/reports
failed=()
tests=("$@")
[ $# -gt 0 ] || tests=(tests/integration/test_{http,nginx,psql,school,orders,apm_server,cli}.py)

unit_tests() {
    cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" >"build/$1/build.log" || { cat "build/$1/build.log"; return 1; }
    ctest --test-dir "build/$1" --output-on-failure --quiet --output-log "build/$1/tests.log" ||
        { cat "build/$1/tests.log"; return 1; }
}

# The recorder itself is never sanitized. What its forwarder has to say has no terminal to go to.
services() {
    rm -rf "$reports"
    mkdir -p "$reports"
    chmod 777 "$reports"
    APMSHIM_BUILD=$PWD/build/asan \
        ASAN_OPTIONS=log_path=$reports/report:detect_leaks=1:abort_on_error=0 \
        UBSAN_OPTIONS=log_path=$reports/report:print_stacktrace=1 \
        /usr/bin/python3 -m pytest -q "${tests[@]}" --timeout 120 --durations=5
}

check() {
    local name=$1 start=$SECONDS
    shift
    if "$@"; then
        echo "$name: passed ($((SECONDS - start)) s)"
    else
        echo "$name: FAILED"
        failed+=("$name")
    fi
}

check "address and undefined behaviour" unit_tests asan
check "threads" unit_tests tsan
check "services" services
if [ -n "$(ls -A "$reports")" ]; then
    cat "$reports"/*
    failed+=("reports")
fi
echo "4 sanitizer checks: $((4 - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
