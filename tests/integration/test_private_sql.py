"""No data of a statement gets out: not by its text, nor by what the server says about it."""
import json
import subprocess
import tempfile

import pytest

from support import planted, tracing
from support.paths import PYTHON
from support.postgres import programs

# Each is sent alone; what fails is as welcome as what does not.
QUOTED_BY_MESSAGES = [
    "SELECT 'S3CRET'::int", "SELECT 'S3CRET'::uuid", "SELECT 'S3CRET'::date", "SELECT 'S3CRET'::interval",
    "SELECT '2020-13-31 S3CRET'::timestamp", "SELECT '{S3CRET'::int[]", "SELECT '[S3CRET,'::int4range",
    "SELECT 'S3CRET'::mood", "SELECT '{\"a\": S3CRET}'::json", "SELECT '<a>S3CRET'::xml", "SELECT 'S3CRET &'::tsquery",
    "SELECT 'S3CRET'::inet", "SELECT 'S3CRET'::bool", "SELECT 'S3CRET'::money", "SELECT 'S3CRET'::point",
    "SELECT 'S3CRET'::bit(4)", "SELECT 'S3CRET'::regclass", "SELECT 'S3CRET(int'::regprocedure",
    "SELECT 'S3CRET'::numeric", "SELECT '(S3CRET'::pair", "SELECT '\\xS3CRET'::bytea", "SELECT 'S3CRET'::jsonpath",
    "SELECT 'a' ~ '[S3CRET'", "SELECT to_date('S3CRET', 'YYYY-MM-DD')", "SELECT 'a \"quoted\" S3CRET \"more'::int",
    "SELECT E'two\\nlines S3CRET'::int", "SELECT to_number('S3CRET', '99')", "SELECT now() AT TIME ZONE 'S3CRET'",
    "SET timezone = 'S3CRET'", "SET work_mem = 'S3CRET'", "SELECT set_config('work_mem', 'S3CRET', false)",
    "SELECT decode('S3CRET', 'hex')", "SELECT decode('00', 'S3CRET')", "SELECT encode('a', 'S3CRET')",
    "SELECT nextval('S3CRET')", "SELECT currval('S3CRET')", "SELECT pg_read_file('/S3CRET')",
    "COPY t FROM '/nowhere/S3CRET'", "COPY t FROM PROGRAM 'exit 3 # S3CRET'", "SELECT 'S3CRET' LIKE 'a' ESCAPE 'S3CRET'",
    "SELECT jsonb '{}' -> 'a' || 'S3CRET'::int", "INSERT INTO t VALUES (1, 'S3CRET', 'S3CRET')",
    "INSERT INTO t (id, name) VALUES (1, 'S3CRET'), (1, 'S3CRET')", "SELECT lo_import('/S3CRET')",
    "SELECT dblink_connect('host=db password=S3CRET')", "SELECT setval('t_id_seq', 99999999999999999)",
    "ALTER USER nobody_of_that_name PASSWORD 'S3CRET'", "SELECT 'S3CRET' COLLATE \"xx\"",
]
WRITTEN_BY_FUNCTIONS = [
    "DO $$BEGIN RAISE EXCEPTION 'card S3CRET refused'; END$$",
    "DO $$BEGIN RAISE EXCEPTION USING MESSAGE = 'S3CRET', ERRCODE = '23505'; END$$",
    "DO $$BEGIN RAISE EXCEPTION USING MESSAGE = 'S3CRET', ERRCODE = 'U4711', DETAIL = 'S3CRET', HINT = 'S3CRET'; END$$",
    "DO $$BEGIN RAISE unique_violation USING MESSAGE = 'S3CRET is taken', TABLE = 'S3CRET'; END$$",
    "DO $$BEGIN RAISE EXCEPTION USING MESSAGE = 'S3CRET', ERRCODE = '22012', CONSTRAINT = 'S3CRET'; END$$",
    "DO $$BEGIN ASSERT false, 'S3CRET'; END$$",
    "DO $$BEGIN PERFORM 'S3CRET'::int; END$$", "DO $$BEGIN EXECUTE 'SELECT S3CRET S3CRET S3CRET'; END$$",
    "CREATE FUNCTION f() RETURNS int AS 'S3CRET' LANGUAGE plpgsql", "CREATE FUNCTION f() RETURNS int AS 'S3CRET' LANGUAGE sql",
]
NO_SQL = [
    "S3CRET Smith 4711", "Anna S3CRETson, anna@S3CRET.example", "1\tAnna S3CRETson\tanna@S3CRET.example",
    "select from where S3CRET", "insert S3CRET", "SELECT 'S3CRET", "SELECT $$S3CRET", "SELECT \"S3CRET", "SELECT /* S3CRET",
    "SELECT E'\\x S3CRET'", "SELECT U&'\\S3CRET'", "UPDATE S3CRET Smith", "DELETE FROM S3CRET Smith, 12 Lane",
    "SELECT id FROM t WHERE name = ‘S3CRET’", "SELECT id FROM t WHERE name = “S3CRET Smith”", "“S3CRET” ‘S3CRET’",
    "SELECT id FROM t WHERE name = \"S3CRET\"", "SELECT id FROM t WHERE name = \"x\" OR name = \"S3CRET\"",
    "SELECT id FROM t WHERE name = S3CRET OR name = S3CRETson", "UPDATE t SET name = S3CRET WHERE id = 1",
    "INSERT INTO t (id, name) VALUES (1, S3CRET), (2, S3CRET)", "SELECT id FROM t WHERE name IN (S3CRET, S3CRETson)",
    "INSERT INTO t (name) VALUES (\"S3CRET\")", "UPDATE t SET name = \"S3CRET\"", "SELECT `S3CRET` FROM t",
    "INSERT INTO t (id, name) VALUES (1, 'Sean O'S3CRET', '12 S3CRET Lane')",
    "INSERT INTO t (id, name) VALUES (1, 'Sean O'Brien','12 S3CRET Lane')",
    "INSERT INTO t (id, name) VALUES (1, 'it''s' S3CRET's)", "SELECT 1; S3CRET Smith; SELECT 2", "; S3CRET",
    "SELECT 1 /* S3CRET */", "SELECT 1 -- S3CRET", "/* name='S3CRET' */ SELECT 1", "SELECT 1 /* AND password = 'S3CRET' */",
    "password=S3CRET", "{\"token\": \"S3CRET\"}", "<S3CRET/>", "SELECT id FROM t WHERE id = 1 S3CRET S3CRET", "'S3CRET'",
    "\"S3CRET\"", "S3CRET", "(S3CRET)", "-S3CRET",
]
NAMES_STAY = {  # a message, and what of it is shown
    "SELECT missing_column FROM t": 'column "missing_column" does not exist',
    "SELECT 1 FROM missing_table": 'relation "missing_table" does not exist',
    "SELECT 1 FROM public.missing_table": 'relation "public.missing_table" does not exist',
    "INSERT INTO t (id, name) SELECT 1, 'a' FROM generate_series(1, 2)":
        'duplicate key value violates unique constraint "t_pkey"',
    "INSERT INTO t (id) VALUES (7)": 'null value in column "name" of relation "t" violates not-null constraint',
    "INSERT INTO t (id, name, note) VALUES (8, 'a', 'longer than that')": "value too long for type character varying(8)",
    "SELECT 1/0": "division by zero", "SELECT 'x'::int": "invalid input syntax for type integer: ?",
    "SELECT no_such_function(1)": "function no_such_function(integer) does not exist",
    "DO $$BEGIN RAISE EXCEPTION 'x'; END$$": "raise_exception",
    "DO $$BEGIN RAISE EXCEPTION USING MESSAGE = 'x', ERRCODE = '23505'; END$$": "unique_violation",
    "SELECT oops oops oops": "syntax error at or near ?",
}

