"""What takes an APM Server's place and does not behave like one."""
import contextlib
import socket
import struct
import threading
import time

LIMIT = 60  # seconds, of one connection


class BadServer:
    """Gives each connection to a function, in a thread of its own."""

    def __init__(self, behave, buffer=None):
        self.connections = 0
        self._behave = behave
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if buffer:  # what is not read is soon not taken either
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._closed.set()
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection):
        connection.settimeout(LIMIT)
        with connection, contextlib.suppress(OSError, ValueError):
            self._behave(connection, self._closed)


# ---- reading ----

def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            raise ValueError("no request")
        data += piece
    return data.split(b"\r\n\r\n", 1)


def read_request(connection):
    head, body = read_head(connection)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields.get(b"content-length", 0)) - len(body)
    while left > 0:
        left -= len(connection.recv(65536)) or left


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# ---- behaviour: (connection, event that the test is over) ----

def closes(connection, over):
    pass


def resets(connection, over):
    reset(connection)


def closes_after_head(connection, over):
    read_head(connection)


def resets_within_body(connection, over):
    connection.recv(2000)
    reset(connection)


def closes_without_answer(connection, over):
    read_request(connection)


def never_reads(connection, over):
    over.wait(LIMIT)


def never_answers(connection, over):
    read_request(connection)
    over.wait(LIMIT)


def reads_slowly(connection, over):
    """200 KB/s at most, for as many requests as come."""
    left, data = None, b""
    while not over.is_set():
        if not (piece := connection.recv(2048)):
            return
        time.sleep(0.01)
        data += piece
        if left is None:
            if b"\r\n\r\n" not in data:
                continue
            head, data = data.split(b"\r\n\r\n", 1)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            left = int(fields.get(b"content-length", 0))
        if len(data) >= left:
            left, data = None, data[left:]
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


def answers(text):
    def answer(connection, over):
        read_request(connection)
        connection.sendall(text)
    return answer


def answers_for_ever(head, piece, pause=0.0):
    def answer(connection, over):
        read_request(connection)
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(piece)
            time.sleep(pause)
    return answer


def redirect(status):
    return answers(b"HTTP/1.1 %d Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status)


SERVERS = {
    "closes": closes,
    "resets": resets,
    "closes after the head": closes_after_head,
    "resets within the body": resets_within_body,
    "closes without an answer": closes_without_answer,
    "never reads": never_reads,
    "never answers": never_answers,
    "garbage": answers(bytes(range(256)) * 20),
    "another protocol": answers(b"220 mail.invalid ESMTP\r\n"),
    "half an answer": answers(b"HTTP/1.1 202 Accepted\r\nContent-Le"),
    "half a body": answers(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{"),
    "bad chunks": answers(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "huge chunk": answers(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"),
    "negative length": answers(b"HTTP/1.1 202 Accepted\r\nContent-Length: -5\r\n\r\n"),
    "absurd count": answers(b'HTTP/1.1 400 Bad\r\nContent-Length: 40\r\n\r\n{"accepted":99999999999999999999999999999}'),
    "bomb": answers(b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"),
    "endless head": answers_for_ever(b"HTTP/1.1 202 Accepted\r\n", b"X-Filler: 0123456789\r\n" * 50),
    "endless line": answers_for_ever(b"HTTP/1.1 202 ", b"Accepted " * 1000),
    "endless body": answers_for_ever(b"HTTP/1.1 400 Bad\r\n\r\n", b"x" * 65536),
    "endless chunks": answers_for_ever(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 99),
    "slow body": answers_for_ever(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10000\r\n\r\n", b"x", 0.2),
    "continues for ever": answers_for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "redirect 301": redirect(301),
    "redirect 307": redirect(307),
}
