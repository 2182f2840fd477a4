"""Other projects' own tests and programs, plain and preloaded: the same result. A witness is a line."""
import os
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

import harness

# CPython's regression tests (Debian: libpython3.11-testsuite), with options where one needs them.
# The long ones are run by witnesses.sh, which sets APMSHIM_WITNESSES=all.
CPYTHON = ["test_select", "test_fork1", "test_socketserver -u network", "test_httpservers", "test_os",
           "test_http_cookies", "test_epoll", "test_httplib"]
CPYTHON_LONG = ["test_socket", "test_ssl", "test_selectors", "test_asyncio", "test_subprocess", "test_threading",
                "test_multiprocessing_fork", "test_multiprocessing_spawn", "test_multiprocessing_forkserver",
                "test_concurrent_futures", "test_signal", "test_urllib2_localnet", "test_asyncore", "test_smtplib", "test_ftplib", "test_poll", "test_wait3", "test_wait4", "test_posix", "test_pty", "test_popen", "test_fileio",
                "test_exceptions", "test_faulthandler", "test_gc", "test_io"]

# Not for comparing: they need hardware or a network that a test machine need not have, or compare
# times; plain runs of them differ from each other.
CPYTHON_LEFT_OUT = ["*VSOCK*", "*vsock*", "*test_create_connection_timeout*", "*test_control_and_wait*",
                    "*test_unregister_closed*", "*test_utime_current*"]

ALL = os.environ.get("APMSHIM_WITNESSES") == "all"


def verdicts(name, environment, folder):
    """Each test's verdict, by its name."""
    report = folder / f"{len(list(folder.iterdir()))}.xml"
    ignored = [word for pattern in CPYTHON_LEFT_OUT for word in ("-i", pattern)]
    subprocess.run([harness.PYTHON, "-m", "test", "-v", "--timeout", "300", *ignored, "--junit-xml", report, *name.split()[1:], name.split()[0]],
                   env=environment, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL,
                   timeout=900)
    result = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        result[case.get("name")] = " ".join(sorted(kinds)) or "passed"
    return result


@pytest.mark.parametrize("name", CPYTHON + (CPYTHON_LONG if ALL else []))
def test_cpython(name, tmp_path):
    if subprocess.run([harness.PYTHON, "-c", f"import test.{name.split()[0]}"], capture_output=True,
                      check=False).returncode:
        pytest.skip("libpython3.11-testsuite is not installed")
    environment = harness.BARE | {"HOME": str(tmp_path)}
    for _ in range(2):  # what is not the same every time is no witness
        plain = verdicts(name, harness.with_nothing(environment), tmp_path)
        traced = verdicts(name, harness.preloaded(environment), tmp_path)
        different = {test: (plain.get(test), traced.get(test)) for test in plain.keys() | traced.keys()
                     if plain.get(test) != traced.get(test)}
        if not different:
            break
    assert plain and not different


# ---- PostgreSQL's own clients ----

PREPARE = ["psql", "-qXc", "drop table if exists witness; create table witness as select i, 'row ' || i as t "
           "from generate_series(1, 5000) i"]
# (command, what of its output is kept: a line without these words)
DATABASE = {
    "psql": (["psql", "-Xc", "select * from witness", "-c", "select wrong", "-c", r"\d witness", "-c",
              r"\copy witness to stdout"], ()),
    "psql script": (["psql", "-Xa", "-v", "ON_ERROR_STOP=1", "-c", "begin", "-c", "select 1/0"], ()),
    "psql, no server": (["psql", "-X", "-h", "/nonexistent", "-c", "select 1"], ()),
    "pg_dump": (["pg_dump", "-t", "witness"], (r"\restrict", r"\unrestrict")),
    "pg_dump, custom": (["sh", "-c", "pg_dump -Fc -t witness | pg_restore -f - "], (r"\restrict", r"\unrestrict")),
    "pg_dumpall": (["pg_dumpall", "--globals-only"], (r"\restrict", r"\unrestrict")),
    "pg_isready": (["pg_isready"], ()),
    "pgbench": (["sh", "-c", "pgbench -qi >/dev/null 2>&1 && pgbench -n -c 2 -j 2 -t 50 -M prepared"],
                ("seconds", "latency", "tps", "time", "done in")),
    "php": (["php", "-n", "-d", "extension=pgsql.so", "-r",
             "$c = pg_connect(''); print_r(pg_fetch_all(pg_query($c, 'select * from witness limit 3')));"
             "var_dump(@pg_query($c, 'select wrong')); echo pg_last_error($c);"], ()),
    "psycopg2": ([harness.PYTHON, "-c",
                  "import psycopg2\nc = psycopg2.connect('').cursor()\nc.execute('select * from witness limit 3')\n"
                  "print(c.fetchall(), c.rowcount)\nc.execute('select wrong')"], ()),
}


