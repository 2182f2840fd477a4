"""Recordings that are cut or changed anywhere: replaying them ends, and gives valid events or none.

    APMSHIM_LONG=1                   a hundred times as many
    APMSHIM_BUILD=build/asan         with a forwarder that notices what it should not touch"""
import concurrent.futures
import os
import random
import resource
import subprocess

import pytest

import fault_harness as harness
from support import intake_schema, tracing
from support.paths import BUILD

COUNT = 10_000 if harness.LONG else 100  # of each kind
LIMIT = 20           # seconds for one
MEMORY = 512 << 20   # bytes of addresses, 0 where the sanitizer wants terabytes
SANITIZED = "asan" in str(BUILD) or "tsan" in str(BUILD)


@pytest.fixture(scope="module")
def recording(pg, tmp_path_factory):
    folder = tmp_path_factory.mktemp("recording")
    file = folder / "orders.rec"
    with harness.orders(pg, folder, env={"APMSHIM_RECORD": file}) as service:
        for path in ("/orders/1", "/customers/1/orders", "/report?quarter=2", "/health"):
            service.send(3, path)
    service.assert_unharmed()
    return file.read_bytes()


def cut(data, chance):
    return data[:chance.randrange(len(data))]


def flip(data, chance):
    changed = bytearray(data)
    for _ in range(chance.choice([1, 3, 30, 1000])):
        changed[chance.randrange(24, len(data))] = chance.randrange(256)
    return bytes(changed)


def extremes(data, chance):
    """Numbers that are likely to be lengths."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 5, 50])):
        at = chance.randrange(24, len(data) - 8) & ~3
        value = chance.choice([0, 1, 7, 8, 255, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
        changed[at:at + 4] = value.to_bytes(4, "little")
    return bytes(changed)


def records_of(data):
    """(writer and record) pieces behind the header, by the records' own sizes."""
    at = 24
    while at + 32 <= len(data):
        size = 16 + int.from_bytes(data[at + 16:at + 20], "little")
        yield data[at:at + size]
        at += size


def shuffle(data, chance):
    """Whole records in another order, some twice, some not at all."""
    records = list(records_of(data))
    for _ in range(chance.choice([1, 10, 1000])):
        i, j = chance.randrange(len(records)), chance.randrange(len(records))
        change = chance.randrange(3)
        if change == 0:
            records[i], records[j] = records[j], records[i]
        elif change == 1:
            records.insert(i, records[j])
        elif len(records) > 1:
            del records[i]
    return data[:24] + b"".join(records)


def splice(data, chance):
    i, j = sorted(chance.randrange(24, len(data)) for _ in range(2))
    return data[:i] + data[j:] if chance.random() < 0.5 else data[:j] + data[i:]


def bounded():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def replay(file, stacks):
    """What is wrong with it, or None."""
    out = file.with_suffix(".ndjson")
    env = tracing.environment(ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION="0ms" if stacks else "-1")
    done = subprocess.run([BUILD / "apmshim", "replay", "-o", out, file], env=env, capture_output=True, check=False,
                          timeout=LIMIT, preexec_fn=bounded)
    if done.returncode not in (0, 1):
        return f"{file}: status {done.returncode}: {done.stderr[-2000:].decode(errors='replace')}"
    for line in out.read_bytes().splitlines() if out.exists() else ():
        if error := intake_schema.line_error(line, close=True):
            return f"{file}: {error}: {line[:300]}"
    out.unlink(missing_ok=True)
    file.unlink()
    return None


@pytest.mark.timeout(0 if harness.LONG else 120)
@pytest.mark.parametrize("change", [cut, flip, extremes, shuffle, splice], ids=lambda change: change.__name__)
def test_changed(recording, tmp_path, change):
    def one(seed):
        file = tmp_path / f"{seed}.rec"
        file.write_bytes(change(recording, random.Random(seed)))
        return replay(file, stacks=seed % 25 == 0)  # they take twenty times as long

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [problem for problem in pool.map(one, range(COUNT)) if problem]
    assert not wrong, f"{len(wrong)} of {COUNT}, such as:\n" + "\n".join(wrong[:3])


def test_unchanged(recording, tmp_path):
    """That the tests above start from something."""
    file = tmp_path / "whole.rec"
    file.write_bytes(recording)
    assert b"".join([recording[:24], *records_of(recording)]) == recording
    assert replay(file, stacks=True) is None
