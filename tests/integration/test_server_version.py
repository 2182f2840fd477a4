"""What depends on the version that the APM Server says it has."""
import time

import pytest

from support import http_client, tracing
from support.paths import PYTHON, REPO, free_port

REQUESTS = [("GET", f"/{i}", {}, None) for i in range(10)]


def trace_with(apm, version, **env):
    apm.version = version
    port = free_port()
    command = [PYTHON, REPO / "tests" / "support" / "streaming_server.py", port]
    with tracing.traced(command, server=apm, env=env) as trace:
        http_client.wait_for(port, trace.process)
        deadline = time.monotonic() + 60
        while not any(request[:2] == ("GET", "/") for request in apm.requests) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)  # for the answer to be read
        assert all(http_client.load(port, REQUESTS))
    return trace


@pytest.mark.parametrize("version, wanted", [("7.17.9", True), ("8.0.0", False), ("9.5.2", False), (None, True)])
def test_unsampled(apm, version, wanted):
    """Servers from 8.0 on would only throw them away."""
    trace = trace_with(apm, version, ELASTIC_APM_TRANSACTION_SAMPLE_RATE="0")
    assert len(trace.transactions) == (len(REQUESTS) if wanted else 0)
    assert not any(t["sampled"] or "context" in t for t in trace.transactions)


@pytest.mark.parametrize("version, told", [("8.6.2", True), ("8.7.0", False), ("8.7.1", True), (None, True)])
def test_activation_method(apm, version, told):
    """8.7.0 refuses it."""
    trace = trace_with(apm, version)
    assert len(trace.transactions) == len(REQUESTS)
    assert all(("activation_method" in metadata["service"]["agent"]) == told for metadata in trace.metadata)
