"""Programs that serve nobody: PostgreSQL's own clients, and those that must cost nothing."""
import os
import signal
import subprocess
import time

import pytest

from support import tracing
from support.paths import EXAMPLES
from support.postgres import comparable, programs

ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "100000",
             "APMSHIM_SQL": "raw"}


def run(pg, database, command, **env):
    return tracing.run(command, env=ALL_SPANS | pg.environment(database) | env, stdout=subprocess.DEVNULL)


def psql(*arguments):
    return [programs() / "psql", "-Xq", *arguments]


def counted(pg, trace, database):
    """What both sides counted."""
    good = [s for s in trace.statements() if s["outcome"] != "failure"]
    return tracing.statement_counts(good, comparable), pg.calls(database)


# ---- psql ----

def test_script(pg):
    with pg.database() as database:
        trace = run(pg, database, psql("-c", "create table t (a int)", "-c", "insert into t values (1), (2)",
                                       "-c", "select a from t", "-c", "update t set a = a + 1"))
        spans, calls = counted(pg, trace, database)
    transaction, = trace.transactions
    assert (transaction["type"], transaction["name"], transaction["outcome"]) == ("script", "psql", "success")
    assert transaction["result"] in ("0", "exit 0", "success")
    assert spans == calls and sum(spans.values()) == 4
    rows = {s["name"]: s["context"]["db"].get("rows_affected") for s in trace.statements()}
    assert rows["INSERT INTO t"] == 2 and rows["UPDATE t"] == 2
    assert {s["transaction_id"] for s in trace.spans} == {transaction["id"]}


def test_exit_code(pg):
    with pg.database() as database:
        trace = run(pg, database, psql("-v", "ON_ERROR_STOP=1", "-c", "select 1/0"))
    transaction, = trace.transactions
    assert transaction["outcome"] == "failure" and "1" in transaction["result"]
    error, = trace.errors
    assert error["exception"]["code"] == "22012" and "division by zero" in error["exception"]["message"]


def test_failed_connection():
    env = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "nobody", "PGDATABASE": "none"}
    trace = tracing.run(psql("-c", "select 1"), env=env, stdout=subprocess.DEVNULL)
    assert trace.process.returncode == 2 and not trace.statements()


def test_copy(pg, tmp_path):
    (tmp_path / "rows").write_text("".join(f"{i}\tx\n" for i in range(1000)), encoding="ascii")
    with pg.database() as database:
        pg.run(database, "create table t (a int, b text)")
        pg.forget_calls()
        trace = run(pg, database, psql("-c", f"\\copy t from '{tmp_path}/rows'", "-c", f"\\copy t to '{tmp_path}/out'",
                                       "-c", "copy t to stdout"))
        assert pg.run("postgres", "select sum(calls) from pg_stat_statements s join pg_database d on d.oid = s.dbid"
                      f" where d.datname = '{database}'") == [["3"]]
    assert len(trace.statements()) == 3
    assert (tmp_path / "out").stat().st_size == (tmp_path / "rows").stat().st_size


def test_interrupted(pg):
    with pg.database() as database:
        with tracing.traced(psql("-c", "select pg_sleep(30)"), env=ALL_SPANS | pg.environment(database)) as trace:
            until = time.monotonic() + 60
            while not pg.run("postgres", "select 1 from pg_stat_activity where query like 'select pg_sleep%'"):
                assert time.monotonic() < until
                time.sleep(0.05)
            trace.process.send_signal(signal.SIGINT)
            trace.process.wait(60)
    span, = trace.statements()
    assert span["outcome"] == "failure" and span["duration"] < 20000
    assert trace.errors[0]["exception"]["code"] == "57014"


