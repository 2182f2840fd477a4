"""What services do to themselves: close every descriptor, give up rights, hide in namespaces, fork, crash.
The program behaves and says the same of itself with and without us."""
import collections
import signal
import socket
import subprocess

import pytest

import fault_harness as harness
from support import http_client, tracing
from support.http_client import Connection
from support.paths import free_port

# How much of what it served must be told.
ALL = "all"          # every request
COUNTED = "counted"  # what is missing is counted
NOTHING = "nothing"  # we stepped aside

Row = collections.namedtuple("Row", "manner told end", defaults=("/stop",))

ROWS = [
    Row("plain", ALL),
    Row("closefrom", ALL),
    Row("close_range", ALL),
    Row("close each", ALL),
    Row("no standard descriptors", ALL),
    Row("listener is 3", ALL),
    Row("no descriptor", NOTHING),
    Row("no process", NOTHING),
    Row("no memory", NOTHING),
    Row("read-only", ALL),
    Row("no /dev/shm", ALL),
    Row("chroot before", NOTHING),
    Row("chroot after", ALL),
    Row("setuid before", ALL),
    Row("setuid after", ALL),
    Row("user namespace before", ALL),
    Row("user namespace after", ALL),
    Row("pid namespace after", ALL),
    Row("pid 1", ALL),
    Row("subreaper", ALL),
    Row("pid 1 waits for all", ALL),
    Row("subreaper waits for all", ALL),
    Row("daemon", ALL),
    Row("silent daemon", ALL),
    Row("fork twice", ALL),
    Row("fork often", COUNTED),
    Row("fork meanwhile", COUNTED),
    Row("executes itself again", ALL),
    Row("crash in handler", COUNTED, signal.SIGUSR1),
    Row("memfd refused", NOTHING),
    Row("exec refused", NOTHING),
    Row("killed on new processes at once", NOTHING),
    Row("killed on new processes", ALL),
    Row("worker killed on new processes", ALL),
    Row("read and write only", ALL, signal.SIGTERM),
    Row("16 KB stacks", ALL),
    Row("64 KB stacks", ALL),
    Row("small files", ALL),
    Row("hardly any file", COUNTED),
    Row("no file", NOTHING),
    Row("small limits", ALL),
    Row("arguments given back", ALL),
    Row("title", ALL),
    Row("no environment", ALL),
    Row("no dumps", ALL),
    Row("no new rights", ALL),
]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process, port, how):
    """By a request, whose answer is the last; or by a signal."""
    if how == "/stop":
        with Connection(port) as connection:
            connection.send_request("GET", how)
            connection.socket.recv(4096)
    else:
        process.send_signal(how)
    process.wait(20)
    assert harness.eventually(lambda: not listens(port)), "it did not end"  # which may be a child of its


def launch(row, port, report):
    return [harness.server(), port, row.manner], {"stdout": report.open("wb"), "stderr": subprocess.STDOUT}


def plain(row, folder):
    """(exit status, report) without us."""
    port, report = free_port(), folder / "plain"
    command, options = launch(row, port, report)
    process = subprocess.Popen(list(map(str, command)), env=tracing.environment(), stdin=subprocess.DEVNULL,
                               start_new_session=True, **options)
    try:
        http_client.wait_for(port)
        assert http_client.get(port, "/x").status == 200
        end(process, port, row.end)
    finally:
        process.kill()
        process.wait()
    return process.returncode, report.read_text("ascii")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.manner)
def test_manner(tmp_path, row):
    expected = plain(row, tmp_path)
    port, report = free_port(), tmp_path / "traced"
    command, options = launch(row, port, report)
    with harness.service(command, port, tmp_path, stdout=options["stdout"], ready=False) as service:
        http_client.wait_for(port)
        service.send(200, keep_alive=row.manner != "read and write only")
        end(service.trace.process, port, row.end)
    assert not service.unanswered
    assert (service.trace.process.returncode, report.read_text("ascii")) == expected
    if row.told == ALL:
        service.assert_complete()
    elif row.told == COUNTED:
        service.assert_counted()
    else:
        assert not service.trace.transactions
