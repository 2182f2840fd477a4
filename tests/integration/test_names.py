"""What requests are called whose paths hold values, parameters, or nothing that there is; and what a
service does before its first request."""
import collections
import contextlib
import subprocess

import pytest

from support import http_client, tracing
from support.paths import PYTHON, free_port

# Answers 404 below /none, 403 below /closed; connects and asks before it listens, and again in each worker.
SERVER = """
import http.server, os, socket, sys
import psycopg2

TABLES = {"view": "pg_class", "edit": "pg_proc", "history": "pg_type"}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = 404 if "/none" in self.path else 403 if "/closed" in self.path else 200
        tables = [table for word, table in TABLES.items() if f"action={word}" in self.path]
        if tables:
            database.cursor().execute(f"select count(*) from {tables[0]}")
        elif database and status == 200:
            database.cursor().execute("select 'request'")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_):
        pass

def connect(statement):
    database = psycopg2.connect("")
    database.autocommit = True
    for _ in range(3):
        database.cursor().execute(statement)
    return database

port, workers = int(sys.argv[1]), int(sys.argv[2])
database = connect("select 'before it listens'") if workers else None
server = http.server.HTTPServer(("127.0.0.1", port), Handler)
children = []
for _ in range(workers):
    child = os.fork()
    if not child:
        database = connect("select 'worker'")
        server.serve_forever()
    children.append(child)
if workers:
    os.waitpid(children[0], 0)
else:
    server.serve_forever()
"""


@contextlib.contextmanager
def serving(folder, workers=0, **env):
    port = free_port()
    (folder / "server.py").write_text(SERVER, encoding="utf-8")
    with tracing.traced([PYTHON, folder / "server.py", port, workers], env=env) as trace:
        http_client.wait_for(port, trace.process)
        trace.port = port
        yield trace


def names(folder, paths, **env):
    """The transactions' names, in the order of the paths."""
    with serving(folder, **env) as trace:
        requests = [("GET", path, {"X-Request-Id": f"r-{i}"}, None) for i, path in enumerate(paths)]
        assert all(http_client.load(trace.port, requests))
    found = trace.by_request_id()
    return [found[f"r-{i}"][0]["name"] for i in range(len(paths))]


def test_values(tmp_path):
    """Whatever they look like, they are learned within the first dozens."""
    kinds = {"/users/u{}": "/users/:id", "/wiki/Men_of_{}": "/wiki/:id", "/rooms/!r{}:host/state": "/rooms/:id/state",
             "/projects/site-{}/issues": "/projects/:id/issues", "/txn/m17000000000{:02}.12": "/txn/:id"}
    paths = [kind.format(i) for i in range(90) for kind in kinds]
    found = names(tmp_path, paths + ["/projects/other/issues", "/users/x/none", "/version/1.0/item"])
    assert found[125:450] == [f"GET {name}" for name in kinds.values()] * 65
    assert found[450:] == ["GET /projects/:id/issues", "GET unknown route", "GET /version/1.0/item"]


def test_scanner(tmp_path):
    """What there is not has one name, and what is refused does not make values of routes."""
    paths = [f"/{kind}-{i}.php" for i in range(300) for kind in ("none", "closed")]
    found = names(tmp_path, ["/orders", *paths, "/orders", "/items"])
    counts = collections.Counter(found)
    assert counts["GET unknown route"] == 300 and counts["GET /:id"] > 270 and len(counts) < 30
    assert found[0] == found[-2] == "GET /orders" and found[-1] == "GET /items"


def test_parameters(tmp_path):
    paths = ["/?_task=mail&_action=list", "/?x=1&_action=show&_task=mail", "/?_task=17", "/?_token=abc", "/?_task=a%20b",
             "/?_TASK=mail", "/n.php/Some_Title?_task=x"]
    found = names(tmp_path, paths, APMSHIM_NAME_PARAMETERS="_task, _action,_token")
    assert found == ["GET /?_task=mail&_action=list", "GET /?_task=mail&_action=show", "GET /?_task=:id", "GET /",
                     "GET /?_task=:id", "GET /?_task=mail", "GET /n.php/*?_task=x"]


def test_calls(pg, tmp_path):
    """JSON-RPC has one path for all: a call is named by its method, in one segment or two, not by a dispatcher."""
    json = {"Content-Type": "application/json; charset=utf-8"}
    bodies = [(b'{"jsonrpc":"2.0","method":"user.get","params":{"name":"anna"},"id":1}', "POST /rpc?method=user.get"),
              (b'[{"id":1,"params":[],"method":"tools/call"}]', "POST /rpc?method=tools/call"),
              (b'{"method":"card","amount":5}', "POST /rpc"),
              (b'{"jsonrpc":"2.0","method":"anna@example.org","id":1}', "POST /rpc")]
    with pg.database() as database, serving(tmp_path, workers=1, **pg.environment(database)) as trace:
        with http_client.Connection(trace.port) as connection:
            for body, _ in bodies:
                connection.send_request("POST", "/rpc", json, body)
                assert connection.read_response().status == 200
                connection.send_request("POST", "/rpc", json | {"Content-Length": str(len(body))})
                connection.send(body[:20])
                connection.send(body[20:])
                assert connection.read_response().status == 200
    told = [t["name"] for t in sorted(trace.requests, key=lambda t: t["timestamp"])]
    assert told == [name for _, name in bodies for _ in range(2)]


def test_parameter_that_decides(pg, tmp_path):
    """Found by what follows it; what decides nothing is no part of the name."""
    actions = ["view", "edit", "history", "other"]
    paths = [f"/index.php?title=Page_{i}&action={actions[i % 4]}&skin={'ab'[i % 3 % 2]}" for i in range(200)]
    with pg.database() as database:
        found = names(tmp_path, paths, workers=1, **pg.environment(database))
    assert set(found[:16]) == {"GET /index.php"}
    assert found[100:] == [f"GET /index.php?action={actions[i % 4]}" for i in range(100, 200)]


def test_start(pg, tmp_path):
    """Before it listens, and once in each worker: a transaction of its own, over before the first request."""
    with pg.database() as database:
        with serving(tmp_path, workers=2, ELASTIC_APM_SPAN_COMPRESSION_ENABLED="false", **pg.environment(database)) as trace:
            requests = [("GET", f"/x/{i}", {"X-Request-Id": f"r-{i}"}, None) for i in range(40)]
            assert all(http_client.load(trace.port, requests, concurrency=4, keep_alive=False))
    starts = [t for t in trace.transactions if t["type"] != "request"]
    assert [(t["type"], t["name"]) for t in starts] == [("startup", starts[0]["name"])] * 3
    first = min(t["timestamp"] for t in trace.requests)
    assert starts[0]["timestamp"] + starts[0]["duration"] * 1000 < first
    ours = {t["id"] for t in starts}
    assert collections.Counter(s["transaction_id"] in ours for s in trace.statements()) == {True: 9, False: len(trace.requests)}
