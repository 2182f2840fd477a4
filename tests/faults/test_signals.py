"""What a service's manager sends to all processes of its unit, the forwarder's among them (systemd's
KillMode=control-group): nothing of what was recorded is lost by it."""
import contextlib
import os
import signal
import socket

import pytest

import fault_harness as harness
from support import tracing
from support.paths import free_port

BURST = 60
NEVER = [signal.SIGKILL, signal.SIGSTOP]
ANY = [number for number in range(1, 65) if number not in NEVER]


def send_all(service, number):
    """To every process of the run; nginx' titles hide the tag."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(service.trace.pid, number)
    for pid in tracing.forwarders(service.trace.tag):
        service.kill(pid, number)


def all_ended(service):
    return not tracing.tagged(service.trace.tag)


def stop_unit(service):
    """As systemd stops one."""
    send_all(service, signal.SIGTERM)
    send_all(service, signal.SIGCONT)
    service.trace.process.wait(tracing.STOP_LIMIT)
    assert harness.eventually(lambda: all_ended(service), 60)


def start(kind, pg, folder):
    """Events go to a file: after SIGTERM a server must answer within a second, which no test can promise."""
    return harness.orders(pg, folder, to_file=True) if kind == "orders" else harness.nginx(folder, to_file=True)


@pytest.mark.parametrize("kind", ["orders", "nginx"])
def test_unit_is_stopped(pg, tmp_path, kind):
    with start(kind, pg, tmp_path) as service:
        service.send(BURST)
        stop_unit(service)
    service.assert_unharmed()
    service.assert_complete()
    assert not service.losses


def test_main_process_crashed(pg, tmp_path):
    """systemd ends what is left of the unit, which is the forwarder."""
    with start("orders", pg, tmp_path) as service:
        service.send(BURST)
        service.kill(service.trace.pid, signal.SIGKILL)
        stop_unit(service)
    service.assert_complete()


@pytest.mark.parametrize("kind", ["orders", "nginx"])
def test_every_signal(pg, tmp_path, kind):
    """Log rotation, a watchdog's signal, a terminal's: to the forwarder all are one."""
    with start(kind, pg, tmp_path) as service:
        service.wait_for_forwarders()
        before = service.forwarders
        service.send(BURST)
        for number in ANY:
            for pid in before:
                service.kill(pid, number)
        service.send(BURST)
        assert service.forwarders == before
    service.assert_unharmed()
    service.assert_complete()
    assert "after a crash" not in service.log


def test_signals_from_the_start(tmp_path):
    """None comes too early."""
    with harness.nginx(tmp_path, ready=False, to_file=True) as service:
        def forwarder_is_told():
            pids = tracing.forwarders(service.trace.tag)
            for pid in pids:
                service.kill(pid, signal.SIGTERM)
                service.kill(pid, signal.SIGUSR1)
            return len(pids) == 2
        assert harness.eventually(forwarder_is_told)
        harness.http_client.wait_for(service.port, service.trace.process)
        service.send(BURST)
    service.assert_unharmed()
    service.assert_complete()


def test_service_outlives_the_stop(tmp_path):
    """It does not end when it is told to: what it does meanwhile is recorded, and delivered before all that is
    left of the unit is killed."""
    port = free_port()
    env = {"ELASTIC_APM_API_REQUEST_TIME": "1h"}
    with harness.service([harness.server(), port, "plain"], port, tmp_path, env=env) as service:
        for pid in tracing.forwarders(service.trace.tag):
            service.kill(pid, signal.SIGTERM)
        service.send(BURST)
        server = service.trace.server
        assert harness.eventually(lambda: sum(b'"transaction"' in line for line in server.lines) >= BURST, 30)
        send_all(service, signal.SIGKILL)
    service.assert_complete()


def test_server_never_answers(pg, tmp_path):
    """What is lost is said."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"ELASTIC_APM_SERVER_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with harness.orders(pg, tmp_path, env=env) as service:
            service.send(BURST)
            stop_unit(service)
    service.assert_unharmed()
    assert service.missing() == BURST
    service.assert_counted()


def test_server_is_gone_too(pg, tmp_path):
    """What can't be delivered is in the spool, and told of in the log."""
    spool = tmp_path / "spool"
    env = {"ELASTIC_APM_SERVER_URL": f"http://127.0.0.1:{free_port()}", "APMSHIM_SPOOL": spool}
    with harness.orders(pg, tmp_path, env=env) as service:
        service.send(BURST)
        stop_unit(service)
    service.assert_unharmed()
    assert "put into the spool" in service.log
    assert list(spool.glob("*.body"))
