#!/bin/bash
# Installs what is missing, builds, runs every test. Files are written to build/ and /tmp alone, and
# nothing is left running. Arguments go to pytest, such as tests/run.sh -k orders, and then nothing
# else is run. Single stages: tests/analysis/run.sh, tests/fuzz/run.sh, tests/sanitizers.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

# Programs of ours that a test forgot to end.
left_running() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in
        "$PWD"/build/*) echo "${exe//[!0-9]/} $(readlink "$exe")" ;;
        esac
    done
}

install_missing "${building[@]}" "${testing[@]}" "${fuzzing[@]}" "${analysing[@]}"
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cmake --preset dev >/dev/null
cmake --build --preset dev

failed=() summary=
note() {
    local name=$1 result=$2 seconds=$3
    [ "$result" = passed ] || failed+=("$name")
    summary+=$(printf '%-18s %s (%d s)' "$name:" "$result" "$seconds")$'\n'
}

stage() {
    local name=$1 start=$SECONDS result=passed
    shift
    "$@" || result=FAILED
    note "$name" $result $((SECONDS - start))
}

# Into a file, for whoever waits for it.
stage_aside() {
    local name=$1 start=$SECONDS result=passed
    shift
    "$@" >"build/stages/$name.log" 2>&1 || result=FAILED
    echo "$result $((SECONDS - start))" >"build/stages/$name"
}

# What judges by no clock gets what the tests leave of the machine. Linux weighs sessions against each
# other, too, where it groups by them.
aside() {
    (echo 19 >/proc/self/autogroup) 2>/dev/null || true
    stage_aside "Analysis" tests/analysis/run.sh
    stage_aside "Sanitized units" tests/sanitizers.sh --units
    stage_aside "Fuzzing" tests/fuzz/run.sh
}

begin_aside() {
    rm -rf build/stages
    mkdir -p build/stages
    export -f aside stage_aside
    setsid nice -n 19 bash -c aside </dev/null &
    beside=$!
    trap 'kill -- "-$beside" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
}

end_aside() {
    local name result seconds
    wait "$beside" || true
    trap - EXIT
    for name in "Analysis" "Sanitized units" "Fuzzing"; do
        result=FAILED seconds=0
        [ ! -e "build/stages/$name" ] || read -r result seconds <"build/stages/$name"
        printf '\n%s\n' "---- $name ----"
        cat "build/stages/$name.log" || true
        note "$name" "$result" "$seconds"
    done
}

[ $# -gt 0 ] || begin_aside
stage "Unit tests" ctest --test-dir build --output-on-failure
stage "All other tests" /usr/bin/python3 -m pytest tests --durations=10 -ra --junit-xml=build/pytest.xml "$@"
if [ $# = 0 ]; then
    end_aside
    stage "Sanitizers" tests/sanitizers.sh --services
fi

left=$(left_running)
printf '\n%s' "$summary"
[ -z "$left" ] || echo "Left running:      $left"
[ ${#failed[@]} = 0 ] && [ -z "$left" ]
