#!/bin/sh
# The long witnesses: all of CPython's tests that touch sockets, processes, threads and signals, and
# stress for longer. About an hour on two cores.
cd "$(dirname "$0")" && APMSHIM_WITNESSES=all exec /usr/bin/python3 -m pytest -v test_witnesses.py "$@"
