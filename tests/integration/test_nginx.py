"""nginx serving files. Truth: its access log."""
import contextlib
import signal
import socket
import threading

import pytest

from support import http_client, services, tracing, truth
from support.http_client import Connection
from support.paths import free_port

SIZES = {"/empty": 0, "/small.txt": 612, "/page.html": 40_000, "/large.bin": 3_000_000}


@contextlib.contextmanager
def nginx(sendfile="on", **configuration):
    port = free_port()
    with contextlib.closing(services.Nginx(port, sendfile=sendfile, **configuration)) as server:
        for path, size in SIZES.items():
            (server.www / path[1:]).write_bytes(b"n" * size)
        with tracing.traced(server.command, stop_signal=signal.SIGQUIT) as trace:
            http_client.wait_for(port, trace.process)
            server.port, server.trace = port, trace
            yield server
        server.logged = truth.access_log(server.folder / "access.log")


def assert_as_logged(server):
    truth.assert_requests(server.trace, server.logged)
    assert len(server.trace.transactions) == sum(line[0] != "-" for line in server.logged)


def get(index, path="/small.txt", method="GET", **headers):
    return method, path, {"X-Request-Id": f"n-{index}"} | headers, None


@pytest.mark.parametrize("sendfile", ["on", "off"])
def test_kinds_of_requests(sendfile):
    with nginx(sendfile) as server, Connection(server.port) as connection:
        requests = [get(i, path) for i, path in enumerate(SIZES)]
        requests += [get(10, "/page.html", "HEAD"), get(11, "/nonesuch"), get(12, "/small.txt", "POST"),
                     get(13, "/page.html", Range="bytes=100-199"),
                     get(14, "/page.html", Range="bytes=0-9,20-29"),
                     get(15, "/page.html", Range="bytes=90000-")]
        for method, path, headers, body in requests:
            response = connection.request(method, path, headers, body)
            if response.headers.get("connection") == "close":
                connection.close()
                connection.__init__(server.port)
        tag = connection.request(*get(20)).headers["etag"]
        assert connection.request(*get(21, **{"If-None-Match": tag})).status == 304
        assert connection.request(*get(22)).status == 200
    assert_as_logged(server)
    status = {r: code for r, _, _, code in server.logged}
    assert (status["n-13"], status["n-15"], status["n-11"], status["n-12"]) == (206, 416, 404, 405)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_concurrency_32(keep_alive):
    paths = ["/small.txt", "/page.html", "/empty", "/nonesuch"]
    with nginx() as server:
        requests = [get(i, paths[i % 4]) for i in range(4000)]
        assert all(http_client.load(server.port, requests, 32, keep_alive))
    assert len(server.logged) == 4000
    assert_as_logged(server)


def test_pipelined():
    with nginx() as server, Connection(server.port) as connection:
        requests = [get(i, path) for i, path in enumerate(list(SIZES) * 10)]
        sender = threading.Thread(
            target=lambda: connection.send(b"".join(http_client.request_bytes(*r) for r in requests)))
        sender.start()
        assert [len(connection.read_response().body) for _ in requests] == list(SIZES.values()) * 10
        sender.join()
    assert_as_logged(server)


def test_large_uploads():
    with nginx(server="client_max_body_size 1m;") as server, Connection(server.port) as connection:
        headers = {"X-Request-Id": "n-1"}
        assert connection.request("POST", "/small.txt", headers, b"u" * 500_000).status == 405
        connection.close()
        with Connection(server.port) as other:
            other.send(b"POST / HTTP/1.1\r\nHost: h\r\nX-Request-Id: n-2\r\nContent-Length: 9000000\r\n\r\n")
            assert other.read_response().status == 413
    assert_as_logged(server)


def test_malformed():
    """Lines of the log that have no request id: what nginx could not read."""
    with nginx() as server:
        for data in (b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 20):
            with Connection(server.port) as connection:
                connection.send(data)
                connection.socket.recv(65536)
        assert http_client.get(server.port, "/empty", {"X-Request-Id": "n-1"}).status == 200
    assert len(server.trace.by_request_id()["n-1"]) == 1
    assert len(server.trace.transactions) <= len(server.logged)


def test_as_a_proxy():
    """Both sides of a proxied request pass through the same worker: one transaction each."""
    upstream = free_port()
    inner = f"server {{ listen 127.0.0.1:{upstream}; location / {{ return 200 inner; }} }}"
    proxy = f"location /proxy {{ proxy_pass http://127.0.0.1:{upstream}/; }}"
    with nginx(http=inner, server=proxy) as server:
        requests = [get(i, "/proxy") for i in range(200)]
        responses = http_client.load(server.port, requests, 8)
        assert {r.body for r in responses} == {b"inner"}
    assert_as_logged(server)  # X-Request-Id is passed on: two lines, two transactions per id
    assert len(server.trace.transactions) == 400


def test_workers_killed():
    requests, late = [get(i) for i in range(6000)], [get(i) for i in range(7000, 7200)]
    with nginx() as server:
        with truth.workers_dying(server.trace, 0.1) as killed:
            responses = http_client.load(server.port, requests, 32)
        undisturbed = http_client.load(server.port, late, 8)
    assert killed and all(undisturbed)
    truth.assert_answered_once(server.trace, truth.answered_among(requests + late, responses + undisturbed), killed)


def test_reload():
    """New workers for a new configuration, while the old ones finish."""
    with nginx() as server:
        http_client.get(server.port, "/empty", {"X-Request-Id": "n-9000"})  # before, it may not handle signals yet
        for i in range(5):
            server.trace.process.send_signal(signal.SIGHUP)
            assert all(http_client.load(server.port, [get(i * 100 + k) for k in range(100)], 4, keep_alive=False))
    assert_as_logged(server)


def test_port_is_free_again():
    """The forwarder holds nothing of the service's."""
    with nginx() as server:
        http_client.get(server.port, "/empty", {"X-Request-Id": "n-1"})
        server.trace.process.send_signal(signal.SIGQUIT)
        server.trace.process.wait(10)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", server.port))
