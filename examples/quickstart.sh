#!/bin/bash
# From a fresh Debian 12 to a trace: installs what is missing, builds, starts a throw-away PostgreSQL and
# the school application under the shim, sends some traffic, prints the slowest request and stops all of
# it. Nothing is changed outside build/ and a temporary folder, but for installed packages.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

install_missing "${building[@]}" postgresql python3 python3-django python3-gunicorn python3-psycopg2 \
    curl util-linux
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1

echo "Building"
cmake --preset release >/dev/null
cmake --build --preset release >/dev/null

folder=$(mktemp -d /tmp/apmshim-quickstart-XXXXXX)
application='' database=''
stop() {
    [ -z "$application" ] || kill "$application" 2>/dev/null || true
    [ -z "$database" ] || kill -INT "$database" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap stop EXIT

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

until_true() {
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "gave up waiting for: $*" >&2
    return 1
}

echo "Starting PostgreSQL"
server=$(dirname "$(find /usr/lib/postgresql -name initdb | sort -V | tail -n 1)")
PGPORT=$(free_port)
export PGHOST=127.0.0.1 PGPORT PGUSER=postgres PGDATABASE=school
user=()
if [ "$(id -u)" = 0 ]; then # it refuses to be root
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown postgres "$folder"
fi
chmod 755 "$folder"
"${user[@]}" "$server/initdb" -D "$folder/data" -U postgres -A trust --no-sync >/dev/null
"${user[@]}" "$server/postgres" -D "$folder/data" -k "$folder" -p "$PGPORT" \
    -c listen_addresses=127.0.0.1 -c fsync=off >"$folder/postgres.log" 2>&1 &
database=$!
until_true "$server/psql" -d postgres -c 'select 1'
"$server/createdb" school
"$server/psql" -Xqf examples/school/schema.sql

echo "Starting the school under the shim"
port=$(free_port)
traces=$folder/traces
LD_PRELOAD=$PWD/build/libapmshim.so APMSHIM_PRINT=$traces ELASTIC_APM_SERVICE_NAME=school \
    /usr/bin/python3 -m gunicorn --chdir examples/school --workers 2 --bind "127.0.0.1:$port" \
    --log-level warning school.wsgi &
application=$!
until_true curl -sf "http://127.0.0.1:$port/health/"

echo "Sending traffic"
for i in 1 2 3 4 5; do
    for path in / /areas/history/ "/lessons/1$i/" "/subjects/$i/exercises/" "/subjects/$i/summary.pdf"; do
        curl -sf -o "$folder/answer" "http://127.0.0.1:$port$path"
    done
done

kill "$application"
wait "$application" || true
application=''
forwarder_ended() { # it delivers the rest, then ends by itself
    ! grep -zqs "^APMSHIM_PRINT=$traces\$" /proc/[0-9]*/environ
}
until_true forwarder_ended
echo
echo "The slowest of $(grep -c . "$folder/traces") lines:"
cat "$traces"