@pytest.fixture(scope="module")
def database():
    if not harness.postgresql():
        pytest.skip("PostgreSQL is not installed")
    environment = harness.database_environment()
    harness.run(PREPARE, harness.BARE | environment)
    return environment


@pytest.mark.parametrize("name", DATABASE)
def test_database_client(name, database):
    command, left_out = DATABASE[name]
    if not shutil.which(command[0]):
        pytest.skip("not installed")

    def kept(result):
        for part in ("output", "errors"):
            result[part] = "\n".join(line for line in result[part].splitlines()
                                     if not any(word in line for word in left_out))
        return result

    environment = harness.BARE | database
    plain = kept(harness.run(command, harness.with_nothing(environment)))
    traced = kept(harness.run(command, harness.preloaded(environment)))
    found = harness.difference(plain, traced)
    assert plain["output"] + plain["errors"] and not found, found


# ---- other runtimes ----

NODE = """
const http = require('http'), net = require('net');
const server = http.createServer((q, r) => { r.end('hello ' + q.url); });
server.listen(0, '127.0.0.1', () => http.get({port: server.address().port, path: '/x', agent: false}, r => {
  r.on('data', d => console.log(r.statusCode, String(d))); r.on('end', () => server.close()); }));
"""
NODE_CLUSTER = """
const cluster = require('cluster'), http = require('http');
if (cluster.isPrimary) {
  const w = cluster.fork(); w.on('listening', a => http.get({port: a.port, agent: false}, r => {
    r.on('data', d => console.log(String(d))); r.on('end', () => w.kill()); }));
  cluster.on('exit', (w, c, s) => console.log('worker', c, s));
} else http.createServer((q, r) => r.end('from a worker')).listen(0, '127.0.0.1');
"""
PERL = """
use IO::Socket::INET;
my $l = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
if (my $p = fork) { my $c = $l->accept; while (<$c>) { last if /^\\r?$/; print } print $c "bye\\n"; close $c;
  waitpid $p, 0; print "child $?\\n" }
else { my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $l->sockport) or die;
  print $s "one\\r\\ntwo\\r\\n\\r\\n"; my $a = <$s>; exit($a eq "bye\\n" ? 3 : 4) }
"""
PHP = """
$l = stream_socket_server('tcp://127.0.0.1:0'); $n = stream_socket_get_name($l, false);
$c = stream_socket_client("tcp://$n"); $s = stream_socket_accept($l);
fwrite($c, "line\\nrest"); echo fgets($s), stream_get_contents($s, 4), "\\n"; stream_set_blocking($s, false);
var_dump(fread($s, 10)); fclose($c); var_dump(feof($s), fread($s, 10), feof($s));
"""
PYTHON_FORKS = """
import http.server, os, threading, urllib.request, socketserver
class S(socketserver.ForkingMixIn, http.server.HTTPServer): pass
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(self.path.encode())
    def log_message(self, *a): pass
s = S(('127.0.0.1', 0), H); threading.Thread(target=s.serve_forever).start()
print([urllib.request.urlopen('http://127.0.0.1:%d/%d' % (s.server_port, i)).read() for i in range(20)])
s.shutdown(); s.server_close()
try: print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError as e: print(e)
"""
RUNTIMES = {
    "node": ["node", "-e", NODE],
    "node cluster": ["node", "-e", NODE_CLUSTER],
    "perl": ["perl", "-e", PERL],
    "php": ["php", "-n", "-r", PHP],
    "python, forking": [harness.PYTHON, "-c", PYTHON_FORKS],
}


@pytest.mark.parametrize("name", RUNTIMES)
def test_runtime(name):
    if not shutil.which(RUNTIMES[name][0]):
        pytest.skip("not installed")
    found = harness.compare(RUNTIMES[name])
    assert not found, "\n" + found


SECONDS = "5" if ALL else "1"


@pytest.mark.parametrize("stressor", ["sock", "fork", "vfork", "pipe", "sockpair", "sockfd", "dup", "sendfile", "sigio",
                                      "exec", "clone", "daemon", "epoll"])
def test_stress(stressor):
    if not shutil.which("stress-ng"):
        pytest.skip("not installed")
    command = ["stress-ng", f"--{stressor}", "1", "-t", SECONDS, "--temp-path", harness.WORK, "--oomable"]
    plain = harness.run(command, harness.with_nothing(harness.BARE))
    traced = harness.run(command, harness.preloaded())
    assert traced["status"] == plain["status"], traced["errors"] + traced["output"]
