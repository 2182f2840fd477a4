"""Programs without and with the shim, run in turns; the machine drifts, so only pairs are compared."""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request
import uuid

from support import http_client, tracing
from support.paths import BUILD, SHIM

ADDRESS = "127.0.0.2"  # of the sink; to 127.0.0.1 the forwarder would send uncompressed
WARM_UP = 1            # seconds
SETTLING = 1.5         # until the last body is posted

VARIANTS = {
    "plain": None,
    "shim": {},
    "slow stacks": {"ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "5ms"},
}


@dataclasses.dataclass
class Result:
    """One run. CPU in µs a request, memory in kB, bytes a transaction."""
    per_second: float
    cpu: float
    private: float         # of a worker; None: not known
    forwarder_cpu: float = None
    forwarder_peak: int = None
    wire: float = None
    plain: float = None
    surplus: int = None    # transactions that came beyond the requests that were answered
    lost: int = None       # records


class Sink:
    def __init__(self):
        self._process = subprocess.Popen([BUILD / "bench" / "sink", ADDRESS], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE)
        self.url = f"http://{ADDRESS}:{int(self._process.stdout.readline())}"

    def close(self):
        self._process.communicate()

    def counts(self):
        with urllib.request.urlopen(self.url) as answer:
            return json.load(answer)


# ---- what the kernel knows ----

def cpu_us(pids):
    """Of all their threads."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text("ascii").split()[0])
    return total / 1000


def kilobytes(path, *names):
    fields = dict(line.split(":", 1) for line in pathlib.Path(path).read_text("ascii").splitlines() if ":" in line)
    return sum(int(fields[name].split()[0]) for name in names if name in fields)


def private_memory(trace):
    """Mean of the workers."""
    pids = trace.children() or [trace.pid]
    rollups = [f"/proc/{pid}/smaps_rollup" for pid in pids]
    return statistics.mean(kilobytes(path, "Private_Clean", "Private_Dirty") for path in rollups)


def session(leader):
    """Living processes of a session; a service's forwarder has left it."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{entry}/stat").read_text("ascii", errors="replace")
            if int(stat.rpartition(")")[2].split()[3]) == leader:
                yield int(entry)


def service_cpu(trace):
    return cpu_us(session(trace.pid))


@dataclasses.dataclass
class ForwarderUse:
    cpu: float = 0  # µs
    peak: int = 0   # kB


def forwarder_use(trace):
    pids = tracing.forwarders(trace.tag)
    return ForwarderUse(cpu_us(pids), max((kilobytes(f"/proc/{pid}/status", "VmHWM") for pid in pids), default=0))


def wait_for_end(trace):
    """Until a program has ended, of which what it used can still be read; what the forwarder, which soon
    follows, had used shortly before."""
    use = ForwarderUse()
    while not os.waitid(os.P_PID, trace.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
        with contextlib.suppress(OSError):
            use = forwarder_use(trace)
        time.sleep(0.05)
    return use


# ---- one run ----

@contextlib.contextmanager
def started(program, changes, sink, log):
    trace = tracing.Trace(uuid.uuid4().hex)
    options = {tracing.TAG: trace.tag}
    if changes is not None:
        options |= {"LD_PRELOAD": SHIM, "ELASTIC_APM_SERVER_URL": sink.url, "ELASTIC_APM_LOG_FILE": log,
                    "ELASTIC_APM_API_REQUEST_TIME": "1s"} | changes
    trace.process = subprocess.Popen(list(map(str, program.command)), stdin=subprocess.DEVNULL,
                                     env=tracing.environment(**options, **program.env), start_new_session=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if program.port:
            http_client.wait_for(program.port, trace.process)
        yield trace
        trace.stop(signal.SIGTERM)
    finally:
        trace.kill()


def records_lost(log):
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return sum(map(int, re.findall(r"(\d+) records lost", text)))


def warm_up(program, trace):
    """Workers may begin long after somebody listens. How many requests were answered."""
    first = 0
    while not first:
        first = program.load(trace.process, WARM_UP).requests
    return first + program.load(trace.process, WARM_UP).requests


def measure_server(program, trace, seconds):
    """A Result, and how many requests were answered in all."""
    warm = warm_up(program, trace)
    before, forwarder_before = service_cpu(trace), forwarder_use(trace).cpu
    load = program.load(trace.process, seconds)
    used = service_cpu(trace) - before
    time.sleep(SETTLING)
    result = Result(load.requests / load.seconds, used / load.requests, private_memory(trace))
    use = forwarder_use(trace)
    result.forwarder_cpu, result.forwarder_peak = (use.cpu - forwarder_before) / load.requests, use.peak
    return result, warm + load.requests


def measure_client(program, trace, seconds):
    use = wait_for_end(trace)
    used = service_cpu(trace)
    load = program.load(trace.process, seconds)
    return Result(load.requests / load.seconds, used / load.requests, None, use.cpu / load.requests, use.peak)


def measure(program, changes, sink, seconds):
    with tempfile.TemporaryDirectory(prefix="apmshim-bench-") as folder:
        log = pathlib.Path(folder) / "log"
        before = sink.counts()
        with started(program, changes, sink, log) as trace:
            if program.port:
                result, answered = measure_server(program, trace, seconds)
            else:
                result, answered = measure_client(program, trace, seconds), None
        came = {name: count - before[name] for name, count in sink.counts().items()}
        result.lost = records_lost(log)
    if answered and came["transaction"]:
        result.surplus = came["transaction"] - answered
        result.wire = came["wire"] / came["transaction"]
        result.plain = came["plain"] / came["transaction"]
    return result


def run_pairs(program, variants, sink, seconds, pairs):
    """[{variant: Result}], in turns A B, B A, ..."""
    results = []
    for number in range(pairs):
        order = list(variants) if number % 2 == 0 else list(reversed(variants))
        results.append({variant: measure(program, VARIANTS[variant], sink, seconds) for variant in order})
    return results
