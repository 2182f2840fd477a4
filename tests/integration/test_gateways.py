"""php-fpm and uWSGI behind nginx or Apache: FastCGI, SCGI and the uwsgi protocol; PHP in Apache, Python in
gunicorn and uvicorn. Truth: the services' access logs, pg_stat_statements, and the ids in statements."""
import contextlib
import pathlib
import shutil
import time

import pytest

from support import gateways, http_client, truth
from support.paths import free_port
from support.tracing import run, traced

ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "APMSHIM_SQL_CHORES": "sent"}
PATHS = ["/items", "/nothing", "/visits?n=3", "/slow", "/broken", "/large?size=40000", "/items?n=0"]


def is_listening(path):
    """And open to all: a server binds, then does both."""
    sockets = [line.split() for line in pathlib.Path("/proc/net/unix").read_text("utf-8", "replace").splitlines()]
    accepting = any(fields[3] == "00010000" and fields[-1] == str(path) for fields in sockets)
    return accepting and pathlib.Path(path).stat().st_mode & 0o666 == 0o666


def wait_for_socket(path, process):
    for _ in range(1200):
        if is_listening(path):
            return
        assert process.poll() is None
        time.sleep(0.05)
    raise TimeoutError(path)


@contextlib.contextmanager
def service(pg, command, listen, log, env=None):
    """A traced service that listens there; at the end, what was logged and counted."""
    env = ALL_SPANS | {"PYTHONDONTWRITEBYTECODE": "1"} | (env or {})
    with pg.database(gateways.APPS / "schema.sql") as database:
        with traced(command, env=env | pg.environment(database)) as trace:
            if ":" in str(listen):
                http_client.wait_for(int(listen.rpartition(":")[2]), trace.process)
            else:
                wait_for_socket(listen, trace.process)
            yield trace
        trace.counted = pg.calls(database)
    trace.logged = truth.access_log(log)


def request(index, path, method="GET", body=None):
    return method, path, {"X-Request-Id": f"g-{index}"}, body


def mixed(count):
    """Bodies too: some are longer than what is kept of a call."""
    requests = [request(i, PATHS[i % len(PATHS)]) for i in range(count)]
    return requests + [request(count + i, "/upload", "POST", b"u" * size)
                       for i, size in enumerate([0, 10, 5000, 70_000, 1_000_000])]


def assert_complete(trace, responses):
    broken = [index for index, response in enumerate(responses) if not response]
    assert not broken and len(trace.logged) == len(responses)
    truth.assert_requests(trace, trace.logged)
    truth.assert_statements(trace, trace.counted)
    assert truth.assert_own_parents(trace) > len(responses)


def address(kind, folder):
    return f"127.0.0.1:{free_port()}" if kind == "tcp" else folder / "socket"


@pytest.mark.parametrize("api", ["pgsql", "pdo"])
@pytest.mark.parametrize("kind, keep", [("tcp", False), ("tcp", True), ("unix", False)])
def test_php_fpm(pg, folder, kind, keep, api):
    listen = address(kind, folder)
    shutil.copy(gateways.APPS / "index.php", folder)
    extra = f"""fastcgi_param SCRIPT_FILENAME {folder}/index.php; fastcgi_param PG_API {api};
                fastcgi_keep_conn {'on' if keep else 'off'};"""
    command = gateways.php_fpm(folder, listen, workers=12)  # each kept connection holds one
    with service(pg, command, listen, folder / "access.log") as trace:
        with gateways.nginx("fastcgi", listen, keep=keep, extra=extra) as port:
            responses = http_client.load(port, mixed(105), concurrency=8)
    assert_complete(trace, responses)
    assert all(r.headers["x-answered"] == q[2]["X-Request-Id"] for q, r in zip(mixed(105), responses))


def test_php_fpm_workers_replaced(pg, folder):
    """A worker ends after some requests."""
    listen = address("tcp", folder)
    shutil.copy(gateways.APPS / "index.php", folder)
    command = gateways.php_fpm(folder, listen, workers=3, max_requests=7)
    with service(pg, command, listen, folder / "access.log") as trace:
        extra = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php; fastcgi_param PG_PERSISTENT 1;"
        with gateways.nginx("fastcgi", listen, extra=extra) as port:
            responses = http_client.load(port, mixed(105), concurrency=4)
    assert_complete(trace, responses)


