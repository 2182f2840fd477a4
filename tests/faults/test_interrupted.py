"""Signal handlers that interrupt the recorder, on whatever stack, and that do not return."""
import collections
import subprocess

import pytest

import fault_harness as harness
from support import tracing

QUIET = 20  # requests that nothing interrupts, after all others


def served(manner, folder):
    """({request id: [transactions]}, requests that were interrupted, what the log says of losses)"""
    log = folder / "forwarder.log"
    trace = tracing.run([harness.program("interrupted"), manner], stdout=subprocess.PIPE,
                        env={"ELASTIC_APM_LOG_FILE": log})
    assert trace.process.returncode == 0
    rounds = int(trace.process.stdout.read())
    told = collections.defaultdict(list)
    for transaction in trace.requests:
        told[tracing.request_id(transaction)].append(transaction)
    losses = [line for line in log.read_text("utf-8").splitlines() if harness.LOST.search(line)]
    return told, rounds, losses


@pytest.mark.parametrize("manner", ["above", "below", "disarmed"])
def test_handler_on_its_own_stack(manner, tmp_path):
    """What it interrupted is told, and nothing else; what it sends meanwhile is told or counted."""
    told, rounds, losses = served(manner, tmp_path)
    control = told.pop(None)
    assert [t["name"] for t in control] == ["GET /control"]
    assert set(told) == {f"f-{i}" for i in range(rounds + QUIET)}
    outcomes = collections.Counter((len(same), same[0]["name"], same[0]["result"]) for same in told.values())
    assert outcomes == {(1, "GET /interrupted", "HTTP 2xx"): rounds, (1, "GET /quiet", "HTTP 2xx"): QUIET}
    assert losses


def test_handler_that_leaves(tmp_path):
    """What it leaves behind is given up, and recording goes on."""
    told, rounds, losses = served("leaves", tmp_path)
    told.pop(None)
    assert set(told) <= {f"f-{i}" for i in range(rounds + QUIET)}
    assert all(len(same) == 1 for same in told.values())
    assert {same[0]["name"] for same in told.values()} == {"GET /interrupted", "GET /quiet"}
    quiet = [told.get(f"f-{rounds + i}") for i in range(QUIET)]
    assert all(same and same[0]["result"] == "HTTP 2xx" for same in quiet)
    assert len(told) == rounds + QUIET or losses


def test_callback_of_libpq(pg):
    """A notice's handler does not return, or executes a statement itself: each statement is told once."""
    program = harness.program("notices", flags=("-I/usr/include/postgresql", "-lpq"))
    with pg.database() as database:
        trace = tracing.run([program], env=pg.environment(database), stdout=subprocess.PIPE)
    assert trace.process.returncode == 0
    executed = int(trace.process.stdout.read())
    counted = tracing.statement_counts(trace.statements(), lambda statement: statement.split()[-1])
    raising = executed - counted["within"] - counted["later"]
    assert counted["within"] == 1 and counted["later"] == 32 and raising == 9 and sum(counted.values()) == 42, counted
