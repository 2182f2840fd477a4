"""What each hook adds: instructions by callgrind, and nanoseconds of the paired call."""
import os
import re
import subprocess
import time

import table
from support import tracing
from support.paths import BUILD, SHIM

HOOKS = BUILD / "bench" / "hooks"
COUNTED_ROUNDS = (100, 600)  # the difference is without start and end
TIMED_ROUNDS = 20000
PAIRS = 7
STARTS = 300

# name, what it is, budget in instructions
CASES = [
    ("read", "`read`, untracked", 10),
    ("write", "`write`, untracked", 10),
    ("accept", "`accept` and `close` of a connection", None),
    ("send", "`send` of a response, 86 bytes", None),
    ("answer", "`recv` of a request, 157 bytes, and the `send` of its response", None),
    ("exec", "`PQexec`, its stack seen before", None),
    ("request", "a request with three statements: the two rows above", None),
]


def _environment(shim):
    """Events go nowhere: only the service's side is of interest here."""
    return tracing.environment(LD_PRELOAD=SHIM if shim else None, APMSHIM_OUTPUT="/dev/null" if shim else None)


def instructions(command, shim):
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)]
    with subprocess.Popen(valgrind, env=_environment(shim), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:
        text = process.stderr.read()
    # The processes that start the forwarder report too.
    return int(re.search(rf"=={process.pid}== Collected : (\d+)", text)[1])


def instructions_added(case):
    def one_round(shim):
        few, many = (instructions([HOOKS, case, rounds], shim) for rounds in COUNTED_ROUNDS)
        return (many - few) / (COUNTED_ROUNDS[1] - COUNTED_ROUNDS[0])
    return one_round(True) - one_round(False)


def nanoseconds(case, shim):
    done = subprocess.run([HOOKS, case, str(TIMED_ROUNDS)], env=_environment(shim), check=True,
                          stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def in_turns(measure):
    """[with - without], A B, B A, ..."""
    for number in range(PAIRS):
        order = (False, True) if number % 2 == 0 else (True, False)
        value = {shim: measure(shim) for shim in order}
        yield value[True] - value[False]


# ---- a program with nothing to trace ----

def start_us(shim):
    """The quickest of many."""
    environment = _environment(shim)

    def one():
        began = time.perf_counter()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], environment), 0)
        return time.perf_counter() - began
    return min(one() for _ in range(STARTS)) * 1e6


# ---- both ----

HEAD = ["call", "instructions added", "budget", "ns added"]


def rows():
    for case, meaning, budget in CASES:
        yield [meaning, f"{instructions_added(case):,.0f}", budget or "–",
               table.spread(in_turns(lambda shim, case=case: nanoseconds(case, shim)))]
    true = instructions(["/bin/true"], True) - instructions(["/bin/true"], False)
    yield ["start of `/bin/true`", f"{true:,}", "0.3 ms",
           table.spread(1000 * us for us in in_turns(start_us))]
