"""The real thing: a service that systemd starts, stops, restarts, and whose logs it has rotated."""
import contextlib
import json

import pytest

import fault_harness as harness
from support import http_client, service_manager, services
from support.paths import SHIM, free_port

BURST = 60
UNIT = "traced.service"


class Unit:
    """nginx, and where its events go."""

    def __init__(self, manager, port, folder):
        self.manager, self.port = manager, port
        self.output, self.log = folder / "events", folder / "forwarder.log"

    def write(self, command, settings=""):
        words = " ".join(f'"{word}"' for word in command)
        (self.manager.units / UNIT).write_text(
            f"[Service]\nExecStart={words}\n{settings}\nEnvironment=LD_PRELOAD={SHIM} APMSHIM_OUTPUT={self.output} "
            f"ELASTIC_APM_LOG_FILE={self.log} ELASTIC_APM_METRICS_INTERVAL=0s\n", encoding="ascii")

    def send(self):
        def answers():
            with contextlib.suppress(OSError):
                with http_client.Connection(self.port) as connection:
                    return connection.request("GET", "/health").status == 200
            return False
        assert harness.eventually(answers)
        assert {a.status for a in http_client.load(self.port, [("GET", "/health", {}, None)] * (BURST - 1), 4)} == {200}

    def all_ended(self):
        """The forwarder among them: systemd knows all processes of a unit."""
        group = self.manager.systemctl("show", "-P", "ControlGroup", UNIT).strip()
        return not group

    def told(self):
        lines = self.output.read_bytes().splitlines() if self.output.exists() else []
        return sum("transaction" in json.loads(line) for line in lines)


@pytest.fixture(name="unit")
def fixture_unit(tmp_path):
    port = free_port()
    with service_manager.manager(tmp_path) as manager, contextlib.closing(services.Nginx(port)) as nginx:
        if not manager:
            pytest.skip("systemd can't be started here")
        (nginx.www / "health").write_bytes(b"n" * 600)
        unit = Unit(manager, port, tmp_path)
        unit.write(nginx.command, "Restart=on-failure\nRestartSec=0\nKillSignal=SIGTERM\nStartLimitBurst=100")
        manager.systemctl("start", UNIT)
        yield unit


def stop(unit):
    unit.manager.systemctl("stop", UNIT)
    assert harness.eventually(unit.all_ended)
    assert "lost" not in unit.log.read_text("utf-8")


def test_stop(unit):
    unit.send()
    stop(unit)
    assert unit.told() == BURST


def test_restart(unit):
    for _ in range(3):
        unit.send()
        unit.manager.systemctl("restart", UNIT)
    unit.send()
    stop(unit)
    assert unit.told() == 4 * BURST


def test_main_process_crashed(unit):
    """systemd ends what is left of the unit and starts it anew."""
    unit.send()
    before = unit.manager.main_pid(UNIT)
    unit.manager.systemctl("kill", "--kill-who=main", "-s", "KILL", UNIT)
    assert harness.eventually(lambda: unit.manager.main_pid(UNIT) not in (0, before))
    unit.send()
    stop(unit)
    assert unit.told() == 2 * BURST


def test_logs_rotated(unit):
    """nginx opens its logs anew; the forwarder goes on."""
    for _ in range(3):
        unit.send()
        unit.manager.systemctl("kill", "-s", "USR1", UNIT)
    unit.send()
    stop(unit)
    assert unit.told() == 4 * BURST
