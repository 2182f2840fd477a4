"""Connections that are closed by ways that nothing can see. What their number means next is not told as theirs."""
import shutil
import time

import pytest

from support import http_client
from support.paths import free_port
from test_tls import program, served

LINES = "HTTP/1.1 200 OK\r\n\r\n" + "GET /from-a-file HTTP/1.1\r\nHost: x\r\n\r\n" * 3


def paths(trace):
    return sorted(t["context"]["request"]["url"]["pathname"] for t in trace.requests)


@pytest.mark.parametrize("way", ["number", "open", "fopen"])
def test_program(tmp_path, way):
    port, file = free_port(), tmp_path / "file"
    file.write_text(LINES, encoding="ascii")
    with served([program("closed_unseen"), port, way, file], port) as trace:
        for i in range(5):
            with http_client.Connection(port) as connection:
                assert connection.request("GET", f"/{i}").status == 203
                assert not connection.socket.recv(1)
            with http_client.Connection(port) as connection:
                connection.socket.sendall(http_client.request_bytes("GET", "/unanswered", {}))
                assert not connection.socket.recv(1)
    assert paths(trace) == [f"/{i}" for i in range(5)] + ["/unanswered"] * 5
    assert {t["result"] for t in trace.requests if t["name"].endswith("unanswered")} == {"no response"}


NODE = """
const http = require('http'), fs = require('fs');
http.createServer((request, response) => {
  response.setHeader('Connection', 'close');
  response.end('ok');
  response.on('close', () => setTimeout(() => fs.readFile(process.argv[3], () => fs.writeFileSync(process.argv[4], '')), 5));
}).listen(+process.argv[2], '127.0.0.1');
"""


def test_node(tmp_path):
    """libuv closes by a system call's number."""
    if not shutil.which("node"):
        pytest.skip("no Node")
    port, file, script, done = free_port(), tmp_path / "file", tmp_path / "server.js", tmp_path / "done"
    file.write_text(LINES, encoding="ascii")
    script.write_text(NODE, encoding="ascii")
    with served(["node", script, port, file, done], port) as trace:
        for i in range(5):
            done.unlink(missing_ok=True)
            with http_client.Connection(port) as connection:
                assert connection.request("GET", f"/{i}").body == b"ok"
            while not done.exists():
                time.sleep(0.005)
    assert paths(trace) == [f"/{i}" for i in range(5)]
