"""Stacks against others' view of the same calls: the interpreter's own for Python, gdb's for native code."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

from support import tracing
from support.paths import PYTHON, REPO

STACKS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms",
          "ELASTIC_APM_STACK_TRACE_LIMIT": "-1", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "10000", "APMSHIM_SQL": "raw"}
PYTHON_PROGRAM = REPO / "tests" / "support" / "python_stacks.py"
PYTHON_FRAMES = 50  # recorded of a deeper stack, at least

# Further interpreters, where they are installed: paths, separated by colons.
PYTHONS = [PYTHON, *filter(None, os.environ.get("APMSHIM_PYTHONS", "").split(":"))]


def traced(command, tmp_path, **env):
    with open(tmp_path / "out", "w", encoding="utf-8") as out:
        trace = tracing.run(command, to_file=True, env=STACKS | env, stdout=out, cwd=tmp_path)
    return trace, (tmp_path / "out").read_text(encoding="utf-8")


def python_frames(span):
    """As the interpreter tells them: files end in .py, or are made up."""
    return [[f["abs_path"], f.get("lineno", 0), f["function"]] for f in span.get("stacktrace", [])
            if f.get("abs_path", "").endswith(".py") or f["filename"].startswith("<")]


def assert_as_told(trace, output):
    """The same stacks, in the same order; of deep ones the innermost frames."""
    told = [json.loads(line) for line in output.splitlines()]
    spans = trace.statements()
    assert told and len(spans) == len(told)
    for span, (name, frames) in zip(spans, told):
        seen = python_frames(span)
        assert f"'{name}'" in span["context"]["db"]["statement"]
        assert len(seen) >= min(len(frames), PYTHON_FRAMES) and seen == frames[:len(seen)], name


@pytest.mark.parametrize("python", PYTHONS)
def test_python(python, tmp_path):
    trace, output = traced([python, PYTHON_PROGRAM], tmp_path, PYTHONIOENCODING="utf-8")
    assert_as_told(trace, output)
    assert not any("_PyEval" in f["function"] for s in trace.spans for f in s["stacktrace"])
