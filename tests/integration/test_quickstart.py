"""examples/quickstart.sh: what a newcomer sees, and that nothing of it stays."""
import os
import pathlib
import re
import signal
import subprocess
import time
import uuid

import pytest

from support import tracing
from support.paths import EXAMPLES

SCRIPT = EXAMPLES / "quickstart.sh"
LIMIT = 300  # seconds; it may have to build


def folders():
    return set(pathlib.Path("/tmp").glob("apmshim-quickstart-*"))


def restore_interrupt():
    """Ignored where the tests run in the background, and a shell cannot undo that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Quickstart:
    def __init__(self, cwd):
        self.tag = uuid.uuid4().hex
        self._before = folders()
        env = tracing.environment(**{tracing.TAG: self.tag, "TERM": "xterm", "APMSHIM_PRINT_WIDTH": "100"})
        self.process = subprocess.Popen([SCRIPT], cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=restore_interrupt)

    def output(self):
        return self.process.communicate(timeout=LIMIT)[0]

    def read_until(self, line):
        for shown in self.process.stdout:
            if shown.startswith(line):
                return
        raise AssertionError(f"ended without: {line}")

    def left(self):
        """Processes and folders; those that have been told to end get a moment."""
        until = time.monotonic() + 60
        while tracing.tagged(self.tag) and time.monotonic() < until:
            time.sleep(0.1)
        return tracing.tagged(self.tag), folders() - self._before

    def kill(self):
        self.process.kill()
        for pid in tracing.tagged(self.tag):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(name="quickstart")
def started_quickstart(tmp_path):
    script = Quickstart(tmp_path)
    yield script
    if script.process.poll() is None:
        script.kill()
    script.process.stdout.close()


def requests_of(output, word):
    """How many requests the table shows of the endpoint that has this in its name, be it a path's or a view's."""
    requests, = re.findall(rf"^(?:GET|POST) \S*{word}\S* +(\d+) .* %$", output, re.MULTILINE)
    return int(requests)


@pytest.mark.timeout(LIMIT + 30)
def test_shows_what_is_slow(quickstart):
    output = quickstart.output()
    assert quickstart.process.returncode == 0, output
    shown = [requests_of(output, word) for word in ("lesson", "(?:pdf|PDF)", "answer", "archive", "health")]
    assert shown == [60, 24, 30, 3, 1]
    waterfall = output.split("The slowest request of the slowest endpoint:")[1]
    assert re.search(r"^● (GET|POST) \S+ .* 20\d  [\d.]+ (?:m|µ)?s$", waterfall, re.MULTILINE)
    assert "SELECT FROM " in waterfall and "WHERE" in waterfall and " frame" in waterfall
    assert quickstart.left() == ({}, set())


@pytest.mark.timeout(LIMIT + 30)
@pytest.mark.parametrize("when", ["Starting PostgreSQL", "Sending traffic"])
def test_interrupted(quickstart, when):
    quickstart.read_until(when)
    os.killpg(quickstart.process.pid, signal.SIGINT)  # as ^C does
    quickstart.output()
    assert quickstart.process.returncode == 130
    assert quickstart.left() == ({}, set())


@pytest.mark.timeout(LIMIT + 30)
def test_application_that_dies(quickstart):
    quickstart.read_until("Sending traffic")
    pythons = [pid for pid, program in tracing.tagged(quickstart.tag).items() if "/python3" in program]
    os.kill(next(pid for pid in pythons if tracing.parent(pid) not in pythons), signal.SIGKILL)
    quickstart.output()
    assert quickstart.process.returncode not in (0, None)
    assert quickstart.left() == ({}, set())
