"""Elastic's intake schemas, as published and in a closed form that refuses unknown fields, and what
they cannot say: identifiers, links between events, the kinds of spans."""
import copy
import functools
import json
import re

import fastjsonschema

from .paths import SPEC

KINDS = ("metadata", "transaction", "span", "error", "metricset")
MAX_EVENT_BYTES = 307200  # the server's default for max_event_size


def closed(schema):
    """Refuses properties that the schema does not name. Alternatives (anyOf, allOf) stay as they are."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    if "properties" in result:
        result["properties"] = {name: closed(inner) for name, inner in result["properties"].items()}
        if "patternProperties" not in result and "additionalProperties" not in result:
            result["additionalProperties"] = False
    if isinstance(result.get("items"), dict):
        result["items"] = closed(result["items"])
    return result


@functools.lru_cache
def _validators(close):
    result = {}
    for kind in KINDS:
        schema = json.loads((SPEC / "intake-v2-schema" / f"{kind}.json").read_text(encoding="utf-8"))
        schema = copy.deepcopy(schema)
        schema.pop("$id", None)
        result[kind] = fastjsonschema.compile(closed(schema) if close else schema)
    log = SPEC / "intake-v2-schema-extra" / "log.json"
    if not close and log.exists():
        schema = json.loads(log.read_text(encoding="utf-8"))
        schema.pop("$id", None)
        result["log"] = fastjsonschema.compile(schema)
    return result


@functools.lru_cache
def _span_types():
    types = json.loads((SPEC / "json-specs" / "span_types.json").read_text(encoding="utf-8"))
    return {name: rules for name, rules in types.items() if not name.startswith("__")}


def line_error(line, close=False):
    """Why the line is not an event, or None."""
    if len(line) > MAX_EVENT_BYTES:
        return "event exceeded the permitted size"
    try:
        document = json.loads(line)
    except ValueError as error:
        return f"data read error: {error}"
    if not isinstance(document, dict) or len(document) != 1:
        return "not exactly one root key"
    kind, body = next(iter(document.items()))
    validators = _validators(close)
    if kind not in validators:
        return f"did not recognize object type {kind!r}"
    try:
        validators[kind](body)
    except fastjsonschema.JsonSchemaException as error:
        return f"{kind}: {error.message}"
    return None


def _ids(kind, event):
    lengths = {"id": 32 if kind == "error" else 16, "trace_id": 32, "parent_id": 16, "transaction_id": 16}
    for field, length in lengths.items():
        value = event.get(field)
        if value is not None and (not re.fullmatch(f"[0-9a-f]{{{length}}}", value) or not value.strip("0")):
            yield f"{kind}.{field} is {value!r}"


def _span_type(span):
    rules = _span_types().get(span["type"])
    subtype = span.get("subtype")
    if rules is None:
        yield f"span type {span['type']!r} is not known"
    elif subtype is None:
        if not rules.get("allow_null_subtype") and rules.get("subtypes"):
            yield f"span type {span['type']!r} without subtype"
    elif subtype not in rules.get("subtypes", {}) and not rules.get("allow_unlisted_subtype"):
        yield f"span type {span['type']!r} with subtype {subtype!r}"


def _numbers(kind, event):
    if kind in ("transaction", "span") and event["duration"] > 3600e3:
        yield f"{kind} of {event['duration']} ms"
    if not 1.6e15 < event["timestamp"] < 4e15:
        yield f"{kind}.timestamp is {event['timestamp']}"


def stream_problems(lines):
    """What is wrong with one request's body (its lines)."""
    problems = []
    for number, line in enumerate(lines):
        error = line_error(line, close=True)
        if error:
            problems.append(f"line {number}: {error}: {line[:300]!r}")
        elif (number == 0) != line.startswith(b'{"metadata"'):
            problems.append(f"line {number}: metadata first, and only there: {line[:100]!r}")
    return problems


def _link_problems(transactions, spans, errors):
    parents = {event["id"]: event for event in transactions + spans}
    if len(parents) != len(transactions) + len(spans):
        yield "transactions and spans share identifiers"
    if len({event["id"] for event in errors}) != len(errors):
        yield "errors share identifiers"
    own = {event["id"] for event in transactions}
    for kind, events in (("span", spans), ("error", errors)):
        for event in events:
            parent = parents.get(event.get("parent_id"))
            if event.get("parent_id") and not parent:
                yield f"{kind} {event['id']} has no parent {event['parent_id']}"
            if parent and parent["trace_id"] != event["trace_id"]:
                yield f"{kind} {event['id']} and its parent are of different traces"
            if event.get("transaction_id") and event["transaction_id"] not in own:
                yield f"{kind} {event['id']} has no transaction {event['transaction_id']}"


def _count_problems(transactions, spans):
    sent = {}
    for span in spans:
        sent[span.get("transaction_id")] = sent.get(span.get("transaction_id"), 0) + 1
    for transaction in transactions:
        started = transaction["span_count"]["started"]
        if started != sent.get(transaction["id"], 0):
            yield (f"transaction {transaction['name']!r} says {started} spans, "
                   f"{sent.get(transaction['id'], 0)} were sent")


def event_problems(transactions, spans, errors):
    """What is wrong with all events of a service taken together."""
    problems = []
    for kind, events in (("transaction", transactions), ("span", spans), ("error", errors)):
        for event in events:
            problems += _ids(kind, event)
            problems += _numbers(kind, event)
    for span in spans:
        problems += _span_type(span)
    problems += _link_problems(transactions, spans, errors)
    problems += _count_problems(transactions, spans)
    return problems