def test_php_fpm_after_the_response(pg, folder):
    """What a script does once it has answered and the connection is closed is still its own."""
    listen = address("tcp", folder)
    shutil.copy(gateways.APPS / "index.php", folder)
    with service(pg, gateways.php_fpm(folder, listen), listen, folder / "access.log") as trace:
        extra = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php;"
        with gateways.nginx("fastcgi", listen, extra=extra) as port:
            responses = http_client.load(port, [request(i, ["/later", "/items"][i % 2]) for i in range(60)], 4)
        time.sleep(0.5)  # until the last script has ended
    assert_complete(trace, responses)


def test_php_fpm_long_requests(pg, folder):
    """Of variables that are longer than what is kept, method, target and first headers are told; never
    less than that there was a request."""
    listen = address("unix", folder)
    shutil.copy(gateways.APPS / "index.php", folder)
    with service(pg, gateways.php_fpm(folder, listen), listen, folder / "access.log") as trace:
        extra = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php;"
        with gateways.nginx("fastcgi", listen, extra=extra) as port:
            cookies = [request(i, "/items") for i in range(20)]
            for _, _, headers, _ in cookies:
                headers["Cookie"] = "c" * 8000
                headers["Cookie2"] = "d" * 8000
            queries = [request(20 + i, "/visits?n=1&pad=" + "q" * 8000) for i in range(20)]
            responses = http_client.load(port, cookies + queries, concurrency=4)
    assert all(responses) and len(trace.logged) == len(trace.requests) == len(responses)
    truth.assert_statements(trace, trace.counted)
    methods = [t["context"]["request"]["method"] for t in trace.requests]
    assert methods == ["GET"] * 40
    assert len(trace.by_request_id().keys() & {f"g-{i}" for i in range(20)}) == 20


@pytest.mark.parametrize("code", [
    'pg_query(pg_connect(""), "select count(*) from item");',
    '(new PDO("pgsql:"))->query("select count(*) from item");'], ids=["pgsql", "PDO"])
def test_php_script(pg, code):
    with pg.database(gateways.APPS / "schema.sql") as database:
        trace = run(["/usr/bin/php", "-r", code], env=ALL_SPANS | pg.environment(database))
        counted = pg.calls(database)
    script, = trace.transactions
    assert (script["type"], script["result"]) == ("script", "0")
    truth.assert_statements(trace, counted)


@pytest.mark.parametrize("protocol, option", [("uwsgi", "socket"), ("scgi", "scgi-socket"),
                                              ("fastcgi", "fastcgi-socket"), ("proxy", "http-socket")])
@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_uwsgi(pg, folder, protocol, option, kind):
    listen = address(kind, folder)
    command = gateways.uwsgi(folder, option, listen)
    with service(pg, command, listen, folder / "access.log") as trace:
        with gateways.nginx(protocol, listen) as port:
            responses = http_client.load(port, mixed(105), concurrency=8)
    assert_complete(trace, responses)


def test_uwsgi_threads(pg, folder):
    listen = address("tcp", folder)
    command = gateways.uwsgi(folder, "socket", listen, 2, "--threads", "4")
    with service(pg, command, listen, folder / "access.log") as trace:
        with gateways.nginx("uwsgi", listen) as port:
            responses = http_client.load(port, mixed(210), concurrency=16)
    assert_complete(trace, responses)


def assert_answered(trace, requests, responses, killed):
    """Those whose worker was killed got an answer of nginx's own."""
    answered = {identity: status for identity, status in truth.answered_among(requests, responses).items()
                if status != 502}
    assert len(answered) > len(requests) / 2
    truth.assert_answered_once(trace, answered, killed)
    truth.assert_own_parents(trace)


def test_uwsgi_workers_killed(pg, folder):
    listen, requests = address("tcp", folder), [request(i, PATHS[i % len(PATHS)]) for i in range(400)]
    with service(pg, gateways.uwsgi(folder, "socket", listen), listen, folder / "access.log") as trace:
        with gateways.nginx("uwsgi", listen) as port, truth.workers_dying(trace, 0.3) as killed:
            responses = http_client.load(port, requests, concurrency=8)
        time.sleep(2.5)  # uWSGI's master may replace a worker for ever if it is stopped while it does
    assert killed
    assert_answered(trace, requests, responses, killed)


