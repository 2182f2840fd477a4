"""What cannot be seen is said: in the log, and by doctor."""
import ctypes
import json
import os
import socket
import subprocess

import pytest

from support import tracing
from support.paths import BUILD, PYTHON, free_port
from support.waiting import eventually

IO_URING_SETUP = 425
SERVICE = f"""
import ctypes, signal, socket, sys
socket.create_server(("127.0.0.1", int(sys.argv[1])))
assert ctypes.CDLL(None).syscall({IO_URING_SETUP}, 4, ctypes.create_string_buffer(120)) >= 0
signal.pause()
"""


def test_io_uring(tmp_path):
    """Said while the service runs, once."""
    ring = ctypes.CDLL(None).syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    if ring < 0:
        pytest.skip("no io_uring here")
    os.close(ring)
    log = tmp_path / "log"
    with tracing.traced([PYTHON, "-c", SERVICE, free_port()], env={"ELASTIC_APM_LOG_FILE": log}) as trace:
        eventually(lambda: log.exists() and "uses io_uring" in log.read_text(encoding="utf-8"))
        told = subprocess.run([BUILD / "apmshim", "doctor", str(trace.process.pid)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
    assert "io_uring" in told
    assert log.read_text(encoding="utf-8").count("uses io_uring") == 1


def test_tls_of_no_known_library(tmp_path):
    """A server whose library is not seen: one that answers a ClientHello by itself."""
    port, log = free_port(), tmp_path / "log"
    service = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    for _ in range(3):
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"\\x16\\x03\\x03\\x00\\x04\\x0e\\x00\\x00\\x00")
        connection.recv(1)
        connection.close()
"""
    hello = b"\x16\x03\x01\x00\x41\x01\x00\x00\x3d\x03\x03" + bytes(range(59))
    env = {"ELASTIC_APM_LOG_FILE": log, "ELASTIC_APM_METRICS_INTERVAL": "1s"}
    with tracing.traced([PYTHON, "-c", service, port], env=env) as trace:
        for _ in range(3):
            with eventually(lambda: connected(port)) as client:
                client.sendall(hello)
                assert client.recv(9)
        trace.process.wait(20)
    text = log.read_text(encoding="utf-8")
    assert text.count("let a proxy before the service do TLS") == 1
    assert "3 connections were TLS that is not ours to read" in text
    assert sum(m["samples"]["apmshim.unread"]["value"] for m in trace.metricsets
               if m.get("tags") == {"reason": "tls"}) == 3, json.dumps(trace.metricsets)


def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port))
    except ConnectionRefusedError:
        return None
