"""What each family of libpq's functions becomes: tests/clients/libpq_calls.c against a real server."""
import collections
import functools
import subprocess

import pytest

from clients.conformance import ALL_SPANS, built, pieces
from support import tracing
from support.postgres import comparable

COMPRESSED = {"APMSHIM_SQL": "raw", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms"}
OPEN = {"APMSHIM_SQL_PARAMETERS": "true", "APMSHIM_SQL_ERROR_DETAIL": "true"}
SLOW = 1500  # ms; what is to be told from a pause of two seconds


@functools.lru_cache
def program():
    return built("libpq_calls", "cc", "-I/usr/include/postgresql", "-o", "{out}", "{here}/libpq_calls.c", "-lpq")


class Run:
    """One scenario, traced, in a database of its own."""

    def __init__(self, pg, *scenarios, **env):
        with pg.database() as database:
            self.trace = tracing.run([program(), *scenarios], env=ALL_SPANS | pg.environment(database) | env,
                                     stdout=subprocess.DEVNULL)
            self.calls = pg.calls(database)
        assert self.trace.process.returncode == 0
        self.spans = [s for s in self.trace.spans if s.get("action") not in ("connect", "ping", "cancel")]
        self.contacts = [s for s in self.trace.spans if s.get("action") in ("connect", "ping", "cancel")]
        self.errors = self.trace.errors

    def counted(self):
        good = collections.Counter()
        for span in self.trace.statements():
            if span["outcome"] != "failure":
                good.update(comparable(piece) for piece in pieces(span["context"]["db"]["statement"]))
        return {statement: n for statement, n in good.items() if not statement.startswith("deallocate")}

    def error_of(self, span):
        found, = [e for e in self.errors if e["parent_id"] == span["id"]]
        return found


def db(span):
    return span["context"]["db"]


def tags(span):
    return span["context"].get("tags", {})


def shape(spans):
    return [(s["name"], s["action"], s["outcome"]) for s in spans]


def test_synchronous(pg):
    run = Run(pg, "sync")
    assert shape(run.spans) == [
        ("CREATE", "query", "success"), ("INSERT INTO sync_t", "query", "success"), ("SELECT", "query", "success"),
        ("PREPARE SELECT FROM sync_t", "prepare", "success"), ("SELECT FROM sync_t", "exec", "success"),
        ("SELECT FROM sync_t", "exec", "success"), ("DESCRIBE SELECT FROM sync_t", "describe", "success"),
        ("BEGIN", "query", "success"), ("DECLARE", "query", "success"), ("DESCRIBE", "describe", "success"),
        ("COMMIT", "query", "success")]
    assert all(s["sync"] for s in run.spans) and not run.errors
    assert db(run.spans[1])["rows_affected"] == 7
    assert db(run.spans[4])["statement"] == "/* s=sync */ select b from sync_t where a = $1"
    assert run.counted() == run.calls
    connect, = run.contacts
    assert (connect["name"], connect["type"], connect["subtype"]) == ("CONNECT", "db", "postgresql")
    assert tags(run.spans[0])["connect_ms"] == pytest.approx(connect["duration"], abs=0.01)
    assert not any("connect_ms" in tags(s) for s in run.spans[1:])


def test_asynchronous(pg):
    run = Run(pg, "async")
    assert shape(run.spans) == [
        ("SELECT", "query", "success"), ("SELECT", "query", "success"), ("PREPARE SELECT", "prepare", "success"),
        ("SELECT", "exec", "success"), ("DESCRIBE SELECT", "describe", "success")]
    assert not any(s["sync"] for s in run.spans)
    assert [db(s).get("rows_affected") for s in run.spans] == [1, 1, None, 1, None]
    assert run.counted() == run.calls


def test_result_that_waits_is_complete(pg):
    """It was there two seconds before it was taken."""
    run = Run(pg, "late")
    assert len(run.spans) == 2 and all(s["duration"] < SLOW for s in run.spans)
    assert run.trace.transactions[0]["duration"] > 2 * SLOW


def test_listening_is_no_slow_query(pg):
    run = Run(pg, "listen")
    assert [s["name"] for s in run.spans] == ["LISTEN", "NOTIFY"]
    assert all(s["duration"] < SLOW for s in run.spans)


def test_single_rows(pg):
    span, = Run(pg, "single").spans
    assert db(span)["rows_affected"] == 5000 and span["outcome"] == "success"


def test_pipeline(pg):
    run = Run(pg, "pipeline")
    texts = [db(s)["statement"].removeprefix("/* s=pipeline */ ") for s in run.spans]
    assert texts == [*[f"select {i}" for i in range(4)], "select 4/0", *[f"select {i}" for i in range(5, 10)],
                     "select 'flushed'", "select 'refused'", "select 'afterwards'"]
    assert [s["outcome"] for s in run.spans] == ["success"] * 4 + ["failure"] * 6 + ["success", "failure", "success"]
    assert [i for i, s in enumerate(run.spans) if tags(s).get("pipeline") == "aborted"] == [5, 6, 7, 8, 9]
    assert run.error_of(run.spans[4])["exception"]["code"] == "22012"
    assert "pipeline mode" in run.error_of(run.spans[11])["exception"]["message"]
    assert len(run.errors) == 2
    assert run.counted() == run.calls


def test_copy(pg):
    run = Run(pg, "copy")
    copies = [s for s in run.spans if s["name"] == "COPY"]
    assert [(s["outcome"], db(s).get("rows_affected"), tags(s).get("bytes")) for s in copies] == [
        ("success", 100, 1000), ("success", 100, 1000), ("failure", None, 6), ("failure", None, None),
        ("success", None, None)]
    assert [run.error_of(s)["exception"]["code"] for s in copies[2:4]] == ["22P02", "57014"]
    # PostgreSQL does not count the copy that was abandoned
    assert {k: n for k, n in run.counted().items() if "(b, a)" not in k} == \
        {k: n for k, n in run.calls.items() if "(b, a)" not in k}


def test_large_objects(pg):
    run = Run(pg, "large_objects")
    calls = [(s["name"], tags(s).get("bytes")) for s in run.spans if s["action"] == "call"]
    assert calls == [("CALL lo_creat", None), ("CALL lo_open", None), ("CALL lowrite", 3000), ("CALL lo_lseek", None),
                     ("CALL loread", 3000), ("CALL lo_close", None), ("CALL lo_unlink", None)]
    assert run.counted() == run.calls  # with libpq's own question for their numbers


def test_prepared_by_sql(pg):
    """The text is shown, whoever prepared it and however it is executed, until it is dropped."""
    run = Run(pg, "prepare")
    assert [(s["action"], s["name"], db(s).get("statement"), s["outcome"]) for s in run.spans] == [
        ("prepare", "PREPARE SELECT", '/* s=prepare */ prepare "By SQL" (int) as select $1 + 1000', "success"),
        ("exec", "SELECT", "/* s=prepare */ select $1 + 1000", "success"),
        ("prepare", "PREPARE SELECT", "select 2000 + $1::int", "success"),
        ("exec", "SELECT", "/* s=prepare */ select 2000 + $1::int", "success"),
        ("query", "DEALLOCATE", '/* s=prepare */ deallocate "By SQL"', "success"),
        ("exec", "EXECUTE", '/* s=prepare */ execute "By SQL" (3)', "failure"),
        ("query", "DISCARD", "/* s=prepare */ discard all", "success"),
        ("exec", "EXECUTE", None, "failure")]
    assert {e["exception"]["code"] for e in run.errors} == {"26000"}


def test_several_statements_in_a_text(pg):
    run = Run(pg, "several")
    assert [(s["name"], tags(s)["statements"], db(s)["rows_affected"]) for s in run.spans] == [
        ("CREATE; …", 3, 2),  # PQexec hands out the last result only
        ("SELECT FROM several_t; …", 2, 3)]
    assert run.counted() == run.calls


def test_transactions(pg):
    run = Run(pg, "transaction")
    assert [s["name"] for s in run.spans] == ["BEGIN", "SELECT", "SELECT", "ROLLBACK", "BEGIN", "SAVEPOINT", "RELEASE",
                                              "COMMIT"]
    assert [e["exception"]["code"] for e in run.errors] == ["22012", "25P02"]
    assert [e["exception"]["type"] for e in run.errors] == ["DataException", "InvalidTransactionState"]
    assert run.counted() == run.calls


def test_long_statement(pg):
    span, = Run(pg, "big").spans
    assert tags(span)["statement_bytes"] == 8 << 20
    assert db(span)["statement"].startswith("/* s=big */ select 1") and db(span)["statement"].endswith("…")


def test_encodings(pg):
    run = Run(pg, "encoding")
    texts = [db(s)["statement"] for s in run.spans if "s=encoding" in db(s)["statement"]]
    assert texts == ["/* s=encoding */ select 'café' as \"ü\"", "/* s=encoding */ select \"fehlt_ä\"",
                     "/* s=encoding */ select '表' as \"ソ\""]
    error, = run.errors
    assert "fehlt_ä" in error["exception"]["message"]
    names = [db(s)["statement"] for s in Run(pg, "encoding", APMSHIM_SQL="obfuscated").spans]
    assert "/* s=encoding */ select ? as \"ソ\"" in names


def test_connecting(pg):
    run = Run(pg, "connect")
    assert [(s["name"], s["outcome"]) for s in run.contacts] == [
        ("CONNECT", "success"), ("CONNECT", "success"), ("RECONNECT", "success"), ("RECONNECT", "success"),
        *[("CONNECT", "failure")] * 4, ("CONNECT", "unknown"), ("PING", "success")]
    failed = [s for s in run.contacts if s["outcome"] == "failure"]
    messages = [run.error_of(s)["exception"]["message"] for s in failed]
    assert {e["exception"]["type"] for e in run.errors} == {"ConnectionFailure"} and len(run.errors) == 4
    assert 'database "missing" does not exist' in messages[0] and 'database "missing" does not exist' in messages[1]
    assert "refused" in messages[2]
    assert run.contacts[0]["context"]["destination"]["address"] == "127.0.0.1"


def test_cancelling(pg):
    run = Run(pg, "cancel")
    assert [(s["name"], s["outcome"]) for s in run.contacts] == [("CONNECT", "success"), ("CANCEL", "success")]
    span, = run.spans
    assert run.error_of(span)["exception"]["code"] == "57014"


def test_errors(pg):
    run = Run(pg, "error")
    found = {(e["exception"]["type"], e["exception"].get("code")) for e in run.errors}
    assert found == {("IntegrityConstraintViolation", "23505"), ("LibpqError", None),
                     ("InvalidSQLStatementName", "26000")}
    outcomes = {db(s).get("statement", "").removeprefix("/* s=error */ "): s["outcome"] for s in run.spans}
    assert outcomes["select 'under way'"] == "success" and outcomes["select 'refused'"] == "failure"
    assert outcomes["select 'on a dead connection'"] == "failure"
    assert "already exists" not in str(run.errors)  # DETAIL
    for error in run.errors:
        span, = [s for s in run.trace.spans if s["id"] == error["parent_id"]]
        assert error["trace_id"] == span["trace_id"] and error["exception"]["handled"]
        assert error["exception"]["stacktrace"]


def test_detail_and_parameters_on_request(pg):
    run = Run(pg, "parameters", "error", **OPEN)
    unique, = [e for e in run.errors if e["exception"].get("code") == "23505"]
    assert unique["context"]["tags"]["detail"] == "Key (email)=(planted@example.com) already exists."
    shown = [tags(s)["parameters"] for s in run.spans if "parameters" in tags(s)]
    assert shown == ["$1 = 'anna', $2 = [REDACTED], $3 = NULL", "$1 = [REDACTED], $2 = '1'", "$1 = '\\x00000007'"]


def test_values_stay_at_home(pg):
    run = Run(pg, "parameters")
    assert not any("parameters" in tags(s) for s in run.spans)
    assert "hunter2" not in str(run.trace.spans)


def test_abandoned(pg):
    run = Run(pg, "abandoned")
    assert [(db(s)["statement"].removeprefix("/* s=abandoned */ "), s["outcome"]) for s in run.spans] == [
        ("select 'one result taken'", "success"), ("select 'next'", "success"),
        ("select 'never asked for'", "unknown")]


def test_repeated(pg):
    """One composite span stands for a loop of statements; its stack is that of the first."""
    with pg.database() as database:
        trace = tracing.run([program(), "repeated"], env=COMPRESSED | pg.environment(database))
    span, = trace.statements()
    assert span["composite"]["count"] == 50 and span["composite"]["compression_strategy"] == "exact_match"
    assert tags(span)["repeated"] == 50
    assert any(frame.get("function") == "repeated" for frame in span["stacktrace"])


def test_functions_of_newer_libraries(tmp_path):
    """They are not exported, so that no program takes an older libpq for a newer one; callers are found."""
    include = "-I/usr/include/postgresql"
    library = built("newer_libpq", "cc", "-shared", "-fPIC", include, "-o", "{out}", "{here}/newer_libpq.c",
                    "-Wl,-soname,libpq-newer.so").resolve()
    (tmp_path / "libpq-newer.so").symlink_to(library)
    program = built("newer_calls", "cc", "-o", "{out}", "{here}/newer_calls.c", include, str(library))
    trace = tracing.run([program], env=ALL_SPANS | {"LD_LIBRARY_PATH": tmp_path})
    assert trace.process.returncode == 0
    assert shape(trace.spans) == [
        ("CONNECT", "connect", "success"), ("PREPARE SELECT FROM tables", "prepare", "success"),
        ("CLOSE SELECT FROM tables", "close", "success"), ("CLOSE", "close", "success"),
        ("CLOSE", "close", "success"), ("CLOSE", "close", "success"),
        ("CANCEL", "cancel", "success"), ("CANCEL", "cancel", "success")]
