#!/usr/bin/python3
"""Makes the recordings of this folder anew, and prints what they are judged to hold. Needed when records change.

    /usr/bin/python3 tests/recordings/record.py

Everything runs from a folder of its own, so that no recording tells where it was made."""
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path[:0] = [str(HERE), str(TESTS / "fidelity"), str(TESTS / "integration"), str(TESTS)]

import test_fidelity  # noqa: E402
import test_gateways  # noqa: E402
import test_kept  # noqa: E402
from clients import conformance  # noqa: E402
from support import gateways, http_client, postgres, tracing, truth  # noqa: E402
from support.paths import BUILD, FORWARDER, PYTHON, SHIM, free_port  # noqa: E402

CONCURRENCY, REQUESTS = 8, 24
PATHS = ["/items", "/visits?n=3", "/nothing", "/broken", "/slow"]


def requests():
    return [test_gateways.request(i, PATHS[i % len(PATHS)]) for i in range(REQUESTS)]


# ---- services: each a command, where it listens, its log, and the protocol in front of it ----

def gunicorn(folder, worker_class, *options):
    port, log = free_port(), folder / "access.log"
    return gateways.gunicorn(port, log, worker_class, *options), f"127.0.0.1:{port}", log, "proxy"


def uvicorn(folder):
    port, log = free_port(), folder / "access.log"
    return gateways.uvicorn(port, 1), f"127.0.0.1:{port}", log, "proxy"


def uwsgi(folder, protocol, option):
    listen = f"127.0.0.1:{free_port()}"
    return gateways.uwsgi(folder, option, listen, 2), listen, folder / "access.log", protocol


def php_fpm(folder):
    listen = f"127.0.0.1:{free_port()}"
    shutil.copy(gateways.APPS / "index.php", folder)
    return gateways.php_fpm(folder, listen, 2), listen, folder / "access.log", "fastcgi"


def apache_with_php(folder):
    port = free_port()
    return gateways.apache_with_php(folder, port, "pdo"), f"127.0.0.1:{port}", folder / "apache.log", "proxy"


SERVICES = {
    "gunicorn-sync": lambda folder: gunicorn(folder, "sync"),
    "gunicorn-gthread": lambda folder: gunicorn(folder, "gthread", "--threads", "4"),
    "gunicorn-gevent": lambda folder: gunicorn(folder, "gevent"),
    "uvicorn": uvicorn,
    "uwsgi": lambda folder: uwsgi(folder, "uwsgi", "socket"),
    "uwsgi-scgi": lambda folder: uwsgi(folder, "scgi", "scgi-socket"),
    "php-fpm": php_fpm,
    "apache-php": apache_with_php,
}


def record_service(pg, name, folder, env):
    (folder / name).mkdir(mode=0o777)
    (folder / name).chmod(0o777)
    command, listen, log, protocol = SERVICES[name](folder / name)
    extra = f"fastcgi_param SCRIPT_FILENAME {folder}/{name}/index.php;" if protocol == "fastcgi" else ""
    with test_gateways.service(pg, command, listen, log, env | {"ACCESS_LOG": log}) as trace:
        with gateways.nginx(protocol, listen, extra=extra) as port:
            responses = http_client.load(port, requests(), CONCURRENCY)
    test_gateways.assert_complete(trace, responses)


def record_node(pg, driver, folder, env):
    """Its pool is as large as the load: with a smaller one not all can be known."""
    port = free_port()
    shutil.copy(TESTS / "clients" / "pg_server.js", folder)
    sent = [("GET", "/", {"X-Request-Id": f"r-{i}"}, None) for i in range(REQUESTS)]
    shutil.copytree(conformance.node_modules(), folder / "node_modules", symlinks=True, dirs_exist_ok=True)
    with pg.database() as database:
        command = ["node", folder / "pg_server.js", port, driver]
        with tracing.traced(command, env=conformance.ALL_SPANS | pg.environment(database) | env) as trace:
            http_client.wait_for(port, trace.process)
            assert all(http_client.load(port, sent, 1))
    assert truth.assert_own_parents(trace) == 3 * REQUESTS


# ---- all ----

@contextlib.contextmanager
def neutral_folder():
    with tempfile.TemporaryDirectory(prefix="apmshim-recordings-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for file in [SHIM, FORWARDER, *(TESTS / "fidelity").glob("*.py")]:
            shutil.copy(file, folder)
        shutil.copytree(BUILD / "fidelity", folder, dirs_exist_ok=True)
        shutil.copytree(gateways.APPS, folder / "gateways")
        gateways.APPS = folder / "gateways"
        with contextlib.chdir(folder):
            yield folder


def record_all(pg, folder):
    def settings(kind, name):
        return {"APMSHIM_RECORD": HERE / kind / f"{name}.rec", "LD_PRELOAD": folder / SHIM.name}

    for name in test_fidelity.ROWS:
        test_fidelity.run(pg, name, CONCURRENCY, REQUESTS, settings("fidelity", name), folder)
        yield f"fidelity/{name}"
    for name in SERVICES:
        record_service(pg, name, folder, settings("services", name))
        yield f"services/{name}"
    for driver in "pure", "native":
        record_node(pg, driver, folder, settings("services", f"node-{driver}"))
        yield f"services/node-{driver}"


def main():
    pg, expected = postgres.Postgres(), {}
    try:
        with neutral_folder() as folder:
            for name in record_all(pg, folder):
                with tempfile.TemporaryDirectory() as events:
                    expected[name] = test_kept.replayed(name, pathlib.Path(events))
                print(name, json.dumps(expected[name]))
    finally:
        pg.stop()
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
