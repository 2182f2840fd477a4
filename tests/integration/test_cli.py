"""The apmshim tool: what doctor says of real programs, how run behaves as a parent and as none."""
import contextlib
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import uuid

import pytest

from support import tracing

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
TOOL = BUILD / "apmshim"
SHIM = BUILD / "libapmshim.so"
MUSL = shutil.which("musl-gcc")
PYTHON = "/usr/bin/python3"


def environment(**changes):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("APMSHIM_", "ELASTIC_APM_", "LD_PRELOAD"))}
    return kept | changes


def apmshim(*arguments, **options):
    options.setdefault("env", environment())
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          check=False, **options)


def compiled(folder, source, *flags, compiler="gcc"):
    program = folder / "program"
    subprocess.run([compiler, "-x", "c", "-", "-x", "none", "-o", program, *flags], input=source.encode(),
                   check=True)
    return program


def executable(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


# ---- the tool ----

def test_help_and_version():
    commands = ["run", "doctor", "record", "replay", "dump"]
    overview = apmshim("--help")
    assert overview.returncode == 0
    for command in commands:
        assert f"  {command} " in overview.stdout
        shown = apmshim(command, "--help")
        assert shown.returncode == 0 and shown.stdout.startswith(f"Usage: apmshim {command} ")
    assert apmshim("--version").stdout.strip() == \
        "apmshim " + (REPO / "VERSION").read_text(encoding="ascii").strip()


@pytest.mark.parametrize("arguments", [
    [], ["nonesuch"], ["run"], ["run", "--nonesuch", "true"], ["run", "-e", "novalue", "true"],
    ["record", "true"], ["doctor"], ["replay"], ["replay", "--summary", "-o", "x", "y"], ["dump"]])
def test_wrong_usage(arguments):
    done = apmshim(*arguments)
    assert done.returncode == 2 and "Usage:" in done.stderr and not done.stdout


# ---- doctor, of files ----

def doctor(what, expected_status):
    done = apmshim("doctor", what)
    assert done.returncode == expected_status, done.stdout + done.stderr
    return done.stdout


def test_doctor_nothing_to_trace():
    assert "has nothing to trace" in doctor("/bin/true", 0).splitlines()[0]


def test_doctor_server(tmp_path):
    program = compiled(tmp_path, "#include <sys/socket.h>\nint main(void){return accept(0,0,0);}")
    text = doctor(program, 0)
    assert text.splitlines()[0] == f"{program} will be seen"
    assert "+ sockets" in text and "honours LD_PRELOAD" in text


def test_doctor_libpq(tmp_path):
    source = "char *PQexec(void *, char *);\nint main(void){return PQexec(0, \"\") != 0;}"
    library = next(pathlib.Path("/usr/lib").glob("*/libpq.so.5"), None)
    if not library:
        pytest.skip("libpq5 is not installed")
    assert "+ libpq: its SQL statements" in doctor(compiled(tmp_path, source, library), 0)


@pytest.mark.parametrize("flags, words", [
    (["-static"], "statically linked:"), (["-static-pie"], "(static-pie)"),
    (["-shared", "-fPIC"], "shared library"), (["-c"], "object file"),
])
def test_doctor_no_loader(tmp_path, flags, words):
    program = compiled(tmp_path, "int main(void){return 0;}", *flags)
    program.chmod(0o755)
    first = doctor(program, 1).splitlines()[0]
    assert "won't be seen: because" in first and words in first


@pytest.mark.skipif(not MUSL, reason="musl-tools is not installed")
def test_doctor_musl(tmp_path):
    program = compiled(tmp_path, "int main(void){return 0;}", compiler=MUSL)
    assert "musl" in doctor(program, 1).splitlines()[0]


def test_doctor_other_machine(tmp_path):
    program = tmp_path / "program"
    image = bytearray(pathlib.Path("/bin/true").read_bytes())
    image[18:20] = struct.pack("<H", 183 if os.uname().machine == "x86_64" else 62)
    program.write_bytes(image)
    program.chmod(0o755)
    assert "it is a program for" in doctor(program, 1).splitlines()[0]


def test_doctor_go(tmp_path):
    marked = compiled(
        tmp_path, 'char mark[] __attribute__((section(".go.buildinfo"))) = "x";'
        "int main(void){return 0;}")
    assert "Go program" in doctor(marked, 1).splitlines()[0]


def test_doctor_own_copies(tmp_path):
    program = compiled(tmp_path, "int SSL_read(void){return 0;} int PQexec(void){return 0;}"
                                 "int main(void){return SSL_read() + PQexec();}")
    text = doctor(program, 0)
    assert "! OpenSSL is linked into it" in text and "! libpq is linked into it" in text


def test_doctor_tls():
    assert "+ TLS: the same through" in doctor("/usr/sbin/nginx", 0)
    text = doctor("/usr/bin/openssl", 0)  # its s_server is one of these
    assert "+ TLS: the same through" in text and "! TLS: what OpenSSL reads and writes itself" in text


@pytest.mark.skipif(os.getuid() != 0, reason="must give a file away")
def test_doctor_setuid(tmp_path):
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    program.chmod(0o4755)
    assert "! it is setuid: seen only when started by its owner" in doctor(program, 0)
    os.chown(program, 12345, 12345)
    program.chmod(0o4755)
    assert "it is setuid" in doctor(program, 1).splitlines()[0]


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setcap", path="/usr/sbin:/sbin"),
                    reason="needs root and libcap2-bin")
