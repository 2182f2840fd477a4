"""What is recognised by its first bytes is recognised in whatever portions they pass."""
import socket
import subprocess
import time

from clients.conformance import ALL_SPANS
from support import portions_server, tracing
from support.paths import PYTHON, REPO, free_port


def connected(port, process):
    while process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise AssertionError("it has ended")


def test_sessions(pg):
    """A client's first packets, cut everywhere: every session and its statement, as PostgreSQL counted them."""
    client = REPO / "tests/support/portions_client.py"
    with pg.database() as database:
        pg.forget_calls()
        command = [PYTHON, client, pg.port, "postgres", database]
        with tracing.traced(command, env=ALL_SPANS, stdout=subprocess.PIPE) as trace:
            sessions = int(trace.process.stdout.read())
        counted = pg.calls(database)
    assert sum(counted.values()) == sessions
    names = [span["name"] for span in trace.spans]
    assert names.count("CONNECT") == sessions and names.count("CANCEL") == 6
    assert [s["context"]["db"]["statement"] for s in trace.statements()] == ["select 4711 + 1"] * sessions
    assert {span["outcome"] for span in trace.spans} == {"success"}


def test_requests():
    """The same of what a server receives and answers: one transaction each."""
    port, cases = free_port(), list(portions_server.cases())
    with tracing.traced([PYTHON, REPO / "tests/support/portions_server.py", port]) as trace:
        for i, (protocol, _, _, path) in enumerate(cases):
            request, response = protocol(path)
            with connected(port, trace.process) if not i else socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(request)
                received = b""
                while len(received) < len(response):
                    part = client.recv(4096)
                    assert part, path
                    received += part
        trace.process.wait(20)
    told = [(t["context"]["request"]["url"]["pathname"], t["result"]) for t in trace.requests]
    assert sorted(told) == sorted((path, "HTTP 2xx") for _, _, _, path in cases)
