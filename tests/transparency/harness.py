"""Builds the small programs of these tests, runs them plain and preloaded, and says what differed."""
import concurrent.futures
import difflib
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from support.paths import free_port

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SHIM = BUILD / "libapmshim.so"
WORK = pathlib.Path(tempfile.mkdtemp(prefix="apmshim-transparency-"))
PYTHON = "/usr/bin/python3"
LIMIT = 60  # seconds for one small program

# What a program of ours finds in its environment, preloaded or not.
BARE = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": "/nonexistent",
        "TZ": "UTC"}


def preloaded(environment=None, beside=(), after=(), counts=None):
    """The environment that traces a program, with other preloads before or after ours."""
    order = [*map(str, beside), str(shim()), *map(str, after)]
    result = dict(BARE if environment is None else environment)
    result["LD_PRELOAD"] = ":".join(order)
    result["APMSHIM_FORWARDER"] = str(stand_in())
    if counts:
        result["STAND_IN_COUNTS"] = str(counts)
    return result


def with_nothing(environment):
    """As preloaded(), but the object preloaded is empty: so that the environment is the same."""
    return {name: value.replace(str(shim()), str(nothing())) for name, value in preloaded(environment).items()}


def compiled(name, *sources, flags=(), compiler="gcc"):
    target = WORK / name
    target.parent.mkdir(parents=True, exist_ok=True)
    sources = [str(HERE / source) for source in sources]
    subprocess.run([compiler, "-D_GNU_SOURCE", "-g", "-O1", "-w", "-pthread", "-o", target, *sources, *flags],
                   check=True)
    return target


STAND_IN = ["stand_in.c", *(REPO / "src" / source for source in (
    "wire/ring_reader.c", "wire/record.c", "forwarder/recording.c", "forwarder/base/alloc.c",
    "forwarder/base/buf.c", "forwarder/base/own_file.c"))]
STAND_IN_FLAGS = [f"-I{REPO / 'src'}", f"-I{REPO / 'src/forwarder'}"]


@functools.lru_cache
def stand_in():
    """A program in the forwarder's place that counts records."""
    return compiled("stand-in", *STAND_IN, flags=STAND_IN_FLAGS)


@functools.lru_cache
def shim():
    """A copy, so that a rebuild under a running test cannot crash it."""
    return pathlib.Path(shutil.copy(SHIM, WORK / "libapmshim.so"))


@functools.lru_cache
def nothing():
    """An empty object whose name is as long as ours."""
    source = WORK / "nothing.c"
    source.write_text("", encoding="ascii")
    return compiled("libnothing.so", source, flags=["-shared", "-fPIC"])


def record_count(counts):
    """Of all types, summed over all rings that reported to this file."""
    if not counts.exists():
        return 0
    return sum(int(word) for line in counts.read_text(encoding="ascii").splitlines() for word in line.split())


@functools.lru_cache
def postgresql():
    """The environment that reaches a throw-away server; it ends with the test run."""
    folder = WORK / "postgresql"
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        return None
    folder.mkdir()
    WORK.chmod(0o755)
    user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*user, programs[-1] / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust",
                    "--no-sync", "--locale=C", "-E", "UTF8"], check=True, **quiet)
    port = str(free_port())
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    subprocess.run([*user, programs[-1] / "pg_ctl", "-D", folder / "data", "-o", options, "-w", "start"],
                   check=True, **quiet)
    return {"PGHOST": str(folder), "PGPORT": port, "PGUSER": "tester", "PGDATABASE": "postgres",
            "stop": [*user, str(programs[-1] / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate",
                     "stop"]}


@functools.lru_cache
def certificate():
    """A file with a certificate and its key."""
    file = WORK / "certificate.pem"
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                           "/CN=test", "-keyout", "-", "-out", "-"], check=True, capture_output=True)
    file.write_bytes(made.stdout)
    return file


def clean_up():
    if postgresql.cache_info().currsize and postgresql():
        subprocess.run(postgresql()["stop"], check=False, cwd="/", stdout=subprocess.DEVNULL)
    shutil.rmtree(WORK, ignore_errors=True)


def database_environment():
    return {name: value for name, value in postgresql().items() if name != "stop"}


# ---- one run ----

