"""What a service was given to run better than others is not the forwarder's."""
import os
import pathlib
import subprocess

import pytest

import fault_harness as harness
from support.paths import free_port

BURST = 60

# How the service runs: the nice value of the forwarder
GIVEN = {"fifo": 0, "rr": 0, "nice": 0, "humble": 5}
LEAST_SLACK = 50000


def facts(pid):
    """Of a process: what it could have inherited."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return {"class": os.sched_getscheduler(pid), "nice": os.getpriority(os.PRIO_PROCESS, pid),
            "processors": os.sched_getaffinity(pid), "umask": int(lines["Umask"], 8),
            "oom": int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text("ascii")),
            "I/O": subprocess.run(["ionice", "-p", str(pid)], check=True, capture_output=True,
                                  text=True).stdout.split(":")[0].strip(),
            "memory": "bind" in pathlib.Path(f"/proc/{pid}/numa_maps").read_text("utf-8"),
            "slack": int(pathlib.Path(f"/proc/{pid}/timerslack_ns").read_text("ascii"))}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("manner", ["plain", "subreaper"])
def test_forwarder_is_ordinary(tmp_path, given, manner):
    port = free_port()
    command = [harness.program("privileged"), given, harness.server(), port, manner]
    with harness.service(command, port, tmp_path) as service:
        service.wait_for_forwarders()
        found = [facts(pid) for pid in service.forwarders]
        own = facts(service.trace.pid)
        service.send(BURST)
    assert not service.unanswered
    service.assert_complete()
    assert len(own["processors"]) == 1
    if given != "humble":
        assert own["slack"] < LEAST_SLACK and own["memory"] and own["umask"] == 0
    for process in found:
        assert process["class"] == os.SCHED_OTHER
        assert process["nice"] == GIVEN[given]
        assert process["processors"] == os.sched_getaffinity(0)
        assert process["oom"] >= 0 and not process["memory"]
        assert process["umask"] == 0o077
        assert process["I/O"] in ("none", "unknown")
        assert process["slack"] >= LEAST_SLACK
