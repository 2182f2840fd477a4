"""Responses that last: server-sent events are one request each, a WebSocket is the request that opened it."""
import contextlib
import os
import struct

from support import http_client, tracing
from support.http_client import Connection
from support.paths import PYTHON, REPO, free_port


@contextlib.contextmanager
def server():
    port = free_port()
    with tracing.traced([PYTHON, REPO / "tests" / "support" / "streaming_server.py", port]) as trace:
        http_client.wait_for(port, trace.process)
        trace.port = port
        yield trace


def by_path(trace):
    return {t["context"]["request"]["url"]["pathname"]: t for t in trace.transactions}


def test_events_end_with_the_response():
    with server() as trace, Connection(trace.port) as connection:
        body = connection.request("GET", "/events?8").body
        assert body.count(b"data: ") == 8
        assert connection.request("GET", "/after").status == 200
    assert len(trace.transactions) == 2
    transaction = by_path(trace)["/events"]
    assert transaction["result"] == "HTTP 2xx" and 700 <= transaction["duration"] < 5000


def test_events_end_with_the_connection():
    with server() as trace, Connection(trace.port) as connection:
        connection.send_request("GET", "/events?1000")
        assert connection.read_head()[0] == 200
        connection.socket.recv(1)
        connection.reset()
    transaction, = trace.transactions
    assert transaction["context"]["response"]["status_code"] == 200


def test_events_under_way_when_the_service_ends():
    with server() as trace, Connection(trace.port) as connection:
        connection.send_request("GET", "/events?1000")
        assert connection.read_head()[0] == 200
        connection.socket.recv(1)  # so the head was sent and written down
        trace.stop()
    transaction, = trace.transactions
    assert transaction["context"]["response"]["status_code"] == 200


def frame(text):
    """A client's text frame (RFC 6455, section 5.2)."""
    mask = os.urandom(4)
    masked = bytes(c ^ mask[i % 4] for i, c in enumerate(text))
    return struct.pack("!BBH", 0x81, 0x80 | 126, len(text)) + mask + masked


def test_web_socket():
    """What looks like a request in a frame is none."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    with server() as trace, Connection(trace.port) as connection:
        response = connection.request("GET", "/socket", headers)
        assert response.status == 101
        for data in [frame(b"x" * 30_000), b"GET /nonesuch HTTP/1.1\r\n\r\n", frame(b"y" * 10)] * 30:
            connection.send(data)
            received = 0
            while received < len(data):
                received += len(connection.socket.recv(65536))
        with Connection(trace.port) as other:
            assert other.request("GET", "/other").status == 200
    assert sorted(by_path(trace)) == ["/other", "/socket"] and len(trace.transactions) == 2
    assert by_path(trace)["/socket"]["result"] == "HTTP 1xx"
