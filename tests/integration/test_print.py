"""Readable traces of living services: what a person sees in a terminal, a file or at a FIFO's end."""
import fcntl
import os
import pty
import re
import struct
import termios
import threading
import time

import pytest

from support import http_client, postgres, services, tracing
from support.paths import EXAMPLES, PYTHON, free_port

TITLE = re.compile(r"^[●✗○] (\S+ \S+(?: \S+)*) + (\d{3})  [\d.]+ (?:µs|ms|s)$", re.MULTILINE)
COLOR = re.compile(r"\x1b\[[0-9;]*m")


def served(folder, target, paths, env=None):
    """Python's own file server answers these while its traces are printed; what the forwarder ended with."""
    port = free_port()
    command = [PYTHON, "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, port]
    env = {"APMSHIM_PRINT": target, "ELASTIC_APM_SERVICE_NAME": "files"} | (env or {})
    with open(os.devnull, "wb") as null, \
            tracing.traced(["sh", "-c", 'exec "$@" 2>/dev/null', "sh", *command], env=env, to_file=True,
                           stdout=null) as trace:
        http_client.wait_for(port, trace.process)
        for path in paths:
            with http_client.Connection(port) as connection:
                connection.request("GET", path)
    return trace


def names(text, status):
    return [name for name, shown in TITLE.findall(text) if int(shown) == status]


def test_file(tmp_path):
    traces = tmp_path / "traces"
    traces.write_text("kept\n", encoding="utf-8")
    trace = served(tmp_path, traces, ["/", "/traces", "/nonesuch"])
    text = traces.read_text(encoding="utf-8")
    assert text.startswith("kept\n")
    assert "GET /" in names(text, 200) and names(text, 404) == ["GET unknown route"]
    assert text.count("\n  files · ") == len(trace.requests)
    for event in trace.requests:
        assert f"trace {event['trace_id']}" in text
    assert "\x1b" not in text and max(map(len, text.splitlines())) <= 100


def test_width_and_color_by_options(tmp_path):
    traces = tmp_path / "traces"
    served(tmp_path, traces, ["/"], {"APMSHIM_PRINT_WIDTH": "80", "APMSHIM_PRINT_COLOR": "always"})
    text = traces.read_text(encoding="utf-8")
    assert "\x1b[" in text and max(map(len, COLOR.sub("", text).splitlines())) == 80


@pytest.mark.parametrize("no_color", [None, "1"])
def test_terminal(tmp_path, no_color):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    served(tmp_path, os.ttyname(theirs), ["/"], {"NO_COLOR": no_color, "TERM": "xterm"})
    os.set_blocking(ours, False)
    text = os.read(ours, 1 << 16).decode().replace("\r\n", "\n")
    os.close(theirs)
    os.close(ours)
    assert ("\x1b" in text) == (not no_color)
    assert max(map(len, COLOR.sub("", text).splitlines())) == 90


def test_fifo_that_nobody_reads(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    trace = served(tmp_path, fifo, ["/", "/nonesuch"])
    assert len(trace.requests) >= 2  # the forwarder went on, and ended


def test_fifo_whose_reader_sleeps(tmp_path):
    """More than the FIFO takes at once: what is kept for the reader comes later, in order."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    chunks = []

    def read():
        with open(fifo, "rb") as traces:
            fcntl.fcntl(traces, fcntl.F_SETPIPE_SZ, 4096)
            time.sleep(2)
            while chunk := traces.read(1 << 16):
                chunks.append(chunk)
    reader = threading.Thread(target=read)
    reader.start()
    trace = served(tmp_path, fifo, [f"/nonesuch{i}?{'x' * 300}" for i in range(200)])
    reader.join(30)
    text = b"".join(chunks).decode()
    shown = re.findall(r"^  http://\S+/nonesuch(\d+)\?x", text, re.MULTILINE)
    sent = [t["context"]["request"]["url"]["pathname"].removeprefix("/nonesuch") for t in trace.requests]
    assert shown == [number for number in sent if number.isdigit()] and len(shown) > 50
    assert text.endswith("\n\n")


def test_control_characters_do_not_arrive(pg, tmp_path):
    traces = tmp_path / "traces"
    statement = b"select 'gotcha\x1b]0;title\x07\x1b[2J\xe2\x80\xae\xc2\x9b'"
    with pg.database() as database:
        command = [postgres.programs() / "psql", "-Xq", "-o", os.devnull, "-d", pg.conninfo(database)]
        script = tmp_path / "script.sql"
        script.write_bytes(statement + b";\n")
        tracing.run([*command, "-f", script], env={"APMSHIM_PRINT": traces, "APMSHIM_SQL": "raw"}, to_file=True)
    raw = traces.read_bytes()
    assert b"'gotcha\xef\xbf\xbd]0;title" in raw
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw)
    assert "\u202e" not in raw.decode() and "\x9b" not in raw.decode()


def test_statements_stacks_and_errors(pg, tmp_path):
    port, traces = free_port(), tmp_path / "traces"
    with pg.database(EXAMPLES / "orders" / "schema.sql") as database:
        command = services.orders_command(port, pg.conninfo(database), 1)
        env = {"APMSHIM_PRINT": traces, "ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false"}
        with tracing.traced(command, env=env, to_file=True) as trace:
            http_client.wait_for(port, trace.process)
            http_client.load(port, [("GET", path, {}, None) for path in ("/report?quarter=2", "/fail")])
    text = traces.read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    report, = [block for block in blocks if "GET /report " in block]
    assert report.count(" SELECT FROM ") == 3 and "3 calls, " in report
    assert "count(DISTINCT o.id)" in report
    assert re.search(r"report\.c in fetch_month at line \d+", report)
    fail, = [block for block in blocks if "GET /fail " in block]
    error, = [e for e in trace.errors]
    assert fail.startswith("✗ ") and f"✗ {error['exception']['code']} " in fail
    assert error["exception"]["message"].splitlines()[0][:40] in fail
