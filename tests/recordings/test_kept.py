"""The same records give the same answer: small recordings of each row of the fidelity suite and of real services.
record.py makes them anew, and judges them by what the client knows."""
import collections
import json
import pathlib
import re
import subprocess

import pytest

from support import tracing, truth
from support.paths import BUILD, REPO

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "-1ms"}
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="ascii"))


def summary(trace):
    """What of it must not change: how the requests ended, and where the statements that carry an id are."""
    return {"requests": dict(sorted(collections.Counter(t["result"] for t in trace.requests).items())),
            "spans": len(trace.spans), "errors": len(trace.errors), "statements": dict(sorted(truth.where_found(trace).items()))}


def replayed(name, folder):
    return summary(tracing.replayed(HERE / f"{name}.rec", folder / "events", OPTIONS))


@pytest.mark.parametrize("name", EXPECTED)
def test_same_answer(name, tmp_path):
    assert replayed(name, tmp_path) == EXPECTED[name]


def test_all_are_expected():
    assert {str(file.relative_to(HERE))[:-4] for file in HERE.rglob("*.rec")} == set(EXPECTED)


@pytest.mark.parametrize("file", sorted((REPO / "tests/fuzz/corpus/recording").iterdir()), ids=lambda file: file.name)
def test_odd_ones_end(file, tmp_path):
    """What fuzzing has found is not found by it alone: under a sanitizer this fails where memory is left."""
    done = subprocess.run([BUILD / "apmshim", "replay", "-o", tmp_path / "events", file], check=False,
                          env=tracing.environment(), capture_output=True, text=True)
    assert done.returncode == 0 or re.fullmatch("apmshim: .*: not a recording .*\n", done.stderr), done.stderr
