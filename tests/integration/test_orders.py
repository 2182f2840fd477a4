"""examples/orders: pre-forked workers, keep-alive, libpq. Truth: its access log, pg_stat_statements,
and the request's id in each statement."""
import collections
import contextlib

import pytest

from support import http_client, services, tracing, truth
from support.paths import EXAMPLES, free_port

# Stacks are taken, but only slow ones sent: checking them all takes the stand-in for a server too long.
ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "10000",
             "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "1m"}


class Orders:
    """The service, traced, on a database of its own."""

    def __init__(self, trace, pg, database, port, log):
        self.trace = trace
        self.port = port
        self._pg = pg
        self._database = database
        self._log = log

    def send(self, requests, **options):
        return http_client.load(self.port, requests, **options)

    def logged(self):
        return truth.access_log(self._log)

    def calls(self):
        return self._pg.calls(self._database)


@contextlib.contextmanager
def orders(pg, folder, workers=4, env=None, **options):
    port, log = free_port(), folder / "access.log"
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        command = services.orders_command(port, pg.conninfo(database), workers, log)
        with tracing.traced(command, env=ALL_SPANS | (env or {}), **options) as trace:
            http_client.wait_for(port, trace.process)
            service = Orders(trace, pg, database, port, log)
            yield service
        service.counted = service.calls()


def request(index, kind):
    headers = {"X-Request-Id": f"r-{index}"}
    if kind == "create":
        return "POST", "/orders", headers, b"customer=%d&product=bolt&quantity=2" % (index % 500 + 1)
    paths = {"show": f"/orders/{index % 20000 + 1}", "list": f"/customers/{index % 500 + 1}/orders",
             "report": "/report?quarter=2", "fail": "/fail", "health": "/health", "missing": "/nonesuch"}
    return "GET", paths[kind], headers, None


NAMES = {"show": "GET /orders/:id", "list": "GET /customers/:id/orders", "create": "POST /orders",
         "report": "GET /report", "fail": "GET /fail", "health": "GET /health", "missing": "GET unknown route"}


def mixed(count):
    kinds = ["show"] * 5 + ["list"] * 3 + ["create"] * 2 + ["fail", "health", "missing"]
    return [request(i, kinds[i % len(kinds)]) for i in range(count)]


def assert_complete(service, responses):
    """Nothing is missing, nothing is there twice, everything is where it belongs."""
    logged = service.logged()
    assert all(responses) and len(logged) == len(responses)
    truth.assert_requests(service.trace, logged)
    truth.assert_statements(service.trace, service.counted)
    truth.assert_own_parents(service.trace)


# ---- one of each ----

@pytest.fixture(scope="module")
def tour(pg, tmp_path_factory):
    """One request of each kind, and every stack."""
    everything = {"ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms"}
    with orders(pg, tmp_path_factory.mktemp("tour"), workers=1, env=everything) as service:
        service.send([request(i, kind) for i, kind in enumerate(NAMES)])
    return service


def of_kind(service, kind):
    index = list(NAMES).index(kind)
    transaction, = service.trace.by_request_id()[f"r-{index}"]
    spans = [s for s in service.trace.spans if s["transaction_id"] == transaction["id"]]
    return transaction, sorted(spans, key=lambda s: s["timestamp"])


@pytest.mark.parametrize("kind", NAMES)
def test_names(tour, kind):
    assert of_kind(tour, kind)[0]["name"] == NAMES[kind]


def test_metadata(tour):
    service = tour.trace.metadata[0]["service"]
    assert service["name"] == "orders" and service["language"]["name"] in ("C", "C/C++", "C++")
    assert service["agent"]["activation_method"] == "env-attach"
    assert tour.trace.metadata[0]["process"]["pid"] == tour.trace.pid


def test_request_context(tour):
    transaction, _ = of_kind(tour, "report")
    url = transaction["context"]["request"]["url"]
    assert (url["pathname"], url["search"]) == ("/report", "?quarter=2")
    assert url["full"] == "http://test.invalid/report?quarter=2"
    assert transaction["context"]["request"]["socket"]["remote_address"] == "127.0.0.1"
    response = {name.lower(): value for name, value in transaction["context"]["response"]["headers"].items()}
    assert response["content-type"] in ("application/json", ["application/json"])


def test_span_context(tour):
    transaction, (span, items) = of_kind(tour, "show")
    db = span["context"]["db"]
    assert (span["name"], span["type"], span["subtype"]) == ("SELECT FROM orders", "db", "postgresql")
    assert items["name"] == "SELECT FROM order_items" and items["context"]["db"]["statement"].startswith("SELECT")
    assert db["statement"].endswith("WHERE o.id = ?") and db["type"] == "sql" and db["user"] == "postgres"
    assert db["instance"].startswith("test_")
    assert span["context"]["service"]["target"] == {"type": "postgresql", "name": db["instance"]}
    assert span["context"]["destination"]["port"] == tour._pg.port
    assert transaction["timestamp"] <= span["timestamp"]
    assert span["duration"] <= transaction["duration"]


def test_rows_affected(tour):
    _, spans = of_kind(tour, "create")
    assert [s["name"] for s in spans] == ["BEGIN", "INSERT INTO orders", "INSERT INTO order_items",
                                          "UPDATE customers", "COMMIT"]
    assert [spans[i]["context"]["db"].get("rows_affected") for i in (1, 2, 3)] == [1, 1, 1]


