"""Markers that clients and services plant in requests and answers, and users in options, are in no event, and no
message of the forwarder."""
import base64
import contextlib
import http.server
import json
import socket
import threading
import time

import pytest

from support import http_client, tracing
from support.paths import PYTHON, REPO, free_port

MARKER = "S3CRET"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{MARKER}"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextlib.contextmanager
def answering(folder, answer=PLAIN, **options):
    port = free_port()
    (folder / "answer").write_bytes(answer)
    command = [PYTHON, REPO / "tests/support/answering_server.py", port, folder / "answer"]
    with tracing.traced(command, **options) as trace:
        http_client.wait_for(port, trace.process)
        yield trace, port


def ask(port, data):
    """What comes back until the server has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        time.sleep(0.05)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def sent(trace):
    return b"\n".join(line for upload in trace.server.uploads for line in upload.lines)


def with_line(line):
    return b"GET /a HTTP/1.1\r\nHost: h\r\n" + line.encode("latin-1") + b"\r\nX-After: visible\r\n\r\n"


REQUESTS = [with_line(line) for line in (
    f"Authorization: Bearer {MARKER}", f"Authorization : Bearer {MARKER}", f"authorization\t:\t{MARKER}",
    f"AUTHORIZATION:{MARKER}", f"Authorization:\r\n Bearer {MARKER}", f"Authorization:\r\n\t{MARKER}",
    f"X-Any: a\r\n Bearer {MARKER}", f"Authorization:: {MARKER}", f"X-Any:: Bearer {MARKER}",
    f"Bearer {MARKER}", f"{MARKER}", f" token: {MARKER}", f"{MARKER} a: x", f"a\0{MARKER}: x", f"Authorization\0: {MARKER}",
    f"X-Any\0: Bearer {MARKER}", f"X-Any: \0Bearer {MARKER}", f": Bearer {MARKER}", f"X-Any: {JWT}",
    f"X-Any: a\rAuthorization: {MARKER}", f"HTTP_AUTHORIZATION: {MARKER}", f"X_API_KEY: {MARKER}",
    f"X-{'a' * 60}-Token: {MARKER}", f"Sec-WebSocket-Protocol: bearer, {MARKER}", f"Referer: http://u:{MARKER}@h/",
    f"Referer: https://h/?a=b&token={MARKER}", f"X-Original-Url: /a;sid={MARKER}", f"Host: u:{MARKER}@h",
    f"baggage: a=b,session={MARKER}", f"X-Any: http%3A%2F%2Fu%3A{MARKER}%40h", f"Link: <https://u:{MARKER}@h/>; rel=a",
    f"X-Any: a{' ' * 900}token={MARKER * 50}", f"Cookie: a={MARKER}", f"cookie2: {MARKER}")] + [
    f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode() for target in (
        f"/a?token={MARKER}", f"/a?%74oken={MARKER}", f"/a?user[password]={MARKER}&b=c", f"/a;jsessionid={MARKER}/b",
        f"/a%3Bjsessionid%3D{MARKER}", f"http://u:{MARKER}@h/a", f"http://u:a/{MARKER}@h/a", f"/a?next=//u:{MARKER}@h/",
        f"/verify/{JWT}", f"/a?{JWT}", f"/a#{MARKER}", f"/a?b={'x' * 1000}&token={MARKER * 9}", f"/a?password=a {MARKER}")
] + [
    f"CONNECT u:{MARKER}@h:443 HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
    # Bodies that look like heads, and what is no request at all, on a connection that is known to be HTTP.
    b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n" + f"X-Any: {MARKER}\r\nGET /{MARKER} HTTP/1.1".ljust(60).encode(),
    f"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9;{MARKER}\r\n{MARKER}abc\r\n0\r\n"
    f"Authorization: {MARKER}\r\nX-Trailer: {MARKER}\r\n\r\n".encode(),
    f"GET /a HTTP/1.1\r\nHost: h\r\n\r\n{MARKER} /a HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
    f"GET /a HTTP/1.1\r\nHost: h\r\n\r\n{MARKER}: x\r\n\r\n".encode(),
    f"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/{MARKER}\r\n\r\n".encode(),
    f"GET /a {MARKER}\r\nHost: h\r\n\r\n".encode(),
    f"GET http{MARKER}://h/a HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
]


@pytest.mark.parametrize("option", [{}, {"ELASTIC_APM_USE_PATH_AS_TRANSACTION_NAME": "true"}, {"APMSHIM_URL": "template"},
                                    {"ELASTIC_APM_CAPTURE_HEADERS": "false"}], ids=str)
def test_requests(tmp_path, option):
    shown = tmp_path / "print"
    with answering(tmp_path, env=option) as (trace, port):
        for request in REQUESTS:
            ask(port, request)
    events = sent(trace)
    assert len(trace.requests) >= len(REQUESTS) - 5  # of some nobody can say where they end
    assert MARKER.encode() not in events, [line[:2000] for line in events.splitlines() if MARKER.encode() in line][:3]
    assert (b"visible" in events) == ("ELASTIC_APM_CAPTURE_HEADERS" not in option)
    with answering(tmp_path, env=option | {"APMSHIM_PRINT": shown}) as (trace, port):
        for request in REQUESTS:
            ask(port, request)
    text = shown.read_text(encoding="utf-8")
    assert text and MARKER not in text


def test_answers(tmp_path):
    lines = [f"Set-Cookie: a={MARKER}", f"Location: https://u:{MARKER}@h/cb#access_token={MARKER}", f"X-Any: Bearer {MARKER}",
             f"Link: </a?page=2&token={MARKER}>; rel=next", f"Refresh: 5; url=/a;sid={MARKER}", f"{MARKER}", f"X-Csrf: {MARKER}",
             f"Content-Location: /a?sig={MARKER}", f"X-Any: {JWT}", f"Authentication-Info: {MARKER}", "ETag: \"visible\""]
    answer = f"HTTP/1.1 302 {MARKER}\r\n" + "".join(f"{line}\r\n" for line in lines) + "Content-Length: 0\r\n\r\n"
    with answering(tmp_path, answer.encode()) as (trace, port):
        assert ask(port, b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n") == answer.encode()
    events = sent(trace)
    assert MARKER.encode() not in events and b"visible" in events
    headers = trace.requests[0]["context"]["response"]["headers"]
    assert headers["Link"] == "</a?page=2&token=[REDACTED]>; rel=next"
    assert headers["Location"] == "https://[REDACTED]@h/cb#access_token=[REDACTED]"


def test_harmless(tmp_path):
    target = "/orders/17?page=2&sort=-date&q=monkey"
    headers = {"Host": "shop.example.com:8080", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept": "*/*;q=0.8",
               "X-Request-Id": "17-a", "Referer": f"https://shop.example.com{target}", "If-None-Match": "W/\"a==\""}
    with answering(tmp_path) as (trace, port):
        ask(port, http_client.request_bytes("GET", target, headers))
    request = trace.requests[0]["context"]["request"]
    assert request["headers"] == headers
    assert request["url"]["full"] == f"http://shop.example.com:8080{target}"


# ---- the log ----

class Echo(http.server.BaseHTTPRequestHandler):
    """Refuses, and quotes all that it got; redirects to itself with what it knows."""
    protocol_version = "HTTP/1.1"
    status = 400

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pad = "x" * self.server.pad
        body = json.dumps({"accepted": 0, "errors": [{"message": f"{pad} {self.requestline} {name}: {value}"}
                                                     for name, value in self.headers.items()]}).encode()
        self.send_response(self.server.status)
        self.send_header("Location", f"http://u:{MARKER}@127.0.0.1:{self.server.server_address[1]}/x?token={MARKER}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_CONNECT = answer

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@contextlib.contextmanager
def echo(status, pad=0):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.status, server.pad = status, pad
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def log_of(folder, env):
    log = folder / "log"
    env = {"ELASTIC_APM_LOG_FILE": log, "ELASTIC_APM_LOG_LEVEL": "trace", "ELASTIC_APM_SERVER_TIMEOUT": "1s"} | env
    with answering(folder, env=env) as (_, port):
        ask(port, b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
    text = log.read_text(encoding="utf-8")
    log.unlink()
    return text


BASIC = base64.b64encode(f"user:{MARKER}pw".encode()).decode()
API_KEY = base64.b64encode(f"id:{MARKER}key".encode()).decode()
HIDDEN = [MARKER, BASIC.rstrip("="), API_KEY.rstrip("="), "tail-of-it"]

CREDENTIALS = [
    ("", {"ELASTIC_APM_SECRET_TOKEN": f"{MARKER}token"}),
    ("", {"ELASTIC_APM_API_KEY": API_KEY}),
    ("", {"ELASTIC_APM_SECRET_TOKEN": f"a\"b\\{MARKER}/c"}),
    (f"user:{MARKER}pw@", {}),
    (f"user:{MARKER}%40pw@", {}),
    (f"user:{MARKER}/tail-of-it@", {}),
    (f"user:a?{MARKER}@", {}),
    (f"user:a#{MARKER}@", {}),
    (f"user:a@{MARKER}@", {}),
    (f"user:a:{MARKER}@", {}),
    (f"user:a,{MARKER}@", {}),
    (f"{MARKER}@", {}),
]


@pytest.mark.parametrize("user, env", CREDENTIALS, ids=range(len(CREDENTIALS)))  # a folder's name is in the log
def test_log(tmp_path, user, env):
    certificate = {"ELASTIC_APM_SERVER_CA_CERT_FILE": "/nonesuch.pem"}
    with echo(400) as refuses, echo(302) as redirects, echo(401) as unauthorised:
        dead = f"127.0.0.1:{free_port()}"
        servers = [f"http://{user}{refuses}", f"http://{user}{redirects}/", f"http://{user}{unauthorised}", f"http://{user}{dead}",
                   f"http://{user}nonesuch.invalid:8200", f"https://{user}{refuses}",
                   f"http://{user}{dead},http://{user}{refuses}/b , http://other.invalid", f"http://{user}", f"{user}{dead}",
                   f"http://{user}{refuses}:x"]
        texts = [log_of(tmp_path, env | {"ELASTIC_APM_SERVER_URL": url, "ELASTIC_APM_SERVER_TIMEOUT": "30s"})
                 for url in servers]
        texts.append(log_of(tmp_path, env | certificate | {"ELASTIC_APM_SERVER_URL": f"https://{user}{refuses}"}))
    for url, text in zip(servers, texts):
        assert "starts" in text and not [hidden for hidden in HIDDEN if hidden in text], (url, text)
    assert "status 400" in texts[0] or user not in ("", CREDENTIALS[3][0]), texts[0]


def test_log_of_cut_answers(tmp_path):
    """What is quoted is cut, wherever that falls."""
    for pad in range(700, 1000, 20):
        with echo(400, pad) as server:
            text = log_of(tmp_path, {"ELASTIC_APM_SERVER_URL": f"http://{server}", "ELASTIC_APM_SECRET_TOKEN": f"{MARKER}" * 10,
                                     "ELASTIC_APM_SERVER_TIMEOUT": "30s"})
        assert "status 400" in text and "S3C" not in text, text


@pytest.mark.parametrize("user", [f"user:{MARKER}pw@", f"user:a/{MARKER}@", f"user:a%2F{MARKER}@", f"{MARKER}@"],
                         ids=range(4))
def test_log_of_proxies(tmp_path, user):
    with echo(407) as refuses:
        dead = f"127.0.0.1:{free_port()}"
        for proxy in (f"http://{user}{refuses}", f"{user}{refuses}", f"http://{user}{dead}", f"https://{user}{dead}",
                      f"socks5://{user}{dead}", f"nonesuch://{user}{dead}", f"http://{user}nonesuch.invalid:1", f"http://{user}"):
            for variable, url in (("http_proxy", "http://192.0.2.1"), ("HTTPS_PROXY", "https://192.0.2.1"),
                                  ("ALL_PROXY", "http://192.0.2.1")):
                text = log_of(tmp_path, {variable: proxy, "ELASTIC_APM_SERVER_URL": url})
                assert not [hidden for hidden in HIDDEN if hidden in text], (proxy, text)


def test_spool_is_as_what_was_to_be_sent(tmp_path):
    env = {"ELASTIC_APM_SERVER_URL": f"http://user:{MARKER}@127.0.0.1:{free_port()}", "APMSHIM_SPOOL": tmp_path / "spool",
           "ELASTIC_APM_SECRET_TOKEN": f"{MARKER}token"}
    with answering(tmp_path, env=env) as (_, port):
        ask(port, f"GET /a?token={MARKER} HTTP/1.1\r\nHost: u:{MARKER}@h\r\nAuthorization: {MARKER}\r\n\r\n".encode())
    files = [file.read_bytes() for file in (tmp_path / "spool").iterdir()]
    assert files and not [data for data in files if MARKER.encode() in data]
