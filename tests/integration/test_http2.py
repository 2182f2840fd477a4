"""HTTP/2: each stream a transaction. Truth: the servers' access logs, and what the clients were told."""
import collections
import contextlib
import re
import signal
import subprocess

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded

from support import http_client, services, tracing, truth
from support.paths import PYTHON, REPO, free_port
from test_school import ALL_SPANS
from test_tls import assert_https, certificate, served  # noqa: F401, pylint: disable=unused-import

APACHE = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
ServerName test.invalid
Mutex posixsem
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Protocols h2 h2c http/1.1
H2Upgrade on
StartServers 2
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
DocumentRoot {folder}/www
User {user}
LogFormat "%{{X-Request-Id}}i %m %U %>s" ids
CustomLog {folder}/access.log ids
{more}
"""


@contextlib.contextmanager
def apache(folder, more=""):
    """Yields the trace; its `logged` is there afterwards."""
    port = free_port()
    folder.chmod(0o755)
    for parent in folder.parents[:2]:
        parent.chmod(0o755)
    (folder / "www").mkdir()
    (folder / "www" / "small").write_bytes(b"n" * 612)
    (folder / "www" / "large").write_bytes(b"n" * 500_000)
    config = folder / "apache.conf"
    config.write_text(APACHE.format(folder=folder, port=port, user="nobody", more=more), encoding="ascii")
    # Stopped so that it still logs what it has answered.
    command = ["/usr/sbin/apache2", "-DFOREGROUND", "-f", config]
    with served(command, port, stop_signal=signal.SIGWINCH) as trace:
        trace.port, trace.folder = port, folder
        yield trace
    trace.logged = truth.access_log(folder / "access.log")


@contextlib.contextmanager
def node(folder):
    port, log = free_port(), folder / "log"
    log.touch()
    with served(["node", REPO / "tests/support/http2_server.js", port, log], port) as trace:
        trace.port = port
        yield trace
    trace.logged = truth.access_log(log)


def answers(folder):
    """Of Apache's log, without the 101 that it writes beside the answer."""
    return [line for line in truth.access_log(folder / "access.log") if line[3] != 101]


def h2load(url, count, clients=4, streams=8, *options):
    """All of the requests are answered; how many by status class."""
    done = subprocess.run(["h2load", "-n", str(count), "-c", str(clients), "-m", str(streams), *options, url],
                          capture_output=True, text=True, check=True, timeout=60)
    found = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    return [int(word) for word in found.groups()]


def curl(*arguments):
    return subprocess.run(["curl", "-sk", *map(str, arguments)], capture_output=True, check=False, timeout=30)


def seen(trace):
    return collections.Counter(
        (t["context"]["request"]["method"], t["context"]["request"]["url"]["pathname"], t["result"])
        for t in trace.requests)


def assert_http2(trace):
    versions = {t["context"]["request"]["http_version"] for t in trace.requests}
    assert versions == {"2"}, versions


def test_curl_to_node(tmp_path):
    with node(tmp_path) as trace:
        url = f"http://127.0.0.1:{trace.port}"
        for i, path in enumerate(["/a", "/none", "/large", "/b?c=d"]):
            curl("--http2-prior-knowledge", "-H", f"X-Request-Id: h-{i}", url + path)
        body = curl("--http2-prior-knowledge", "-H", "X-Request-Id: h-9", "--data-binary", "x" * 100_000, url + "/up")
        assert body.stdout == b"100000"
    truth.assert_requests(trace, trace.logged)
    assert len(trace.transactions) == 5
    assert_http2(trace)
    names = {tracing.request_id(t): t["name"] for t in trace.requests}
    assert names["h-9"] == "POST /up" and names["h-3"] == "GET /b"


def test_streams_at_once(tmp_path):
    with node(tmp_path) as trace:
        answered = h2load(f"http://127.0.0.1:{trace.port}/large", 400, 4, 16)
        assert answered == [400, 0, 0, 0]
        answered = h2load(f"http://127.0.0.1:{trace.port}/none", 2000, 4, 32)
        assert answered == [0, 0, 2000, 0]
    assert seen(trace) == {("GET", "/large", "HTTP 2xx"): 400, ("GET", "/none", "HTTP 4xx"): 2000}
    assert len(trace.logged) == 2400


def test_durations_are_each_streams_own(tmp_path):
    """A fast one answered while a slow one waits, on the same connection."""
    with node(tmp_path) as trace:
        url = f"http://127.0.0.1:{trace.port}"
        subprocess.run(["nghttp", "-n", url + "/slow", url + "/fast", url + "/none"], check=True, timeout=20,
                       capture_output=True)
    durations = {t["context"]["request"]["url"]["pathname"]: t["duration"] for t in trace.requests}
    assert durations.keys() == {"/slow", "/fast", "/none"}
    assert durations["/slow"] > 140 and durations["/slow"] > max(durations["/fast"], durations["/none"])


def test_withdrawn(tmp_path):
    with node(tmp_path) as trace:
        curl("--http2-prior-knowledge", "-m", "0.3", f"http://127.0.0.1:{trace.port}/never")
    assert [(t["result"], t["outcome"]) for t in trace.requests] == [("client left", "unknown")]


