"""Services that something is done to, and what must hold afterwards: every request was answered, the
service ended as it does without us, and what is missing among the events was counted as lost."""
import contextlib
import functools
import os
import pathlib
import re
import signal
import subprocess
import tempfile

from support import http_client, services, tracing
from support.paths import BUILD, EXAMPLES, FORWARDER, REPO, free_port
from support.waiting import eventually

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = REPO / "src"
LONG = os.environ.get("APMSHIM_LONG") == "1"
LOST = re.compile(r"(?:warning|error): (\d+) (\w+) lost: (.*)|(crashed|lost)")


@functools.lru_cache
def program(name, *sources, flags=()):
    """One of programs/, compiled."""
    target = BUILD / "tests" / "faults" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [HERE / "programs" / source for source in sources or (f"{name}.c",)]
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread",
                    f"-I{SOURCES}", f'-DFORWARDER="{FORWARDER}"', "-o", target,
                    *files, *flags], check=True)
    return target


class Service:
    """A service under the shim, until the end of a with statement."""

    def __init__(self, trace, port, folder):
        self.trace = trace
        self.port = port
        self.folder = folder
        self.sent = 0
        self.unanswered = 0

    # ---- while it runs ----

    def send(self, count, path="/health", concurrency=4, headers=None, **options):
        """Requests with ids of their own; each must be answered by 200."""
        more = headers or {}
        requests = [("GET", path, more | {"X-Request-Id": f"f-{self.sent + i}"}, None) for i in range(count)]
        self.sent += count
        responses = http_client.load(self.port, requests, concurrency, **options)
        self.unanswered += sum(response is None or response.status != 200 for response in responses)

    @contextlib.contextmanager
    def sending(self, path="/health"):
        """Requests one after another in the background, for as long as this lasts."""
        import threading
        done = threading.Event()

        def send():
            while not done.is_set():
                self.send(50, path)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield
        finally:
            done.set()
            sender.join()

    @property
    def forwarders(self):
        """(supervisor, worker), None where there is none."""
        pids = tracing.forwarders(self.trace.tag)
        worker = next((pid for pid in pids if tracing.parent(pid) in pids), None)
        return next((pid for pid in pids if pid != worker), None), worker

    def wait_for_forwarders(self):
        assert eventually(lambda: self.forwarders[1]), "no forwarder was started"

    def kill(self, pid, number=signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    # ---- afterwards ----

    @property
    def log(self):
        path = self.folder / "forwarder.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def losses(self):
        return [line for line in self.log.splitlines() if LOST.search(line)]

    def missing(self):
        """Requests that did not become transactions; none may have become two."""
        found = {identity: transactions for identity, transactions in self.trace.by_request_id().items()
                 if identity and identity.startswith("f-")}
        twice = [identity for identity, transactions in found.items() if len(transactions) > 1]
        assert not twice, f"{len(twice)} requests were told twice, such as {twice[:3]}"
        return self.sent - len(found)

    def assert_unharmed(self, status=0):
        assert not self.unanswered, f"{self.unanswered} of {self.sent} requests were not answered"
        assert self.trace.process.returncode == status

    def assert_counted(self):
        """What is missing was counted."""
        missing = self.missing()
        assert not missing or self.losses, f"{missing} of {self.sent} requests are missing, and nobody says so"

    def assert_complete(self):
        missing = self.missing()
        assert not missing, f"{missing} of {self.sent} requests are missing; {self.losses}"


@contextlib.contextmanager
def service(command, port, folder, env=None, ready=True, **options):
    settings = {"ELASTIC_APM_LOG_FILE": folder / "forwarder.log"} | (env or {})
    with tracing.traced(command, env=settings, **options) as trace:
        running = Service(trace, port, folder)
        if ready:
            http_client.wait_for(port, trace.process)
        yield running


@contextlib.contextmanager
def orders(pg, folder, workers=2, **options):
    port = free_port()
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        command = services.orders_command(port, pg.conninfo(database), workers)
        with service(command, port, folder, **options) as running:
            yield running


@contextlib.contextmanager
def nginx(folder, files=("health",), wrapper=(), main="", connections=256, **options):
    port = free_port()
    configuration = {name: options.pop(name) for name in ("http", "server", "workers") if name in options}
    with contextlib.closing(services.Nginx(port, connections=connections, **configuration)) as files_of:
        files_of.config.write_text(main + files_of.config.read_text("ascii"), encoding="ascii")
        for name in files:
            (files_of.www / name).write_bytes(b"n" * 600)
        with service([*wrapper, *files_of.command], port, folder, stop_signal=signal.SIGQUIT, **options) as running:
            running.nginx = files_of
            yield running


def server(*, flags=()):
    return program("server", "server.c", "manners.c", "belongings.c", "sandbox.c", flags=flags)


@contextlib.contextmanager
def plain_environment():
    """A folder for a run without the shim."""
    with tempfile.TemporaryDirectory(prefix="apmshim-plain-") as folder:
        yield pathlib.Path(folder)
