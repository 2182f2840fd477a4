"""Finding the libraries that callers mean: interrupted anywhere, on small stacks, again and again."""
import functools
import re
import subprocess

import fault_harness as harness
from support import tracing
from support.paths import PYTHON, REPO

STACK_MAX = 2048
RELOADS = 40
RECORDED = {"APMSHIM_OUTPUT": "/dev/null"}


@functools.lru_cache
def fake_libpq():
    """One that answers at once."""
    return harness.program("libfake_pq.so", REPO / "tests" / "bench" / "fake_libpq.c",
                           flags=("-shared", "-fPIC", "-Wl,-z,now", *libpq_headers()))


def libpq_headers():
    return subprocess.run(["pkg-config", "--cflags", "libpq"], check=True, capture_output=True,
                          text=True).stdout.split()


def program(name, *flags):
    """Bound at its start: the loader's own work is no part of its calls."""
    library = fake_libpq()
    return harness.program(name, flags=(library, "-Wl,-z,now", f"-Wl,-rpath,{library.parent}", *libpq_headers(),
                                        *flags))


def run(command, preloaded=True):
    changes = RECORDED | {"LD_PRELOAD": tracing.SHIM} if preloaded else {}
    return subprocess.run(list(map(str, command)), env=tracing.environment(**changes), capture_output=True,
                          text=True, check=False, timeout=7000 if harness.LONG else 600)


def test_interrupted_at_every_instruction():
    """With APMSHIM_LONG at each; else at every so many."""
    done = run([program("every_look_up"), *(["7"] if harness.LONG else [])])
    assert done.returncode == 0, done.stdout + done.stderr
    instructions = [int(count) for count in re.findall(r": (\d+) instructions", done.stdout)]
    assert len(instructions) == 5 and min(instructions) > 500, done.stdout


def stack_use(preloaded):
    """[(call, bytes)]"""
    done = run([program("stack_use")], preloaded)
    assert done.returncode == 0, done.stdout + done.stderr
    return [(name, int(used)) for name, used in map(str.split, done.stdout.splitlines())]


@functools.lru_cache
def stack_added():
    plain, preloaded = stack_use(False), stack_use(True)
    assert [name for name, _ in plain] == [name for name, _ in preloaded]
    return [(name, used - before) for (name, before), (_, used) in zip(plain, preloaded)]


def test_stack_use():
    """Below any hook; what the real function takes is not counted."""
    too_much = [(name, added) for name, added in stack_added() if added > STACK_MAX]
    assert not too_much
    assert dict(stack_added())["pq_exec"] > 256, "nothing was recorded"


UNDER_PYTHON = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
def inner(params):
    return library.exec_uses(params)
def outer(params):
    return inner(params)
print(inner(0), outer(0), outer(2), (lambda: outer(0))())
"""


def test_stack_use_under_python(tmp_path):
    """Its frames are read on the same stack, and are no small matter."""
    library = fake_libpq()
    below = harness.program("stack_below.so", "stack_below.c", flags=(
        "-shared", "-fPIC", library, "-Wl,-z,now", f"-Wl,-rpath,{library.parent}", *libpq_headers()))
    output = tmp_path / "bytes"
    with output.open("w") as stdout:
        trace = tracing.run([PYTHON, "-c", UNDER_PYTHON, below], to_file=True, stdout=stdout,
                            env={"ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms",
                                 "ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"})
    used = list(map(int, output.read_text("ascii").split()))
    assert len(used) == 4 and max(used) <= STACK_MAX
    shown = {frame["function"] for span in trace.spans for frame in span.get("stacktrace", ())}
    assert {"inner", "outer"} <= shown


def plugin():
    library = fake_libpq()
    return harness.program("plugin.so", "plugin.c", flags=(
        "-shared", "-fPIC", library, f"-Wl,-rpath,{library.parent}", *libpq_headers()))


def test_reloaded_plugins(tmp_path):
    """Each has a libpq of its own, and is told to the last."""
    trace = tracing.run([harness.program("reloader"), plugin(), RELOADS], to_file=True, cwd=tmp_path,
                        env={"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"})
    assert trace.process.returncode == 0
    asked = [span["context"]["db"]["statement"] for span in trace.statements()]
    assert asked == [f"select * from reload_{i}" for i in range(RELOADS)]


def test_unloaded_meanwhile():
    """What one thread unloads another is about to tell of."""
    done = run([program("unload_storm"), plugin(), 100_000 if harness.LONG else 2000])
    assert done.returncode == 0, done.stderr
