"""Answers that are somebody else's, or nowhere, before the call that sends them has returned."""
import signal
import time

import pytest

from support import tracing
from support.http_client import Connection, request_bytes
from support.paths import free_port
from test_tls import program

ROUNDS = 5


@pytest.mark.parametrize("fate", ["unmapped", "overwritten"])
@pytest.mark.parametrize("way", ["write", "send", "sendto", "writev", "sendmsg", "fwrite"])
def test_fate(way, fate):
    with tracing.traced([program("handed_over"), free_port(), way, fate, ROUNDS]) as trace:
        assert trace.process.wait(60) == 0
    told = [(t["context"]["request"]["url"]["pathname"], t["context"]["response"]["status_code"])
            for t in sorted(trace.requests, key=lambda t: t["timestamp"])]
    assert told == [(f"/{i}", 201) for i in range(ROUNDS)]


def connected(port):
    while True:
        try:
            return Connection(port)
        except ConnectionRefusedError:
            time.sleep(0.01)


def test_handler_answers_while_a_call_waits():
    port = free_port()
    with tracing.traced([program("answers_in_handler"), port]) as trace:
        with connected(port) as first, Connection(port) as second:
            first.socket.sendall(request_bytes("GET", "/first", {}))
            second.socket.sendall(request_bytes("GET", "/second", {}))
            assert first.socket.recv(1)  # the service is in its call, and waits
            trace.process.send_signal(signal.SIGUSR1)
            assert second.read_response().status == 203
            while first.socket.recv(1 << 16):
                pass
        assert trace.process.wait(60) == 0
    told = {t["context"]["request"]["url"]["pathname"]: t["context"]["response"]["status_code"]
            for t in trace.requests}
    assert told == {"/first": 201, "/second": 203}
    assert len(trace.requests) == 2
