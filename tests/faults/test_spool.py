"""What no server takes is kept in a folder, bounded, and sent once by whoever comes next; what else lies there does
no harm."""
import contextlib
import fcntl
import os
import pathlib
import signal
import time

import pytest

import fault_harness as harness
from faults.test_delivery import REQUESTS, events, reporting
from support import apm_server
from support.paths import free_port


@pytest.fixture(name="spool")
def spool_folder(tmp_path):
    return tmp_path / "spool"


def waiting(spool):
    return sorted(spool.glob("*.body"))


def run(spool, folder, url, *, server=None, count=REQUESTS, until=lambda service: True, **env):
    """A service that answers so many requests, and its end."""
    folder.mkdir()
    env = {"APMSHIM_SPOOL": str(spool), "ELASTIC_APM_SERVER_TIMEOUT": "5s"} | env
    with reporting(url, folder, server=server, **env) as service:
        service.send(count)
        assert harness.eventually(lambda: until(service)), service.log[-2000:]
    service.assert_unharmed(-signal.SIGTERM)
    return service


def nobody():
    return f"http://127.0.0.1:{free_port()}"


def delivered(server):
    return sum(upload.accepted for upload in server.uploads)


def test_server_comes_back_later(spool, tmp_path, apm):
    first = run(spool, tmp_path / "first", nobody())
    kept = events(first.log, "put into the spool")
    assert kept == first.sent == REQUESTS and not events(first.log, "lost")
    assert waiting(spool) and spool.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in waiting(spool)} == {0o600}
    second = run(spool, tmp_path / "second", apm.url, server=apm, until=lambda _: not list(spool.iterdir()))
    assert delivered(apm) == kept + second.sent == events(second.log, "delivered")
    ids = [t["id"] for t in second.trace.transactions]
    assert len(ids) == len(set(ids)) == 2 * REQUESTS


def test_refusals_are_kept(spool, tmp_path, apm):
    """Taken out and put back for as long as it fails."""
    run(spool, tmp_path / "first", nobody())
    files = waiting(spool)
    apm.fail_next(503, times=1000, when="at once")
    second = run(spool, tmp_path / "second", apm.url, server=apm, until=lambda _: apm.uploads)
    assert len(waiting(spool)) == len(files) + 1 and set(files) <= set(waiting(spool))
    assert events(second.log, "put into the spool") == second.sent and not delivered(apm)


def test_lost_on_the_way(spool, tmp_path, apm):
    """Nobody knows whether the server took it: it is not sent again."""
    run(spool, tmp_path / "first", nobody())
    apm.fail_next(apm_server.DROP, times=1000, when="at end")
    second = run(spool, tmp_path / "second", apm.url, server=apm, until=lambda _: not list(spool.iterdir()))
    assert events(second.log, "lost") == REQUESTS + second.sent


def test_bound(spool, tmp_path):
    """The oldest give way, and are counted."""
    fill = b"f" * (1 << 20)
    spool.mkdir(mode=0o700)
    old = run(spool, tmp_path / "first", nobody())
    oldest, = waiting(spool)
    (spool / "99999999999.body").write_bytes(fill)  # not ours, but it takes its room
    new = run(spool, tmp_path / "second", nobody(), APMSHIM_SPOOL_SIZE="1mb")
    assert not oldest.exists() and events(new.log, "lost") == old.sent


@pytest.mark.parametrize("content", [b"", b"text", os.urandom(5000), "cut", "longer", "changed", "folder", "link",
                                     "fifo"])
