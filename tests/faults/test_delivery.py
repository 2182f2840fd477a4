"""APM Servers that fail or misbehave. The service notices nothing, the forwarder stays small and ends,
nothing is delivered twice, and what was not delivered is counted."""
import concurrent.futures
import contextlib
import email.utils
import pathlib
import re
import signal
import time

import pytest

import bad_servers
import fault_harness as harness
from support import apm_server
from support.http_client import Connection
from support.paths import free_port

REQUESTS = 100
AT_ONCE = 8           # services at a time: they mostly wait
MEMORY = 100 << 10    # KB of a forwarder, its debug information included


def events(log, what):
    return sum(int(count) for count in re.findall(rf"(\d+) events {what}", log))


def memory_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


@contextlib.contextmanager
def reporting(url, folder, manner="plain", server=None, **env):
    """The small service, which reports to these URLs."""
    port = free_port()
    settings = {"ELASTIC_APM_SERVER_URL": url, "ELASTIC_APM_API_REQUEST_TIME": "300ms",
                "ELASTIC_APM_SERVER_TIMEOUT": "2s"} | env
    with harness.service([harness.server(), port, manner], port, folder, env=settings, server=server) as service:
        yield service


def assert_accounted(service):
    """What was not delivered is lost, and counted; nothing was delivered twice."""
    delivered, lost = events(service.log, "delivered"), events(service.log, "lost")
    assert delivered + lost == service.sent, service.log[-2000:]
    return delivered, lost


# ---- servers that misbehave ----

def run_against(name, folder):
    with contextlib.closing(bad_servers.BadServer(bad_servers.SERVERS[name])) as server, \
            reporting(server.url, folder) as service:
        for _ in range(3):
            service.send(REQUESTS)
            time.sleep(0.5)
        service.memory = memory_of(service.forwarders[1])
        service.connections = server.connections
    return service


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """{name: its run}: those that were chosen, several at a time."""
    harness.server()
    names = [item.callspec.params["name"] for item in request.session.items
             if getattr(item, "originalname", "") == "test_misbehaving"]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(run_against, name, tmp_path_factory.mktemp("server")) for name in names}


@pytest.mark.parametrize("name", bad_servers.SERVERS)
def test_misbehaving(runs, name):
    service = runs[name].result()
    service.assert_unharmed(-signal.SIGTERM)
    assert_accounted(service)
    assert service.connections and service.memory < MEMORY


# ---- statuses ----

AGAIN, NEVER = True, False  # whether what was refused is sent again

STATUSES = {
    (401, "at once"): AGAIN, (403, "at once"): AGAIN, (429, "at once"): AGAIN, (503, "at once"): AGAIN,
    (400, "at once"): NEVER, (404, "at once"): AGAIN, (413, "at once"): NEVER, (500, "at once"): AGAIN,
    # of somebody before it, who says nothing of what was accepted: behind the last may be a server that took it
    (401, "balancer"): AGAIN, (403, "balancer"): AGAIN, (404, "balancer"): AGAIN, (407, "balancer"): AGAIN,
    (429, "balancer"): AGAIN, (503, "balancer"): AGAIN, (413, "balancer"): NEVER, (500, "balancer"): NEVER,
    (502, "balancer"): NEVER, (504, "balancer"): NEVER,
    # after it was read: its events were taken
    (400, "at end"): NEVER, (429, "at end"): NEVER, (500, "at end"): NEVER, (503, "at end"): NEVER,
    (apm_server.DROP, "at once"): NEVER, (apm_server.DROP, "at end"): NEVER,
}


@pytest.mark.parametrize("status, when", STATUSES)
def test_status(apm, tmp_path, status, when):
    apm.fail_next(status, times=2 if STATUSES[status, when] == AGAIN else 1, when=when)
    with reporting(apm.url, tmp_path, server=apm) as service:
        service.send(REQUESTS)
        assert harness.eventually(lambda: apm.uploads and apm.uploads[0].ended)
        service.send(REQUESTS)
        assert harness.eventually(lambda: apm.uploads[-1].status == 202)
    service.assert_unharmed(-signal.SIGTERM)
    _, lost = assert_accounted(service)
    if STATUSES[status, when] == AGAIN:
        service.assert_complete()
        assert not lost
    else:
        taken = sum(upload.accepted for upload in apm.uploads)
        assert len([upload for upload in apm.uploads if upload.status != 202]) == 1
        assert lost == (service.missing() if when != "at end" or status == apm_server.DROP else 0)
        assert taken <= service.sent


@pytest.mark.parametrize("text", [lambda: "3600", lambda: email.utils.formatdate(time.time() + 3600, usegmt=True)])
def test_retry_after(apm, tmp_path, text):
    """Seconds or a date: nothing is sent meanwhile, but at the end all is tried once more."""
    apm.balancer_headers = [("Retry-After", text())]
    apm.fail_next(503, when="balancer")
    with reporting(apm.url, tmp_path, server=apm) as service:
        service.send(REQUESTS)
        assert harness.eventually(lambda: apm.uploads and apm.uploads[0].ended)
        for _ in range(4):  # without the header, the second try comes at once
            service.send(REQUESTS)
            time.sleep(0.3)
        assert len(apm.uploads) == 1
    service.assert_unharmed(-signal.SIGTERM)
    service.assert_complete()
    assert assert_accounted(service) == (5 * REQUESTS, 0)


# ---- slow links ----

