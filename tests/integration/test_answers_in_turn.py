"""Requests that come while the answers to those before are being sent: each has its own."""
import socket
import threading

import pytest

from support.paths import free_port
from test_tls import program, served

COUNT, PATHS, ANSWER = 3000, 90, 42
AHEAD = 8  # requests without an answer


def requests():
    for i in range(COUNT):
        head = f"GET /{5 + i % PATHS} HTTP/1.1\r\nX: ".encode()
        yield head + b"a" * (60 - len(head)) + b"\r\n\r\n"


def pipelined(port):
    ahead, received = threading.Semaphore(AHEAD), 0
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send():
            for request in requests():
                ahead.acquire()
                client.sendall(request)
        sending = threading.Thread(target=send)
        sending.start()
        while received < COUNT * ANSWER:
            chunk = client.recv(65536)
            assert chunk
            before, received = received, received + len(chunk)
            for _ in range(received // ANSWER - before // ANSWER):
                ahead.release()
        sending.join()


@pytest.mark.parametrize("way", ["same", "dup", "stdio"])
def test_answers(way):
    port = free_port()
    with served([program("answers_in_turn", "-pthread"), port, way, COUNT], port) as trace:
        pipelined(port)
    assert len(trace.requests) == COUNT
    wrong = [t for t in trace.requests if t["context"].get("response", {}).get("status_code") !=
             200 + int(t["context"]["request"]["url"]["pathname"][1:])]
    assert not wrong, wrong[:2]