def test_doctor_capabilities(tmp_path):
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    subprocess.run(["/usr/sbin/setcap", "cap_net_bind_service+ep", program], check=True)
    assert "! it has file capabilities" in doctor(program, 0)


@pytest.mark.parametrize("line", [
    "#!/usr/bin/python3", "#! /usr/bin/env python3", "#!/usr/bin/env -S python3 -u"])
def test_doctor_script(tmp_path, line):
    text = apmshim("doctor", executable(tmp_path, "script", line + "\nprint(1)\n"),
                   env=environment(PATH="/usr/bin:/bin")).stdout
    assert "will be seen" in text.splitlines()[0]
    assert "+ script run by /usr/bin/python3" in text and "+ Python: psycopg2" in text


def test_doctor_script_without_interpreter(tmp_path):
    lost = executable(tmp_path, "lost", "#!/usr/bin/env nonesuch-interpreter\n")
    assert "its interpreter was not found" in doctor(lost, 1)
    assert "neither a program nor a script" in doctor(executable(tmp_path, "text", "hello\n"), 1)


def test_doctor_command_name():
    assert doctor("true", 0).startswith("/")
    assert "not found" in apmshim("doctor", "nonesuch-command").stderr


# ---- doctor, of processes ----

def test_doctor_untraced_process():
    with subprocess.Popen(["sleep", "60"]) as process:
        first = doctor(process.pid, 1).splitlines()[0]
        process.kill()
    assert first == (f"process {process.pid} isn't seen: because it was started without "
                     "libapmshim.so: restart it by `apmshim run`")
    assert "no such process" in doctor(process.pid, 1)


@pytest.fixture(name="waiting")
def waiting_process():
    with subprocess.Popen([TOOL, "run", "sleep", "60"], env=environment()) as process:
        deadline = time.monotonic() + 60
        maps = pathlib.Path(f"/proc/{process.pid}/maps")
        while "libapmshim.so" not in maps.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
        process.kill()


def test_doctor_waiting_process(waiting):
    text = doctor(waiting.pid, 0)
    assert "will be seen once" in text.splitlines()[0] and "the recorder is loaded" in text


SERVER = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); " \
         "print(s.getsockname()[1], flush=True); sys.stdin.read()"


def test_doctor_traced_process(tmp_path):
    command = [TOOL, "run", "-o", tmp_path / "out", PYTHON, "-c", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=environment()) as process:
        process.stdout.readline()
        deadline = time.monotonic() + 60
        while apmshim("doctor", process.pid).returncode and time.monotonic() < deadline:
            time.sleep(0.05)
        text = doctor(process.pid, 0)
        process.stdin.close()
    assert text.splitlines()[0] == f"process {process.pid} is seen"
    assert re.search(r"it records; process \d+ forwards", text)


