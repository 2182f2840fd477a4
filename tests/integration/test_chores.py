"""Statements that drivers make by themselves: in requests they are counted instead of told."""
import subprocess

import pytest

from support import http_client, tracing
from support.paths import PYTHON, free_port

PSYCOPG2 = """
import sys
from wsgiref.simple_server import make_server
import psycopg2

def application(environ, start_response):
    conn = psycopg2.connect("")
    conn.autocommit = True
    cursor = conn.cursor()
    for sql in ("set time zone 'UTC'", "select pg_catalog.set_config('search_path', 'public', false)",
                "set datestyle to iso; show datestyle", "-- ping", "select 1", "set time zone 'CET'",
                "prepare p as select 2", "execute p", "deallocate p", "deallocate missing"):
        try:
            cursor.execute(sql)
        except psycopg2.Error:
            pass
    conn.close()
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]

make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
"""
TOLD = ["CONNECT", "SELECT", "SET", "PREPARE SELECT", "SELECT", "DEALLOCATE"]
LEFT_OUT = 5

PDO = """<?php
$pdo = new PDO("pgsql:");
foreach ([1, 2, 3] as $i) {
    $statement = $pdo->prepare("select $i + ?");
    $statement->execute([$i]);
    $statement = null;
}
"""


def requests_of(pg, command, port, count, **env):
    """The transactions, each with its spans in order."""
    with pg.database() as database:
        with tracing.traced(command, env=pg.environment(database) | env, stderr=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL) as trace:
            http_client.wait_for(port, trace.process)
            requests = [("GET", "/", {"X-Request-Id": f"r-{i}"}, None) for i in range(count)]
            assert all(http_client.load(port, requests, keep_alive=False))
    found = trace.by_request_id()
    told = [found[f"r-{i}"][0] for i in range(count)]
    return [(t, sorted((s for s in trace.spans if s["transaction_id"] == t["id"]), key=lambda s: s["timestamp"]))
            for t in told]


@pytest.mark.parametrize("mode", ["requests", "counted", "sent"])
def test_counted(mode, pg, tmp_path):
    port, script = free_port(), tmp_path / "site.py"
    script.write_text(PSYCOPG2, encoding="ascii")
    for transaction, spans in requests_of(pg, [PYTHON, script, port], port, 2, APMSHIM_SQL_CHORES=mode,
                                          ELASTIC_APM_SPAN_COMPRESSION_ENABLED="false"):
        left_out = 0 if mode == "sent" else LEFT_OUT
        assert transaction["span_count"]["started"] == len(spans)
        assert transaction["span_count"].get("dropped", 0) == left_out
        assert len(spans) + left_out == len(TOLD) + LEFT_OUT
        if left_out:
            assert [span["name"] for span in spans] == TOLD
            stats = transaction["dropped_spans_stats"]
            assert sum(stat["duration"]["count"] for stat in stats) == left_out
            assert {stat["outcome"] for stat in stats} == {"success"}
            assert spans[-1]["outcome"] == "failure"  # what fails is always told


def test_pdo(pg, tmp_path):
    port = free_port()
    (tmp_path / "index.php").write_text(PDO, encoding="ascii")
    for transaction, spans in requests_of(pg, ["/usr/bin/php", "-S", f"127.0.0.1:{port}", "-t", tmp_path], port, 2,
                                          ELASTIC_APM_SPAN_COMPRESSION_ENABLED="false"):
        assert [span["name"] for span in spans] == ["CONNECT"] + ["PREPARE SELECT", "SELECT"] * 3
        assert transaction["span_count"] == {"started": 7, "dropped": 3}


@pytest.mark.parametrize("mode, left_out", [("requests", 0), ("counted", 2)])
def test_script(mode, left_out, pg):
    """What a program does that serves nobody is its own."""
    code = ("import psycopg2; conn = psycopg2.connect(''); conn.autocommit = True; cursor = conn.cursor()\n"
            "for sql in ('set time zone 0', 'prepare p as select 2', 'deallocate p'): cursor.execute(sql)")
    with pg.database() as database:
        trace = tracing.run([PYTHON, "-c", code], env=pg.environment(database) | {"APMSHIM_SQL_CHORES": mode})
    assert len(trace.spans) == 4 - left_out
    assert trace.transactions[0]["span_count"].get("dropped", 0) == left_out
