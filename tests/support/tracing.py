"""Programs under the shim, and the events they became."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import uuid

from . import intake_schema
from .apm_server import ApmServer
from .paths import BUILD, FORWARDER, SHIM

STOP_LIMIT = 60       # seconds for a service to end after its stop signal
IDLE_LIMIT = 15       # seconds that a service gets to become idle before that
FORWARDER_LIMIT = 60  # seconds for the forwarder to end after the service
TAG = "APMSHIM_TEST_RUN"  # inherited by everything a run starts, the forwarder included

REQUEST_ID = re.compile(r"/\* req=([\w-]+) \*/")


def environment(**changes):
    """Ours, without what would change the outcome."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("APMSHIM_", "ELASTIC_APM_", "LD_PRELOAD", "PG", "PYENV"))}
    return kept | {name: str(value) for name, value in changes.items() if value is not None}


def _program(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


def _is_in_exec(pid):
    """Its exe is the new program's before its environment can be read; a forwarder has its name
    before both."""
    comm = pathlib.Path(f"/proc/{pid}/comm").read_text("utf-8", "replace")
    program, env_end = os.path.basename(_program(pid)), _stat(pid)[48]
    return program and (env_end == "0" or
                        comm.strip() == FORWARDER.name[:15] and program != FORWARDER.name)


def _has_tag(pid, tag):
    try:
        with open(f"/proc/{pid}/environ", "rb"):  # of others' processes env_end is not told
            while _is_in_exec(pid):
                time.sleep(0.001)
        return f"{TAG}={tag}".encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _stat(pid):
    """The fields of /proc/PID/stat from the third on: state, parent, group, session …"""
    return pathlib.Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def parent(pid):
    """Its parent's pid; None: it has ended."""
    try:
        return int(_stat(pid)[1])
    except OSError:
        return None


def _session(leader):
    """Its processes, also those that have written over their environment."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if int(_stat(entry)[3]) == leader:
                found.append(int(entry))
    return found


def tagged(tag):
    """Living processes of a run: {pid: program}."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _has_tag(entry, tag)]
    return {pid: _program(pid) for pid in pids if _program(pid)}


def forwarders(tag):
    return [pid for pid, program in tagged(tag).items() if os.path.basename(program) == FORWARDER.name]


def _threads(pid):
    """{thread: (state, how often it went to sleep)}"""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            status = dict(line.split(":\t", 1) for line in task.read_text("utf-8", "replace").splitlines())
            found[task] = status["State"][0], status["voluntary_ctxt_switches"]
    return found


class Trace:
    """A traced run. Events are there once it is over."""

    def __init__(self, tag):
        self.tag = tag
        self.process = None
        self.server = None
        self.output = None     # NDJSON file, if there is no server
        self.metadata = []
        self.transactions = []
        self.spans = []
        self.errors = []
        self.metricsets = []

    # ---- while it runs ----

    @property
    def pid(self):
        return self.process.pid

    def children(self):
        return [int(pid) for pid in
                pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]

    def stop(self, number=signal.SIGTERM):
        """Ends the service and waits until everything is delivered."""
        if self.process.poll() is None:
            self._wait_until_idle()
            self.process.send_signal(number)
        try:
            self.process.wait(STOP_LIMIT)
        finally:
            self._kill_group()
        self._wait_for_forwarder()
        return self.process.returncode

    def _wait_until_idle(self):
        """A client has its answer before the call that sent it returns: killed then, none would be told of."""
        until, before = time.monotonic() + IDLE_LIMIT, None
        while time.monotonic() < until:
            ours = [pid for pid, program in tagged(self.tag).items() if os.path.basename(program) != FORWARDER.name]
            service = {*ours, *_session(self.pid)}  # a forwarder has a session of its own
            threads = {thread: seen for pid in service for thread, seen in _threads(pid).items()}
            if threads == before and all(state in "ST" for state, _ in threads.values()):
                return
            before = threads
            time.sleep(0.01)

    def _kill_group(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def kill(self):
        self._kill_group()
        for pid in tagged(self.tag):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _wait_for_forwarder(self):
        until = time.monotonic() + FORWARDER_LIMIT
        while left := forwarders(self.tag):
            if time.monotonic() > until:
                raise TimeoutError(f"forwarder {left} did not end with its service")
            time.sleep(0.05)

    # ---- afterwards ----

    def collect(self):
        """Reads the events; asserts that each is as Elastic wants it."""
        lines = self._lines()
        kinds = {"metadata": self.metadata, "transaction": self.transactions, "span": self.spans,
                 "error": self.errors, "metricset": self.metricsets}
        for line in lines:
            kind, event = next(iter(json.loads(line).items()))
            kinds[kind].append(event)
        problems = intake_schema.event_problems(self.transactions, self.spans, self.errors)
        assert not problems, "\n".join(problems[:20])

    def _lines(self):
        if not self.server:
            lines = self.output.read_bytes().splitlines() if self.output.exists() else []
            problems = [error for line in lines if (error := intake_schema.line_error(line, close=True))]
            assert not problems, problems[:5]
            return lines
        problems = [problem for upload in self.server.uploads
                    for problem in intake_schema.stream_problems(upload.lines)]
        assert not problems, "\n".join(problems[:20])
        first = [upload.lines[0] for upload in self.server.uploads if upload.lines]
        return first + self.server.lines

    @property
    def requests(self):
        """Transactions that are requests; others are what workers do at their start and scripts."""
        return [t for t in self.transactions if t["type"] == "request"]

    def by_request_id(self):
        """{X-Request-Id: [transactions]}"""
        found = {}
        for transaction in self.requests:
            found.setdefault(request_id(transaction), []).append(transaction)
        return found

    def statements(self):
        """Spans that executed a statement: neither what prepares one nor what is no SQL."""
        return [s for s in self.spans if s["type"] == "db" and s.get("action") in ("query", "exec")]

    def transaction_of(self, span):
        return next(t for t in self.transactions if t["id"] == span["transaction_id"])


def request_id(transaction):
    headers = transaction.get("context", {}).get("request", {}).get("headers", {})
    value = {name.lower(): value for name, value in headers.items()}.get("x-request-id")
    return value[0] if isinstance(value, list) else value


def planted_id(span):
    """The request id in the statement's comment, or None."""
    found = REQUEST_ID.search(span.get("context", {}).get("db", {}).get("statement", ""))
    return found.group(1) if found else None


def statement_counts(spans, comparable):
    """{comparable text: calls}, composites counted as what they stand for."""
    counted = {}
    for span in spans:
        statement = comparable(span["context"]["db"].get("statement", ""))
        counted[statement] = counted.get(statement, 0) + span.get("composite", {}).get("count", 1)
    return counted


@contextlib.contextmanager
def traced(command, *, env=None, to_file=False, server=None, cwd=None, stdin=subprocess.DEVNULL, stdout=None,
           stderr=None, stop_signal=signal.SIGTERM):
    """Runs the command preloaded. At the end it is stopped if it still runs; then all has been
    delivered, checked and is in the yielded Trace."""
    trace = Trace(uuid.uuid4().hex)
    options = {"LD_PRELOAD": SHIM, TAG: trace.tag, "ELASTIC_APM_API_REQUEST_TIME": "1s",
               "ELASTIC_APM_METRICS_INTERVAL": "0s", "ELASTIC_APM_SERVER_TIMEOUT": "30s"}
    with contextlib.ExitStack() as stack:
        if to_file:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="apmshim-trace-"))
            trace.output = pathlib.Path(folder) / "events.ndjson"
            options["APMSHIM_OUTPUT"] = trace.output
        else:
            trace.server = server or stack.enter_context(contextlib.closing(ApmServer()))
            options["ELASTIC_APM_SERVER_URL"] = trace.server.url
        trace.process = subprocess.Popen(
            list(map(str, command)), env=environment(**(options | (env or {}))), cwd=cwd, stdin=stdin,
            stdout=stdout, stderr=stderr, start_new_session=True)
        try:
            yield trace
            trace.stop(stop_signal)
        except BaseException:
            trace.kill()
            raise
        trace.collect()


def run(command, **options):
    """A program that ends by itself; its Trace."""
    with traced(command, **options) as trace:
        trace.process.wait(120)
    return trace


def replayed(recording, events, env):
    """The Trace that a recording gives."""
    trace = Trace(None)
    trace.output = events
    subprocess.run([BUILD / "apmshim", "replay", "-o", events, recording], check=True,
                   env=environment(ELASTIC_APM_METRICS_INTERVAL="0s", **env))
    trace.collect()
    return trace
