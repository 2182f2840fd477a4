"""php-fpm and uWSGI behind nginx: FastCGI, SCGI and the uwsgi protocol. Truth: the services' access logs,
pg_stat_statements, and the request ids in statements."""
import contextlib
import pathlib
import tempfile
import time

import pytest

from support import gateways, http_client, truth
from support.paths import free_port
from support.tracing import traced

ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"}
PATHS = ["/items", "/nothing", "/visits?n=3", "/slow", "/broken", "/large?size=40000", "/items?n=0"]


@pytest.fixture
def folder():
    """Unlike tmp_path, one that the gateway's and the service's users may look into."""
    with tempfile.TemporaryDirectory(prefix="apmshim-gateways-") as name:
        path = pathlib.Path(name)
        path.chmod(0o777)
        yield path


def wait_for_socket(path, process):
    for _ in range(400):
        if pathlib.Path(path).is_socket():
            return
        assert process.poll() is None
        time.sleep(0.05)
    raise TimeoutError(path)


@contextlib.contextmanager
def service(pg, folder, protocol, command, listen, keep=False, extra=""):
    with pg.database(gateways.APPS / "schema.sql") as database:
        with traced(command, env=ALL_SPANS | pg.environment(database)) as trace:
            if ":" in str(listen):
                http_client.wait_for(int(listen.rpartition(":")[2]), trace.process)
            else:
                wait_for_socket(listen, trace.process)
            with gateways.nginx(protocol, listen, keep=keep, extra=extra) as port:
                trace.port = port
                yield trace
        trace.counted = pg.calls(database)
    trace.logged = truth.access_log(folder / "access.log")


def request(index, path, method="GET", body=None):
    return method, path, {"X-Request-Id": f"g-{index}"}, body


def mixed(count):
    """Bodies too: some are longer than what is kept of a call."""
    requests = [request(i, PATHS[i % len(PATHS)]) for i in range(count)]
    return requests + [request(count + i, "/upload", "POST", b"u" * size)
                       for i, size in enumerate([0, 10, 5000, 70_000, 1_000_000])]


def assert_complete(trace, responses):
    assert all(responses) and len(trace.logged) == len(responses)
    truth.assert_requests(trace, trace.logged)
    truth.assert_statements(trace, trace.counted)
    assert truth.assert_own_parents(trace) > len(responses)


def address(kind, folder):
    return f"127.0.0.1:{free_port()}" if kind == "tcp" else folder / "socket"


PHP = f"fastcgi_param SCRIPT_FILENAME {gateways.APPS}/index.php;"


@pytest.mark.parametrize("api", ["pgsql", "pdo"])
@pytest.mark.parametrize("kind, keep", [("tcp", False), ("tcp", True), ("unix", False)])
def test_php_fpm(pg, folder, kind, keep, api):
    listen = address(kind, folder)
    extra = f"{PHP} fastcgi_param PG_API {api}; fastcgi_keep_conn {'on' if keep else 'off'};"
    command = gateways.php_fpm(folder, listen, workers=12)  # each kept connection holds one
    with service(pg, folder, "fastcgi", command, listen, keep, extra) as trace:
        responses = http_client.load(trace.port, mixed(105), concurrency=8)
    assert_complete(trace, responses)
    assert all(r.headers["x-answered"] == q[2]["X-Request-Id"] for q, r in zip(mixed(105), responses))


@pytest.mark.parametrize("protocol, option", [("uwsgi", "socket"), ("scgi", "scgi-socket"),
                                              ("fastcgi", "fastcgi-socket"), ("proxy", "http-socket")])
@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_uwsgi(pg, folder, protocol, option, kind):
    listen = address(kind, folder)
    command = gateways.uwsgi(folder, option, listen)
    extra = "" if protocol in ("proxy", "uwsgi") else f"{protocol}_param PATH_INFO $document_uri;"
    with service(pg, folder, protocol, command, listen, extra=extra) as trace:
        responses = http_client.load(trace.port, mixed(105), concurrency=8)
    assert_complete(trace, responses)
