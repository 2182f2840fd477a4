#!/bin/bash
# What we send is read by APM Server's own decoder, and compared with what Elastic's own agent sends.
# Needs a Go toolchain, modules and PyPI: where they are not, it says what was skipped, and why. Arguments
# go to pytest. Files are written to build/ and /tmp alone.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh
agent=elastic-apm==6.26.2
out=$PWD/build/peers
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

skip() {
    echo "Peers: skipped, $1"
    exit 0
}

go=$(command -v go || command -v /usr/local/go/bin/go) || skip "no Go toolchain"
install_missing "${building[@]}" "${testing[@]}" python3-pip
cmake --preset dev >/dev/null
cmake --build --preset dev >/dev/null
mkdir -p "$out"

# What cannot be fetched is no failure; what does not compile is.
(cd tests/peers/intake && "$go" list -mod=readonly -deps . >/dev/null) 2>"$out/modules.log" ||
    skip "Go's modules cannot be fetched: $(tail -n1 "$out/modules.log")"
(cd tests/peers/intake && "$go" build -mod=readonly -trimpath -buildvcs=false -o "$out/intake" .)
export APMSHIM_PEERS_INTAKE=$out/intake

if [ ! -e "$out/$agent" ]; then
    rm -rf "$out/agent"
    /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
        --target "$out/agent" $agent >"$out/agent.log" 2>&1 && touch "$out/$agent"
fi
if [ -e "$out/$agent" ]; then
    export APMSHIM_PEERS_AGENT=$out/agent
else
    echo "Peers: Elastic's agent is skipped, PyPI cannot be reached: $(tail -n1 "$out/agent.log")"
fi
/usr/bin/python3 -m pytest tests/peers --durations=5 -ra "$@"
