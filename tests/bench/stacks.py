#!/usr/bin/python3
"""Cost of a statement's stack in the service, for native code, Python and PHP by depth: nanoseconds by the clock, as
the difference between stacks on and off, and instructions by callgrind. Usage: stacks.py [ROUNDS]"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", HERE.parents[1] / "build"))
PYTHON = os.environ.get("APMSHIM_PYTHON", "/usr/bin/python3")

PROGRAM = """
import ctypes, sys, time
pq = ctypes.CDLL(sys.argv[1])
pq.PQconnectdb.restype = ctypes.c_void_p
pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
conn, call, rounds = pq.PQconnectdb(b""), pq.PQexec, int(sys.argv[3])
def measure():
    best = 1e9
    for _ in range(10):
        begin = time.perf_counter_ns()
        for _ in range(rounds // 10):
            call(conn, b"select 1")
        best = min(best, (time.perf_counter_ns() - begin) / (rounds // 10))
    return best
def straight(depth):
    return straight(depth - 1) if depth > 3 else measure()
def through_c(depth):
    return max([depth], key=lambda n: through_c(n - 2)) and result[-1] if depth > 4 else result.append(measure()) or 1
result = []
time.sleep(0.3)  # the forwarder has come up and has set its options
shape, depth = sys.argv[2].split("-")
print(measure() if depth == "0" else straight(int(depth)) if shape == "straight" else through_c(int(depth)) and result[-1])
"""

PHP_PROGRAM = """
$library = FFI::cdef("int PQntuples(void *);", $argv[1]);
$pq = FFI::cdef("void *PQconnectdb(const char *); void *PQexec(void *, const char *);");
$conn = $pq->PQconnectdb("");
function measure($pq, $conn, $rounds) {
    $best = 1e9;
    for ($i = 0; $i < 10; $i++) {
        $begin = hrtime(true);
        for ($j = 0; $j < $rounds / 10; $j++) $pq->PQexec($conn, "select 1");
        $best = min($best, (hrtime(true) - $begin) / ($rounds / 10));
    }
    return $best;
}
function straight($depth, ...$rest) { return $depth > 3 ? straight($depth - 1, ...$rest) : measure(...$rest); }
usleep(300000);
echo straight((int)$argv[2], $pq, $conn, (int)$argv[3]), "\\n";
"""


def built(folder):
    fake, hooks = folder / "libpq.so.5", folder / "hooks"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-Wl,-soname,libpq.so.5", "-I/usr/include/postgresql", "-o", fake,
                    HERE / "fake_libpq.c"], check=True)
    subprocess.run(["gcc", "-O2", "-w", "-D_GNU_SOURCE", "-I/usr/include/postgresql", "-o", hooks, HERE / "hooks.c", fake], check=True)
    return fake, hooks


def environment(folder, limit):
    return os.environ | {"LD_PRELOAD": str(BUILD / "libapmshim.so"), "LD_LIBRARY_PATH": str(folder), "APMSHIM_OUTPUT": "/dev/null",
                         "ELASTIC_APM_STACK_TRACE_LIMIT": str(limit)}


def nanoseconds(command, folder, limit):
    run = subprocess.run([*command], env=environment(folder, limit), check=True, capture_output=True, text=True)
    return float(run.stdout.split()[-1])


def instructions(command, folder):
    """Inside of stack_capture, once for each call."""
    out = folder / "callgrind"
    subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *command],
                   env=environment(folder, 64), check=True, capture_output=True, stdin=subprocess.DEVNULL)
    called = sum(int(n) for n in re.findall(r"^calls=(\d+) ", functions(out), re.M))
    listing = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out], check=True,
                             capture_output=True, text=True).stdout
    spent = re.search(r"^\s*([\d,]+) .*:stack_capture\b", listing, re.M)
    return int(spent.group(1).replace(",", "")) / called if spent and called else float("nan")


def functions(out):
    """The calls of stack_capture in callgrind's file: the lines behind each cfn= of it."""
    text = out.read_text(encoding="ascii", errors="replace")
    number = re.search(r"fn=\((\d+)\) stack_capture\n", text)
    return "\n".join(re.findall(rf"^cfn=\({number.group(1)}\).*\n(calls=.*)$", text, re.M)) if number else ""


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    with tempfile.TemporaryDirectory(prefix="apmshim-bench-") as name:
        folder = pathlib.Path(name)
        fake, hooks = built(folder)
        cases = {"native, 15 frames": [hooks, "exec"]}
        for depth in ("straight-0", "straight-10", "straight-30", "straight-60", "calls-10", "calls-30", "calls-60"):
            shape, frames = depth.split("-")
            label = f"Python, {max(2, int(frames))} frames" + (", C between each two" if shape == "calls" else "")
            cases[label] = [PYTHON, "-c", PROGRAM, fake, depth]
        for frames in (10, 30):
            cases[f"PHP, {frames} frames"] = ["/usr/bin/php", "-d", "ffi.enable=1", "-r", PHP_PROGRAM, fake, str(frames)]
        print(f"{'stack':40} {'ns':>8} {'instructions':>13}")
        for label, command in cases.items():
            with_stacks, without = (min(nanoseconds([*command, str(rounds)], folder, limit) for _ in range(3)) for limit in (64, 0))
            print(f"{label:40} {with_stacks - without:8.0f} {instructions([*command, '1000'], folder):13.0f}", flush=True)


main()
