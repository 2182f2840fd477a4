#!/usr/bin/python3
"""Every PostgreSQL client against what PostgreSQL counted. Prints a table:

    /usr/bin/python3 tests/clients/conformance.py [client ...]

One client is one program of this folder, or a program of PostgreSQL's own, and one line of CLIENTS. Its
statements carry `/* req=NAME */`."""
import collections
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import postgres, tracing  # noqa: E402
from support.paths import BUILD, PYTHON  # noqa: E402
from support.postgres import comparable, programs  # noqa: E402

OUT = BUILD / "clients"
ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "100000",
             "APMSHIM_SQL": "raw"}
JDBC = "/usr/share/java/postgresql.jar"
NOT_COUNTED = re.compile(r"(deallocate|prepare)\b", re.I)  # by pg_stat_statements


# ---- how each is started ----

def built(name, *command):
    """A program made of sources of this folder, once."""
    out = OUT / name
    OUT.mkdir(parents=True, exist_ok=True)
    newest = max(path.stat().st_mtime for path in HERE.glob(f"{name}.*"))
    if not out.exists() or out.stat().st_mtime < newest:
        subprocess.run([part.format(out=out, here=HERE) if isinstance(part, str) else part for part in command],
                       check=True)
    return out


def pqxx(pg, database, folder):
    return [built("pqxx_client", "g++", "-std=c++17", "-o", "{out}", "{here}/pqxx_client.cpp", "-lpqxx", "-lpq")]


def ecpg(pg, database, folder):
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ecpg", "-o", OUT / "ecpg_client.c", HERE / "ecpg_client.pgc"], check=True)
    return [built("ecpg_client", "cc", "-I/usr/include/postgresql", "-o", "{out}", str(OUT / "ecpg_client.c"),
                  "-lecpg")]


def odbc(pg, database, folder):
    driver = next(pathlib.Path("/usr/lib").rglob("psqlodbcw.so"))
    return [built("odbc_client", "cc", "-o", "{out}", "{here}/odbc_client.c", "-lodbc"),
            f"Driver={driver};Servername=127.0.0.1;Port={pg.port};Database={database};Uid=postgres;"
            "UseServerSidePrepare=1"]


def script(interpreter, file):
    return lambda pg, database, folder: [*interpreter, HERE / file]


@functools.lru_cache
def node_modules():
    """pg and pg-native, from the npm registry; the addon is built here."""
    if not (OUT / "node_modules" / "pg-native").exists():
        OUT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error",
                        "pg@8", "pg-native@3"], cwd=OUT, check=True,
                       env=os.environ | {"npm_config_nodedir": "/usr", "npm_config_cache": str(OUT / "npm")})
    return OUT / "node_modules"


def node(file):
    def command(pg, database, folder):
        node_modules()
        shutil.copy(HERE / file, OUT / file)  # modules are looked for beside it
        return ["node", OUT / file]
    return command


def psql(*arguments):
    return lambda pg, database, folder: [programs() / "psql", "-Xq", *(a.format(folder=folder) for a in arguments)]


def psql_script(pg, database, folder):
    (folder / "rows").write_text("1\tx\n2\ty\n", encoding="ascii")
    (folder / "script.sql").write_text(f"""
        /* req=psql */ create table psql_t (a int, b text);
        \\copy psql_t from '{folder}/rows'
        \\copy psql_t to '{folder}/out'
        /* req=psql */ select count(*) from psql_t \\; select b from psql_t where a = 1;
        /* req=psql */ select b from psql_t where a = 2 \\gdesc
        /* req=psql */ select 'select a from psql_t where a = ' || a from psql_t \\gexec
        \\set FETCH_COUNT 1
        /* req=psql */ select a from psql_t order by a;
        \\unset FETCH_COUNT
        begin;
        /* req=psql */ select missing from psql_t;
        rollback;
        """, encoding="ascii")
    return [programs() / "psql", "-Xq", "-f", folder / "script.sql"]


