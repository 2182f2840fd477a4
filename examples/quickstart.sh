#!/bin/bash
# From a fresh Debian 12 to a trace: installs what is missing, builds, records the school application
# on a throw-away PostgreSQL while it gets some traffic, shows which endpoint is slow and why, and
# stops all of it. But for packages, nothing is changed outside of build/ and a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/support/packages.sh
. tests/support/packages.sh

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
application='' database='' folder=''

recorders() { # processes of ours: the application's, and the forwarder until it has written everything
    grep -zls "^APMSHIM_RECORD=$folder/recording\$" /proc/[0-9]*/environ || true
}

until_true() {
    local _
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "quickstart: gave up waiting for: $*" >&2
    return 1
}

none_records() { [ -z "$(recorders)" ]; }

stop() {
    trap '' INT TERM
    [ -z "$application" ] || kill "$application" 2>/dev/null || true
    [ -z "$application" ] || until_true none_records || true
    [ -z "$database" ] || kill -INT "$database" 2>/dev/null || true
    wait
    [ -z "$folder" ] || rm -rf "$folder"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

quietly() { # shows what a command said only if it failed
    "$@" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; return 1; }
}

install_missing "${building[@]}" postgresql python3 python3-django python3-gunicorn python3-psycopg2 curl

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
folder=$(mktemp -d /tmp/apmshim-quickstart-XXXXXX)
chmod 711 "$folder" # the database is another user's

echo "Building"
quietly cmake --preset release
quietly cmake --build --preset release

echo "Starting PostgreSQL"
server=$(dirname "$(find /usr/lib/postgresql -name initdb | sort -V | tail -n 1)")
port=$(free_port)
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=postgres PGDATABASE=school
mkdir "$folder/data"
user=()
if [ "$(id -u)" = 0 ]; then # the server refuses to be root
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown postgres "$folder/data"
fi
(cd / && "${user[@]}" "$server/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
    --no-sync >/dev/null)
(cd / && exec "${user[@]}" "$server/postgres" -D "$folder/data" -k '' -p "$port" -c fsync=off \
    -c listen_addresses=127.0.0.1 >"$folder/postgres.log" 2>&1) &
database=$!
until_true "$server/psql" -d postgres -c 'select 1'
"$server/createdb" school
"$server/psql" -Xqf examples/school/schema.sql

echo "Starting the school, recorded"
port=$(free_port)
build/apmshim record -o "$folder/recording" -- \
    /usr/bin/python3 -m gunicorn --chdir examples/school --workers 2 --bind "127.0.0.1:$port" \
    --log-level warning school.wsgi &
application=$!
site=http://127.0.0.1:$port
until_true curl -sf "$site/health/"

echo "Sending traffic"
for _ in 1 2 3; do
    curl -s "$site/lessons/[1-20]/" "$site/subjects/[1-10]/exercises/" \
        "$site/areas/{history,sciences}/" "$site/subjects/[1-8]/summary.pdf" "$site/?[1-20]" "$site/archive/"
    curl -s -d 'email=student1@example.org&answer=7' "$site/exercises/[1-10]/answer/"
done >/dev/null

kill "$application"
until_true none_records
application=''
echo
ELASTIC_APM_SERVICE_NAME=school build/apmshim replay --summary "$folder/recording"
echo "Your own service, as it runs:  $PWD/build/apmshim run --print -- COMMAND"
