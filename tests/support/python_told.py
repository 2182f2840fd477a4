"""Compares Python frames with what python_stacks.py was told by its interpreter."""
import json

from .paths import REPO

PROGRAM = REPO / "tests" / "support" / "python_stacks.py"
OPTIONS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms",
           "ELASTIC_APM_STACK_TRACE_LIMIT": "-1", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "10000", "APMSHIM_SQL": "raw"}
FRAMES = 50  # recorded of a deeper stack, at least


def python_frames(span):
    """As an interpreter tells them: files end in .py, or are made up."""
    return [[f["abs_path"], f.get("lineno", 0), f["function"]] for f in span.get("stacktrace", [])
            if f.get("abs_path", "").endswith(".py") or f["filename"].startswith("<")]


def spans_of(events):
    lines = [json.loads(line) for line in events.read_bytes().splitlines()]
    return [line["span"] for line in lines if "span" in line]


def assert_as_told(spans, output):
    """The same stacks, in the same order; of deep ones the innermost frames."""
    told = [json.loads(line) for line in output.splitlines()]
    assert told and len(spans) == len(told)
    for span, (name, frames) in zip(spans, told):
        seen = python_frames(span)
        assert f"'{name}'" in span["context"]["db"]["statement"]
        assert len(seen) >= min(len(frames), FRAMES) and seen == frames[:len(seen)], name
