"""Hostile clients and hostile SQL. What a client sends and gets is the same with and without us, byte for
byte; the processes of the service live on; what becomes of it are valid events."""
import contextlib
import random
import re
import socket
import subprocess
import time

import pytest

import fault_harness as harness
from support import http_client, postgres, services, tracing
from support.http_client import request_bytes
from support.paths import EXAMPLES, PYTHON, free_port

LIMIT = 15  # seconds for a conversation
CHANCE = random.Random(1)
NOISE = bytes(CHANCE.randrange(256) for _ in range(60_000))
HOST = b"Host: h\r\n"


def get(path=b"/health", *fields):
    return b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def post(body, *fields, path=b"/orders"):
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def form(body):
    return post(body, b"Content-Length: %d" % len(body))


CHUNKED = b"Transfer-Encoding: chunked"

# What is sent; a number is a pause in seconds.
PEERS = {
    # no HTTP at all
    "nothing": [],
    "noise": [NOISE],
    "NULs": [bytes(5000)],
    "empty lines": [b"\r\n" * 3000 + get()],
    "TLS": [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:508]],
    "HTTP/2": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"],
    "proxy protocol": [b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00\x01\x1f\x90\x00\x50" + get()],
    # start lines
    "HTTP/0.9": [b"GET /health\r\n"],
    "HTTP/9.9": [b"GET / HTTP/9.9\r\n\r\n"],
    "no method": [b" / HTTP/1.1\r\n\r\n"],
    "long method": [b"G" * 5000 + b" / HTTP/1.1\r\n\r\n"],
    "8 KB URL": [get(b"/health?" + b"q" * 8000)],
    "64 KB URL": [get(b"/health?" + b"q" * 64000)],
    "bytes in URL": [get(b"/health\xff\xfe\xc0\x80?\xed\xa0\x80=\xf5")],
    "bad escapes in URL": [get(b"/health%zz%00%ff%c0%ae%?%=%1")],
    "control bytes in URL": [get(b"/health\x01\x07\x1b[31m")],
    "NUL in URL": [get(b"/health\x00/x")],
    "dots in URL": [get(b"/../../../../etc/passwd")],
    "absolute URL": [get(b"http://user:secret@[::1]:99999/health?x")],
    # headers
    "no colon": [get(b"/health", b"nonsense")],
    "no name": [get(b"/health", b": value")],
    "space before colon": [get(b"/health", b"Content-Length : 5")],
    "NUL in header": [get(b"/health", b"X-Request-Id: a\x00b")],
    "bytes in header": [get(b"/health", b"User-Agent: \xff\xc3\x28\xf0\x90\x28\xbc")],
    "folded header": [get(b"/health", b"X-A: 1\r\n 2\r\n\t3")],
    "bare newlines": [get().replace(b"\r\n", b"\n")],
    "bare returns": [get().replace(b"\r\n", b"\r")],
    "many headers": [get(b"/health", *[b"X-%d: 1" % i for i in range(3000)])],
    "large header": [get(b"/health", b"X-Large: " + b"x" * 60_000)],
    "endless header": [b"GET / HTTP/1.1\r\nX: ", *[b"x" * 65536] * 30],
    "endless headers": [b"GET / HTTP/1.1\r\n", *[b"X-Y: z\r\n" * 8000] * 30],
    "traceparents": [get(b"/health", b"traceparent: 00-" + b"f" * 32 + b"-" + b"f" * 16 + b"-ff",
                         b"traceparent: \xff", b"tracestate: " + b"a=b," * 2000)],
    # lengths and codings: smuggling
    "two lengths": [post(b"hello", b"Content-Length: 5", b"Content-Length: 6")],
    "length and chunks": [post(b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n", b"Content-Length: 4", CHUNKED)],
    "chunks and length": [post(b"5c\r\nGET /smuggled HTTP/1.1\r\n\r\n", CHUNKED, b"Content-Length: 4")],
    "two codings": [post(b"0\r\n\r\n", CHUNKED, b"Transfer-Encoding: identity")],
    "hidden coding": [post(b"0\r\n\r\n", b"Transfer-Encoding:\x0bchunked")],
    "request in body": [form(b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), get()],
    "negative length": [post(b"hello", b"Content-Length: -5")],
    "signed length": [post(b"hello", b"Content-Length: +5")],
    "huge length": [post(b"hello", b"Content-Length: 18446744073709551617")],
    "length of 2^63": [post(b"hello", b"Content-Length: 9223372036854775807")],
    "length in hex": [post(b"hello", b"Content-Length: 0x5")],
    "huge chunk": [post(b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n", CHUNKED)],
    "overflowing chunk": [post(b"10000000000000005\r\nhello\r\n0\r\n\r\n", CHUNKED)],
    "negative chunk": [post(b"-5\r\nhello\r\n0\r\n\r\n", CHUNKED)],
    "chunk extension": [post(b"5;" + b"e" * 9000 + b"\r\nhello\r\n0\r\n\r\n", CHUNKED)],
    "chunk without end": [post(b"5\r\nhelloXX0\r\n\r\n", CHUNKED)],
    "endless trailers": [post(b"0\r\n" + b"X-T: 1\r\n" * 9000, CHUNKED)],
    "one-byte chunks": [post(b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n", CHUNKED)],
    # pace
    "slow headers": [piece for byte in (b"GET /health HTTP/1.1\r\n", b"Host: h\r\n", b"A: b\r\n", b"\r\n")
                     for piece in (byte, 0.2)],
    "byte by byte": [piece for i in range(len(get())) for piece in (get()[i:i + 1], 0.003)],
    "pipelined": [get() * 500],
    "pipelined and cut": [get() * 50 + get()[:20]],
    # a service that lets its client write its headers
    "response splitting": [get(b"/split?x%0d%0aContent-Length:%200%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0aX-Evil:%201")],
    # bytes that reach the database
    "invalid UTF-8 in SQL": [form(b"customer=1&product=\xff\xc3\x28\xed\xa0\x80&quantity=1")],
    "NUL in SQL": [form(b"customer=1&product=a\x00b&quantity=1")],
    "quotes in SQL": [form(b"customer=1&product='';--\\'/*$$&quantity=1")],
    "no number for SQL": [form(b"customer=99999999999999999999&product=x&quantity=1")],
}

ALIKE = re.compile(rb"(Date|Last-Modified|ETag): [^\r\n]*", re.IGNORECASE)


def converse(port, pieces):
    """All bytes that come back until the peer closes, which our end of sending asks it to."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    time.sleep(piece)
            with contextlib.suppress(OSError):  # it was reset
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError, OSError):
            while data := connection.recv(65536):
                answer += data
    return ALIKE.sub(rb"\1", answer)


class Pair:
    """The same service twice: plain, and under the shim."""

    def __init__(self, plain_port, service):
        self.plain_port = plain_port
        self.service = service

    def assert_alike(self, pieces):
        plain, traced = converse(self.plain_port, pieces), converse(self.service.port, pieces)
        # What is answered before a reset may get lost on the way.
        assert plain == traced or plain.startswith(traced) or traced.startswith(plain), (plain[:500], traced[:500])
        self.service.send(1)
        assert not self.service.unanswered


@contextlib.contextmanager
def plain(command, port):
    process = subprocess.Popen(list(map(str, command)), env=tracing.environment(), stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        http_client.wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def pair(plain_command, plain_port, traced, workers=2):
    with plain(plain_command, plain_port), traced as service:
        assert harness.eventually(lambda: len(service.trace.children()) == workers)
        children = service.trace.children()
        yield Pair(plain_port, service)
        assert service.trace.children() == children, "a worker died"
    service.assert_unharmed(service.ends_with)
    service.assert_complete()  # the well-behaved in between


@pytest.fixture(scope="module")
def orders(pg, tmp_path_factory):
    port = free_port()
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        command = services.orders_command(port, pg.conninfo(database), 2)
        with pair(command, port, harness.orders(pg, tmp_path_factory.mktemp("orders"))) as both:
            both.service.ends_with = 0
            yield both


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    port = free_port()
    server = "location = /split { add_header X-Echo $arg_x; return 200 x; }"
    with contextlib.closing(services.Nginx(port, server=server)) as other:
        (other.www / "health").write_bytes(b"n" * 600)
        with pair(other.command, port, harness.nginx(tmp_path_factory.mktemp("nginx"), server=server)) as both:
            both.service.ends_with = 0
            yield both


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    ports, folder = (free_port(), free_port()), tmp_path_factory.mktemp("raw")
    commands = [[PYTHON, harness.HERE / "programs" / "splitting_server.py", port, "/dev/null"] for port in ports]
    with pair(commands[0], ports[0], harness.service(commands[1], ports[1], folder), workers=0) as both:
        both.service.ends_with = 0
        yield both


@pytest.mark.parametrize("kind", ["orders", "nginx", "raw"])
@pytest.mark.parametrize("name", PEERS)
def test_peer(request, name, kind):
    request.getfixturevalue(kind).assert_alike(PEERS[name])


def test_client_that_never_reads(nginx):
    """Large answers are asked for and not taken."""
    with socket.create_connection(("127.0.0.1", nginx.service.port)) as connection:
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                connection.send(get() * 100)
    nginx.service.send(10)
    assert not nginx.service.unanswered


# ---- SQL ----

STATEMENTS = {
    "invalid UTF-8": b"SELECT '\xff\xc3\x28'",
    "invalid UTF-8 in a name": b'SELECT 1 AS "\xed\xa0\x80"; SELECT \xf5',
    "NUL": b"SELECT 'a\x00b'; SELECT 2",
    "control bytes": b"SELECT '\x01\x02\x1b[31m\x7f'",
    "unended string": b"SELECT 'abc",
    "unended comment": b"SELECT 1 /* /* abc */",
    "unended dollar quote": b"SELECT $x$ abc $y$",
    "deep comment": b"/*" * 3000 + b"*/" * 3000 + b"SELECT 1",
    "deep parentheses": b"SELECT " + b"(" * 500 + b"1" + b")" * 500,
    "large": b"SELECT length('" + b"x" * 1_000_000 + b"')",
    "many values": b"SELECT 1 WHERE 1 IN (" + b",".join(b"%d" % i for i in range(20_000)) + b")",
    "many statements": b"SELECT 1;" * 2000,
    "nothing": b";;;;  ;",
    "only a comment": b"-- nothing",
    "long name": b'SELECT 1 AS "' + b"n" * 5000 + b'"',
    "error with bytes": b"SELECT 1/0; SELECT * FROM \"t\xc3\xa9\xe2\x82\xac\"; SELECT E'\\xff'",
    "notice": b"DO $$ BEGIN RAISE NOTICE '%', repeat('x', 20000); END $$",
    "noise": NOISE[:3000],
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement(pg, tmp_path, name):
    """psql says and does the same, and the events are valid."""
    command = [postgres.programs() / "psql", "-X", "-q", "-A", "-d", pg.conninfo("postgres"), "-f", tmp_path / "sql"]
    (tmp_path / "sql").write_bytes(STATEMENTS[name] + b"\n;\nSELECT 'still there';\n")
    expected = subprocess.run(command, env=tracing.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    with (tmp_path / "out").open("wb") as out:
        with tracing.traced(command, stdout=out, stderr=subprocess.STDOUT) as trace:
            trace.process.wait(60)
    assert (trace.process.returncode, (tmp_path / "out").read_bytes()) == (expected.returncode, expected.stdout)
    assert len(trace.transactions) == 1