SCHEMA = """
create type mood as enum ('sad', 'ok'); create type pair as (a int, b int);
create table t (id serial primary key, name text not null, note varchar(8));
"""
BY_LIBPQ = """
import json, sys, psycopg2
connection = psycopg2.connect("")
connection.autocommit = True
cursor = connection.cursor()
for sql, *values in json.load(sys.stdin):
    try:
        cursor.execute(sql) if not values else cursor.execute(sql, values)
    except psycopg2.Error:
        pass
"""
BY_SOCKET = """
import asyncio, json, os, sys, asyncpg
async def main():
    connection = await asyncpg.connect(host=os.environ["PGHOST"])
    for sql, *values in json.load(sys.stdin):
        try:
            await (connection.fetch(sql, *values) if values else connection.execute(sql))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError):
            pass
asyncio.run(main())
"""
CLIENTS = pytest.mark.parametrize("client", [BY_LIBPQ, BY_SOCKET], ids=["libpq", "socket"])
ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "100000"}


def run(pg, database, command, statements=None, **env):
    """A client that is given the statements on its standard input."""
    with tempfile.TemporaryFile() as source:
        source.write(json.dumps(statements or []).encode())
        source.seek(0)
        return tracing.run(command, env=ALL_SPANS | pg.environment(database) | env, stdin=source,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def messages(trace):
    return [error["exception"].get("message") for error in trace.errors]


@pytest.fixture(name="database")
def database_with_schema(pg):
    with pg.database() as database:
        pg.run(database, SCHEMA)
        yield database


@CLIENTS
@pytest.mark.parametrize("statements", [QUOTED_BY_MESSAGES, WRITTEN_BY_FUNCTIONS, NO_SQL],
                         ids=["quoted", "functions", "no_sql"])
def test_planted(pg, database, tmp_path, client, statements):
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [PYTHON, "-c", client], [[sql] for sql in statements], **outputs.environment()))
    sent = [s for s in traces[0].spans if s.get("action") == "query"]
    assert len(sent) >= len(statements) - 2 and len(traces[0].errors) >= len(statements) / 2


