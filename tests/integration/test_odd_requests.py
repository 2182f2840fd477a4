"""Requests and answers as nobody should send them: what the service's own log counts is told, as far as it can be read.
Truth: nginx's and Apache's access logs, and what the clients of odd servers got."""
import collections
import contextlib
import shutil
import signal
import socket

import pytest

from support import gateways, http_client, odd_server, services, tracing
from support.paths import PYTHON, REPO, free_port

END = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HEADERS = b"\r\nHost: a\r\nConnection: close\r\n\r\n"


def long(n):
    return b"/" + b"a" * n


# What the client sends; each on a connection of its own.
ODD = {
    "long-7500": b"GET " + long(7500) + END, "long-15000": b"GET " + long(15000) + END,
    "long-40000": b"GET " + long(40000) + END, "long-query": b"POST /x?" + b"q" * 20000 + END,
    "subscribe": b"SUBSCRIBE /a" + END, "search": b"M-SEARCH *" + END, "made-up": b"X-LAMP.on /a" + END,
    "made-up-and-long": b"FROB " + long(20000) + END, "lower-case": b"get /a" + END,
    "tab": b"GET /a\tb" + END, "nul": b"GET /a\0b" + END, "del": b"GET /a\x7fb" + END, "no-slash": b"GET abc" + END,
    "star": b"GET *" + END, "no-target": b"GET HTTP/1.1" + HEADERS, "blanks": b"GET /a b c" + END,
    "version-2": b"GET / HTTP/2.0" + HEADERS, "version-9": b"GET / HTTP/9.9" + HEADERS,
    "version-lower": b"GET / http/1.1" + HEADERS, "no-version": b"POST /" + HEADERS, "simple": b"GET /\r\n",
    "other-protocol": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "ssh": b"SSH-2.0-Go\r\n\r\n", "mail": b"EHLO a\r\n\r\n",
    "remote-desktop": b"\x03\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=Admin\r\n\r\n", "words": b"hello world\r\n\r\n",
    "braces": b"G{T /" + END, "long-method": b"A" * 300 + b" /" + END, "utf-8": "GET /größe".encode() + END,
    "connect": b"CONNECT h:443" + END, "absolute": b"GET http://a.b/c" + END, "no-host": b"GET / HTTP/1.1\r\n\r\n",
    "bad-header": b"GET / HTTP/1.1\r\nHo st: a\r\n: b" + HEADERS, "bad-length": b"POST / HTTP/1.1\r\nContent-Length: a" + HEADERS,
    "bare-newlines": b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
    "good-and-bad": b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 FOO\r\nHost: a\r\n\r\nGET /3" + END,
    "behind-close": b"GET /1" + END + b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
}
BYTEWISE = [name for name, data in ODD.items() if len(data) < 600]