@contextlib.contextmanager
def sleeping(*preloads, **variables):
    """A process that waits, with its libraries loaded."""
    preload = ":".join(map(str, preloads))
    with subprocess.Popen(["sleep", "60"], env=environment(LD_PRELOAD=preload, **variables)) as process:
        maps = pathlib.Path(f"/proc/{process.pid}/maps")
        deadline = time.monotonic() + 10
        while any(path.name not in maps.read_text(encoding="utf-8") for path in preloads):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("switch", ["APMSHIM_DISABLE=1", "ELASTIC_APM_ENABLED=false", "ELASTIC_APM_RECORDING=false"])
def test_doctor_switched_off(switch):
    with sleeping(SHIM, **dict([switch.split("=")])) as pid:
        assert f"it was started with {switch}" in doctor(pid, 1).splitlines()[0]


def test_doctor_two_copies(tmp_path):
    copy = pathlib.Path(shutil.copy(SHIM, tmp_path / "libapmshim-2.so"))
    with sleeping(SHIM, copy) as pid:
        assert "! two copies are loaded" in doctor(pid, 0)


def test_doctor_socket_wrapper(tmp_path):
    compiled(tmp_path, "int unused;", "-shared", "-fPIC").rename(tmp_path / "libsocket_wrapper.so.0")
    with sleeping(tmp_path / "libsocket_wrapper.so.0", SHIM) as pid:
        assert "! socket_wrapper is loaded" in doctor(pid, 0)


# ---- run without --print: the tool becomes the command ----

def test_run_becomes_the_command():
    with subprocess.Popen([TOOL, "run", "sh", "-c", "echo $$ $PPID; exit 7"], env=environment(),
                          stdout=subprocess.PIPE, text=True) as process:
        pid, parent = map(int, process.stdout.readline().split())
    assert (pid, parent, process.returncode) == (process.pid, os.getpid(), 7)


def test_run_sets_the_environment(tmp_path):
    done = apmshim("run", "--server", "http://127.0.0.1:1", "--service", "shop", "--sql", "raw",
                   "--environment", "test", "-o", "out.ndjson", "--record", "/x/rec", "-e", "A=b=c",
                   "--", "env", cwd=tmp_path)
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert shown["ELASTIC_APM_SERVER_URL"] == "http://127.0.0.1:1"
    assert shown["ELASTIC_APM_SERVICE_NAME"] == "shop"
    assert shown["ELASTIC_APM_ENVIRONMENT"] == "test"
    assert shown["APMSHIM_SQL"] == "raw"
    assert shown["APMSHIM_OUTPUT"] == str(tmp_path / "out.ndjson")
    assert shown["APMSHIM_RECORD"] == "/x/rec"
    assert shown["A"] == "b=c"
    assert shown["LD_PRELOAD"] == str(BUILD.resolve() / "libapmshim.so")


def test_record_sends_nothing_unasked(tmp_path):
    def shown(*options):
        done = apmshim("record", "-o", "rec", *options, "env", cwd=tmp_path)
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    alone, asked = shown(), shown("--output", "out")
    assert alone["APMSHIM_RECORD"] == asked["APMSHIM_RECORD"] == str(tmp_path / "rec")
    assert alone["ELASTIC_APM_DISABLE_SEND"] == "true" and "APMSHIM_OUTPUT" not in alone
    assert asked["APMSHIM_OUTPUT"] == str(tmp_path / "out")
    assert "ELASTIC_APM_DISABLE_SEND" not in asked


def test_run_keeps_other_preloads():
    library = str(BUILD.resolve() / "libapmshim.so")
    show = ["run", "sh", "-c", "echo $LD_PRELOAD"]
    other = apmshim(*show, env=environment(LD_PRELOAD="libc.so.6")).stdout.strip()
    again = apmshim(*show, env=environment(LD_PRELOAD=library)).stdout.strip()
    assert (other, again) == ("libc.so.6:" + library, library)


@pytest.mark.parametrize("printing", [[], ["--print"]])
def test_run_of_what_cannot_be_run(tmp_path, printing):
    assert apmshim("run", *printing, "nonesuch-command").returncode == 127
    (tmp_path / "file").write_text("x", encoding="ascii")
    assert apmshim("run", *printing, tmp_path / "file").returncode == 126


