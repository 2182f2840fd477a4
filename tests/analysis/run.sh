#!/bin/bash
# Reads the sources for errors: formatting, clang-tidy, cppcheck, GCC's analyser, shellcheck.
# Prints what is found; fails if anything is.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

install_missing "${building[@]}" "${analysing[@]}"
[ -e build/compile_commands.json ] || cmake --preset dev >/dev/null

export opaque=$PWD/tests/analysis/uthash_opaque.h
failed=()

check() {
    local name=$1 log=build/analysis-${1// /-}.log start=$SECONDS
    shift
    if "$@" >"$log" 2>&1; then
        echo "$name: clean ($((SECONDS - start)) s)"
    else
        echo "$name: FAILED"
        cat "$log"
        failed+=("$name")
    fi
}

sources() {
    find src -name '*.c' | LC_ALL=C sort
}

formatting() {
    find src include tests examples -name '*.[ch]' -print0 -o -name '*.cpp' -print0 | xargs -0 clang-format --dry-run -Werror
}

# A file at a time: several in one process make it forget what va_start did.
tidy() {
    sources | xargs -P2 -n1 clang-tidy -p build --quiet --extra-arg=-include --extra-arg="$opaque"
}

# It reads no system headers, so it knows neither uthash's loops nor who keeps a pointer; the others
# look for what is left out here.
cppcheck_all() {
    sources | xargs cppcheck -j2 --quiet --enable=warning,performance,portability --error-exitcode=1 \
        --inconclusive --library=posix,gnu -D__x86_64__ -Isrc -Isrc/forwarder -Iinclude \
        --suppress=uninitvar --suppress=memleak --suppress=unknownMacro --suppress=readdirCalled
}

# As the build compiles it, but for where the result goes.
analyser() {
    python3 - <<'END' | xargs -P2 -d '\n' -n1 sh -c
import json, os, pathlib, re
src = os.getcwd() + "/src/"
for entry in json.loads(pathlib.Path("build/compile_commands.json").read_text()):
    if entry["file"].startswith(src):
        command = re.sub(r" -o \S+", " -o /dev/null", entry["command"])
        print(f"cd {entry['directory']} && {command} -include $opaque -fanalyzer -Werror")
END
}

scripts() {
    find tests examples .ci -name '*.sh' -print0 -o -name run -print0 | xargs -0 shellcheck -x
}

check formatting formatting
check clang-tidy tidy
check cppcheck cppcheck_all
check "GCC's analyser" analyser
check shellcheck scripts
echo "5 analyses: $((5 - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