def test_stdin_script(pg):
    """Many statements, single and in a transaction."""
    lines = ["create table t (a int);"] + [f"insert into t values ({i});" for i in range(300)]
    lines += ["begin;", "select count(*) from t;", "rollback;"]
    with pg.database() as database:
        read, write = os.pipe()
        os.write(write, "\n".join(lines).encode())
        os.close(write)
        trace = tracing.run(psql(), env=ALL_SPANS | pg.environment(database), stdin=read,
                            stdout=subprocess.DEVNULL)
        os.close(read)
        spans, calls = counted(pg, trace, database)
    assert spans == calls and sum(spans.values()) == 304


# ---- pgbench ----

@pytest.fixture(scope="module")
def bench(pg):
    with pg.database() as database:
        subprocess.run([programs() / "pgbench", "-iq", "-s", "1", database], check=True,
                       env=tracing.environment(**pg.environment(database)), capture_output=True)
        yield database


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
@pytest.mark.parametrize("threads", [1, 2])
def test_pgbench(pg, bench, mode, threads):
    """One thread drives several connections, or each its own."""
    pg.forget_calls()
    trace = run(pg, bench, [programs() / "pgbench", "-n", "-c", "4", "-j", threads, "-t", "25", "-M", mode])
    spans, calls = counted(pg, trace, bench)
    assert spans["end"] == spans["begin"] == 100 and sum(spans.values()) >= 700
    if mode == "prepared":  # then PostgreSQL counts utility statements once per connection
        for statement in ("begin", "end"):
            del spans[statement], calls[statement]
    assert spans == calls
    transaction, = trace.transactions
    assert transaction["name"] == "pgbench" and transaction["type"] == "script"


def test_pgbench_reconnecting(pg, bench):
    pg.forget_calls()
    trace = run(pg, bench, [programs() / "pgbench", "-n", "-C", "-S", "-c", "2", "-t", "20"])
    spans, calls = counted(pg, trace, bench)
    assert spans == calls


# ---- pg_dump ----

def test_pg_dump_with_jobs(pg, tmp_path):
    """One process forks (or not) and several connections work side by side."""
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        trace = run(pg, database, [programs() / "pg_dump", "-Fd", "-j", "3", "-f", tmp_path / "dump"])
        assert trace.process.returncode == 0
        spans, calls = counted(pg, trace, database)
    names = {t["name"] for t in trace.transactions}
    assert names == {"pg_dump"} and {t["type"] for t in trace.transactions} == {"script"}
    assert spans == calls


# ---- what costs nothing ----

QUIET = [
    ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; date; done"],
    ["sh", "-c", "echo a | grep a | sed s/a/b/ | cat"],
    ["curl", "-s", "--max-time", "2", "http://127.0.0.1:1/"],
    ["/usr/bin/python3", "-c", "import socket; socket.socketpair()[0].send(b'x')"],
]


@pytest.mark.parametrize("command", QUIET, ids=lambda c: f"{c[0].split('/')[-1]}-{len(c[-1])}")
def test_nothing_is_started(command, tmp_path):
    """No forwarder, no shared memory: what strace sees of all processes."""
    log = tmp_path / "strace"
    env = {"ELASTIC_APM_SERVER_URL": "http://127.0.0.1:1"}
    trace = tracing.run(command, env=env, to_file=True, stdout=subprocess.DEVNULL)
    assert not trace.transactions and not tracing.tagged(trace.tag)
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-E", f"LD_PRELOAD={tracing.SHIM}",
                    "-e", "trace=memfd_create,execve,fallocate", *command],
                   check=False, stdout=subprocess.DEVNULL)
    text = log.read_text(encoding="utf-8", errors="replace")
    assert "memfd_create" not in text and "apmshim-forwarder" not in text


def test_curl_still_works(apm):
    """Preloaded beside a real answer: its output is the same."""
    command = ["curl", "-s", apm.url + "/"]
    plain = subprocess.run(command, check=True, capture_output=True)
    preloaded = subprocess.run(command, check=True, capture_output=True,
                               env=tracing.environment(LD_PRELOAD=tracing.SHIM))
    assert (plain.stdout, plain.stderr) == (preloaded.stdout, preloaded.stderr)