def test_run_warns_and_runs(tmp_path):
    program = compiled(tmp_path, "int main(void){return 3;}", "-static")
    done = apmshim("run", program)
    assert done.returncode == 3
    assert f"warning: {program} won't be seen: because it is statically linked" in done.stderr


# ---- run --print: the tool is the parent and must not be noticed ----

WRITER = """
import os, sys
with open(os.environ["APMSHIM_PRINT"], "w") as traces:
    traces.write("GET /trace\\n")
"""


def left_over(folder):
    return list(folder.glob("apmshim-*"))


def test_print_copies_traces(tmp_path):
    script = "\n".join([WRITER, WRITER, "print(input()); sys.exit(5)"])
    done = apmshim("run", "--print", "--", PYTHON, "-c", script, input="typed\n",
                   env=environment(TMPDIR=str(tmp_path)))
    assert (done.returncode, done.stdout) == (5, "typed\n")
    assert done.stderr == "GET /trace\n" * 2
    assert not left_over(tmp_path)


def test_print_to_a_file(tmp_path):
    traces = tmp_path / "traces"
    done = apmshim("run", "--print-to", traces, PYTHON, "-c", WRITER)
    assert (done.returncode, done.stderr) == (0, "")
    assert traces.read_text(encoding="ascii") == "GET /trace\n"


OUTPUTS = {"--output": "events", "--record": "records", "--print-to": "traces"}


@pytest.mark.parametrize("option", OUTPUTS)
@pytest.mark.parametrize("target, why", [
    ("nonesuch/file", "No such file or directory"), ("folder", "Is a directory"), ("fifo", "FIFO"),
    ("/dev/full", "No space left on device"), ("limited", "File too large"), ("planted", "Operation not permitted")])
def test_output_cannot_be_written(tmp_path, option, target, why):
    """It is said before the service starts, which runs all the same."""
    if option == "--print-to" and target in ("/dev/full", "limited"):
        pytest.skip("found at the first trace")
    (tmp_path / "folder").mkdir()
    (tmp_path / "limited").write_bytes(b"x" * 2000)
    os.mkfifo(tmp_path / "fifo")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "planted").symlink_to(tmp_path / "elsewhere")
    shared.chmod(0o1777)
    if target == "planted":
        target, why = shared / "planted", "symbolic links"
    command = ["run", option, tmp_path / target, "sh", "-c", "echo runs; exit 3"]
    limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))) if target == "limited" else None
    done = apmshim(*command, cwd=tmp_path, preexec_fn=limit)
    assert (done.returncode, done.stdout) == (3, "runs\n")
    assert "apmshim: warning: " in done.stderr and why in done.stderr
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("variable", ["ELASTIC_APM_LOG_FILE", "APMSHIM_SPOOL"])
def test_log_and_spool_cannot_be_written(tmp_path, variable):
    done = apmshim("run", "-e", f"{variable}={tmp_path}/nonesuch/below", "true")
    assert done.returncode == 0 and f"{tmp_path}/nonesuch/below: No such file" in done.stderr


def test_outputs_leave_no_trace(tmp_path):
    """What can be written is not made before there is something to write."""
    done = apmshim("run", "--output", "events", "--record", "records", "-e", f"APMSHIM_SPOOL={tmp_path}/spool",
                   "true", cwd=tmp_path)
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "", [])


def test_print_much():
    script = """
import os
with open(os.environ["APMSHIM_PRINT"], "w") as traces:
    for i in range(20000):
        traces.write("%0100d\\n" % i)
"""
    done = apmshim("run", "--print", PYTHON, "-c", script)
    assert [int(line) for line in done.stderr.splitlines()] == list(range(20000))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_print_dies_as_the_command_died(tmp_path, number):
    done = apmshim("run", "--print", "sh", "-c", f"kill -{number.value} $$",
                   env=environment(TMPDIR=str(tmp_path)))
    assert done.returncode == -number and not left_over(tmp_path)


