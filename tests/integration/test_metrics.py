"""Metrics: breakdowns against the requests and statements that were counted elsewhere."""
import collections
import json
import os
import socket
import subprocess
import time

from support import tracing, waiting
from support.paths import PYTHON
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
        assert samples["system.process.cgroup.memory.mem.usage.bytes"]["value"] > 0


def test_disabled(pg, tmp_path):
    options = {"ELASTIC_APM_METRICS_INTERVAL": "1s", "ELASTIC_APM_DISABLE_METRICS": "system.*",
               "ELASTIC_APM_BREAKDOWN_METRICS": "false"}
    with orders(pg, tmp_path, env=options) as service:
        service.send(mixed(20))
        time.sleep(2.2)
    assert service.trace.transactions and not service.trace.metricsets


WORKERS = """
import os, socket, time
server = socket.create_server(("127.0.0.1", 0))
def spin():
    while time.process_time() < 0.3:
        sum(range(100000))
    time.sleep(600)
def worker(work):
    pid = os.fork()
    if not pid:
        connection = server.accept()  # who does nothing is not known
        work()
    return pid
print(server.getsockname()[1], worker(spin), worker(lambda: time.sleep(600)), flush=True)
time.sleep(600)
"""


def test_each_process():
    """Workers' figures are told under their own number, the first process' as the metadata's."""
    with tracing.traced([PYTHON, "-c", WORKERS], env={"ELASTIC_APM_METRICS_INTERVAL": "1s"},
                        stdout=subprocess.PIPE) as trace:
        port, spinner, sleeper = map(int, trace.process.stdout.readline().split())
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        assert waiting.eventually(lambda: len(of_pid(told(trace.server), sleeper)) >= 2)
        for pid in spinner, sleeper:
            os.kill(pid, 9)
        for end in *clients, trace.process.stdout:
            end.close()
    assert trace.metadata[0]["process"]["pid"] not in (spinner, sleeper)
    busy, idle = of_pid(trace.metricsets, spinner), of_pid(trace.metricsets, sleeper)
    assert busy and idle
    for samples in busy + idle:
        user, system, total = (samples[f"system.process.cpu.{kind}.norm.pct"]["value"]
                               for kind in ("user", "system", "total"))
        assert 0 <= user <= 1 and 0 <= system <= 1 and abs(user + system - total) < 1e-6
        assert samples["system.process.memory.rss.bytes"]["value"] > 0
    assert total_cpu(busy, "user") > total_cpu(busy, "system") and total_cpu(busy, "user") > total_cpu(idle, "user")
    assert any("system.process.cpu.total.norm.pct" in event["samples"] and "tags" not in event
               for event in trace.metricsets)


def told(server):
    return [json.loads(line)["metricset"] for line in server.lines if line.startswith(b'{"metricset"')]


def of_pid(metricsets, pid):
    return [event["samples"] for event in metricsets if event.get("tags", {}).get("process_pid") == pid]


def total_cpu(metricsets, kind):
    return sum(samples[f"system.process.cpu.{kind}.norm.pct"]["value"] for samples in metricsets)
