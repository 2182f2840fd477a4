"""What APM Server makes of what real services send: it refuses nothing, and its documents hold what the clients
know. Truth: the ids that they planted, and what they were answered."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from clients import conformance
from support import gateways, http_client, services, tracing
from support.paths import EXAMPLES, REPO, free_port
from support.waiting import eventually

ENV = {"ELASTIC_APM_METRICS_INTERVAL": "1s", "ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false",
       "PYTHONDONTWRITEBYTECODE": "1"}


class Run:
    """A service's documents, once it has ended, and what its client knows: {request id: (method, path, status)}."""

    def __init__(self, intake, answered):
        self.answered = answered
        self.refused = intake.refused()
        self.transactions, self.spans, self.errors, self.metrics = map(
            intake.documents, ("transaction", "span", "error", "metric"))
        self.requests = {request_id(t): t for t in self.transactions if "http" in t}
        self.owners = {t["transaction"]["id"]: identity for identity, t in self.requests.items()}


def request_id(document):
    headers = {name.lower(): value for name, value in document["http"]["request"]["headers"].items()}
    return headers.get("x-request-id", [None])[0]


def planted(paths):
    """Requests with an id and a cookie each."""
    return [(method, path, {"X-Request-Id": f"d-{i}", "Cookie": "theme=dark; sessionid=dark"}, body)
            for i, (method, path, body) in enumerate(paths)]


def load(port, requests, concurrency=2):
    responses = http_client.load(port, requests, concurrency)
    return {headers["X-Request-Id"]: (method, path, response.status)
            for (method, path, headers, _), response in zip(requests, responses, strict=True)}


@contextlib.contextmanager
def traced(intake, command, port, **options):
    with tracing.traced(command, server=intake, **options) as trace:
        http_client.wait_for(port, trace.process)
        yield trace
        assert eventually(lambda: intake.documents("metric"))


def orders(pg, intake):
    """C on libpq."""
    requests = planted([("GET", "/orders/17", None), ("GET", "/customers/5/orders", None), ("GET", "/nonesuch", None),
                        ("POST", "/orders", b"customer=5&product=bolt&quantity=2"), ("GET", "/fail", None)] * 3)
    port = free_port()
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        with traced(intake, services.orders_command(port, pg.conninfo(database), 2), port, env=ENV):
            return load(port, requests)


def school(pg, intake):
    """Django on psycopg2."""
    requests = planted([("GET", "/lessons/17/?page=2", None), ("GET", "/archive/", None),
                        ("GET", "/health/", None)] * 3)
    port = free_port()
    with pg.database(EXAMPLES / "school" / "schema.sql") as database:
        env = ENV | services.school_environment(pg, database)
        with traced(intake, services.school_command(port, 2), port, env=env):
            return load(port, requests)


def node(pg, intake):
    """Node's HTTP server and driver, a request at a time: whose a pool's statements are is not the question here."""
    port = free_port()
    with pg.database() as database, tempfile.TemporaryDirectory() as folder:
        command = [*conformance.node("pg_server.js")(pg, database, folder), port]
        with traced(intake, command, port, env=ENV | pg.environment(database)):
            return load(port, planted([("GET", f"/n/{i}", None) for i in range(9)]), 1)


def php(pg, intake):
    """php-fpm behind nginx; one of its pages fails."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="apmshim-peers-")))
        folder.chmod(0o777)
        shutil.copy(gateways.APPS / "index.php", folder)
        database = stack.enter_context(pg.database(gateways.APPS / "schema.sql"))
        command = gateways.php_fpm(folder, f"127.0.0.1:{port}", workers=2)
        stack.enter_context(traced(intake, command, port, env=ENV | pg.environment(database)))
        extra = f"fastcgi_param SCRIPT_FILENAME {folder}/index.php;"
        front = stack.enter_context(gateways.nginx("fastcgi", f"127.0.0.1:{port}", extra=extra))
        return load(front, planted([("GET", "/items", None), ("GET", "/nothing", None), ("GET", "/broken", None)] * 3))


def nginx(pg, intake):  # pylint: disable=unused-argument
    """Files."""
    port = free_port()
    with contextlib.closing(services.Nginx(port)) as server:
        (server.www / "page").write_text("page\n", encoding="ascii")
        with traced(intake, server.command, port, env=ENV):
            return load(port, planted([("GET", "/page", None), ("HEAD", "/page", None), ("GET", "/no", None)] * 3))


def http2(pg, intake):  # pylint: disable=unused-argument
    """Node's HTTP/2 server, gRPC too: what curl is answered."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", REPO / "tests" / "support" / "http2_server.js", port, f"{folder}/log"]
        with traced(intake, command, port, env=ENV):
            for i, path in enumerate(["/a", "/none", "/pkg.Service/Method"]):
                more = ["-H", "Content-Type: application/grpc", "-X", "POST"] if "." in path else []
                subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-H", f"X-Request-Id: d-{i}", *more,
                                f"http://127.0.0.1:{port}{path}"], check=True, stdout=subprocess.DEVNULL, timeout=30)
    return {"d-0": ("GET", "/a", 200), "d-1": ("GET", "/none", 404), "d-2": ("POST", "/pkg.Service/Method", 200)}