COUNTER = """
import signal, sys, time
got = []
for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"):
    signal.signal(getattr(signal, name), lambda number, frame: got.append(number))
print("ready", flush=True)
until = time.monotonic() + 60
while not got and time.monotonic() < until:
    time.sleep(0.01)
time.sleep(0.3)
print(*got, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_print_passes_a_signal_on_once(number):
    with subprocess.Popen([TOOL, "run", "--print", PYTHON, "-c", COUNTER], env=environment(),
                          stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(number)
        assert process.stdout.read().split() == [str(number.value)]
    assert process.returncode == 0


def read_terminal(fd, until):
    seen = b""
    while until not in seen:
        try:
            seen += os.read(fd, 4096)
        except OSError:
            break
    return seen.decode()


@pytest.mark.parametrize("printing", [[], ["--print"]])
def test_interrupt_key_arrives_once(printing):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(TOOL, ["apmshim", "run", *printing, PYTHON, "-c", COUNTER], environment())
    read_terminal(terminal, b"ready")
    os.write(terminal, b"\x03")
    shown = read_terminal(terminal, b"2\r\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert shown.replace("^C", "").split() == [str(signal.SIGINT.value)]


def test_print_leaves_the_terminal_to_the_command():
    pid, terminal = pty.fork()
    if pid == 0:
        show = "test -t 0 && test -t 1 && test -t 2 && read x && echo got $x"
        os.execve(TOOL, ["apmshim", "run", "--print", "sh", "-c", show], environment())
    os.write(terminal, b"typed\n")
    shown = read_terminal(terminal, b"got typed")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert "got typed" in shown


def test_print_keeps_ignored_signals_ignored():
    done = subprocess.run(["sh", "-c", f"trap '' HUP; exec {TOOL} run --print grep SigIgn "
                           "/proc/self/status"], env=environment(), capture_output=True, text=True,
                          check=True)
    assert int(done.stdout.split()[1], 16) & 1 << (signal.SIGHUP - 1)
    blocked = apmshim("run", "--print", "grep", "SigBlk", "/proc/self/status").stdout
    assert int(blocked.split()[1], 16) == 0


def test_print_does_not_wait_for_a_background_child():
    done = apmshim("run", "--print", "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!")
    os.kill(int(done.stdout), signal.SIGKILL)  # it is there still


FORWARDER = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    usleep(500000);
    FILE *out = fopen(getenv("APMSHIM_PRINT"), "w");
    fputs("GET /late\\n", out);
    fclose(out);
    return usleep(PAUSE_US);
}
"""
LISTEN = "import socket; socket.create_server(('127.0.0.1', 0)).close()"


def stub_forwarder(folder, pause_us):
    program = compiled(folder, FORWARDER, f"-DPAUSE_US={pause_us}")
    return str(program.rename(folder / "apmshim-forwarder"))


def test_print_waits_for_the_forwarder(tmp_path):
    done = apmshim("run", "--print", PYTHON, "-c", LISTEN,
                   env=environment(APMSHIM_FORWARDER=stub_forwarder(tmp_path, 0)))
    assert (done.returncode, done.stderr) == (0, "GET /late\n")


# What exec looks like from outside on a busy machine: it lets the service go before it is done.
SLOW_EXEC = """
import ctypes, os, time
if os.fork() == 0:
    ctypes.CDLL(None).prctl(15, b"apmshim-forward")  # PR_SET_NAME
    time.sleep(0.5)
    os.execv(os.environ["APMSHIM_FORWARDER"], ["apmshim-forwarder"])
"""


def test_print_waits_for_a_forwarder_within_exec(tmp_path):
    done = apmshim("run", "--print", PYTHON, "-c", SLOW_EXEC,
                   env=environment(APMSHIM_FORWARDER=stub_forwarder(tmp_path, 0)))
    assert (done.returncode, done.stderr) == (0, "GET /late\n")


