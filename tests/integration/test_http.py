"""What HTTP/1 allows, on raw sockets: one transaction per request, with its own status."""
import collections
import contextlib
import socket
import time

import pytest

from support import http_client, tracing
from support.http_client import Connection, request_bytes
from support.paths import PYTHON, REPO, free_port


class RawServer:
    def __init__(self, trace, port, log):
        self.trace = trace
        self.port = port
        self._log = log

    def connect(self):
        return Connection(self.port)

    def logged(self):
        lines = self._log.read_text(encoding="utf-8").split("\n")[:-1]
        return collections.Counter(lines)

    def wait_for_lines(self, count):
        until = time.monotonic() + 60
        while self.logged().total() < count and time.monotonic() < until:
            time.sleep(0.02)
        assert self.logged().total() == count


@contextlib.contextmanager
def raw_server(folder, **options):
    port, log = free_port(), folder / "log"
    command = [PYTHON, REPO / "tests" / "support" / "raw_server.py", port, log]
    with tracing.traced(command, **options) as trace:
        http_client.wait_for(port, trace.process)
        yield RawServer(trace, port, log)


def seen(server):
    """As logged(): path and status of each transaction."""
    return collections.Counter(
        f"{t['context']['request']['url']['pathname']} {t['context'].get('response', {}).get('status_code', 0)}"
        for t in server.trace.transactions)


def assert_as_logged(server):
    assert seen(server) == server.logged()


def in_order(server):
    return sorted(server.trace.requests, key=lambda t: t["timestamp"])


