"""Which request does a query belong to? One small server for each way to build one, loaded at several
concurrencies; every query carries its request's id, so the truth is known. Prints a table, which
docs/attribution.md keeps."""
import collections
import concurrent.futures
import itertools
import pathlib
import time

import pytest

from support import http_client, tracing, truth
from support.http_client import Connection, request_bytes
from support.paths import BUILD, PYTHON, free_port

Row = collections.namedtuple("Row", "architecture command exact")

HERE = pathlib.Path(__file__).resolve().parent

# exact: every query has to be found under its own request.
ROWS = {
    "a": Row("a process for each connection, on fd 0 and 1", ["forking", "each"], True),
    "b": Row("pre-forked processes", ["forking", "before"], True),
    "c": Row("a thread for each connection", ["threads", "each"], True),
    "d": Row("a pool of threads behind an accept queue", ["threads", "pool"], True),
    "e": Row("one event loop, asynchronous libpq", ["events", 1, 64, "request"], True),
    "f": Row("several event loops", ["events", 3, 64, "request"], True),
    "g": Row("one thread reads, workers query and reply", ["handoff", "worker"], True),
    "h": Row("one thread reads and replies, workers query", ["handoff", "reader"], False),
    "i": Row("connections passed to other processes", ["passing"], True),
    "j": Row("an event loop, 4 connections, kept for a request", ["events", 1, 4, "request"], False),
    "j2": Row("an event loop, 4 connections, kept for a query", ["events", 1, 4, "query"], False),
    "k": Row("coroutines on one thread", ["coroutines"], True),
    "m": Row("asyncio tasks, connections kept for a request", ["tasks.py", 64, "request"], True),
    "m2": Row("asyncio tasks, connections kept for a query", ["tasks.py", 64, "query"], True),
    "m3": Row("asyncio tasks, 4 connections, kept for a query", ["tasks.py", 4, "query"], True),
    "n": Row("greenlets, connections kept for a request", ["greenlets.py", 64, "request"], True),
    "n2": Row("greenlets, 4 connections, kept for a query", ["greenlets.py", 4, "query"], True),
    "o": Row("threads, an asyncio loop for each request", ["loops.py"], True),
    "l": Row("pipelined requests, pre-forked processes", ["forking", "before"], True),
}
CONCURRENCIES = (1, 16, 64)
REQUESTS = {1: 60, 16: 600, 64: 600}
PIPELINED = 5
ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "-1ms"}

Result = collections.namedtuple("Result", "right unassigned wrong")


def request(index):
    return "GET", "/work", {"X-Request-Id": f"r-{index}", "X-Queries": str(1 + index % 5)}, None


def send_pipelined(port, requests, concurrency):
    """Several at a time on each connection."""
    batches = [requests[i:i + PIPELINED] for i in range(0, len(requests), PIPELINED)]

    def client(mine):
        with Connection(port) as connection:
            for batch in mine:
                connection.send(b"".join(request_bytes(*r) for r in batch))
                assert all(connection.read_response().status == 200 for _ in batch)

    with concurrent.futures.ThreadPoolExecutor(concurrency) as clients:
        list(clients.map(client, [batches[i::concurrency] for i in range(concurrency)]))


def judge(trace, sent):
    """Each query once; where."""
    counted = truth.where_found(trace)
    queries = sum(1 + i % 5 for i in range(sent))
    assert counted.total() == queries, f"{counted.total()} spans of {queries} queries"
    assert len(trace.requests) == sent
    return Result(counted["right"], counted["unassigned"], counted["wrong"])


def run(pg, name, concurrency, count, env, folder=None):
    """`folder`: where copies of the programs are."""
    program, *arguments = ROWS[name].command
    port = free_port()
    requests = [request(i) for i in range(count)]
    scripts, programs = (folder, folder) if folder else (HERE, BUILD / "fidelity")
    start = [PYTHON, scripts / program] if program.endswith(".py") else [programs / program]
    command = [*start, port, pg.conninfo("postgres"), *arguments]
    with tracing.traced(command, env=ALL_SPANS | env, to_file=True) as trace:
        http_client.wait_for(port, trace.process)
        if name == "l":
            send_pipelined(port, requests, concurrency)
        else:
            assert all(http_client.load(port, requests, concurrency))
        time.sleep(0.3)  # a server that is killed as it answers has no time to write down that it did
    return judge(trace, count)


@pytest.fixture(scope="module", name="table")
def printed_table(request):
    results = {}
    yield results
    lines = ["| | architecture | concurrency | right | unassigned | wrong |", "| - | - | -: | -: | -: | -: |"]
    for (name, concurrency), result in sorted(results.items()):
        total = sum(result)
        shares = " | ".join(f"{100 * part / total:.1f} %" for part in result)
        lines.append(f"| {name} | {ROWS[name].architecture} | {concurrency} | {shares} |")
    (BUILD / "fidelity.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    reporter.write_line("\n" + "\n".join(lines))


@pytest.mark.parametrize("name, concurrency", itertools.product(ROWS, CONCURRENCIES))
def test_attribution(pg, table, name, concurrency):
    result = run(pg, name, concurrency, REQUESTS[concurrency], {})
    table[name, concurrency] = result
    if ROWS[name].exact:
        assert result.unassigned == result.wrong == 0
    else:
        assert result.wrong <= sum(result) / 100