@CLIENTS
def test_names_stay(pg, database, client):
    trace = run(pg, database, [PYTHON, "-c", client], [[sql] for sql in NAMES_STAY])
    assert messages(trace) == list(NAMES_STAY.values())


@CLIENTS
def test_all_is_shown_on_request(pg, database, client):
    trace = run(pg, database, [PYTHON, "-c", client],
                [["SELECT 'planted'::int"], ["DO $$BEGIN RAISE EXCEPTION 'free words'; END$$"]],
                APMSHIM_SQL_ERROR_DETAIL="true")
    assert messages(trace) == ['invalid input syntax for type integer: "planted"', "free words"]


@pytest.mark.parametrize("language", ["de_DE", "fr_FR", "ru_RU", "ja_JP", "zh_CN"])
def test_other_languages(pg, database, tmp_path, language):
    """The server speaks them where its locale is there; else this is the same again."""
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [PYTHON, "-c", BY_LIBPQ],
                          [[f"SET lc_messages = '{language}.UTF-8'"], ["SELECT 'S3CRET'::int"],
                           ["SELECT oops S3CRET S3CRET"], ["INSERT INTO t VALUES ('S3CRET')"]],
                          **outputs.environment()))


BOUND_BY_LIBPQ = """
#include <libpq-fe.h>
#include <stddef.h>
static void run(PGconn *c, const char *sql, const char *value)
{
    const char *values[] = {value};
    PQclear(PQexecParams(c, sql, 1, NULL, values, NULL, NULL, 0));
    PQclear(PQprepare(c, "s", sql, 1, NULL));
    PQclear(PQexecPrepared(c, "s", 1, values, NULL, NULL, 0));
    PQclear(PQexec(c, "deallocate all"));
}
int main(void)
{
    PGconn *c = PQconnectdb("");
    run(c, "SELECT $1::int", "S3CRET");
    run(c, "SELECT id FROM t WHERE id = $1", "S3CRET-4111-1111");
    run(c, "SELECT $1::text::uuid", "anna@S3CRET.example");
    run(c, "SELECT $1::jsonb", "{\\"a\\": S3CRET");
    run(c, "SELECT 'a\\"b'::text, $1::date", "\\"S3CRET\\" or \\"so");
    PQfinish(c);
    return 0;
}
"""


