"""The stand-in for APM Server answers as the real one does; the closed schemas accept what a real agent
sent and refuse what is misspelt."""
import gzip
import http.client
import json
import zlib

import pytest

from support import intake_schema
from support.paths import SPEC

METADATA = b'{"metadata":{"service":{"name":"s","agent":{"name":"a","version":"1"}}}}\n'
TRANSACTION = {"id": "00000000000000a1", "trace_id": "0" * 31 + "1", "type": "request", "duration": 1.5,
               "timestamp": 1790000000000000, "span_count": {"started": 0}}
EVENT = json.dumps({"transaction": TRANSACTION}).encode() + b"\n"


def post(server, body, path="/intake/v2/events", method="POST", **headers):
    """(status, headers, document or None)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    fields = {"Content-Type": "application/x-ndjson"} | {n.replace("_", "-"): v for n, v in headers.items()}
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(content) if content else None


@pytest.mark.parametrize("body, encoding", [
    (METADATA + EVENT, None), (gzip.compress(METADATA + EVENT), "gzip"), (zlib.compress(METADATA + EVENT), "deflate"),
    (gzip.compress(METADATA + EVENT), None), (METADATA + b"\n" + EVENT.rstrip(), None)])
def test_accepted(apm, body, encoding):
    status, _, document = post(apm, body, **({"Content_Encoding": encoding} if encoding else {}))
    assert (status, document) == (202, None)
    assert apm.lines == [EVENT.rstrip()]


def test_streamed(apm):
    status, _, _ = post(apm, iter([METADATA[:10], METADATA[10:], EVENT, EVENT]))
    assert status == 202 and len(apm.lines) == 2


def test_verbose(apm):
    assert post(apm, METADATA + EVENT, "/intake/v2/events?verbose")[2] == {"accepted": 1, "errors": []}


def test_one_bad_event(apm):
    """The others are accepted; at most five errors are listed."""
    bad = b'{"transaction":{"id":1}}\n' * 7
    status, headers, document = post(apm, METADATA + EVENT + bad + EVENT)
    assert status == 400 and headers["Connection"].lower() == "close"
    assert document["accepted"] == 2 and len(document["errors"]) == 5


@pytest.mark.parametrize("body", [EVENT, b'{"metadata":{}}\n' + EVENT, b"nonsense\n", b"\x1f\x8bnonsense"])
def test_refused_as_a_whole(apm, body):
    status, _, document = post(apm, body)
    assert status == 400 and document["accepted"] == 0


def test_empty_body(apm):
    assert post(apm, b"")[0] == 202


def test_large_event(apm):
    large = json.dumps({"transaction": TRANSACTION | {"name": "x" * 310000}}).encode() + b"\n"
    status, _, document = post(apm, METADATA + large + EVENT)
    assert status == 400 and document["accepted"] == 1


def test_wrong_requests(apm):
    assert post(apm, METADATA, Content_Type="text/plain")[0] == 400
    assert post(apm, None, method="GET")[0] == 400
    assert post(apm, None, "/nonesuch", "GET")[0] == 404


def test_credentials(apm):
    apm.token = "s3cret"
    assert post(apm, METADATA)[0] == 401
    assert post(apm, METADATA, Authorization="Bearer s3cret")[0] == 202
    assert post(apm, METADATA, Authorization="ApiKey s3cret")[0] == 202
    assert post(apm, None, "/", "GET")[2] is None
    assert post(apm, None, "/", "GET", Authorization="Bearer s3cret")[2]["version"]


def test_failures(apm):
    apm.fail_next(503)
    apm.fail_next("drop")
    assert post(apm, METADATA + EVENT)[0] == 503
    with pytest.raises(ConnectionError):
        post(apm, METADATA + EVENT)
    assert not apm.lines and post(apm, METADATA + EVENT)[0] == 202


def test_central_configuration(apm):
    status, headers, document = post(apm, None, "/config/v1/agents?service.name=s", "GET")
    assert (status, document, headers["Etag"]) == (200, {}, '"-"')
    apm.config = {"transaction_sample_rate": "0.5"}
    status, headers, document = post(apm, None, "/config/v1/agents?service.name=s", "GET")
    assert (status, document) == (200, apm.config)
    again = post(apm, None, "/config/v1/agents", "GET", If_None_Match=headers["Etag"])
    assert again[0] == 304 and again[2] is None


# ---- schemas ----

def test_a_real_agents_events_pass():
    capture = SPEC / "golden-agent-capture" / "elastic-apm-node-4.18.0-postgresql.ndjson"
    lines = capture.read_bytes().splitlines()
    assert len(lines) > 10 and not intake_schema.stream_problems(lines)


@pytest.mark.parametrize("change", [
    {"nmae": "x"}, {"context": {"request": {"method": "GET", "ulr": {}}}}, {"span_count": {"started": 0, "lost": 1}},
    {"id": 5}, {"duration": -1}, {"outcome": "fine"}])
def test_misspelt_fields_fail(change):
    line = json.dumps({"transaction": TRANSACTION | change}).encode()
    assert intake_schema.line_error(line, close=True)


SPAN = {"id": "00000000000000b1", "trace_id": TRANSACTION["trace_id"], "parent_id": TRANSACTION["id"],
        "transaction_id": TRANSACTION["id"], "name": "n", "type": "db", "subtype": "postgresql", "duration": 1,
        "timestamp": TRANSACTION["timestamp"]}


def problems(**change):
    parent = TRANSACTION | {"name": "GET /", "span_count": {"started": 1}}
    return intake_schema.event_problems([parent], [SPAN | change], [])


def test_links():
    assert not problems()
    for change in ({"parent_id": "00000000000000cc"}, {"transaction_id": "00000000000000cc"},
                   {"id": TRANSACTION["id"]}, {"id": "0" * 16}, {"id": "B" * 16}, {"trace_id": "2" * 32},
                   {"subtype": "postgres"}, {"type": "database"}, {"timestamp": 5}):
        assert problems(**change), change