def test_grpc(tmp_path):
    with node(tmp_path) as trace:
        for status in (0, 5, 13):
            curl("--http2-prior-knowledge", "-H", "Content-Type: application/grpc", "-H", "TE: trailers",
                 "--data-binary", "12345", f"http://127.0.0.1:{trace.port}/shop.Orders/Place?status={status}")
    assert {t["name"] for t in trace.requests} == {"/shop.Orders/Place"}
    assert collections.Counter((t["result"], t["outcome"]) for t in trace.requests) == {
        ("OK", "success"): 1, ("NOT_FOUND", "success"): 1, ("INTERNAL", "failure"): 1}


def test_apache_prior_knowledge(tmp_path):
    with apache(tmp_path) as trace:
        url = f"http://127.0.0.1:{trace.port}"
        for i, path in enumerate(["/small", "/large", "/none"] * 5):
            curl("--http2-prior-knowledge", "-H", f"X-Request-Id: h-{i}", url + path)
        assert h2load(url + "/large", 200, 4, 8, "-H", "x-request-id: load") == [200, 0, 0, 0]
    truth.assert_requests(trace, trace.logged)
    assert len(trace.logged) == 215
    assert_http2(trace)


def test_apache_upgrade(tmp_path):
    """The request that switches is answered in HTTP/2, and is one request."""
    with apache(tmp_path) as trace:
        url = f"http://127.0.0.1:{trace.port}"
        for i, path in enumerate(["/small", "/large", "/none"]):
            curl("--http2", "-H", f"X-Request-Id: h-{i}", url + path)
    answered = answers(trace.folder)
    assert len(answered) == 3
    truth.assert_requests(trace, answered)


def test_apache_tls(tmp_path, certificate):  # noqa: F811
    more = f"SSLEngine on\nSSLCertificateFile {certificate}\nSSLCertificateKeyFile {certificate}"
    with apache(tmp_path, more) as trace:
        url = f"https://127.0.0.1:{trace.port}"
        for i, path in enumerate(["/small", "/large", "/none"]):
            curl("--http2", "-H", f"X-Request-Id: h-{i}", url + path)
        assert h2load(url + "/large", 200, 4, 8, "-H", "x-request-id: load") == [200, 0, 0, 0]
        curl("--http1.1", "-H", "X-Request-Id: old", url + "/small")
    truth.assert_requests(trace, trace.logged)
    assert len(trace.logged) == 204
    assert_https(trace)


@pytest.mark.parametrize("sendfile", ["on", "off"])
def test_nginx(certificate, sendfile):  # noqa: F811
    port, plain = free_port(), free_port()
    server = (f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; "
              f"ssl_certificate_key {certificate}; listen 127.0.0.1:{free_port()} http2;")
    with contextlib.closing(services.Nginx(plain, server=server, sendfile=sendfile)) as nginx:
        clear = int(re.findall(r"listen 127.0.0.1:(\d+) http2", nginx.config.read_text("ascii"))[0])
        for name, size in (("small", 612), ("large", 300_000)):
            (nginx.www / name).write_bytes(b"n" * size)
        with served(nginx.command, port) as trace:
            for where in (f"https://127.0.0.1:{port}", f"http://127.0.0.1:{clear}"):
                assert h2load(f"{where}/large", 300, 4, 8, "-H", "x-request-id: l") == [300, 0, 0, 0]
                assert h2load(f"{where}/small", 600, 4, 16, "-H", "x-request-id: s") == [600, 0, 0, 0]
                assert h2load(f"{where}/none", 100, 2, 4, "-H", "x-request-id: n") == [0, 0, 100, 0]
        logged = truth.access_log(nginx.folder / "access.log")
    assert len(logged) == 2000
    truth.assert_requests(trace, logged)
    assert_http2(trace)


@contextlib.contextmanager
def statements(pg):
    port = free_port()
    with pg.database() as database:
        command = [PYTHON, REPO / "tests/support/h2_statements.py", port]
        env = ALL_SPANS | pg.environment(database) | {"PYTHONDONTWRITEBYTECODE": "1"}
        with served(command, port, env=env) as trace:
            trace.port = port
            yield trace


def test_statements_of_one_stream_at_a_time(pg):
    with statements(pg) as trace:
        for i in range(30):
            curl("--http2-prior-knowledge", "-H", f"X-Request-Id: h-{i}", f"http://127.0.0.1:{trace.port}/{i % 4}")
    assert len(trace.requests) == 30
    assert truth.assert_own_parents(trace) == sum(i % 4 for i in range(30))


def test_statements_of_streams_at_once(pg):
    """Requests that arrive together are answered together by one thread: nothing tells whose statement is
    whose, so none is given to a request."""
    with statements(pg) as trace:
        client = H2Connection(H2Configuration())
        client.initiate_connection()
        for i in range(8):
            client.send_headers(2 * i + 1, [(":method", "GET"), (":scheme", "http"), (":authority", "h"),
                                            (":path", "/2"), ("x-request-id", f"h-{i}")], end_stream=True)
        with http_client.Connection(trace.port) as connection:
            connection.send(client.data_to_send())
            ended = 0
            while ended < 8:
                events = client.receive_data(connection.socket.recv(65536))
                ended += sum(isinstance(event, StreamEnded) for event in events)
        curl("--http2-prior-knowledge", "-H", "X-Request-Id: h-9", f"http://127.0.0.1:{trace.port}/3")
    assert {t["result"] for t in trace.requests} == {"HTTP 2xx"} and len(trace.requests) == 9
    parents = collections.Counter((tracing.planted_id(s), trace.transaction_of(s)["type"]) for s in trace.statements())
    assert parents.pop(("h-9", "request")) == 3
    assert parents == {(f"h-{i}", "custom"): 2 for i in range(8)}
