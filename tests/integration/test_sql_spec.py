"""Elastic's shared cases for SQL tokens and signatures, run through sql_tool."""
import json
import os
import pathlib
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("APMSHIM_BUILD", REPO / "build"))
SPEC = pathlib.Path(os.environ.get("APM_SPEC_DIR", REPO.parent / "shared" / "apm-spec"))


def cases(name):
    return json.loads((SPEC / "json-specs" / name).read_text(encoding="utf-8"))


def sql_tool(mode, sql):
    tool = BUILD / "tests" / "sql_tool"
    done = subprocess.run([tool, mode], input=sql.encode(), capture_output=True, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("case", cases("sql_signature_examples.json"), ids=lambda c: c["input"][:40])
def test_signature(case):
    assert sql_tool("signature", case["input"]) == case["output"]


@pytest.mark.parametrize("case", cases("sql_token_examples.json"), ids=lambda c: c["name"])
def test_tokens(case):
    fields = sql_tool("tokens", case["input"]).split("\0")[:-1]
    tokens = [{"kind": kind, "text": text} for kind, text in zip(fields[::2], fields[1::2])]
    assert tokens == case.get("tokens", [])