def build(tmp_path, source):
    program = tmp_path / "program"
    subprocess.run(["cc", "-x", "c", "-", "-I/usr/include/postgresql", "-o", program, "-lpq"], input=source.encode(),
                   check=True)
    return program


def test_bound_values(pg, database, tmp_path):
    program = build(tmp_path, BOUND_BY_LIBPQ)
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [program], **outputs.environment()))
        traces.append(run(pg, database, [PYTHON, "-c", BY_SOCKET], [
            ["SELECT $1::text::int", "S3CRET"], ["SELECT id FROM t WHERE name = $1 AND id = 'x' || $1", "S3CRET"],
            ["SELECT $1::text::json", "{S3CRET"], ["SELECT $1::text::mood", "S3CRET"]], **outputs.environment()))
    assert len(traces[0].errors) == 10 and len(traces[1].errors) == 4


SCRIPT = """
COPY public.customers_missing (id, name, email) FROM stdin;
1\tAnna S3CRETson\tanna@S3CRET.example
2\tBert 'S3CRETman\tbert@S3CRET.example
3\tO'S3CRET's "S3CRET\t\\\\N
\\.

ALTER TABLE t ADD COLUMN IF NOT EXISTS z int;
COPY t (id, name) FROM stdin;
S3CRET\tAnna
\\.
COPY t (id, name) FROM stdin WITH (FORMAT csv);
"S3CRET",Anna,"S3CRET"
\\.
id,name,email
1,S3CRET,"anna@S3CRET.example";
INSERT,S3CRET,"anna@S3CRET.example";
\\set secret S3CRET
SELECT :'secret'::int;
SELECT 1 FROM t WHERE name = :secret;
\\bind 'S3CRET' \\g
SELECT 1;
"""


def test_script(pg, database, tmp_path):
    script = tmp_path / "restore.sql"
    script.write_text(SCRIPT, encoding="ascii")
    psql = [programs() / "psql", "-Xq", "-f", script]
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, psql, **outputs.environment()))
    names = {span["name"] for span in traces[0].spans}
    assert {"SELECT", "UNKNOWN"} <= names and not any("Anna" in name or "ANNA" in name for name in names)


# ---- connection strings ----

CONNECTION_STRINGS = [
    "postgresql://anna:S3CRET@word@127.0.0.1:{port}/{database}", "postgresql://anna:S3CRET/word@127.0.0.1/{database}",
    "postgresql://anna:pa/S3CRET@127.0.0.1/{database}", "postgresql://anna:100%S3CRET@127.0.0.1/{database}",
    "postgresql://anna:pa@S3CRET@127.0.0.1/{database}", "postgresql://anna:S3 CRET S3CRET@127.0.0.1/{database}",
    "host=127.0.0.1 password=a S3CRET user=anna", "host=127.0.0.1 password='S3CRET user=anna",
    "host=127.0.0.1 S3CRET=1", "postgresql://anna:[S3CRET@127.0.0.1/{database}", "postgresql://[S3CRET",
    "postgresql://127.0.0.1/{database}?password=S3CRET&S3CRET", "postgresql://127.0.0.1/{database}?S3CRET=1",
    "postgresql://127.0.0.1:S3CRET/{database}", "postgresql://anna:a:S3CRET@127.0.0.1:1/{database}",
    "postgresql://anna:a#S3CRET/x@127.0.0.1:1/{database}", "postgresql://anna:a?S3CRET/x@127.0.0.1:1/{database}",
    "host=127.0.0.1 port=S3CRET", "host=127.0.0.1 sslmode=S3CRET", "service=S3CRET", "host=127.0.0.1 port=1 password=S3CRET",
    "postgresql://anna:S3CRET@127.0.0.1:{port}/{database}", "postgres://anna:%53%33CRET@127.0.0.1:1/x",
    "postgresql://anna:S3CRET@/{database}?host=127.0.0.1,127.0.0.2/x&port=1,2", "host='a@S3CRET' dbname=x",
]
CONNECT = """
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\\n")] = 0;
        PGconn *c = PQconnectdb(line);
        PQclear(PQexec(c, "SELECT 1"));
        PQfinish(c);
    }
    return 0;
}
"""


