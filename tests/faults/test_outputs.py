"""Outputs, recordings and logs that cannot be written: the service runs, and what was lost is said and counted.
What can be is for its owner alone."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

import fault_harness as harness
from faults.test_delivery import REQUESTS, assert_accounted, reporting
from support.paths import BUILD


def lost(log, what):
    return sum(int(count) for count in re.findall(rf"(\d+) {what} lost: could not be written", log))


def target(folder, name):
    if name == "fifo":
        os.mkfifo(folder / name)
    elif name == "folder":
        (folder / name).mkdir()
    return pathlib.Path("/dev/full") if name == "full" else folder / name


UNWRITABLE = ["nonesuch/file", "folder", "fifo", "full"]


@pytest.mark.parametrize("name", UNWRITABLE)
def test_output(apm, tmp_path, name):
    with reporting(apm.url, tmp_path, server=apm, APMSHIM_OUTPUT=str(target(tmp_path, name)),
                   ELASTIC_APM_METRICS_INTERVAL="0") as service:
        service.send(REQUESTS)
    service.assert_unharmed(-signal.SIGTERM)
    assert lost(service.log, "events") == REQUESTS and service.log.count("error: output") == 1


@pytest.mark.parametrize("name", UNWRITABLE)
def test_recording(apm, tmp_path, name):
    """Events are told all the same."""
    with reporting(apm.url, tmp_path, server=apm, APMSHIM_RECORD=str(target(tmp_path, name))) as service:
        service.send(REQUESTS)
    service.assert_unharmed(-signal.SIGTERM)
    service.assert_complete()
    assert "nothing is recorded: " in service.log or lost(service.log, "records") > REQUESTS
    assert assert_accounted(service) == (REQUESTS, 0)


def test_log(apm, tmp_path):
    """A FIFO that nobody reads."""
    os.mkfifo(tmp_path / "fifo")
    with reporting(apm.url, tmp_path, server=apm, ELASTIC_APM_LOG_FILE=str(tmp_path / "fifo")) as service:
        service.send(REQUESTS)
    service.assert_unharmed(-signal.SIGTERM)
    service.assert_complete()


def test_comes_later(apm, tmp_path):
    """The file is whole, its metadata included, from the moment on when it can be written."""
    folder = tmp_path / "later"
    with reporting(apm.url, tmp_path, server=apm, APMSHIM_OUTPUT=str(folder / "events"),
                   ELASTIC_APM_METRICS_INTERVAL="0") as service:
        service.send(REQUESTS)
        assert harness.eventually(lambda: "error: output" in service.log)
        folder.mkdir()
        assert harness.eventually((folder / "events").exists)
        service.send(REQUESTS)
    lines = (folder / "events").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('{"metadata"')
    assert len(lines) - 1 + lost(service.log, "events") == 2 * REQUESTS


def test_owner_only(apm, tmp_path):
    """Also a recording whose file was there."""
    (tmp_path / "records").touch(0o644)
    with reporting(apm.url, tmp_path, server=apm, APMSHIM_RECORD=str(tmp_path / "records"),
                   APMSHIM_OUTPUT=str(tmp_path / "events")) as service:
        service.send(REQUESTS)
    for name in ("records", "events", "forwarder.log"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600, name
    shown = subprocess.run([BUILD / "apmshim", "replay", "--summary", tmp_path / "records"], check=True,
                           capture_output=True, text=True).stdout
    assert "/health" in shown


def test_links_of_others(apm, tmp_path):
    """In a folder that others write to."""
    shared, aim = tmp_path / "shared", tmp_path / "aim"
    shared.mkdir()
    shared.chmod(0o1777)
    aim.write_text("kept", encoding="ascii")
    for name in ("records", "events"):
        (shared / name).symlink_to(aim)
    with reporting(apm.url, tmp_path, server=apm, APMSHIM_RECORD=str(shared / "records"),
                   APMSHIM_OUTPUT=str(shared / "events")) as service:
        service.send(REQUESTS)
    service.assert_unharmed(-signal.SIGTERM)
    assert aim.read_text(encoding="ascii") == "kept" and "nothing is recorded" in service.log