def test_keep_alive(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        for size in (0, 1, 100, 70000, 2):
            assert len(connection.request("GET", f"/plain?{size}").body) == size
    assert_as_logged(server)


def test_many_connections(tmp_path):
    with raw_server(tmp_path) as server:
        requests = [("GET", f"/status?{200 + i % 5}", {}, None) for i in range(500)]
        assert all(http_client.load(server.port, requests, concurrency=32, keep_alive=False))
    assert_as_logged(server)


@pytest.mark.parametrize("mode", ["send", "read", "readv", "recvmsg", "recvfrom", "peek", "sendfile", "bytewise"])
def test_calls_that_move_bytes(tmp_path, mode):
    headers = {"X-Mode": mode}
    with raw_server(tmp_path) as server, server.connect() as connection:
        for _ in range(3):
            connection.request("GET", "/plain?300", headers)
            connection.request("POST", "/chunked", headers, b"z" * 3000)
            connection.request("POST", "/chunked", headers, chunks=[b"z" * 2000, b"z"])
    assert_as_logged(server)


def test_duration_is_the_servers(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        waited = []
        for _ in range(2):
            begin = time.monotonic()
            connection.request("GET", "/plain")
            waited.append(1000 * (time.monotonic() - begin))
            time.sleep(0.3)  # between requests: nobody's
    assert max(t["duration"] for t in server.trace.requests) < max(waited) + 150


def test_pipelining(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        statuses = [200, 404, 500, 204, 304, 201] * 20
        connection.send(b"".join(request_bytes("GET", f"/status?{status}") for status in statuses))
        assert [connection.read_response().status for _ in statuses] == statuses
    assert_as_logged(server)
    assert sorted(t["context"]["response"]["status_code"] for t in server.trace.requests) == sorted(statuses)


def test_pipelined_bodies(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        parts = [request_bytes("POST", "/plain?10", body=b"GET /nonesuch HTTP/1.1\r\n\r\n" * 50),
                 request_bytes("POST", "/chunked", chunks=[b"GET /nonesuch HTTP/1.1\r\n\r\n"] * 3),
                 request_bytes("GET", "/plain?1")]
        connection.send(b"".join(parts))
        for _ in parts:
            assert connection.read_response().status == 200
    assert_as_logged(server)


def test_any_cut(tmp_path):
    """Requests that arrive byte by byte."""
    with raw_server(tmp_path) as server, server.connect() as connection:
        for data in (request_bytes("POST", "/chunked", chunks=[b"abc", b"d"]), request_bytes("GET", "/plain")):
            for i in range(len(data)):
                connection.send(data[i:i + 1])
                time.sleep(0.0005)
            assert connection.read_response().status == 200
    assert_as_logged(server)


def test_large_bodies(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.request("POST", "/plain?3000000", body=b"u" * 3_000_000)
        connection.request("POST", "/chunked", chunks=[b"u" * 100_000] * 20)
        connection.request("GET", "/plain")
    assert_as_logged(server)


def test_without_bodies(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        assert connection.request("HEAD", "/plain?5000").headers["content-length"] == "5000"
        connection.request("GET", "/status?204")
        connection.request("GET", "/status?304")
        connection.request("GET", "/plain")
    assert_as_logged(server)
    assert in_order(server)[0]["context"]["request"]["method"] == "HEAD"


def test_interim_responses(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        head = b"POST /expect HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        connection.send(head)
        assert connection.read_head()[0] == 100
        connection.send(b"hello")
        assert connection.read_response().status == 200
        assert connection.request("GET", "/hints").status == 200
        connection.request("GET", "/plain")
    assert_as_logged(server)


def test_upgrade(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.request("GET", "/plain")
        assert connection.request("GET", "/upgrade", {"Upgrade": "echo", "Connection": "Upgrade"}).status == 101
        for _ in range(3):  # no longer HTTP, whatever it looks like
            connection.send(request_bytes("GET", "/nonesuch"))
            assert connection.socket.recv(65536)
    assert_as_logged(server)


def test_response_before_the_body(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        body = b"late" * 50
        connection.send(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.read_response().status == 413
        connection.send(body)
        assert connection.request("GET", "/plain").status == 200
    assert_as_logged(server)


def test_http_1_0(tmp_path):
    with raw_server(tmp_path) as server:
        with server.connect() as connection:
            connection.send(b"GET /until-close HTTP/1.0\r\n\r\n")
            assert len(connection.read_response().body) == 5000
    assert_as_logged(server)
    assert server.trace.requests[0]["context"]["request"]["http_version"] == "1.0"


def test_half_closed_client(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.send_request("GET", "/plain?100")
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_response().status == 200
    assert_as_logged(server)


def test_server_that_does_not_answer(tmp_path):
    with raw_server(tmp_path) as server:
        with server.connect() as connection:
            connection.send_request("GET", "/silent")
            with pytest.raises(ConnectionError):
                connection.read_response()
    transaction, = server.trace.transactions
    assert transaction["outcome"] == "failure" and "response" not in transaction["context"]


def test_server_that_stops_half_way(tmp_path):
    with raw_server(tmp_path) as server:
        with server.connect() as connection:
            connection.send_request("GET", "/half")
            with pytest.raises(ConnectionError):
                connection.read_response()
    assert_as_logged(server)


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_client_that_leaves(tmp_path, leave):
    with raw_server(tmp_path) as server:
        for _ in range(5):
            connection = server.connect()
            connection.send_request("GET", "/wait")
            time.sleep(0.05)  # it is read
            getattr(connection, leave)()
        server.wait_for_lines(5)
    assert len(server.trace.requests) == 5 == len(server.trace.transactions)
    assert {t["name"] for t in server.trace.requests} == {"GET /wait"}


def test_clients_that_never_ask(tmp_path):
    """Nothing, half a line, something else: no request was made, none is invented."""
    with raw_server(tmp_path) as server:
        for data in (b"", b"GET /pl", b"\x16\x03\x01\x02\x00\x01",
                     bytes(range(256)) * 8, b"\r\n" * 40):
            connection = server.connect()
            connection.send(data)
            time.sleep(0.02)
            connection.close()
        connection = server.connect()
        connection.request("GET", "/plain")
        connection.reset()
    assert_as_logged(server)


@pytest.mark.parametrize("data", [b"GET /plain HTTP/1.1\r\nHost: h\r\n",
                                  b"POST /plain HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf"])
def test_half_a_request(tmp_path, data):
    """May be shown, but not as one that was answered."""
    with raw_server(tmp_path) as server:
        with server.connect() as connection:
            connection.send(data)
            time.sleep(0.05)
    assert not server.logged()
    assert [t["result"] for t in server.trace.transactions] in ([], ["client left"], ["no response"])


def test_request_forms(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.request("OPTIONS", "*")
        connection.request("GET", "http://example.org:81/plain?3")
        connection.send(b"GET /plain?1 HTTP/1.1\r\nhOST:h\r\nX-Long:  spaced \t\r\nEmpty:\r\n\r\n")
        connection.read_response()
        connection.request("PROPFIND", "/plain", {"Depth": "1"})
        connection.request("GET", "/plain?" + "q" * 3000)
    methods = [t["context"]["request"]["method"] for t in in_order(server)]
    assert methods == ["OPTIONS", "GET", "GET", "PROPFIND", "GET"]


def test_sanitised(tmp_path):
    secrets = {"Authorization": "Bearer t0ps3cret", "Cookie": "sessionid=t0ps3cret; theme=dark",
               "X-Api-Key": "t0ps3cret", "X-Plain": "visible"}
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.request("GET", "/plain", secrets)
    assert not [line for upload in server.trace.server.uploads for line in upload.lines if b"t0ps3cret" in line]
    headers = server.trace.requests[0]["context"]["request"]["headers"]
    assert {n.lower(): v for n, v in headers.items()}["x-plain"] in ("visible", ["visible"])


NAMES = {"/users/17/orders": "GET /users/:id/orders", "/a/b/c": "GET /a/b/c",
         "/f/550e8400-e29b-41d4-a716-446655440000": "GET /f/:id", "/": "GET /",
         "/t/da39a3ee5e6b4b0d3255bfef95601890afd80709": "GET /t/:id"}


def test_names(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        for path in NAMES:
            connection.request("GET", path)
    assert [t["name"] for t in in_order(server)] == list(NAMES.values())


def test_name_options(tmp_path):
    env = {"ELASTIC_APM_TRANSACTION_NAME_GROUPS": "GET /users/*", "ELASTIC_APM_TRANSACTION_IGNORE_URLS": "/health*",
           "ELASTIC_APM_USE_PATH_AS_TRANSACTION_NAME": "true"}
    with raw_server(tmp_path, env=env) as server, server.connect() as connection:
        for path in ("/users/1/x", "/health", "/healthz", "/orders/17"):
            connection.request("GET", path)
    assert [t["name"] for t in in_order(server)] == ["GET /users/*", "GET /orders/17"]


def test_number_of_names_is_bounded(tmp_path):
    with raw_server(tmp_path) as server, server.connect() as connection:
        letters = "abcdefghijklmnopqrstuvwxyz"
        paths = [f"/{a}{b}{c}" for a in letters[:16] for b in letters[:10] for c in letters[:20]]
        for start in range(0, len(paths), 50):
            connection.send(b"".join(request_bytes("GET", p) for p in paths[start:start + 50]))
            for _ in paths[start:start + 50]:
                connection.read_response()
    names = {t["name"] for t in server.trace.requests}
    assert len(server.trace.requests) == len(paths) and "GET /:id" in names and len(names) <= 60


def test_trace_is_continued(tmp_path):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with raw_server(tmp_path) as server, server.connect() as connection:
        connection.request("GET", "/plain", {"traceparent": parent})
    transaction, = server.trace.requests
    assert transaction["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert transaction["parent_id"] == "b7ad6b7169203331"


# ---- the server that events go to ----

@pytest.mark.parametrize("failure", [503, "drop"])
def test_failed_upload_is_not_the_last(tmp_path, apm, failure):
    """After an error the next upload comes; what was under way may be lost, never sent twice."""
    apm.fail_next(failure)
    with raw_server(tmp_path, server=apm) as server, server.connect() as connection:
        connection.request("GET", "/plain")
        until = time.monotonic() + 60
        while not apm.uploads and time.monotonic() < until:
            time.sleep(0.05)
        for _ in range(20):
            connection.request("GET", "/plain")
    assert [u for u in apm.uploads if u.status == 202]
    ids = [t["id"] for t in server.trace.transactions]
    assert len(ids) == len(set(ids)) and 20 <= len(ids) <= 21


def test_no_server_at_all(tmp_path):
    env = {"ELASTIC_APM_SERVER_URL": f"http://127.0.0.1:{free_port()}"}
    with raw_server(tmp_path, env=env) as server, server.connect() as connection:
        for _ in range(20):
            assert connection.request("GET", "/plain").status == 200
    assert not tracing.tagged(server.trace.tag)


def test_credentials(tmp_path, apm):
    apm.token = "s3cret"
    with raw_server(tmp_path, server=apm, env={"ELASTIC_APM_SECRET_TOKEN": "s3cret"}) as server:
        with server.connect() as connection:
            connection.request("GET", "/plain")
    assert len(server.trace.requests) == 1
    assert all(u.headers["Authorization"] == "Bearer s3cret" for u in apm.uploads)


def test_upload_headers(tmp_path):
    with raw_server(tmp_path, env={"ELASTIC_APM_SERVICE_NAME": "raw", "ELASTIC_APM_SERVICE_VERSION": "1.2"}) as server:
        with server.connect() as connection:
            connection.request("GET", "/plain")
    headers = server.trace.server.uploads[0].headers
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["User-Agent"].startswith("apm-agent-") and headers["User-Agent"].endswith("(raw 1.2)")
    assert "Content-Encoding" not in headers  # not worth it on the same host


# ---- python's own server, as a real one ----

def test_python_http_server(tmp_path):
    port = free_port()
    (tmp_path / "file.txt").write_text("hello\n", encoding="ascii")
    command = [PYTHON, "-m", "http.server", "--bind", "127.0.0.1", "--directory", tmp_path, port]
    with open(tmp_path / "log", "wb") as log, tracing.traced(command, stdout=log) as trace:
        http_client.wait_for(port, trace.process)
        for path in ("/file.txt", "/nonesuch", "/"):
            http_client.get(port, path)
    statuses = collections.Counter(t["context"]["response"]["status_code"] for t in trace.requests)
    assert statuses == {200: 2, 404: 1}