def test_slow_upload(tmp_path):
    """What moves is not given up, however long all of it takes: far longer than server_timeout."""
    padding = {f"X-Padding-{i}": "p" * 1000 for i in range(6)}
    with contextlib.closing(bad_servers.BadServer(bad_servers.reads_slowly, buffer=4096)) as server, \
            reporting(server.url, tmp_path, ELASTIC_APM_SERVER_TIMEOUT="500ms",
                      ELASTIC_APM_API_REQUEST_TIME="10s", ELASTIC_APM_API_REQUEST_SIZE="30kb",
                      ELASTIC_APM_METRICS_INTERVAL="0") as service:
        service.send(REQUESTS, headers=padding)
    service.assert_unharmed(-signal.SIGTERM)
    assert assert_accounted(service) == (REQUESTS, 0)


# ---- servers that are not there ----

def test_comes_late(tmp_path):
    port = free_port()
    with contextlib.ExitStack() as stack:
        server = None
        with reporting(f"http://127.0.0.1:{port}", tmp_path) as service:
            service.send(REQUESTS)
            assert harness.eventually(lambda: "connect" in service.log)
            server = stack.enter_context(contextlib.closing(apm_server.ApmServer(port)))
            service.trace.server = server
            assert harness.eventually(lambda: server.uploads)
    service.assert_complete()
    assert assert_accounted(service) == (REQUESTS, 0)


def test_never_comes(tmp_path):
    with reporting(f"http://127.0.0.1:{free_port()}", tmp_path) as service:
        service.send(REQUESTS)
    service.assert_unharmed(-signal.SIGTERM)
    assert assert_accounted(service) == (0, REQUESTS)


@pytest.mark.parametrize("first", ["absent", "refuses", "nameless"])
def test_next_server(apm, tmp_path, first):
    with contextlib.closing(apm_server.ApmServer()) as other:
        other.token = "never"
        urls = {"absent": f"http://127.0.0.1:{free_port()}", "refuses": other.url,
                "nameless": "http://nonesuch.invalid:8200"}
        with reporting(f"{urls[first]},{apm.url}", tmp_path, server=apm) as service:
            service.send(REQUESTS)
            assert harness.eventually(lambda: len(apm.lines) == REQUESTS)
    service.assert_complete()
    assert assert_accounted(service) == (REQUESTS, 0)


def test_memory_is_bounded(tmp_path):
    """16 MB wait for a server; of what is older the count is kept."""
    padding = {f"X-Padding-{i}": "p" * 1000 for i in range(6)}
    with reporting(f"http://127.0.0.1:{free_port()}", tmp_path) as service:
        for _ in range(5):
            service.send(1000, headers=padding)
            time.sleep(0.4)
        memory = memory_of(service.forwarders[1])
    service.assert_unharmed(-signal.SIGTERM)
    assert "failed for too long" in service.log and memory < MEMORY
    assert events(service.log, "delivered") == 0


# ---- credentials and compression ----

def uploads_of(apm, folder, **env):
    with reporting(env.pop("url", apm.url), folder, server=apm, **env) as service:
        service.send(REQUESTS)
    service.assert_complete()
    assert assert_accounted(service) == (REQUESTS, 0)
    return service


@pytest.mark.parametrize("env, wanted", [
    ({"ELASTIC_APM_SECRET_TOKEN": "s3cret-token"}, "Bearer s3cret-token"),
    ({"ELASTIC_APM_API_KEY": "a2V5OnNlY3JldA=="}, "ApiKey a2V5OnNlY3JldA=="),
    ({"ELASTIC_APM_API_KEY": "a2V5OnNlY3JldA==", "ELASTIC_APM_SECRET_TOKEN": "s3cret-token"},
     "ApiKey a2V5OnNlY3JldA=="),
    ({}, None)])
def test_credentials(apm, tmp_path, env, wanted):
    apm.token = wanted and wanted.split(" ")[1]
    service = uploads_of(apm, tmp_path, **env)
    assert {upload.headers.get("Authorization") for upload in apm.uploads} == {wanted}
    assert not any(secret in service.log for secret in env.values())


def test_wrong_credentials(apm, tmp_path):
    """Refused again and again; the service ends all the same."""
    apm.token = "other"
    with reporting(apm.url, tmp_path, server=apm, ELASTIC_APM_SECRET_TOKEN="s3cret-token") as service:
        service.send(REQUESTS)
        assert harness.eventually(lambda: apm.uploads)
    service.assert_unharmed(-signal.SIGTERM)
    assert assert_accounted(service) == (0, REQUESTS)
    assert "s3cret-token" not in service.log


@pytest.mark.parametrize("host, compressed", [("127.0.0.1", False), ("127.0.0.2", True)])
def test_compression(tmp_path, host, compressed):
    """Only between machines; any other address than the usual loopback one might be another."""
    with contextlib.closing(apm_server.ApmServer(host=host)) as server:
        uploads_of(server, tmp_path)
    assert {upload.headers.get("Content-Encoding") for upload in server.uploads} == {"gzip" if compressed else None}


# ---- the end of a container ----

def kill(service):
    for pid in service.forwarders:
        service.kill(pid)


def stop(service):
    for pid in service.forwarders:
        service.kill(pid, signal.SIGSTOP)


def nothing(service):
    pass


@pytest.mark.parametrize("name, hinder", [
    ("never answers", nothing), ("endless body", nothing), ("never answers", kill), ("never answers", stop)])
def test_end_of_pid_1(tmp_path, name, hinder):
    """It waits for its events to be delivered, but not for ever."""
    with contextlib.closing(bad_servers.BadServer(bad_servers.SERVERS[name])) as server, \
            reporting(server.url, tmp_path, manner="pid 1") as service:
        service.wait_for_forwarders()
        service.send(REQUESTS)
        hinder(service)
        with Connection(service.port) as connection:
            connection.send_request("GET", "/stop")
            service.trace.process.wait(15)
    service.assert_unharmed(7)
