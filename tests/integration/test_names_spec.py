"""Elastic's shared cases for wildcards and W3C's for trace context, run through names_tool."""
import json
import os
import pathlib
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SPEC = pathlib.Path(os.environ.get("APM_SPEC_DIR", REPO.parent / "shared" / "apm-spec"))


def cases(name):
    text = (SPEC / "json-specs" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("//")]
    return json.loads("\n".join(lines))


def names_tool(*arguments):
    tool = BUILD / "tests" / "names_tool"
    done = subprocess.run([tool, *arguments], capture_output=True, check=True, text=True)
    return done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    "name, pattern, texts",
    [
        (name, pattern, texts)
        for name, patterns in cases("wildcard_matcher_tests.json").items()
        for pattern, texts in patterns.items()
    ],
)
def test_wildcard(name, pattern, texts):
    for text, expected in texts.items():
        assert names_tool("wildcard", pattern, text) == str(expected).lower(), text


@pytest.mark.parametrize("case", cases("w3c_distributed_tracing.json"))
def test_traceparent(case):
    arguments = [part for header in case["headers"] for part in header]
    valid = names_tool("traceparent", *arguments).startswith("valid")
    assert valid == case["is_traceparent_valid"]
