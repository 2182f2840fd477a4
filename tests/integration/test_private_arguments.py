"""What a program was started with is told without what is private in it, or not at all."""
import pathlib
import subprocess
import time
import urllib.request

import pytest

from support import tracing
from support.paths import BUILD, PYTHON
from support.postgres import programs

MARK = "S3CRET"
NOTHING_SECRET = "PLAINWORD"

SERVICE = """
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(name="script")
def script_in_folder(tmp_path):
    path = tmp_path / "orders.py"
    path.write_text(SERVICE, encoding="ascii")
    return path


def serve(command, tmp_path, **environment):
    """One request; the Trace, and all that was written."""
    recording, log = tmp_path / "recording", tmp_path / "log"
    environment |= {"APMSHIM_RECORD": recording, "ELASTIC_APM_LOG_FILE": log, "ELASTIC_APM_LOG_LEVEL": "trace"}
    with tracing.traced(command, env=environment, to_file=True, cwd=tmp_path, stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL) as trace:
        port = int(trace.process.stdout.readline())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            answer.read()
        trace.process.stdout.close()
        while trace.process.poll() is None and not trace.output.exists():  # /proc is asked while it lives
            time.sleep(0.01)
        trace.stop()
        written = trace.output.read_bytes()
    dump = subprocess.run([BUILD / "apmshim", "dump", recording], capture_output=True, check=True).stdout
    return trace, {"events": written, "log": log.read_bytes(), "recording": recording.read_bytes(), "dump": dump}


def test_told_without_secrets(script, tmp_path):
    trace, written = serve([PYTHON, script, "--password", MARK, NOTHING_SECRET, f"postgresql://u:{MARK}@db/x",
                            "-c", f"select '{MARK}'"], tmp_path)
    process = trace.metadata[0]["process"]
    assert process["argv"][1:] == [str(script), "--password", "[REDACTED]", NOTHING_SECRET,
                                   "postgresql://[REDACTED]@db/x", "-c", "[REDACTED]"]
    assert MARK.encode() not in written["events"] + written["log"]


@pytest.mark.parametrize("off", ["false", "0"])
def test_switched_off(script, tmp_path, off):
    """Not in the recording either, that is, not in the shared memory."""
    trace, written = serve([PYTHON, script, "--password", MARK, NOTHING_SECRET, "-x"], tmp_path,
                           APMSHIM_ARGUMENTS=off)
    assert len(trace.transactions) == 1
    for what, text in written.items():
        assert MARK.encode() not in text and NOTHING_SECRET.encode() not in text, what
    assert "argv" not in trace.metadata[0]["process"]
    assert trace.metadata[0]["process"]["title"] == pathlib.Path(PYTHON).resolve().name
    assert trace.metadata[0]["service"]["name"] == "orders"  # as with them
    again = tracing.replayed(tmp_path / "recording", tmp_path / "again", {})
    assert len(again.transactions) == 1 and MARK.encode() not in (tmp_path / "again").read_bytes()


def test_code_names_nothing(tmp_path):
    """Nor where the arguments are read only for the name."""
    for switch in "true", "false":
        trace, written = serve([PYTHON, "-Bc", f"{MARK} = 1" + SERVICE], tmp_path, APMSHIM_ARGUMENTS=switch)
        assert trace.metadata[0]["service"]["name"] == "python"
        assert MARK.encode() not in written["events"] + written["log"]
        for name in "recording", "log":
            (tmp_path / name).unlink()


@pytest.mark.parametrize("switch, name", [("true", "worker --password [REDACTED]"), ("false", "psql")])
def test_title_of_a_script(pg, switch, name):
    """What serves nobody is a transaction of its title, which may be anything."""
    rename = ["bash", "-c", 'exec -a "worker --password $0" "$@"', MARK]
    with pg.database() as database:
        trace = tracing.run([*rename, programs() / "psql", "-Xqtc", "select 1"], to_file=True,
                            stdout=subprocess.DEVNULL,
                            env=pg.environment(database) | {"APMSHIM_ARGUMENTS": switch})
    assert trace.transactions[0]["name"] == name
    assert MARK not in str([trace.metadata, trace.transactions, trace.spans])