def run(command, environment, **options):
    """What a program's caller sees of it: exit status or signal, output, errors."""
    options.setdefault("timeout", LIMIT)
    options.setdefault("cwd", "/")
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, **options)
    return {"status": status_text(done.returncode), "output": done.stdout.decode(errors="backslashreplace"),
            "errors": done.stderr.decode(errors="backslashreplace")}


def status_text(code):
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def difference(plain, traced):
    """A unified diff of two runs, empty if they are equal."""
    lines = []
    for part, before in plain.items():
        lines += difflib.unified_diff(before.splitlines(), traced[part].splitlines(), f"{part}, plain",
                                      f"{part}, preloaded", lineterm="")
    return "\n".join(lines)


# ---- system calls ----

# All that touch descriptors, files, signals' dispositions and processes. Not those on memory, nor questions
# for ids, times and the signal mask: the recorder asks a few of these.

TRACED = ("%network,read,write,readv,writev,close,close_range,dup,dup2,dup3,fcntl,sendfile,poll,ppoll,select,"
          "pselect6,epoll_ctl,epoll_wait,epoll_pwait,pipe2,openat,ioctl,memfd_create,ftruncate,fallocate,"
          "wait4,waitid,execve,clone,clone3,fork,vfork,kill,tgkill,rt_sigaction,sigaltstack,chdir,setsid,"
          "prctl,exit_group,lseek,unlink,fstat,newfstatat")

# The recorder's own system calls, all of them; each line has its reason.
RECORDER = [
    r"getsockopt\(\d+, SOL_SOCKET, SO_COOKIE",  # names a connection
    r"ppoll\(\[\{fd=3, events=0\}, \{fd=4, events=0\}",  # which descriptors there are at the start
    r"getsockopt\(\d+, SOL_SOCKET, SO_TYPE",    # of a descriptor that was passed
    r"getsockopt\(\d+, SOL_(?:TCP, TCP_INFO|SOCKET, SO_PROTOCOL),",  # where nothing was seen to answer: what
    r"ioctl\(\d+, TIOCOUTQ,",                   # … was sent all the same
    r"getpeername\(", r"getsockname\(",         # an accepted or listening socket's address
    r"wait4\(-?\d+, NULL, __WCLONE, NULL\)",    # reaps the forwarder's parent
    r"getsockopt\(\d+, SOL_SOCKET, SO_ACCEPTCONN",  # whether a listening socket was inherited …
    r"getppid\(\)", r"kcmp\(",                 # … that the parent does not have
    r"prctl\(PR_GET_SECCOMP\)",                # whether the program has locked itself in
    r"prctl\(PR_GET_CHILD_SUBREAPER,",         # whether orphans come to it
    r"clone\(.*ERESTARTNOINTR",                 # not ours: a fork that a signal delayed
]
# The forwarder's parent: shares memory, and its end raises no signal.
HELPER = re.compile(r"clone\(child_stack=0x[0-9a-f]+, flags=CLONE_VM\|CLONE_VFORK\) = (\d+)")
# Descriptors of the loader's and the recorder's own, from the call that makes them to their close:
# shared objects, and the memory of the ring.
OWN_DESCRIPTOR = re.compile(r"(?:openat\(AT_FDCWD, \"[^\"]*(?:\.so[.0-9]*|/ld\.so\.cache)\"|"
                            r"memfd_create\(\"apmshim-ring\").* = (-?\d+)")
NORMAL = [
    (re.compile(r"libnothing"), "libapmshim"),
    (re.compile(r"0x[0-9a-f]{4,}"), "ADDRESS"),
    (re.compile(r"htons\(\d{4,5}\)"), "htons(PORT)"),
    (re.compile(r'sun_path=@"[^"]*"'), "sun_path=@NAME"),
    (re.compile(r"transparency-\w{6}"), "transparency-NAME"),
    (re.compile(r"\b(si_pid|pid|uid|gid|st_ino|st_mode)=\d+"), r"\1=N"),
    (re.compile(r'sa_data="[^"]*"'), "sa_data=DATA"),
    (re.compile(r'"\\0\\0\\0\\20\\4\\322\\26\.[^"]*"'), '"PostgreSQL\'s cancel request"'),
    (re.compile(r"si_([us])time=\d+(?: /\* [\d.]+ s \*/)?"), r"si_\1time=N"),
    (re.compile(r"tv_n?u?sec=\d+"), "TIME"),
]