def psql_watch(pg, database, folder):
    (folder / "script.sql").write_text("/* req=psql */ select 1 as watched \\watch 0.2\n", encoding="ascii")
    return [programs() / "psql", "-Xq", "-f", folder / "script.sql"]


def pgbench(*arguments):
    def command(pg, database, folder):
        subprocess.run([programs() / "pgbench", "-iq", "-s", "1", database], check=True, capture_output=True,
                       env=tracing.environment(**pg.environment(database)))
        return [programs() / "pgbench", "-n", "-c", "2", "-t", "10", *arguments]
    return command


def pgbench_pipeline(pg, database, folder):
    (folder / "script").write_text("""\\set a random(1, 10)
        \\startpipeline
        /* req=pgbench */ select :a + 1;
        /* req=pgbench */ select 'two' where :a > 0;
        \\endpipeline
        """, encoding="ascii")
    return [programs() / "pgbench", "-n", "-c", "2", "-t", "10", "-M", "extended", "-f", folder / "script"]


SCHEMA = "create table dump_%d (a int primary key, b text); insert into dump_%d select i, 'x' from generate_series(1, 50) i;"


def pg_dump(pg, database, folder):
    for i in range(4):
        pg.run(database, SCHEMA % (i, i))
    return [programs() / "pg_dump", "-Fd", "-j", "2", "-f", folder / "dump"]


def pg_restore(pg, database, folder):
    subprocess.run(pg_dump(pg, database, folder), check=True, env=tracing.environment(**pg.environment(database)))
    for i in range(4):
        pg.run(database, f"drop table dump_{i}")
    return [programs() / "pg_restore", "-d", database, "-j", "2", folder / "dump"]


def jdbc(pg, database, folder):
    built("JdbcClient", "ecj", "-17", "-proc:none", "-cp", JDBC, "-d", "{out}", "{here}/JdbcClient.java")
    return ["java", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", f"{OUT}/JdbcClient:{JDBC}",
            "JdbcClient", f"jdbc:postgresql://127.0.0.1:{pg.port}/{database}?user=postgres&sslmode=prefer"]


@dataclasses.dataclass
class Client:
    name: str
    command: callable
    interrupt: float = 0      # seconds after which it gets ^C
    processes: int = 1        # transactions there may be
    at_least: int = 5         # statements that must have been counted
    # how often PostgreSQL counts a statement, if not once a call
    uncounted: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)


CLIENTS = [
    Client("psycopg2", script([PYTHON], "psycopg2_client.py")),
    Client("psycopg3", script([PYTHON], "psycopg3_client.py")),
    Client("php", script(["php"], "php_client.php")),
    Client("perl", script(["perl"], "perl_client.pl")),
    Client("ruby", script(["ruby"], "ruby_client.rb")),
    Client("pqxx", pqxx),
    Client("ecpg", ecpg),
    Client("odbc", odbc),
    Client("tdbc", script(["tclsh"], "tdbc_client.tcl")),
    Client("pgtcl", script(["tclsh"], "pgtcl_client.tcl"), at_least=4),
    Client("pg-native", node("pg_native_client.js")),
    Client("psql", psql_script),
    Client("psql-watch", psql_watch, interrupt=1.5, at_least=2),
    Client("psql-interrupt", psql("-c", "/* req=psql-interrupt */ select 1 as first", "-c",
                                  "/* req=psql-interrupt */ select pg_sleep(60)"), interrupt=1.5, at_least=1),
    Client("pgbench-simple", pgbench("-M", "simple")),
    Client("pgbench-extended", pgbench("-M", "extended")),
    Client("pgbench-prepared", pgbench("-M", "prepared"), uncounted=("begin", "end")),
    Client("pgbench-pipeline", pgbench_pipeline),
    Client("node-pg", node("pg_client.js")),
    Client("asyncpg", script([PYTHON], "asyncpg_client.py")),
    Client("jdbc", jdbc, uncounted=("begin", "commit")),
    Client("pg_dump", pg_dump, processes=3),
    Client("pg_restore", pg_restore, processes=3),
]


# ---- one client ----