def test_print_can_be_hurried(tmp_path):
    tag = uuid.uuid4().hex
    changed = environment(APMSHIM_FORWARDER=stub_forwarder(tmp_path, 600_000_000), **{tracing.TAG: tag})
    with subprocess.Popen([TOOL, "run", "--print", PYTHON, "-c", LISTEN], env=changed,
                          stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"GET /late\n"
        while any("python" in program for program in tracing.tagged(tag).values()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    left = tracing.tagged(tag)
    assert left  # it was not waited for
    for pid in left:
        os.kill(pid, signal.SIGKILL)


# ---- recordings ----

MAGIC, REC_PROCESS, REC_EXIT = 0x3147434552534D41, 1, 2
VERSION = int(re.search(r"WIRE_VERSION = (\d+)", (REPO / "src/wire/record.h").read_text(encoding="utf-8")).group(1))


def record(kind, body, when):
    body += b"\0" * (-len(body) % 8)
    return struct.pack("=IIQ", 8, 9, 1) + struct.pack("=IHHQ", 16 + len(body), kind, 0, when) + body


def recording(*records, version=VERSION):
    return struct.pack("=QIIQ", MAGIC, version, 0, 1_600_000_000 * 10**9) + b"".join(records)


@pytest.fixture(name="small")
def small_recording():
    exe, argv = b"/usr/bin/psql", b"psql\0-c\0select \"1\"\n\0"
    process = struct.pack("=IIIIQIIII", 8, 1, 0, 1, 0, len(exe), len(argv), 0, 0) + exe + argv
    return recording(record(REC_PROCESS, process, 10**9),
                     record(REC_EXIT, struct.pack("=iI", 3, 0), 2 * 10**9))


def test_dump(tmp_path, small):
    file = tmp_path / "recording"
    file.write_bytes(small)
    done = apmshim("dump", file)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        '+0.000000 8/9 PROCESS pid=8 ppid=1 owner exe="/usr/bin/psql" '
        'argv="psql\\x00-c\\x00select \\"1\\"\\n\\x00"',
        "+1.000000 8/9 EXIT status=3",
        "2 records from 2020-09-13T12:26:41Z"]


def test_dump_of_broken_files(tmp_path, small):
    file = tmp_path / "recording"
    for content in (b"", b"text", recording(version=99), recording(record(999, b"", 1)),
                    recording(record(REC_PROCESS, b"\xff" * 32, 1))):
        file.write_bytes(content)
        done = apmshim("dump", file)
        assert done.returncode == 1 and "not a recording" in done.stderr
    file.write_bytes(small + record(999, b"", 1))
    assert "corrupt behind" in apmshim("dump", file).stderr
    file.write_bytes(small[:-5])  # the recorder's machine went down
    assert apmshim("dump", file).returncode == 0
    assert apmshim("dump", tmp_path / "nonesuch").returncode == 2


def test_record_and_replay(tmp_path, apm):
    file, traces, started = tmp_path / "recording", tmp_path / "traces", time.time()
    script = ("import socket, threading, urllib.request, http.server\n"
              "s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
              "threading.Thread(target=s.handle_request).start()\n"
              "urllib.request.urlopen('http://127.0.0.1:%d/' % s.server_port).read()\n")
    done = apmshim("record", "-o", file, PYTHON, "-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and " EXIT " not in apmshim("dump", file).stdout:
        time.sleep(0.2)
    dumped = apmshim("dump", file).stdout
    for kind in ("PROCESS", "LISTEN", "ACCEPT", "RECV", "SEND", "EXIT"):
        assert f" {kind} " in dumped
    assert apmshim("replay", "-o", traces, file).returncode == 0
    assert '"transaction"' in traces.read_text(encoding="utf-8")
    shown = apmshim("replay", file, env=environment(ELASTIC_APM_SERVER_URL=apm.url)).stdout
    assert re.search(r"^● GET / +200  [\d.]+ [mµ]?s$", shown, re.MULTILINE) and not apm.uploads
    assert apmshim("replay", "--server", apm.url, file).returncode == 0 and apm.uploads
    summary = apmshim("replay", "--summary", file).stdout
    assert re.search(r"^GET / +1 .* 0 % .* 100 %$", summary, re.MULTILINE)
    assert re.search(r"^● GET / +200  [\d.]+ [mµ]?s$", summary, re.MULTILINE)
    day = re.search(r" (\d{4}-\d\d-\d\d) [\d:.]{12} ", summary).group(1)
    assert day in (time.strftime("%Y-%m-%d"), time.strftime("%Y-%m-%d", time.localtime(started)))


def test_summary_of_nothing(tmp_path, small):
    file = tmp_path / "recording"
    file.write_bytes(small)
    done = apmshim("replay", "--summary", file)
    assert done.returncode == 0 and "0 requests to 0 endpoints" in done.stdout
    file.write_bytes(b"text")
    assert apmshim("replay", "--summary", file).returncode == 1