def connecting(tmp_path, conninfos, env):
    with tempfile.TemporaryFile() as source:
        source.write("".join(f"{conninfo}\n" for conninfo in conninfos).encode())
        source.seek(0)
        return tracing.run([build(tmp_path, CONNECT)], env=ALL_SPANS | env, stdin=source)


def test_connection_strings(pg, database, tmp_path):
    env = pg.environment(database)
    conninfos = [conninfo.format(port=env["PGPORT"], database=database) for conninfo in CONNECTION_STRINGS]
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(connecting(tmp_path, conninfos, env | outputs.environment()))
    connects = [span for span in traces[0].spans if span["name"] == "CONNECT"]
    assert len(connects) == len(CONNECTION_STRINGS)
    for span in connects:
        context = span["context"]
        told = [context["db"].get("instance"), context.get("destination", {}).get("address"),
                context["destination"]["service"]["resource"].removeprefix("postgresql/")]
        assert not any("@" in text or (text.count("/") and not text.startswith("/")) for text in told if text), span


def test_what_connections_say(pg, database, tmp_path):
    env = pg.environment(database)
    good = {"PGHOST": "127.0.0.1", "PGPORT": env["PGPORT"], "PGUSER": env["PGUSER"]}
    conninfos = ["dbname=none", "host=127.0.0.1 port=1 dbname=none", "host=x port=y"]
    trace = connecting(tmp_path, conninfos, good | {"PGDATABASE": "none"})
    missing, refused, unreadable = [error["exception"]["message"] for error in trace.errors
                                    if error["exception"]["type"] == "ConnectionFailure"]
    assert missing.endswith('database "none" does not exist') and "127.0.0.1" in missing
    assert "Connection refused" in refused and unreadable == "the connection string could not be read"


# ---- what options switch off ----

@CLIENTS
def test_off(pg, database, tmp_path, client):
    """Neither in an event nor in the ring, of which a recording is the copy."""
    statements = [["SELECT 'S3CRET'"], ["SELECT 'S3CRET'::int"], ["S3CRET"], ["INSERT INTO t (name) VALUES ('S3CRET')"],
                  ["DO $$BEGIN RAISE EXCEPTION 'S3CRET'; END$$"]]
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [PYTHON, "-c", client], statements, APMSHIM_SQL="off",
                          APMSHIM_SQL_PARAMETERS="true", APMSHIM_SQL_ERROR_DETAIL="true", **outputs.environment(recorded=True)))
    assert planted.MARK.encode() not in outputs.recording.read_bytes()
    spans = [s for s in traces[0].spans if s.get("action") in ("query", "exec")]
    assert not any("statement" in span["context"]["db"] for span in spans)
    assert not any(messages(traces[0])) and len(traces[0].errors) == 3
    names = [span["name"] for span in spans]
    assert "INSERT" in names and "SELECT" in names and "UNKNOWN" in names


