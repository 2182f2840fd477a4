"""The same object in other distributions, which have another C library: chroots made by debootstrap, kept
in the build folder. Made and run only with APMSHIM_CHROOTS=1, as they take minutes and need the archive."""
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import harness
from support import told_stacks, tracing, truth
from support.paths import REPO

pytestmark = pytest.mark.skipif(os.environ.get("APMSHIM_CHROOTS") != "1",
                                reason="set APMSHIM_CHROOTS=1 to build chroots")

SUITES = ["bullseye", "bookworm", "trixie"]
PACKAGES = "python3,python3-psycopg2,python3-greenlet,php-cli"

SCRIPT = """
import ctypes, http.server, os, platform, socket, ssl, threading, urllib.request, psycopg2
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        cursor.execute('select %s', (self.path,))
        self.send_response(200); self.end_headers(); self.wfile.write(cursor.fetchone()[0].encode())
    def log_message(self, *a): pass
cursor = psycopg2.connect('').cursor()
def serve(scheme):
    server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
    if scheme == 'https':
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain('/certificate.pem')
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()
    for i in range(3):
        url = '%s://127.0.0.1:%d/%d' % (scheme, server.server_port, i)
        print(urllib.request.urlopen(url, context=ssl._create_unverified_context()).read().decode())
    server.shutdown()
serve('http')
serve('https')
libc = ctypes.CDLL(None)
libc.fdopen.restype = libc.fgets.restype = ctypes.c_void_p
libc.fdopen.argtypes = [ctypes.c_int, ctypes.c_char_p]
listener = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(listener.getsockname())
stream = ctypes.c_void_p(libc.fdopen(listener.accept()[0].detach(), b'r+'))
line = ctypes.create_string_buffer(300)
for i in range(3):
    client.sendall(b'line %d\\n' % i)
    libc.fgets(line, 300, stream)
    libc.fprintf(stream, b'got %s', line)
    libc.fflush(stream)
    print(client.recv(100))
libc.fclose(stream)
if os.fork() == 0: os._exit(3)
print(os.wait()[1] >> 8)
try: os.wait()
except ChildProcessError: print('no other child')
print(sorted(os.listdir('/proc/self/fd')) if os.path.exists('/proc/self/fd') else '')
"""


def chroot(suite):
    folder = harness.BUILD / "chroots" / suite
    if (folder / "complete").exists():
        return folder
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("needs root and debootstrap")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, folder],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip("debootstrap: " + made.stdout[-300:])
    (folder / "complete").touch()
    return folder


def add_recorder(folder):
    static = harness.compiled("stand-in-static", *harness.STAND_IN, flags=[*harness.STAND_IN_FLAGS, "-static"])
    shutil.copy(static, folder / "stand-in")
    shutil.copy(harness.SHIM, folder / "libapmshim.so")


@pytest.mark.parametrize("suite", SUITES)
def test_same_object(suite):
    folder = chroot(suite)
    if not harness.postgresql():
        pytest.skip("PostgreSQL is not installed")
    add_recorder(folder)
    shutil.copy(harness.certificate(), folder / "certificate.pem")
    (folder / "counts").unlink(missing_ok=True)
    environment = ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
    environment += [f"{k}={v}" for k, v in harness.database_environment().items() if k != "PGHOST"]
    environment += ["PGHOST=127.0.0.1"]
    traced = ["LD_PRELOAD=/libapmshim.so", "APMSHIM_FORWARDER=/stand-in", "STAND_IN_COUNTS=/counts"]
    command = ["chroot", folder, "env", "-i"]
    plain = harness.run([*command, *environment, "python3", "-c", SCRIPT], harness.BARE)
    preloaded = harness.run([*command, *environment, *traced, "python3", "-c", SCRIPT], harness.BARE)
    assert plain["status"] == "exit 0" and not harness.difference(plain, preloaded)
    deadline = time.monotonic() + 60
    while not harness.record_count(folder / "counts") and time.monotonic() < deadline:
        time.sleep(0.1)
    counts = [int(word) for word in (folder / "counts").read_text(encoding="ascii").split()]
    # Received (with TLS, each connection's begin too), sent, statements.
    assert counts[10] >= 3 + 6 + 3 and counts[11] >= 3 + 3 + 3 and counts[13] >= 6, counts


def forwarders_of(folder):
    """Living stand-ins that were started there."""
    def program(pid):
        try:
            return os.readlink(f"/proc/{pid}/exe")
        except OSError:
            return None
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and program(pid) == str(folder / "stand-in")]


def record(folder, command, environment):
    """Its output; what was recorded is in the file `recording` there."""
    recording = ["LD_PRELOAD=/libapmshim.so", "APMSHIM_FORWARDER=/stand-in", "STAND_IN_RECORDING=/recording"]
    run = subprocess.run(["chroot", folder, "env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", *environment,
                          *recording, *command], capture_output=True, text=True, check=True, timeout=100)
    deadline = time.monotonic() + 60
    while forwarders_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return run.stdout


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("interpreter, program", [("python3", told_stacks.PYTHON), ("php", told_stacks.PHP)])
def test_stacks(suite, interpreter, program, tmp_path):
    """Each has another version of Python and PHP: the frames are those that they tell themselves."""
    folder = chroot(suite)
    if not (folder / "usr/bin" / interpreter).exists():
        pytest.skip("a chroot made before it was wanted")
    add_recorder(folder)
    for file in told_stacks.arguments(program):
        if os.path.exists(file):
            shutil.copy(file, folder)
    told = record(folder, [interpreter, *told_stacks.arguments(program, pathlib.Path("/"))], [])
    trace = tracing.replayed(folder / "recording", tmp_path / "events", told_stacks.OPTIONS)
    told_stacks.assert_as_told(trace.statements(), told)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("kind", ["tasks", "greenlets"])
def test_interleaved(suite, kind, tmp_path):
    """What goes on by turns on one thread is told apart in each version of Python."""
    folder = chroot(suite)
    if not harness.postgresql():
        pytest.skip("PostgreSQL is not installed")
    if not list(folder.glob("usr/lib/python3/dist-packages/greenlet*")):
        pytest.skip("a chroot made before it was wanted")
    add_recorder(folder)
    shutil.copy(REPO / "tests/support/interleaved.py", folder)
    database = [f"{k}={v}" for k, v in harness.database_environment().items() if k != "PGHOST"]
    record(folder, ["python3", "/interleaved.py", kind], [*database, "PGHOST=127.0.0.1"])
    trace = tracing.replayed(
        folder / "recording", tmp_path / "events", {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"})
    assert len(trace.requests) == 8 and truth.assert_own_parents(trace) == 8 * 3