def test_php_fpm_workers_killed(pg, folder):
    listen, requests = address("unix", folder), [request(i, PATHS[i % len(PATHS)]) for i in range(400)]
    shutil.copy(gateways.APPS / "index.php", folder)
    with service(pg, gateways.php_fpm(folder, listen), listen, folder / "access.log") as trace:
        extra = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php;"
        with gateways.nginx("fastcgi", listen, extra=extra) as port, truth.workers_dying(trace, 0.3) as killed:
            responses = http_client.load(port, requests, concurrency=8)
    assert killed
    assert_answered(trace, requests, responses, killed)


@pytest.mark.parametrize("scheme, option", [("fcgi", "fastcgi-socket"), ("scgi", "scgi-socket"), ("uwsgi", "socket")])
def test_apache_before_uwsgi(pg, folder, scheme, option):
    """Another gateway names and orders the variables in its own way."""
    listen, port = address("tcp", folder), free_port()
    proxy = gateways.apache(folder, port, "event", ["proxy", f"proxy_{scheme}"], f"ProxyPass / {scheme}://{listen}/")
    with service(pg, gateways.uwsgi(folder, option, listen), listen, folder / "access.log") as trace:
        with gateways.running(proxy, port):
            responses = http_client.load(port, mixed(70), concurrency=8)
    assert_complete(trace, responses)


@pytest.mark.parametrize("api", ["pgsql", "pdo"])
def test_php_in_apache(pg, folder, api):
    port = free_port()
    command = gateways.apache_with_php(folder, port, api)
    with service(pg, command, f"127.0.0.1:{port}", folder / "apache.log") as trace:
        with gateways.nginx("proxy", f"127.0.0.1:{port}") as front:
            responses = http_client.load(front, mixed(105), concurrency=8)
    assert_complete(trace, responses)


def test_apache_event(folder):
    """Files, and PHP by way of php-fpm, which is not traced."""
    port, listen = free_port(), address("tcp", folder)
    (folder / "www").mkdir()
    (folder / "www" / "file.txt").write_bytes(b"f" * 30_000)
    shutil.copy(gateways.APPS / "index.php", folder)
    proxy = f"ProxyPassMatch ^/(nothing|large)$ fcgi://{listen}{folder}/index.php"
    command = gateways.apache(folder, port, "event", ["proxy", "proxy_fcgi"], proxy)
    paths = ["/file.txt", "/nothing", "/nonesuch", "/large?size=90000"]
    with gateways.running(gateways.php_fpm(folder, listen), int(listen[10:])), traced(command) as trace:
        http_client.wait_for(port, trace.process)
        responses = http_client.load(port, [request(i, paths[i % 4]) for i in range(400)], concurrency=6)
    assert all(responses) and {r.status for r in responses} == {200, 404}
    truth.assert_requests(trace, truth.access_log(folder / "apache.log"))


@pytest.mark.parametrize("worker_class, options", [
    ("sync", []), ("gthread", ["--threads", "4"]), ("gevent", [])], ids=["sync", "gthread", "gevent"])
def test_gunicorn(pg, folder, worker_class, options):
    port, log = free_port(), folder / "access.log"
    with service(pg, gateways.gunicorn(port, log, worker_class, *options), f"127.0.0.1:{port}", log) as trace:
        with gateways.nginx("proxy", f"127.0.0.1:{port}") as front:
            responses = http_client.load(front, mixed(140), concurrency=8)
    assert_complete(trace, responses)


def test_greenlets_that_wait(pg, folder):
    """Several share a thread, and each goes on in between."""
    port, log = free_port(), folder / "access.log"
    with service(pg, gateways.gunicorn(port, log, "gevent"), f"127.0.0.1:{port}", log) as trace:
        responses = http_client.load(port, [request(i, "/pause") for i in range(100)], concurrency=8)
    assert_complete(trace, responses)


@pytest.mark.parametrize("workers", [1, 2])
def test_uvicorn(pg, folder, workers):
    """Tasks go on by turns on one thread."""
    port, log = free_port(), folder / "access.log"
    env = {"ACCESS_LOG": log}
    with service(pg, gateways.uvicorn(port, workers), f"127.0.0.1:{port}", log, env) as trace:
        with gateways.nginx("proxy", f"127.0.0.1:{port}") as front:
            responses = http_client.load(front, mixed(140), concurrency=8)
    assert_complete(trace, responses)