def test_sql_error(tour):
    transaction, (span,) = of_kind(tour, "fail")
    error, = tour.trace.errors
    assert span["outcome"] == "failure" and transaction["outcome"] == "failure"
    assert error["exception"]["code"] == "42P01" and "orders_archive" in error["exception"]["message"]
    assert error["parent_id"] == span["id"] and error["transaction_id"] == transaction["id"]


def test_stack(tour):
    _, spans = of_kind(tour, "report")
    frames = spans[0]["stacktrace"]
    functions = [f.get("function") for f in frames]
    wanted = ["fetch_month", "add_month", "add_quarter", "report", "handle", "http_serve"]
    assert [f for f in functions if f in wanted] == wanted
    assert functions[0] in ("PQexec", "db_query"), "the shim's own frames must not show"
    own = next(f for f in frames if f["function"] == "add_month")
    text = (EXAMPLES / "orders" / "report.c").read_text(encoding="utf-8").splitlines()
    assert own["filename"].endswith("report.c") and "fetch_month(" in text[own["lineno"] - 1]
    assert not own.get("library_frame")


def test_off_the_record(tour):
    """What belongs to no request is not put under one."""
    assert all(s.get("action") != "prepare" for s in tour.trace.spans
               if s["transaction_id"] in {t["id"] for t in tour.trace.requests})


# ---- many ----

def test_sequence(pg, tmp_path):
    with orders(pg, tmp_path) as service:
        responses = service.send(mixed(300))
    assert_complete(service, responses)


def test_without_keep_alive(pg, tmp_path):
    with orders(pg, tmp_path) as service:
        responses = service.send(mixed(200), concurrency=4, keep_alive=False)
    assert_complete(service, responses)


def test_concurrency_32(pg, tmp_path):
    with orders(pg, tmp_path, workers=32) as service:
        responses = service.send(mixed(2000), concurrency=32)
    assert_complete(service, responses)


def test_pipelined(pg, tmp_path):
    requests = mixed(60)
    with orders(pg, tmp_path, workers=2) as service:
        with http_client.Connection(service.port) as connection:
            connection.send(b"".join(http_client.request_bytes(*r) for r in requests))
            responses = [connection.read_response(r[0]) for r in requests]
    assert_complete(service, responses)


def test_to_a_file(pg, tmp_path):
    with orders(pg, tmp_path, to_file=True) as service:
        responses = service.send(mixed(100), concurrency=4)
    assert_complete(service, responses)


def test_workers_killed(pg, tmp_path):
    """Concurrency 32. What was answered is there, once and with all its statements."""
    requests = mixed(4000)
    late = [request(i, "show") for i in range(10000, 10200)]
    with orders(pg, tmp_path, workers=32) as service:
        with truth.workers_dying(service.trace) as killed:
            responses = service.send(requests, concurrency=32)
        undisturbed = service.send(late, concurrency=8)
    assert len(killed) > 3 and all(undisturbed)
    answered = truth.answered_among(requests + late, responses + undisturbed)
    truth.assert_answered_once(service.trace, answered, killed)
    truth.assert_own_parents(service.trace)
    spans = collections.Counter(s["transaction_id"] for s in service.trace.statements())
    for name, count in (("GET /orders/:id", 2), ("GET /customers/:id/orders", 1), ("POST /orders", 5)):
        wrong = [spans[t["id"]] for t in service.trace.requests
                 if t["name"] == name and t["result"] == "HTTP 2xx" and spans[t["id"]] != count]
        assert not wrong, f"{name}: {len(wrong)} with other than {count} statements: {wrong[:5]}"


@pytest.mark.parametrize("mode", ["raw", "off"])
def test_statement_text(pg, tmp_path, mode):
    with orders(pg, tmp_path, workers=1, env={"APMSHIM_SQL": mode}) as service:
        service.send([request(16, "show")])
    transaction, = service.trace.requests
    first = min((s for s in service.trace.spans if s["transaction_id"] == transaction["id"]),
                key=lambda s: s["timestamp"])
    statement = first["context"]["db"].get("statement")
    assert statement is None if mode == "off" else statement.endswith("WHERE o.id = '17'")


def test_default_compression(pg, tmp_path):
    """The report's like statements become one span."""
    with orders(pg, tmp_path, workers=1, env={"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "true"}) as service:
        service.send([request(i, "report") for i in range(5)])
    for transaction in service.trace.requests:
        spans = [s for s in service.trace.spans if s["transaction_id"] == transaction["id"]]
        assert sum(s.get("composite", {}).get("count", 1) for s in spans) == 3
    truth.assert_statements(service.trace, service.counted)


def test_disabled(pg, tmp_path):
    with orders(pg, tmp_path, env={"APMSHIM_DISABLE": "1"}) as service:
        assert all(service.send(mixed(20)))
        assert not tracing.forwarders(service.trace.tag)
    assert not service.trace.server.uploads


def test_forwarder_ends_with_the_service(pg, tmp_path):
    with orders(pg, tmp_path) as service:
        service.send(mixed(10))
        assert tracing.forwarders(service.trace.tag)
        service.trace.stop()
    assert not tracing.tagged(service.trace.tag)
