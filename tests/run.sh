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
