"""Every PostgreSQL client: none of its statements missed, told twice, under another parent or with another text.
The table is printed by tests/clients/conformance.py."""
import dataclasses
import time

import pytest

from clients.conformance import ALL_SPANS, CLIENTS, HERE, measure, node
from support import gateways, http_client, postgres, tracing, truth
from support.paths import PYTHON, free_port


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_conformance(pg, client):
    finding = measure(client, pg)
    assert finding.good, "\n".join(finding.details)


SERVERS = {"asyncpg": lambda: [PYTHON, HERE / "asyncpg_server.py"], "node-pg": lambda: node("pg_server.js")(0, 0, 0)}


@pytest.mark.parametrize("server", SERVERS)
def test_statements_on_sockets_find_their_request(pg, server):
    """Of an event loop with one request at a time: parents by the ids planted in the statements."""
    port = free_port()
    requests = [("GET", "/", {"X-Request-Id": f"r-{i}"}, None) for i in range(50)]
    with pg.database() as database:
        with tracing.traced([*SERVERS[server](), port], env=ALL_SPANS | pg.environment(database)) as trace:
            http_client.wait_for(port, trace.process)
            responses = http_client.load(port, requests)
        assert all(r and r.status == 200 for r in responses)
    assert truth.assert_own_parents(trace) == 150


@pytest.mark.parametrize("driver", ["pure", "native"])
@pytest.mark.parametrize("concurrency", [1, 8, 32])
def test_node_with_a_pool(pg, driver, concurrency):
    """Every statement once. A pool of 16 that takes its connections back after each query leaves some of them
    unassigned; under another request are a few at the start, of those that waited for a connection to be made."""
    port, count = free_port(), 800 if concurrency > 16 else 200
    requests = [("GET", "/", {"X-Request-Id": f"r-{i}"}, None) for i in range(count)]
    with pg.database() as database:
        pg.forget_calls()
        command = [*node("pg_server.js")(0, 0, 0), port, driver]
        with tracing.traced(command, env=ALL_SPANS | pg.environment(database), to_file=True) as trace:
            http_client.wait_for(port, trace.process)
            with gateways.nginx("proxy", f"127.0.0.1:{port}") as front:
                assert all(http_client.load(front, requests, concurrency))
            time.sleep(0.3)
        counted = pg.calls(database)
    assert sum(calls for text, calls in counted.items() if "::int" in text) == 3 * count
    found = truth.where_found(trace)
    assert found.total() == 3 * count and found["wrong"] <= found.total() / 100, found
    assert concurrency > 1 or found["right"] == found.total()


@pytest.fixture(name="tls_pg")
def postgres_with_tls():
    server = postgres.Postgres(tls=True)
    yield server
    server.stop()


@pytest.mark.parametrize("name", ["asyncpg", "psycopg2"])
def test_conformance_over_tls(tls_pg, name):
    """Told once, by the bytes in the clear or by the calls of libpq, whose own TLS is left alone."""
    client = next(client for client in CLIENTS if client.name == name)
    encrypted = dataclasses.replace(client, environment=client.environment | {"PGSSLMODE": "require"})
    finding = measure(encrypted, tls_pg)
    assert finding.good, "\n".join(finding.details)


def test_tls_that_cannot_be_read(tls_pg, tmp_path):
    """Java's: the connection is told, its calls have no content, and there is a word about it in the log."""
    jdbc = next(client for client in CLIENTS if client.name == "jdbc")
    log = tmp_path / "log"
    with tls_pg.database() as database:
        tls_pg.forget_calls()
        command = jdbc.command(tls_pg, database, tmp_path)
        command[-1] = command[-1].replace("sslmode=prefer", "sslmode=require")
        told = {"ELASTIC_APM_LOG_FILE": log, "ELASTIC_APM_METRICS_INTERVAL": "1s"}
        trace = tracing.run(command, env=ALL_SPANS | tls_pg.environment(database) | told)
        counted = sum(tls_pg.calls(database).values())
    connects = [s for s in trace.spans if s["name"] == "CONNECT"]
    calls = [s for s in trace.spans if s["name"] == "postgresql: encrypted"]
    assert [s["outcome"] for s in connects] == ["success"]
    assert connects[0]["context"]["destination"]["port"] == tls_pg.port
    assert connects[0]["context"]["tags"]["bytes_received"] > 1000
    assert 10 < len(calls) <= counted and len(calls) + 1 == len(trace.spans)
    assert {s["outcome"] for s in calls} == {"unknown"}
    assert log.read_text(encoding="utf-8").count("sslmode=disable") == 1
    assert [m["samples"]["apmshim.unread"]["value"] for m in trace.metricsets
            if m.get("tags", {}).get("reason") == "postgresql, tls"] == [1]
