"""Whatever becomes of the forwarder, the service goes on."""
import os
import pathlib
import signal
import time

import pytest

import fault_harness as harness

BURST = 600  # requests; some 200 KB of records


def kill_worker(service):
    service.kill(service.forwarders[1])


def kill_supervisor(service):
    service.kill(service.forwarders[0])


def kill_both(service):
    supervisor, worker = service.forwarders
    service.kill(supervisor)
    service.kill(worker)


def kill_each_worker(service):
    """More often than it is started again."""
    for _ in range(8):
        supervisor, worker = service.forwarders
        if not worker:
            break
        service.kill(worker)
        time.sleep(0.3)


def stop_for_a_while(service):
    for pid in service.forwarders:
        service.kill(pid, signal.SIGSTOP)
    service.send(BURST)
    for pid in service.forwarders:
        service.kill(pid, signal.SIGCONT)


def stop_again_and_again(service):
    _, worker = service.forwarders
    with service.sending():
        for _ in range(20):
            service.kill(worker, signal.SIGSTOP)
            time.sleep(0.05)
            service.kill(worker, signal.SIGCONT)
            time.sleep(0.02)


def fill_the_ring(service):
    """What 4 MB hold, several times."""
    _, worker = service.forwarders
    service.kill(worker, signal.SIGSTOP)
    service.send(4000, headers={"X-Padding": "p" * 4000})
    service.kill(worker, signal.SIGCONT)


# name: what is done, while requests come or not, whether all of it must be told all the same
FAULTS = {
    "worker killed": (kill_worker, True, False),
    "supervisor killed": (kill_supervisor, True, True),
    "both killed": (kill_both, True, False),
    "killed again and again": (kill_each_worker, True, False),
    "stopped for a while": (stop_for_a_while, False, True),
    "stopped again and again": (stop_again_and_again, False, True),
    "ring full for long": (fill_the_ring, False, False),
}


@pytest.mark.parametrize("kind", ["orders", "nginx"])
@pytest.mark.parametrize("name", FAULTS)
def test_fault(pg, tmp_path, name, kind):
    fault, meanwhile, complete = FAULTS[name]
    with harness.orders(pg, tmp_path) if kind == "orders" else harness.nginx(tmp_path) as service:
        service.wait_for_forwarders()
        service.send(100)
        if meanwhile:
            with service.sending():
                fault(service)
                time.sleep(0.5)
        else:
            fault(service)
        service.send(BURST)
        lives = any(service.forwarders)
    service.assert_unharmed()
    if complete:
        service.assert_complete()
    elif lives:
        service.assert_counted()
    if name == "ring full for long":
        assert service.missing() and "ring full" in service.log


def missing(folder):
    return folder / "nonesuch"


def not_executable(folder):
    path = folder / "apmshim-forwarder"
    path.write_bytes(b"\x7fELF nonsense")
    return path


def a_folder(folder):
    return folder


def nonsense(folder):
    path = not_executable(folder)
    path.chmod(0o755)
    return path


def for_another_machine(folder):
    path = folder / "apmshim-forwarder"
    header = bytearray(pathlib.Path("/bin/true").read_bytes())
    header[18:20] = (0xF7).to_bytes(2, "little")  # EM_BPF
    path.write_bytes(header)
    path.chmod(0o755)
    return path


def that_ends(folder):
    return pathlib.Path("/bin/false")


def that_sleeps(folder):
    path = folder / "apmshim-forwarder"
    path.write_text("#!/bin/sh\nexec sleep 3\n", encoding="ascii")
    path.chmod(0o755)
    return path


FORWARDERS = [missing, not_executable, a_folder, nonsense, for_another_machine, that_ends, that_sleeps]


@pytest.mark.parametrize("forwarder", FORWARDERS, ids=lambda f: f.__name__.replace("_", " "))
def test_other_forwarder(pg, tmp_path, forwarder):
    with harness.orders(pg, tmp_path, env={"APMSHIM_FORWARDER": forwarder(tmp_path)}) as service:
        service.send(BURST)
    service.assert_unharmed()
    assert not service.trace.transactions


def test_other_version(pg, tmp_path):
    """A ring of another version is left alone, and the log says so."""
    other = harness.program("other_version")
    with harness.orders(pg, tmp_path, env={"APMSHIM_FORWARDER": other}) as service:
        service.send(BURST)
        assert harness.eventually(lambda: "version" in service.log)
    service.assert_unharmed()
    assert not service.trace.transactions


@pytest.mark.parametrize("kind", ["orders", "nginx"])
def test_corrupt_ring(pg, tmp_path, kind):
    """Neither the service nor the forwarder believes what it finds there."""
    env = {"APMSHIM_FORWARDER": harness.program("scribbler"),
           "ELASTIC_APM_DISABLE_SEND": "true"}  # events would be as true as the records
    with harness.orders(pg, tmp_path, env=env) if kind == "orders" else harness.nginx(tmp_path, env=env) as service:
        for _ in range(6):
            service.send(BURST)
            time.sleep(0.4)
        assert any(service.forwarders)
    service.assert_unharmed()
    assert "after a crash" not in service.log
