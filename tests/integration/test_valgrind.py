"""The forwarder under valgrind: no error, nothing lost track of, alive and when a recording is replayed."""
import re
import subprocess
import time

import pytest

from support import http_client, services, tracing
from support.paths import BUILD, EXAMPLES, FORWARDER, free_port

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--trace-children=no", "--child-silent-after-fork=no"]
REQUESTS = 60


def request(index):
    path = ("/orders/17", "/customers/3/orders", "/fail", "/report?quarter=2", "/nonesuch")[index % 5]
    return "GET", path, {"X-Request-Id": f"v-{index}"}, None


def run_orders(pg, folder, **environment):
    port = free_port()
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        command = services.orders_command(port, pg.conninfo(database), 2)
        with tracing.traced(command, env=environment) as trace:
            http_client.wait_for(port, trace.process)
            http_client.load(port, [request(i) for i in range(REQUESTS)])
            trace.stop()
            wait_for_all(trace.tag)
    return trace


def wait_for_all(tag):
    """Also for the forwarder that runs inside valgrind."""
    until = time.monotonic() + 120
    while left := tracing.tagged(tag):
        assert time.monotonic() < until, left
        time.sleep(0.1)


def assert_clean(log):
    assert not re.search(r"==\d+==", log), log


@pytest.mark.timeout(300)
def test_alive(pg, tmp_path):
    wrapper = tmp_path / "forwarder"
    wrapper.write_text(f"#!/bin/sh\nexec {' '.join(VALGRIND)} --log-file={tmp_path}/valgrind.%p {FORWARDER}\n",
                       encoding="ascii")
    wrapper.chmod(0o755)
    trace = run_orders(pg, tmp_path, APMSHIM_FORWARDER=wrapper)
    logs = list(tmp_path.glob("valgrind.*"))
    assert len(logs) == 2, "the watching process and the working one"
    for log in logs:
        assert_clean(log.read_text(encoding="utf-8"))
    assert len(trace.requests) >= REQUESTS


@pytest.mark.timeout(300)
def test_replay(pg, tmp_path):
    recording = tmp_path / "recording"
    run_orders(pg, tmp_path, APMSHIM_RECORD=recording)
    done = subprocess.run([*VALGRIND, BUILD / "apmshim", "replay", "--output", tmp_path / "events", recording],
                          env=tracing.environment(), capture_output=True, text=True, check=False)
    assert_clean(done.stderr)
    assert done.returncode == 0
    assert len((tmp_path / "events").read_bytes().splitlines()) > REQUESTS