def pieces(sql):
    """The statements of a string."""
    found = re.finditer(r"(?:'(?:[^']|'')*'|\"[^\"]*\"|/\*.*?\*/|--[^\n]*|[^;])+", sql, re.S)
    return [piece for match in found if comparable(re.sub(r"(?m)^--.*$", "", piece := match.group()))]


def statements_of(trace):
    """How often each statement succeeded, as spans tell it."""
    counted = collections.Counter()
    for span in trace.statements():
        if span["outcome"] == "failure":
            continue
        for piece in pieces(span["context"]["db"].get("statement", "no statement")):
            if not NOT_COUNTED.match(statement := comparable(piece)):
                counted[statement] += 1
    return counted


@dataclasses.dataclass
class Finding:
    counted: int = 0
    missed: int = 0
    doubled: int = 0
    wrong_parent: int = 0
    wrong_text: int = 0
    details: list = dataclasses.field(default_factory=list)

    @property
    def good(self):
        return not (self.missed or self.doubled or self.wrong_parent or self.wrong_text)


def compare(client, trace, calls):
    finding = Finding(counted=sum(calls.values()))
    spans = statements_of(trace)
    for statement in spans.keys() | calls.keys():
        seen, counted = spans.get(statement, 0), calls.get(statement, 0)
        if statement in client.uncounted or seen == counted:
            continue
        finding.details.append(f"{statement[:150]}: {seen} spans, {counted} calls")
        if not counted:
            finding.wrong_text += seen
        else:
            finding.missed += max(0, counted - seen)
            finding.doubled += max(0, seen - counted)
    scripts = {t["id"] for t in trace.transactions if t["type"] == "script"}
    for span in trace.statements():
        planted = tracing.planted_id(span)
        if span["transaction_id"] not in scripts or span["parent_id"] != span["transaction_id"] or \
                planted not in (None, client.name, client.name.split("-", maxsplit=1)[0]):
            finding.wrong_parent += 1
            finding.details.append(f"parent of {span['name']}, planted {planted}")
    if len(trace.transactions) > client.processes:
        finding.wrong_parent += 1
        finding.details.append(f"transactions {[t['name'] for t in trace.transactions]}")
    if finding.counted < client.at_least:
        finding.missed += 1
        finding.details.append(f"only {finding.counted} statements were counted")
    return finding


def wait_for_query(pg, database):
    until = time.monotonic() + 60
    asked = f"select 1 from pg_stat_activity where datname = '{database}' and query <> ''"
    while not pg.run("postgres", asked) and time.monotonic() < until:
        time.sleep(0.05)


def measure(client, pg):
    """Runs it once, traced."""
    with pg.database() as database, tempfile.TemporaryDirectory(prefix="apmshim-client-") as folder:
        os.chmod(folder, 0o777)
        command = client.command(pg, database, pathlib.Path(folder))
        pg.forget_calls()
        env = ALL_SPANS | pg.environment(database) | client.environment | {
            "ECPG_TARGET": f"{database}@127.0.0.1:{pg.port}", "LC_ALL": "C.UTF-8"}
        with tracing.traced(command, env=env, cwd=folder, stdout=subprocess.DEVNULL) as trace:
            if client.interrupt:
                wait_for_query(pg, database)
                time.sleep(client.interrupt)
                trace.process.send_signal(signal.SIGINT)
            trace.process.wait(100)
        return compare(client, trace, pg.calls(database))


def main(names):
    pg = postgres.Postgres()
    bad = False
    print(f"{'client':<18}{'calls':>7}{'missed':>8}{'doubled':>9}{'wrong parent':>14}{'wrong text':>12}")
    try:
        for client in CLIENTS:
            if names and client.name not in names:
                continue
            f = measure(client, pg)
            bad |= not f.good
            print(f"{client.name:<18}{f.counted:>7}{f.missed:>8}{f.doubled:>9}{f.wrong_parent:>14}{f.wrong_text:>12}")
            for line in f.details:
                print(f"    {line}")
            sys.stdout.flush()
    finally:
        pg.stop()
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
