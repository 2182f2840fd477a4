"""Metrics: breakdowns against the requests and statements that were counted elsewhere."""
import collections
import time

from test_orders import mixed, orders


def sums(trace, name):
    """{(transaction name, span type, span subtype): sum} of a breakdown sample."""
    found = collections.Counter()
    for event in trace.metricsets:
        if name in event["samples"]:
            key = event["transaction"]["name"], event["span"]["type"], event["span"].get("subtype")
            found[key] += event["samples"][name]["value"]
    return found


def test_breakdown_and_system(pg, tmp_path):
    with orders(pg, tmp_path, env={"ELASTIC_APM_METRICS_INTERVAL": "1s"}) as service:
        for _ in range(3):
            service.send(mixed(40), concurrency=4)
            time.sleep(0.9)
    trace = service.trace
    counts, times = sums(trace, "span.self_time.count"), sums(trace, "span.self_time.sum.us")
    named = collections.Counter(t["name"] for t in trace.transactions)
    assert {name: count for (name, kind, _), count in counts.items() if kind == "app"} == named
    statements = collections.Counter()
    names = {t["id"]: t["name"] for t in trace.transactions}
    for span in trace.spans:
        statements[names[span["transaction_id"]]] += 1
    assert {name: count for (name, kind, _), count in counts.items() if kind == "db"} == statements
    measured = sum(t["duration"] for t in trace.transactions)
    assert abs(sum(times.values()) / 1000 - measured) < measured / 100
    system = [event["samples"] for event in trace.metricsets if "system.memory.total" in event["samples"]]
    assert len(system) >= 2
    for samples in system:
        assert 0 <= samples["system.cpu.total.norm.pct"]["value"] <= 1
        assert 0 <= samples["system.process.cpu.total.norm.pct"]["value"] <= 1
        assert samples["system.memory.actual.free"]["value"] < samples["system.memory.total"]["value"]
        assert samples["system.process.memory.rss.bytes"]["value"] > 1 << 20


def test_disabled(pg, tmp_path):
    options = {"ELASTIC_APM_METRICS_INTERVAL": "1s", "ELASTIC_APM_DISABLE_METRICS": "system.*",
               "ELASTIC_APM_BREAKDOWN_METRICS": "false"}
    with orders(pg, tmp_path, env=options) as service:
        service.send(mixed(20))
        time.sleep(2.2)
    assert service.trace.transactions and not service.trace.metricsets
