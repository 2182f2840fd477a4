"""Compares frames with what python_stacks.py and php_stacks.php were told by their interpreters."""
import json
import re

from .paths import REPO

SUPPORT = REPO / "tests" / "support"
PYTHON = ["python_stacks.py"]
PHP = ["-d", "ffi.enable=1", "php_stacks.php", "php_included.php"]
OPTIONS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms",
           "ELASTIC_APM_STACK_TRACE_LIMIT": "-1", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "10000", "APMSHIM_SQL": "raw"}
FRAMES = 50  # recorded of a deeper stack, at least


def arguments(program, folder=SUPPORT):
    """An interpreter's, for one of the programs."""
    return [word if word.startswith("-") or "=" in word else str(folder / word) for word in program]


def interpreter_frames(span):
    """As an interpreter tells them: files of scripts, or made up."""
    return [[f["abs_path"], f.get("lineno", 0), f["function"]] for f in span.get("stacktrace", [])
            if re.search(r"\.py$|\.php\b", f.get("abs_path", "")) or f["filename"].startswith("<")]


def assert_as_told(spans, output):
    """The same stacks, in the same order; of deep ones the innermost frames."""
    told = [json.loads(line) for line in output.splitlines()]
    assert told and len(spans) == len(told)
    for span, (name, frames) in zip(spans, told):
        seen = interpreter_frames(span)
        assert f"'{name}'" in span["context"]["db"]["statement"]
        assert len(seen) >= min(len(frames), FRAMES) and seen == frames[:len(seen)], name
