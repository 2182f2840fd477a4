"""Protocols that are not read: a request and its response are a transaction of type tcp where the operator
says so, and nothing is where he does not."""
import contextlib
import socket
import struct
import time

import pytest

from support import gateways, http_client, truth, tracing
from support.paths import PYTHON, REPO, free_port

ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"}


@contextlib.contextmanager
def server(kind, *, named=True, env=None):
    ports = [free_port()]
    options = {"APMSHIM_TCP_NAMES": f"1=other, {ports[0]}=ledger "} if named else {}
    command = [PYTHON, REPO / "tests" / "support" / "turn_server.py", kind, *ports]
    with tracing.traced(command, env=options | (env or {})) as trace:
        http_client.wait_for(ports[0], trace.process)
        trace.port = ports[0]
        yield trace


@contextlib.contextmanager
def connected(trace):
    with socket.create_connection(("127.0.0.1", trace.port), timeout=20) as connection:
        with connection.makefile("rb") as file:
            yield connection, file


def of_tcp(trace):
    assert all(t["type"] == "tcp" for t in trace.transactions)
    return sorted(trace.transactions, key=lambda t: t["timestamp"])


def ask_lines(trace, words):
    with connected(trace) as (connection, file):
        assert file.readline() == b"220 ready\n"
        for word in words:
            connection.sendall(f"{word} something\n".encode())
            assert file.readline() == f"250 {word} something\n".encode()


def test_lines(pg):
    with pg.database(gateways.APPS / "schema.sql") as database:
        with server("lines", env=ALL_SPANS | pg.environment(database)) as trace:
            for connection in range(4):
                ask_lines(trace, [f"word{connection}-{i}" for i in range(25)])
        counted = pg.calls(database)
    transactions = of_tcp(trace)
    assert len(transactions) == 100
    assert {(t["name"], t["result"], t["outcome"]) for t in transactions} == {("ledger", "answered", "success")}
    truth.assert_statements(trace, counted)
    owners = [s["transaction_id"] for s in trace.statements()]
    assert sorted(owners) == sorted(t["id"] for t in transactions)


def test_frames():
    """A frame comes in two reads, and may be longer than what is kept of it."""
    with server("frames") as trace, connected(trace) as (connection, file):
        for size in (1, 100, 30_000, 3):
            connection.sendall(struct.pack("!I", size) + b"f" * size)
            assert file.read(4 + 2 * size)[4:] == b"f" * 2 * size
    assert len(of_tcp(trace)) == 4


@pytest.mark.parametrize("every_port", ["true", "false"])
def test_ports_without_a_name(every_port):
    with server("lines", named=False, env={"APMSHIM_TCP": every_port}) as trace:
        ask_lines(trace, ["Q", "HELLO", "GET"])
    assert [t["name"] for t in of_tcp(trace)] == ([f"tcp {trace.port}"] * 3 if every_port == "true" else [])


def test_duration_and_silence():
    """From the question to the last byte of the answer; sent though the connection stays."""
    with server("lines") as trace, connected(trace) as (connection, file):
        took = []
        file.readline()
        for word in (b"WAIT\n", b"NOW\n"):
            time.sleep(0.2)
            asked = time.monotonic()
            connection.sendall(word)
            file.readline()
            took.append((time.monotonic() - asked) * 1000)
        deadline = time.monotonic() + 60
        while len(trace.server.lines) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(trace.server.lines) == 2
    slow, fast = of_tcp(trace)
    # The silence behind an answer, 4 s, is no part of it; nor is much between two looks at the clock.
    assert 300 <= slow["duration"] < took[0] + 2000 and fast["duration"] < took[1] + 2000


def test_pipelined_is_one():
    with server("lines") as trace, connected(trace) as (connection, file):
        file.readline()
        connection.sendall(b"A\nB\n")
        assert [file.readline(), file.readline()] == [b"250 A\n", b"250 B\n"]
    assert len(of_tcp(trace)) == 1


def test_not_answered():
    with server("lines") as trace, connected(trace) as (connection, file):
        file.readline()
        connection.sendall(b"LEAVE\n")
        assert file.readline() == b""
    transaction, = of_tcp(trace)
    assert (transaction["result"], transaction["outcome"]) == ("no response", "failure")


def test_stream():
    """What is pushed without being asked for is one response, as long as it does not stop."""
    with server("pushes") as trace, connected(trace) as (connection, file):
        connection.sendall(b"subscribe\n")
        for _ in range(40):
            file.readline()
    transaction, = of_tcp(trace)
    assert transaction["duration"] >= 300


def test_tls_is_nothing():
    """Also where it follows a greeting, or a question that asks for it."""
    with server("lines") as trace:
        for before in (b"", b"STARTTLS\n"):
            with connected(trace) as (connection, file):
                assert file.readline() == b"220 ready\n"
                if before:
                    connection.sendall(before)
                    assert file.readline() == b"250 " + before
                for data in (b"\x16\x03\x01\x00\x09\x01hello\n", b"\x17\x03\x03\x00\x05hello\n"):
                    connection.sendall(data)
                    file.readline()
    assert len(of_tcp(trace)) == 1
