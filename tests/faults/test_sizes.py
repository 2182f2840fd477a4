"""Many connections and many threads at once."""
import contextlib
import resource

import pytest

import fault_harness as harness
from support.http_client import Connection
from support.paths import free_port

CONNECTIONS, THREADS = 10_000, 4096


@pytest.fixture(autouse=True)
def descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < CONNECTIONS + 1000:
        pytest.skip("too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (CONNECTIONS + 1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def send_over(service, count, rounds):
    """So many connections, all of them open; a request on each, again and again."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(service.port)) for _ in range(count)]
        for _ in range(rounds):
            for connection in connections:
                connection.send_request("GET", "/health", {"X-Request-Id": f"f-{service.sent}"})
                service.sent += 1
            for connection in connections:
                service.unanswered += connection.read_response().status != 200


def test_connections(tmp_path):
    with harness.nginx(tmp_path, connections=15_000) as service:
        send_over(service, CONNECTIONS, 2)
    service.assert_unharmed()
    service.assert_counted()


def test_threads(tmp_path):
    """More than the ring has chunks."""
    port = free_port()
    with harness.service([harness.server(), port, "64 KB stacks"], port, tmp_path) as service:
        send_over(service, THREADS, 2)
    service.assert_unharmed(-15)
    service.assert_counted()