def helper_calls(lines):
    return {int(match.group(1)) for line in lines if (match := HELPER.search(line))}


def without_own(lines):
    """A thread's calls less those of the loader and of the recorder."""
    own = set()
    reporting = False
    for line in lines:
        reporting = reporting and not line.startswith("close(-4243)") or line.startswith("close(-4242)")
        if reporting:
            continue
        match = OWN_DESCRIPTOR.search(line)
        if match:
            own.add(match.group(1))
            continue
        first = re.match(r"\w+\((\d+)[,)]", line)
        if first and first.group(1) in own:
            if line.startswith("close("):
                own.discard(first.group(1))
            continue
        if not HELPER.search(line) and not any(re.match(pattern, line) for pattern in RECORDER):
            yield line


def normalised(line, pids):
    line = re.sub(r"\s+(= )", r" \1", line)
    for pattern, text in NORMAL:
        line = pattern.sub(text, line)
    return re.sub(r"\b\d{2,7}\b", lambda m: f"PID{pids[int(m[0])]}" if int(m[0]) in pids else m[0], line)


def without_pieces(calls):
    """In how many pieces a server's answer arrives is chance: of waiting and reading only that it was done."""
    shape = [re.sub(r"^(poll|recvfrom)\((?:\[\{fd=)?(\d+).*", r"reads from \2", line) for line in calls]
    return [line for line, before in zip(shape, ["", *shape]) if line != before or "reads" not in line]


def without_text(calls):
    """What is ciphered is different every time."""
    return [re.sub(r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?', '"CIPHER"', line) for line in calls]


def system_calls(prefix, pieces, ciphered):
    """Of all threads and processes, each one's calls together, in order of their birth."""
    threads = {int(file.suffix[1:]): file.read_text(errors="backslashreplace").splitlines()
               for file in prefix.parent.glob(prefix.name + ".*")}
    helpers = set().union(*map(helper_calls, threads.values()))
    for pid in sorted(threads):  # a helper's children are numbered after it
        if pid in helpers:
            helpers |= helper_calls(threads[pid])
    pids = {pid: number for number, pid in enumerate(sorted(set(threads) - helpers))}
    result = []
    for pid, number in pids.items():
        calls = [normalised(line, pids) for line in without_own(threads[pid])]
        if not pieces:
            calls = without_pieces(calls)
        if ciphered:
            calls = without_text(calls)
        # Between which calls a signal arrives is chance: they come after the calls, in their order.
        result += [f"== thread {number}", *[line for line in calls if not line.startswith("--- ")],
                   *[line for line in calls if line.startswith("--- ")]]
    return "\n".join(result)


def traced_run(command, environment, pieces=True, ciphered=False, **options):
    """As run(), with the system calls that the kernel saw, less the recorder's own. strace starts
    the program itself, so that strace is not preloaded."""
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        prefix = pathlib.Path(folder) / "calls"
        settings = [word for name, value in environment.items() for word in ("-E", f"{name}={value}")]
        result = run(["strace", "-ff", "-qq", "-e", "signal=all", "-e", f"trace={TRACED}", "-o", prefix, *settings,
                      *command], {"PATH": BARE["PATH"]}, **options)
        result["system calls"] = system_calls(prefix, pieces, ciphered)
        # What strace itself could not read, with its address.
        result["errors"] = re.sub(r"^strace: umoven: .*\n", "", result["errors"], flags=re.M)
    return result


def compare(command, environment=None, traced=False, attempts=3, **options):
    """The difference between a plain and a preloaded run. What time alone made different does not
    come back: only what differs on every attempt is one."""
    environment = dict(BARE) | (environment or {})
    runner = traced_run if traced else run
    text = ""
    for _ in range(attempts):
        plain = runner(command, with_nothing(environment), **options)
        plain["output"] = plain["output"].replace(str(nothing()), str(shim()))
        text = difference(plain, runner(command, preloaded(environment), **options))
        if not text:
            return ""
    return text


def pool():
    return concurrent.futures.ThreadPoolExecutor(max_workers=2 * (os.cpu_count() or 1))
