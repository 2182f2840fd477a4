"""Connections that are there and say nothing, or not enough: the forwarder's memory stays small."""
import contextlib
import pathlib
import re
import resource
import signal
import socket
import time

import pytest

from support import http_client, services, tracing, truth
from support.paths import free_port

IDLE, HALF_OPEN = 10_000, 1_000
MOST = 13_000  # nginx closes idle ones before it has no more
HALF = b"GET /small.txt HTTP/1.1\r\nHost: h\r\nX-Request-Id: half-%d\r\nCookie: " + b"c" * 2000 + b"\r\n"


def resident_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def highest(trace, seconds=1):
    """What the forwarder's processes use while they work through what has been recorded."""
    until, most = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        most = max(most, sum(map(resident_kb, tracing.forwarders(trace.tag))))
        time.sleep(0.05)
    return most


@contextlib.contextmanager
def nginx():
    port = free_port()
    with contextlib.closing(services.Nginx(port, workers=1, connections=MOST,
                                           http="client_header_timeout 600s;")) as server:
        (server.www / "small.txt").write_bytes(b"small\n")
        with tracing.traced(server.command, stop_signal=signal.SIGTERM) as trace:
            http_client.wait_for(port, trace.process)
            trace.port = port
            yield trace
        trace.logged = truth.access_log(server.folder / "access.log")


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MOST:
        pytest.skip("the limit of open files is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MOST), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(stack, port, count):
    return [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(count)]


def test_idle_and_half_open(many_descriptors):
    with nginx() as trace, contextlib.ExitStack() as stack:
        http_client.get(trace.port, "/small.txt", {"X-Request-Id": "first"})
        before = highest(trace)
        idle = connect(stack, trace.port, IDLE)
        half_open = connect(stack, trace.port, HALF_OPEN)
        for index, connection in enumerate(half_open):
            connection.sendall(HALF % index)
        grown = highest(trace, 2) - before
        print(f"{IDLE} idle and {HALF_OPEN} half-open connections: {grown} kB more than {before} kB")
        assert grown < 16_000
        for index in range(0, HALF_OPEN, 10):
            half_open[index].sendall(b"\r\n")
            assert half_open[index].recv(4096).startswith(b"HTTP/1.1 200")
        for index in range(0, IDLE, 100):
            idle[index].sendall(http_client.request_bytes("GET", "/small.txt", {"X-Request-Id": f"idle-{index}"}))
            assert idle[index].recv(4096).startswith(b"HTTP/1.1 200")
    answered = [line for line in trace.logged if line[3] == 200]
    assert len(answered) == 1 + HALF_OPEN // 10 + IDLE // 100
    done = [t for t in trace.requests if t["context"].get("response")]
    assert {tracing.request_id(t) for t in done} == {line[0] for line in answered} and len(done) == len(answered)