SERVICES = {function.__name__: function for function in (orders, school, node, php, nginx, http2)}
FAILING = {"orders": 3, "school": 3, "php": 3}  # requests with a statement that fails, answered 500


@pytest.fixture(scope="module", params=SERVICES, name="run")
def stored(request, pg, open_server):
    intake = open_server()
    answered = SERVICES[request.param](pg, intake)
    found = Run(intake, answered)
    found.service, found.failing = request.param, FAILING.get(request.param, 0)
    return found


def test_nothing_is_refused(run):
    assert run.refused == []


def test_every_request_is_stored(run):
    told = {identity: (t["http"]["request"]["method"], t["url"]["path"] + t["url"].get("query", ""),
                       t["http"]["response"]["status_code"]) for identity, t in run.requests.items() if identity}
    assert told == run.answered


def test_outcomes_and_results(run):
    for identity, (_, _, status) in run.answered.items():
        document = run.requests[identity]
        assert document["event"]["outcome"] == ("failure" if status >= 500 else "success")
        assert document["transaction"]["result"] in (f"HTTP {status // 100}xx", "OK")
        assert document["transaction"]["type"] == "request" and document["event"]["duration"] > 0


def test_who_asked_and_who_answered(run):
    for identity in run.answered:
        document = run.requests[identity]
        assert document["source"]["ip"] == document["client"]["ip"] == "127.0.0.1"
        assert document["service"]["name"] and document["service"]["language"]["name"]
        assert document["agent"]["name"] == "apmshim" and document["process"]["pid"]


def test_cookies(run):
    """Also where a gateway passes them on; curl sent none."""
    wanted = None if run.service == "http2" else {"theme": "dark", "sessionid": "[REDACTED]"}
    assert all(run.requests[identity]["http"]["request"].get("cookies") == wanted for identity in run.answered)


def test_statements_are_their_requests_own(run):
    """And each has a stack."""
    wrong = []
    for document in run.spans:
        identity = tracing.REQUEST_ID.search(document["span"].get("db", {}).get("statement", ""))
        if identity and run.owners.get(document["transaction"]["id"]) != identity[1]:
            wrong.append(document)
        if document["span"].get("action") in ("query", "exec"):
            assert document["service"]["target"]["type"] == "postgresql" and document["span"]["stacktrace"]
    assert not wrong


def test_parents_are_there(run):
    sent = {document["span"]["id"] for document in run.transactions + run.spans}
    assert all(document["parent"]["id"] in sent for document in run.spans + run.errors)


def test_errors_have_their_request(run):
    assert len(run.errors) == run.failing
    for document in run.errors:
        identity = run.owners[document["transaction"]["id"]]
        request = run.requests[identity]
        assert request_id(document) == identity and document["url"] == request["url"]
        assert document["http"] == request["http"] and request["http"]["response"]["status_code"] == 500
        exception, = document["error"]["exception"]
        assert exception["code"] == "42P01" and not exception["handled"] and exception["stacktrace"]
        assert request["timestamp"]["us"] < document["timestamp"]["us"]


def test_metrics(run):
    names = {sample["name"] for document in run.metrics for sample in document["metricset"].get("samples", ())}
    assert {"system.memory.total", "system.process.memory.rss.bytes"} <= names
    assert {document["metricset"]["name"] for document in run.metrics} >= {"app", "span_breakdown"}