def answer_to(port, data, size):
    """All that comes until the server closes the connection, or has nothing left to do."""
    with socket.create_connection(("127.0.0.1", port), timeout=http_client.LIMIT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # it may have heard enough
            for at in range(0, len(data), size):
                connection.sendall(data[at:at + size])
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


@contextlib.contextmanager
def nginx(_folder):
    port = free_port()
    with contextlib.closing(services.Nginx(port, http="large_client_header_buffers 4 64k;")) as server:
        with tracing.traced(server.command, stop_signal=signal.SIGQUIT) as trace:
            http_client.wait_for(port, trace.process)
            yield port, trace
        trace.log = (server.folder / "access.log").read_text("utf-8", "replace")


@contextlib.contextmanager
def apache(folder):
    port = free_port()
    more = 'LimitRequestLine 60000\nLimitRequestFields 100\nCustomLog "%s/odd.log" "%%>s"' % folder
    with tracing.traced(gateways.apache(folder, port, "event", more=more)) as trace:
        http_client.wait_for(port, trace.process)
        yield port, trace
    trace.log = (folder / "odd.log").read_text("utf-8", "replace")


def statuses(trace):
    return collections.Counter(t["context"].get("response", {}).get("status_code") for t in trace.requests)


def assert_as_logged(trace, answers):
    """HTTP/0.9 is logged with a status that was not sent."""
    logged = collections.Counter(int(line.split()[-1]) for line in trace.log.splitlines())
    told = statuses(trace)
    unsent = told.pop(None, 0)
    assert logged.total() == told.total() + unsent and not told - logged, (logged - told, told - logged, unsent)
    assert unsent == sum(t["result"] == "unknown" for t in trace.requests)
    assert unsent == sum(bool(answer) and not answer.startswith(b"HTTP/1.") for answer in answers)


@pytest.mark.parametrize("server", [nginx, apache])
def test_first_lines(server, folder):
    with server(folder) as (port, trace):
        answers = [answer_to(port, data, len(data)) for data in ODD.values()]
        answers += [answer_to(port, ODD[name], 1) for name in BYTEWISE]
    assert_as_logged(trace, answers)
    names = collections.Counter(t["name"] for t in trace.requests)
    assert {"SUBSCRIBE /a", "M-SEARCH *", "_OTHER /a", "CONNECT h:443", "GET unknown route", "_OTHER unknown route"
            } <= names.keys()
    assert not any("X-LAMP" in name or "FROB" in name or "mstshash" in name for name in names)
    urls = [t["context"]["request"]["url"] for t in trace.requests]
    assert sum(url.get("pathname", "").startswith("/aaaaaaaa") for url in urls) == 4


def test_answers(tmp_path):
    """Each as the first of a connection, as one behind others, and to HEAD."""
    port, wanted = free_port(), collections.Counter()
    command = [PYTHON, REPO / "tests" / "support" / "odd_server.py", port]
    with tracing.traced(command, env={"PYTHONDONTWRITEBYTECODE": "1"}) as trace:
        http_client.wait_for(port, trace.process)
        for name, (_, status) in odd_server.ANSWERS.items():
            one = f"GET /{name} HTTP/1.1\r\n\r\n".encode()
            before = b"GET /plain HTTP/1.1\r\n\r\n" * 2
            for data in one, before + one, b"HEAD /plain HTTP/1.1\r\n\r\n" + one:
                answer_to(port, data, len(data))
                wanted.update(["/plain 200"] * (data.count(b"\r\n\r\n") - 1) + [f"/{name} {status}"])
    told = collections.Counter(f"{t['context']['request']['url']['pathname']} "
                               f"{t['context'].get('response', {}).get('status_code')}" for t in trace.requests)
    assert told == wanted
    unread = [t for t in trace.requests if "response" not in t["context"]]
    assert {(t["result"], t["outcome"]) for t in unread} == {("unknown", "unknown")}


def long_urls(listen, protocol):
    """Of 7,500 to 30,000 bytes, in the path and in the query; the statuses."""
    urls = ["/" + "p" * n for n in (7500, 13000, 20000)] + ["/q?" + "q" * n for n in (7500, 13000, 20000, 30000)]
    with gateways.nginx(protocol, listen, http="large_client_header_buffers 4 64k;") as gateway:
        return [http_client.get(gateway, url).status for url in urls]


def assert_long(trace, answered):
    told = sorted(trace.requests, key=lambda t: t["timestamp"])
    assert [t["context"]["response"]["status_code"] for t in told] == answered
    assert [t["context"]["request"]["method"] for t in told] == ["GET"] * 7
    assert [t["context"]["request"]["url"]["pathname"][:3] for t in told] == ["/pp"] * 3 + ["/q"] * 4


def test_long_urls_of_uwsgi(folder):
    listen = f"127.0.0.1:{free_port()}"
    command = gateways.uwsgi(folder, "socket", listen, 1, "--buffer-size", 65535)
    with tracing.traced(command, env={"PYTHONDONTWRITEBYTECODE": "1", "PGDATABASE": "none"}) as trace:
        http_client.wait_for(int(listen.rpartition(":")[2]), trace.process)
        answered = long_urls(listen, "uwsgi")
    assert_long(trace, answered)


@contextlib.contextmanager
def php(folder):
    listen = f"127.0.0.1:{free_port()}"
    shutil.copy(REPO / "tests" / "support" / "php_warnings.php", folder / "index.php")
    (folder / "index.php").chmod(0o644)
    with tracing.traced(gateways.php_fpm(folder, listen, workers=1), stop_signal=signal.SIGQUIT) as trace:
        http_client.wait_for(int(listen.rpartition(":")[2]), trace.process)
        yield listen, trace


def test_long_urls_of_fastcgi(folder):
    with php(folder) as (listen, trace):
        answered = long_urls(listen, "fastcgi")
    assert_long(trace, answered)


def test_php_says_much_to_standard_error(folder):
    """php-fpm's own log has the statuses; nginx takes no more than some KB of the rest for an answer."""
    queries = [f"?warnings={n}&code={code}" for n in (0, 1, 6, 7, 20, 70, 300) for code in (200, 404, 503)]
    with php(folder) as (listen, trace):
        script = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php; fastcgi_buffers 16 64k; fastcgi_buffer_size 64k;"
        with gateways.nginx("fastcgi", listen, extra=script) as gateway:
            for query in queries:
                http_client.get(gateway, "/index.php" + query)
    logged = [int(line.split()[-1]) for line in (folder / "access.log").read_text("utf-8").splitlines()]
    told = [t["context"]["response"]["status_code"] for t in sorted(trace.requests, key=lambda t: t["timestamp"])]
    assert told == logged == [200, 404, 503] * 7


def test_php_dies(folder):
    """Whatever it said before. What the script itself says of it is about somebody, and stays."""
    with php(folder) as (listen, trace):
        script = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php; fastcgi_buffers 16 64k; fastcgi_buffer_size 64k;"
        with gateways.nginx("fastcgi", listen, extra=script) as gateway:
            for query in "throw=anna", "warnings=70&throw=anna", "memory=1", "warnings=9&memory=1", "warnings=3":
                http_client.get(gateway, "/index.php?" + query)
    requests = sorted(trace.requests, key=lambda t: t["timestamp"])
    assert [t["outcome"] for t in requests] == ["failure"] * 4 + ["success"]
    errors = {error["transaction_id"]: error for error in trace.errors}
    told = [errors[t["id"]] for t in requests[:4]]
    assert len(trace.errors) == 4 and all(error["exception"]["handled"] is False for error in told)
    assert [e["exception"]["type"] for e in told] == ["DomainException"] * 2 + ["Fatal error"] * 2
    assert [e["exception"]["message"] for e in told[:2]] == ["Uncaught DomainException"] * 2
    assert all(e["exception"]["message"].startswith("Allowed memory size of 4194304 bytes") for e in told[2:])
    assert [e["culprit"] for e in told] == [f"{folder}/index.php:6"] * 2 + [f"{folder}/index.php:9"] * 2
    assert "anna" not in str([error["exception"] for error in trace.errors])