def test_other_things_there(spool, tmp_path, apm, content):
    run(spool, tmp_path / "first", nobody())
    body = waiting(spool)[0].read_bytes()
    strange, secret = spool / "000000000000-1-1.body", tmp_path / "secret"
    secret.write_text("secret", encoding="ascii")
    made = {"cut": body[:-1], "longer": body + b"x", "changed": body[:-1] + bytes([body[-1] ^ 1])}
    if content == "folder":
        strange.mkdir()
    elif content == "link":
        strange.symlink_to(secret)
    elif content == "fifo":
        os.mkfifo(strange)
    else:
        strange.write_bytes(made.get(content, content))
    second = run(spool, tmp_path / "second", apm.url, server=apm,
                 until=lambda _: delivered(apm) >= REQUESTS or content == "folder")
    assert secret.read_text(encoding="ascii") == "secret"
    assert content == "folder" or delivered(apm) == REQUESTS + second.sent


@pytest.mark.parametrize("folder", ["file", "nonesuch/below", "others"])
def test_unusable(spool, tmp_path, apm, folder):
    """Without a spool all goes on."""
    if folder == "file":
        spool.touch()
    elif folder == "others":
        spool.mkdir(mode=0o777)
        spool.chmod(0o777)
    path = spool / "below" if folder == "nonesuch/below" else spool
    service = run(path, tmp_path / "run", apm.url, server=apm)
    assert "spool: " in service.log
    service.assert_complete()


def test_forwarder_died_with_a_claim(spool, tmp_path, apm):
    run(spool, tmp_path / "first", nobody())
    body, = waiting(spool)
    body.rename(spool / f"{body.stem}.claimed")
    (spool / "000000000001-1-0.body.part").write_bytes(b"half")
    second = run(spool, tmp_path / "second", apm.url, server=apm)
    assert not list(spool.iterdir())
    assert events(second.log, "lost") == REQUESTS and delivered(apm) == second.sent


def test_others_are_at_work(spool, tmp_path, apm):
    """In containers of their own, where their processes are not to be seen: what they have locked is theirs."""
    run(spool, tmp_path / "first", nobody())
    body, = waiting(spool)
    claimed, unfinished = spool / f"{body.stem}.claimed-999999999", spool / "000000000001-999999999-0.body.part"
    body.rename(claimed)
    unfinished.write_bytes(b"half")
    waits = spool / "000000000002-1-0.body"
    waits.write_bytes(claimed.read_bytes())
    with contextlib.ExitStack() as stack:
        for path in (claimed, unfinished, waits):
            fcntl.flock(stack.enter_context(path.open("rb")), fcntl.LOCK_EX)
        second = run(spool, tmp_path / "second", apm.url, server=apm)
        assert {claimed, unfinished, waits} == set(spool.iterdir())
    assert not events(second.log, "lost") and delivered(apm) == second.sent


def test_cannot_be_handed_back(spool, tmp_path, apm):
    """Something has taken the name meanwhile: the body stays, under another."""
    run(spool, tmp_path / "first", nobody())
    name, = waiting(spool)
    content = name.read_bytes()
    refuses = apm.next_failure

    def takes_the_name():
        if not name.exists():
            name.mkdir()
        return refuses()

    apm.next_failure = takes_the_name
    apm.fail_next(503, times=1000, when="at once")
    run(spool, tmp_path / "second", apm.url, server=apm, until=lambda _: name.exists() and name.is_dir(),
        ELASTIC_APM_METRICS_INTERVAL="0")
    assert content in [file.read_bytes() for file in spool.iterdir() if file.is_file()]
    assert not [file for file in spool.iterdir() if ".claimed" in file.name]


def test_shared(spool, tmp_path, apm):
    """By several services at a time: each file is sent once."""
    for i in range(4):
        run(spool, tmp_path / f"before-{i}", nobody(), count=20)
    with contextlib.ExitStack() as stack:
        env = {"APMSHIM_SPOOL": str(spool)}
        folders = [tmp_path / f"service-{i}" for i in range(4)]
        for folder in folders:
            folder.mkdir()
        services = [stack.enter_context(reporting(apm.url, folder, server=apm, **env)) for folder in folders]
        for service in services:
            service.send(10)
        assert harness.eventually(lambda: not list(pathlib.Path(spool).iterdir()))
        time.sleep(0.1)
    assert delivered(apm) == 4 * 20 + 4 * 10
