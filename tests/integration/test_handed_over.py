"""Answers that are somebody else's, or nowhere, before the call that sends them has returned."""
import pytest

from support import tracing
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
