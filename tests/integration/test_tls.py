"""Requests through TLS: what the library decrypts is the connection's conversation. Truth: access logs,
what the client was answered, and planted ids."""
import contextlib
import functools
import subprocess

import pytest

from support import http_client, services, tracing, truth
from support.http_client import Connection
from support.paths import BUILD, EXAMPLES, PYTHON, REPO, free_port
from test_school import ALL_SPANS, LOG_FORMAT, mixed

PATHS = ["/", "/a/b?c=d", "/missing", "/large"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One file with key and certificate."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "crt").read_bytes())
    both.chmod(0o644)
    return both


@functools.lru_cache
def program(name, *libraries):
    out = BUILD / "tests" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-O1", "-pthread", "-o", out,
                    REPO / "tests" / "integration" / "programs" / f"{name}.c", *libraries], check=True)
    return out


def requests(count):
    return [("GET", PATHS[i % len(PATHS)], {"X-Request-Id": f"t-{i}"}, None) for i in range(count)]


def assert_https(trace):
    schemes = {t["context"]["request"]["url"]["protocol"] for t in trace.requests}
    assert schemes == {"https:"}, schemes


def assert_answered(trace, sent, responses):
    assert all(responses)
    truth.assert_requests(trace, [(r[2]["X-Request-Id"], r[0], r[1], a.status) for r, a in zip(sent, responses)])
    assert len(trace.transactions) == len(sent)
    assert_https(trace)


@contextlib.contextmanager
def served(command, port, **options):
    with tracing.traced(command, **options) as trace:
        http_client.wait_for(port, trace.process)
        yield trace


@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_python(tmp_path, certificate, kind, keep_alive):
    port, log = free_port(), tmp_path / "log"
    command = [PYTHON, REPO / "tests/support/https_server.py", kind, port, certificate, log]
    sent = requests(200)
    with served(command, port) as trace:
        responses = http_client.load(port, sent, 8, keep_alive, tls=True)
    assert_answered(trace, sent, responses)
    truth.assert_requests(trace, truth.access_log(log))


def test_service_that_calls_itself(tmp_path, certificate):
    port, log = free_port(), tmp_path / "log"
    with served([PYTHON, REPO / "tests/support/https_server.py", "threads", port, certificate, log], port) as trace:
        with Connection(port, tls=True) as connection:
            assert connection.request("GET", "/self", {"X-Request-Id": "outer"}).status == 200
    truth.assert_requests(trace, truth.access_log(log))
    assert len(trace.transactions) == 2


@pytest.mark.parametrize("mode", ["socket", "peek", "bio"])
def test_openssl(certificate, mode):
    port = free_port()
    command = [program("https_openssl", "-lssl", "-lcrypto"), port, certificate, certificate, mode]
    sent = requests(100)
    with served(command, port) as trace:
        responses = http_client.load(port, sent, 4, tls=True)
    assert_answered(trace, sent, responses)


def test_behind_bytes_in_the_clear(certificate):
    port = free_port()
    command = [program("https_openssl", "-lssl", "-lcrypto"), port, certificate, certificate, "proxy"]
    sent = requests(8)
    with served(command, port) as trace:
        with Connection(port, tls=True, preface=b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n") as connection:
            responses = [connection.request(*r) for r in sent]
    assert_answered(trace, sent, responses)


def test_gnutls(certificate):
    port = free_port()
    sent = [r for r in requests(100) if r[1] != "/large"]
    with served([program("https_gnutls", "-lgnutls"), port, certificate, certificate], port) as trace:
        responses = http_client.load(port, sent, 4, tls=True)
    assert_answered(trace, sent, responses)


def test_bytes_that_the_library_moves_itself(certificate):
    """s_server reads and writes by a BIO of the library's, so that no function of ours is called: not seen,
    and nothing is made up of what is ciphered."""
    port = free_port()
    command = ["openssl", "s_server", "-quiet", "-www", "-port", port, "-cert", certificate, "-key", certificate]
    with served(command, port, stdin=subprocess.PIPE) as trace:
        for _ in range(3):
            subprocess.run(["curl", "-skf", f"https://127.0.0.1:{port}/stats"], check=True, capture_output=True,
                           timeout=20)
    assert trace.transactions == []


@pytest.mark.parametrize("versions", ["TLSv1.2", "TLSv1.3"])
def test_nginx(certificate, versions):
    port, plain = free_port(), free_port()
    server = (f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {certificate}; "
              f"ssl_protocols {versions};")
    with contextlib.closing(services.Nginx(plain, server=server)) as nginx:
        (nginx.www / "small").write_bytes(b"n" * 612)
        (nginx.www / "large").write_bytes(b"n" * 300_000)
        sent = [("GET", ["/small", "/large", "/none"][i % 3], {"X-Request-Id": f"t-{i}"}, None) for i in range(600)]
        with served(nginx.command, port) as trace:
            responses = http_client.load(port, sent, 16, tls=True)
            over_plain = Connection(plain).request("GET", "/small", {"X-Request-Id": "plain"})
        logged = truth.access_log(nginx.folder / "access.log")
    assert all(responses) and over_plain.status == 200
    truth.assert_requests(trace, logged)
    assert len(logged) == 601
    schemes = {tracing.request_id(t): t["context"]["request"]["url"]["protocol"] for t in trace.requests}
    assert schemes.pop("plain") == "http:" and set(schemes.values()) == {"https:"}


def test_gunicorn(pg, tmp_path, certificate):
    """Statements hang under the request that came through TLS."""
    port, log = free_port(), tmp_path / "access.log"
    with pg.database(EXAMPLES / "school" / "schema.sql") as database:
        command = services.school_command(port, 2, "--access-logfile", log, "--access-logformat", LOG_FORMAT,
                                          "--certfile", certificate, "--keyfile", certificate)
        with served(command, port, env=ALL_SPANS | services.school_environment(pg, database)) as trace:
            responses = http_client.load(port, mixed(180), 4, keep_alive=False, tls=True)
        counted = pg.calls(database)
    logged = truth.access_log(log)
    assert all(responses) and len(logged) == 180
    truth.assert_requests(trace, logged)
    truth.assert_statements(trace, counted)
    assert truth.assert_own_parents(trace) > 180
    assert_https(trace)

