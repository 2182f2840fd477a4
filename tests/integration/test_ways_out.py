"""Every way to send an answer: seen, or told as unknown; and the next request of the connection is found again."""

import socket
import time

import pytest

from support.http_client import Connection, request_bytes
from support.paths import free_port
from test_tls import program, served

SEEN = ["write", "__write", "__send", "writev", "sendmsg", "sendmmsg", "pwritev2", "dprintf", "syscall-write",
        "syscall-sendto", "syscall-writev", "syscall-sendmsg", "splice-body", "inline-body", "aio_write", "lio_listio",
        "mapped", "fwrite_unlocked", "fputs_unlocked", "fputc_unlocked", "fvprintf"]
# The bytes are not at hand, or pass by what nobody can interpose.
UNSEEN = ["splice", "fwprintf", "fputws", "fputwc", "fseek", "inline"]
WAYS_IN = ["read", "preadv2", "aio_read", "syscall-readv", "syscall-recvmsg", "getc_unlocked", "bytes", "filtered", "fork"]
STATUS = 203
KERNEL_TICK = 10  # milliseconds, at most: by which it knows when it sent


def told(trace):
    return [(t["context"]["request"]["url"]["pathname"].removeprefix("/"), t["result"], t["outcome"])
            for t in sorted(trace.requests, key=lambda t: t["timestamp"])]


def expected(way):
    return (way, "unknown", "unknown") if way in UNSEEN else (way, "HTTP 2xx", "success")


def asked(port, ways):
    with Connection(port) as connection:
        assert [connection.request("GET", f"/{way}").status for way in ways] == [STATUS] * len(ways)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_ways(keep_alive):
    ways = [way for pair in zip(SEEN, UNSEEN * 4) for way in pair]
    port = free_port()
    with served([program("ways_out"), port, "read"], port) as trace:
        for some in [ways] if keep_alive else [[way] for way in ways]:
            asked(port, some)
    assert told(trace) == [expected(way) for way in ways]


@pytest.mark.parametrize("way_in", WAYS_IN)
def test_ways_in(way_in):
    """The last answer of a connection is known by its end alone."""
    ways = ["write", "inline", "inline", "fputc_unlocked", "splice", "fputwc", "inline-body", "writev", "inline"]
    port = free_port()
    with served([program("ways_out"), port, way_in], port) as trace:
        asked(port, ways)
        asked(port, ["inline"])
        asked(port, ["write"])  # by then the connection before has been closed
    assert told(trace) == [expected(way) for way in [*ways, "inline", "write"]]


def test_duration_of_unseen():
    """What a client thinks before it asks again is not the service's time."""
    port = free_port()
    with served([program("ways_out"), port, "read"], port) as trace:
        with Connection(port) as connection:
            waited = []
            for _ in range(2):
                begin = time.monotonic()
                connection.request("GET", "/inline")
                waited.append(1000 * (time.monotonic() - begin))
                time.sleep(0.5)
    durations = [t["duration"] for t in sorted(trace.requests, key=lambda t: t["timestamp"])]
    assert len(durations) == 2
    assert all(duration <= limit + KERNEL_TICK for duration, limit in zip(durations, waited))


def test_unseen_before():
    """What passed unseen before a request is no answer to it."""
    port = free_port()
    with served([program("ways_out"), port, "read"], port) as trace:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(request_bytes("GET", "/interim", {}))
            received = b""
            while not received.endswith(b"body"):
                received += client.recv(4096)
            time.sleep(0.1)
            client.sendall(request_bytes("GET", "/silence", {}))
            assert client.recv(1) == b""
    assert told(trace) == [("interim", "HTTP 2xx", "success"), ("silence", "no response", "failure")]
