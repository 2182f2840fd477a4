"""Every way to send an answer: seen, or told as unknown; and the next request of the connection is found again."""

import pytest

from support.http_client import Connection
from support.paths import free_port
from test_tls import program, served

SEEN = ["write", "__write", "__send", "writev", "sendmsg", "sendmmsg", "pwritev2", "dprintf", "syscall-write",
        "syscall-sendto", "splice-body", "aio_write", "mapped", "fwrite_unlocked", "fputs_unlocked"]
UNSEEN = ["splice", "fwprintf", "fputws"]  # the bytes are not at hand
STATUS = 203


def told(trace):
    return [(t["context"]["request"]["url"]["pathname"].removeprefix("/"), t["result"], t["outcome"])
            for t in sorted(trace.requests, key=lambda t: t["timestamp"])]


def expected(way):
    return (way, "unknown", "unknown") if way in UNSEEN else (way, "HTTP 2xx", "success")


@pytest.mark.parametrize("keep_alive", [True, False])
def test_ways(keep_alive):
    ways = [way for pair in zip(SEEN, UNSEEN * 5) for way in pair]
    port = free_port()
    with served([program("ways_out"), port], port) as trace:
        if keep_alive:
            with Connection(port) as connection:
                assert [connection.request("GET", f"/{way}").status for way in ways] == [STATUS] * len(ways)
        else:
            for way in ways:
                with Connection(port) as connection:
                    assert connection.request("GET", f"/{way}").status == STATUS
    assert told(trace) == [expected(way) for way in ways]
