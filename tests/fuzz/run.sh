#!/bin/bash
# Runs every fuzz target, two at a time: tests/fuzz/run.sh [SECONDS [TARGET...]]
# SECONDS are for each target; without them each gets a minute, or less if all together would take
# more than nine. A new target is a file fuzz_x.c and a folder corpus/x. What a run finds
# stays in build/fuzz/found/x for the next one; what fails is in build/fuzz/failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

at_once=2 all_seconds=540
folder=build/fuzz

targets_of() {
    local source
    [ $# -gt 0 ] && printf '%s\n' "$@" && return
    for source in tests/fuzz/fuzz_*.c; do
        basename "${source#tests/fuzz/fuzz_}" .c
    done
}

# Small corpora take less time than a fuzzer's start, so they are given whole.
fuzz() {
    local name=$1 seconds=$2 seeds=()
    mkdir -p "$folder/found/$name" "$folder/failed"
    for seeds_of in "tests/fuzz/corpus/$name" "$folder/seeds/$name"; do
        [ -d "$seeds_of" ] && seeds+=("$seeds_of")
    done
    "$folder/fuzz/fuzz_$name" "$folder/found/$name" "${seeds[@]}" -max_total_time="$seconds" \
        -timeout=20 -rss_limit_mb=2048 -max_len=16384 -artifact_prefix="$folder/failed/$name-" \
        -print_final_stats=1 >"$folder/$name.log" 2>&1
}

report() {
    local name=$1 result=$2 log=$folder/$1.log
    printf '%-12s %-7s %9s runs %7s/s %6s features\n' "$name" "$result" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
        "$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' "$log" | tail -1)"
}

mapfile -t targets < <(targets_of "${@:2}")
seconds=${1:-$((all_seconds * at_once / ${#targets[@]}))}
[ $# -gt 0 ] || [ "$seconds" -le 60 ] || seconds=60

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}" >$folder/build.log || { cat $folder/build.log; exit 1; }

failed=0 started=()
finish_oldest() {
    local name=${started[0]%% *} pid=${started[0]##* }
    started=("${started[@]:1}")
    if wait "$pid"; then
        report "$name" passed
    else
        report "$name" FAILED
        tail -40 "$folder/$name.log"
        failed=$((failed + 1))
    fi
}
for name in "${targets[@]}"; do
    fuzz "$name" "$seconds" &
    started+=("$name $!")
    [ ${#started[@]} -lt $at_once ] || finish_oldest
done
while [ ${#started[@]} -gt 0 ]; do
    finish_oldest
done
echo "${#targets[@]} fuzz targets, $seconds s each: $((${#targets[@]} - failed)) passed, $failed failed"
[ $failed = 0 ]
