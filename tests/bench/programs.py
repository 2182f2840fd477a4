"""What is measured: how each program is started, put under load, and asked whether it served."""
import contextlib
import dataclasses
import pathlib
import re
import subprocess
import typing

from support import postgres, services
from support.paths import EXAMPLES, free_port

SCRIPTS = pathlib.Path(__file__).parent


@dataclasses.dataclass
class Load:
    requests: int
    seconds: float


@dataclasses.dataclass
class Program:
    command: list
    load: typing.Callable   # (process, seconds) -> Load
    env: dict = dataclasses.field(default_factory=dict)
    port: int = None        # where it serves; None: it drives itself and ends


def wrk(port, path, connections, script=None):
    """Load by wrk; the script varies what is asked for."""
    url = f"http://127.0.0.1:{port}{path}"

    def load(_, seconds):
        options = ["-s", SCRIPTS / script] if script else []
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        if "Non-2xx" in text:
            raise RuntimeError(text)
        count, taken, unit = re.search(r"(\d+) requests in ([\d.]+)(m?s)", text).groups()
        return Load(int(count), float(taken) / (1000 if unit == "ms" else 1))
    return load


@contextlib.contextmanager
def nginx(_, seconds):
    port = free_port()
    server = services.Nginx(port, workers=1)
    (server.www / "small.html").write_text("<p>" + "small " * 100 + "</p>\n", encoding="ascii")
    with contextlib.closing(server):
        yield Program(server.command, wrk(port, "/small.html", 16), port=port)


@contextlib.contextmanager
def orders(pg, seconds):
    """Two statements a request."""
    port = free_port()
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        yield Program(services.orders_command(port, pg.conninfo(database), 8),
                      wrk(port, "/", 8, "orders.lua"), port=port)


@contextlib.contextmanager
def school(pg, seconds):
    """Three statements a request, a connection for each request."""
    port = free_port()
    with pg.database(EXAMPLES / "school" / "schema.sql") as database:
        yield Program(services.school_command(port), wrk(port, "/", 8, "school.lua"),
                      services.school_environment(pg, database), port)


@contextlib.contextmanager
def pgbench(pg, seconds):
    """One statement a transaction; it is its own load."""
    program = postgres.programs() / "pgbench"

    def load(process, _):
        text = process.stdout.read().decode()
        count = int(re.search(r"actually processed: (\d+)", text)[1])
        return Load(count, count / float(re.search(r"tps = ([\d.]+)", text)[1]))

    with pg.database() as database:
        env = pg.environment(database)
        subprocess.run([program, "-i", "-q"], env=env, check=True, stderr=subprocess.DEVNULL)
        yield Program([program, "-n", "-S", "-c4", f"-T{seconds}"], load, env)


PROGRAMS = {"nginx": nginx, "orders": orders, "school": school, "pgbench": pgbench}
