#!/bin/bash
# Runs fuzz targets, two at a time. A new target is a file fuzz_x.c and a folder corpus/x.
#   tests/fuzz/run.sh                      each its corpus, and the same inputs made of it every time
#   tests/fuzz/run.sh SECONDS [TARGET...]  the hunt: each for so long, with inputs of its own
# What reaches something new in a hunt stays in build/fuzz/found/x for the next one; what fails goes to
# build/fuzz/failed, and into the corpus, where it is to stay once it is fixed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

at_once=2 runs=20000
folder=build/fuzz

targets_of() {
    local source
    [ $# -gt 0 ] && printf '%s\n' "$@" && return
    for source in tests/fuzz/fuzz_*.c; do
        basename "${source#tests/fuzz/fuzz_}" .c
    done
}

seeds_of() {
    local of
    for of in "tests/fuzz/corpus/$1" "$folder/seeds/$1"; do
        [ ! -d "$of" ] || echo "$of"
    done
}

fuzz() {
    local name=$1
    shift
    "$folder/fuzz/fuzz_$name" "$@" -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
        >"$folder/$name.log" 2>&1
}

# Nothing that differs from one run to the next may decide: the order of a folder's files, addresses
# (which comparisons see), or how fast the machine is.
fuzz_fixed() {
    local seeds
    mapfile -t seeds < <(seeds_of "$1")
    find "${seeds[@]}" -type f | LC_ALL=C sort | paste -sd, | tr -d '\n' >"$folder/$1.seeds"
    fuzz "$1" -seed_inputs=@"$folder/$1.seeds" -seed=1 -runs=$runs -use_cmp=0 \
        -purge_allocator_interval=-1 -timeout=600
}

keep_finds() {
    local find corpus=tests/fuzz/corpus/$1
    for find in "$folder/failed/$1"-{crash,leak,oom,timeout}-*; do
        [ -e "$find" ] || continue
        mkdir -p "$corpus"
        cp "$find" "$corpus/$(echo "${find##*-}" | cut -c-12)"
        echo "kept $corpus/$(echo "${find##*-}" | cut -c-12)" >>"$folder/$1.log"
    done
}

# Small corpora take less time than a fuzzer's start, so they are given whole.
hunt() {
    local seeds
    mapfile -t seeds < <(seeds_of "$1")
    mkdir -p "$folder/found/$1"
    rm -f "$folder/failed/$1"-*
    fuzz "$1" "$folder/found/$1" "${seeds[@]}" -max_total_time="$seconds" -timeout=20 && return
    keep_finds "$1"
    return 1
}

report() {
    local name=$1 result=$2 log=$folder/$1.log
    printf '%-12s %-7s %9s runs %7s/s %6s features\n' "$name" "$result" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
        "$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' "$log" | tail -1)"
}

how=fuzz_fixed seconds='' each="$runs runs"
[ $# = 0 ] || how=hunt seconds=$1 each="$1 s"
mapfile -t targets < <(targets_of "${@:2}")

install_missing "${building[@]}" "${fuzzing[@]}"
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
    $how "$name" &
    started+=("$name $!")
    [ ${#started[@]} -lt $at_once ] || finish_oldest
done
while [ ${#started[@]} -gt 0 ]; do
    finish_oldest
done
echo "${#targets[@]} fuzz targets, $each each: $((${#targets[@]} - failed)) passed, $failed failed"
[ $failed = 0 ]
