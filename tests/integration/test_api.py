"""Work that a service names itself: apmshim.h."""
from support import http_client, tracing
from support.paths import PYTHON, REPO, free_port

ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"}


def test_named_work(pg):
    port, count = free_port(), 40
    requests = [("GET", "/", {"X-Request-Id": f"n-{i}"}, None) for i in range(count)]
    command = [PYTHON, REPO / "tests" / "support" / "named_server.py", port]
    with pg.database() as database:
        with tracing.traced(command, env=ALL_SPANS | pg.environment(database)) as trace:
            http_client.wait_for(port, trace.process)
            assert all(http_client.load(port, requests, concurrency=8))
    batch, = [t for t in trace.transactions if t["type"] == "batch"]
    assert (batch["name"], batch["result"], batch["outcome"]) == ("nightly", "3 rows", "failure")
    assert len(trace.requests) == count and {t["name"] for t in trace.requests} == {"order placed"}
    spans = {span["id"]: span for span in trace.spans}
    for span in trace.statements():
        planted, transaction = tracing.planted_id(span), trace.transaction_of(span)
        text = span["context"]["db"]["statement"]
        parent = spans.get(span["parent_id"])
        if "req=batch" in text:
            assert transaction is batch
        elif "inner" in text:
            assert parent["name"] == "reserve" and spans[parent["parent_id"]]["name"] == "place"
        elif "behind" in text:
            assert span["parent_id"] == transaction["id"]
        assert not planted or planted == "batch" or tracing.request_id(transaction) == planted
    outcomes = [(s["name"], s["outcome"]) for s in trace.spans if s["type"] == "app"]
    assert sorted(outcomes) == [("place", "failure")] * count + [("reserve", "success")] * count
