"""Connections behind stdio, and on the standard input of a program that inetd started. Truth: the service's
own log."""
import contextlib

import pytest

from support import http_client, tracing, truth
from support.http_client import Connection
from support.paths import PYTHON, REPO, free_port
from test_tls import program, served


def requests(count):
    paths = ["/", "/a?b=c", "/missing", "/large"]
    for i in range(count):
        headers = {"X-Request-Id": f"i-{i}"}
        yield ("POST", paths[i % 4], headers, b"u" * (i * 700)) if i % 3 else ("GET", paths[i % 4], headers, None)


@contextlib.contextmanager
def service(folder, command, port):
    log = folder / "log"
    log.touch()
    with served(command, port, env={"STDIO_LOG": log}) as trace:
        yield trace
    trace.logged = truth.access_log(log)


def assert_as_logged(trace, count):
    assert len(trace.logged) == count
    truth.assert_requests(trace, trace.logged)
    assert len(trace.requests) == count


@pytest.mark.parametrize("mode", ["fdopen", "dup2", "line", "unbuffered"])
def test_process_per_connection(tmp_path, mode):
    port = free_port()
    with service(tmp_path, [program("stdio_service"), port, mode], port) as trace:
        for _ in range(3):
            with Connection(port) as connection:
                for method, path, headers, body in requests(9):
                    assert connection.request(method, path, headers, body).body
    assert_as_logged(trace, 27)


def test_many_connections(tmp_path):
    port = free_port()
    with service(tmp_path, [program("stdio_service"), port, "fdopen"], port) as trace:
        assert all(http_client.load(port, list(requests(60)), 6, keep_alive=False))
    assert_as_logged(trace, 60)


def test_inetd(tmp_path):
    port = free_port()
    command = [PYTHON, REPO / "tests/support/inetd.py", port, program("stdio_service"), "inetd"]
    with service(tmp_path, command, port) as trace:
        for i in range(4):
            with Connection(port) as connection:
                connection.request("GET", "/", {"X-Request-Id": f"one-{i}"})
                connection.request("POST", "/a", {"X-Request-Id": f"two-{i}"}, b"u" * 9000)
                last = connection.request("GET", "/last", {"X-Request-Id": f"last-{i}"})
                assert last.status == 200  # sent by exit
                assert connection.socket.recv(1) == b""
    assert_as_logged(trace, 12)


def test_inetd_that_reads_itself(tmp_path):
    """Without stdio: read and write on descriptors 0 and 1."""
    port = free_port()
    script = tmp_path / "service.py"
    script.write_text("import os\nos.read(0, 9999)\nos.write(1, b'HTTP/1.0 200 OK\\r\\n\\r\\nhello')\n", "ascii")
    command = [PYTHON, REPO / "tests/support/inetd.py", port, PYTHON, script]
    with tracing.traced(command) as trace:
        http_client.wait_for(port, trace.process)
        for i in range(3):
            assert http_client.get(port, f"/{i}").body == b"hello"
    assert sorted(t["context"]["request"]["url"]["pathname"] for t in trace.requests) == ["/0", "/1", "/2"]
    assert {t["result"] for t in trace.requests} == {"HTTP 2xx"}