def test_socket_recording(pg, database, tmp_path):
    """Bound values, rows, COPY and an error's DETAIL are not copied, whatever is recorded."""
    statements = [["SELECT $1::text", "S3CRET_bound"], ["SELECT 'S3CRET' || '_row' || '_1'"],
                  ["SELECT repeat('S3CRET' || '_row_', 2000)"], ["INSERT INTO t (id, name) VALUES (1, $1)", "S3CRET_detail"],
                  ["INSERT INTO t (id, name, note) VALUES (1, $1, 'x')", "S3CRET_detail"], ["SELECT 'kept_text'"]]
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [PYTHON, "-c", BY_SOCKET], statements, **outputs.environment(recorded=True)))
    recorded = outputs.recording.read_bytes()
    assert b"kept_text" in recorded and b"_bound" not in recorded
    assert b"S3CRET_row" not in recorded and b"S3CRET_detail" not in recorded
    assert [error["exception"]["code"] for error in traces[0].errors] == ["23505"]


# ---- parameters ----

SHOWS_VALUES = """
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>
static void go(PGconn *c, const char *sql)
{
    const char *values[] = {"anna", "S3CRET"};
    PQclear(PQexecParams(c, sql, 2, NULL, values, NULL, NULL, 0));
}
int main(void)
{
    PGconn *c = PQconnectdb("");
    PQclear(PQexec(c, "create temp table users(name text, password text, token text)"));
    PQclear(PQexec(c, "select 1"));
    while (access(getenv("ELASTIC_APM_LOG_FILE"), R_OK) < 0)
        usleep(5000);
    sleep(1); /* values are copied once the forwarder, which has started, has asked for them */
    go(c, "INSERT INTO users (name, password) VALUES ($1::text, $2::text)");
    go(c, "INSERT INTO users (name, password) SELECT $1::text, $2::text");
    go(c, "SELECT 1 FROM users WHERE name = $1 AND token = ANY (ARRAY[$2])");
    go(c, "WITH n(name, password) AS (VALUES ($1::text, $2::text)) INSERT INTO users SELECT * FROM n");
    go(c, "MERGE INTO users u USING (VALUES ($1::text, $2::text)) s(name, password) ON u.name = s.name"
          " WHEN NOT MATCHED THEN INSERT (name, password) VALUES (s.name, s.password)");
    go(c, "INSERT INTO users (name, password) (VALUES ($1::text, $2::text))");
    go(c, "UPDATE users SET (name, password) = ROW($1::text, $2::text)");
    go(c, "UPDATE users SET (password, name) = ROW($2::text, $1::text)");
    go(c, "UPDATE users u SET password = v.p FROM (VALUES ($1::text, $2::text)) v(n, p) WHERE u.name = v.n");
    go(c, "SELECT set_config('app.token', $2, true), $1::text");
    go(c, "SELECT 1 FROM users WHERE (name, password) IN (($1, $2))");
    go(c, "SELECT 1 FROM users WHERE name = $1 AND password = md5($2 || name)");
    go(c, "SELECT 1 FROM users WHERE name = $1 AND $2 = users.password");
    go(c, "SELECT 1 FROM users WHERE name = $1 AND md5($2::text) = password");
    go(c, "SELECT CASE WHEN password = $2 THEN $1::text END FROM users");
    go(c, "SELECT 1 FROM users WHERE name = $1 AND coalesce(token, name) = $2");
    PQfinish(c);
    return 0;
}
"""


def test_parameters(pg, database, tmp_path):
    program = build(tmp_path, SHOWS_VALUES)
    with planted.looked_for(tmp_path) as (outputs, traces):
        traces.append(run(pg, database, [program], APMSHIM_SQL_PARAMETERS="true", **outputs.environment()))
    labels = [span["context"]["tags"]["parameters"] for span in traces[0].spans
              if "parameters" in span["context"].get("tags", {})]
    assert len(labels) == 16 and labels[0] == "$1 = 'anna', $2 = [REDACTED]"
