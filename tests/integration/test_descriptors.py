"""Descriptors that were connections and are something else now."""
from support import http_client, tracing
from support.paths import PYTHON, REPO, free_port


def test_reused_descriptors():
    port, server = free_port(), REPO / "tests" / "support" / "reusing_server.py"
    with tracing.traced([PYTHON, server, port]) as trace:
        http_client.wait_for(port, trace.process)
        responses = [http_client.get(port, f"/real/{index}") for index in range(120)]
    assert int(responses[-1].headers["x-misused"]) >= 100  # each of 20 ways, with the same number
    paths = [t["context"]["request"]["url"]["pathname"] for t in trace.transactions]
    assert sorted(paths) == sorted(f"/real/{index}" for index in range(120))
