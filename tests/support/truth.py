"""Events compared with what is known otherwise: a service's access log, what PostgreSQL counted, the
request ids that clients planted in statements."""
import collections
import contextlib
import os
import random
import signal
import threading

from . import tracing
from .postgres import comparable
from .waiting import eventually

REPLACE_LIMIT = 30  # seconds for a service to replace workers that were killed


def access_log(path):
    """(request id, method, path, status) of every request that was handled."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(r, method, url, int(status)) for r, method, url, status in map(str.split, lines)]


def assert_requests(trace, logged):
    """One transaction for each line of the log that has a request id, with its method, result and
    outcome; no other request."""
    logged = [line for line in logged if line[0] != "-"]
    seen = collections.Counter(
        (tracing.request_id(t), t["context"]["request"]["method"],
         t["context"].get("response", {}).get("status_code"), t["result"], t["outcome"])
        for t in trace.requests)
    wanted = collections.Counter(
        (identity, method, status, f"HTTP {status // 100}xx", "failure" if status >= 500 else "success")
        for identity, method, _, status in logged)
    assert logged
    missing, extra = wanted - seen, seen - wanted
    assert not missing and not extra, (f"{missing.total()} missing, such as {list(missing)[:3]}; "
                                       f"{extra.total()} that are not in the log, such as {list(extra)[:3]}")


def assert_statements(trace, counted):
    """As many spans as PostgreSQL counted calls; it counts what succeeded, but no DEALLOCATE."""
    succeeded = [span for span in trace.statements()
                 if span["outcome"] != "failure" and not span["name"].startswith("DEALLOCATE")]
    seen = tracing.statement_counts(succeeded, comparable)
    different = {statement: (seen.get(statement, 0), counted.get(statement, 0))
                 for statement in seen.keys() | counted.keys() if seen.get(statement) != counted.get(statement)}
    assert counted and not different, f"(spans, calls) of {len(different)} statements differ: {different}"


def where_found(trace):
    """Of the statements that carry a request's id, how many are "right", under their own request, "wrong", under
    another one, or "unassigned"."""
    owners = {t["id"]: tracing.request_id(t) for t in trace.requests}
    found = collections.Counter()
    for span in trace.statements():
        planted, owner = tracing.planted_id(span), owners.get(span["transaction_id"])
        if planted is not None:
            found["unassigned" if owner is None else "right" if owner == planted else "wrong"] += 1
    return found


def assert_own_parents(trace):
    """Every statement hangs under the request whose id the client planted in it. How many were seen."""
    transactions = {t["id"]: t for t in trace.transactions}
    wrong, seen = [], 0
    for span in trace.statements():
        planted = tracing.planted_id(span)
        if planted is None:
            continue
        seen += 1
        found = tracing.request_id(transactions[span["transaction_id"]])
        if found != planted:
            wrong.append((span["name"], planted, found))
    assert not wrong, f"{len(wrong)} of {seen} spans under another request, such as {wrong[:5]}"
    return seen


def assert_answered_once(trace, answered, killed):
    """Where workers were killed: what was answered ({request id: status}) is there with its status;
    what was lost with its worker at most once. A worker that dies as it answers has no time to tell:
    one request of each may be shown as killed."""
    found = trace.by_request_id()
    twice = [identity for identity, transactions in found.items() if len(transactions) > 1]
    missing = [identity for identity in answered if identity not in found]
    wrong = [identity for identity, status in answered.items() if identity in found
             and found[identity][0]["context"].get("response", {}).get("status_code") != status]
    dying = [identity for identity in wrong if found[identity][0]["result"] == "killed"]
    assert len(dying) <= len(killed), f"{len(killed)} workers were killed, but {len(dying)} requests of theirs"
    wrong = [identity for identity in wrong if identity not in dying]
    assert not twice and not missing and not wrong, (
        f"of {len(answered)} answered: {len(twice)} twice {twice[:3]}, {len(missing)} missing {missing[:3]}, "
        f"{len(wrong)} with another status {wrong[:3]}")


def answered_among(requests, responses):
    """{request id: status} of those that got their whole response."""
    return {request[2]["X-Request-Id"]: response.status
            for request, response in zip(requests, responses) if response}


@contextlib.contextmanager
def workers_dying(trace, seconds=0.05):
    """SIGKILL for one child of the service after the other, as long as this lasts; a list of them."""
    killed, done, chance = [], threading.Event(), random.Random(1)
    number = len(trace.children())

    def replaced():
        children = trace.children()
        return len(children) >= number and not set(children) & set(killed)

    def kill():
        while not done.wait(seconds):
            if workers := trace.children():
                killed.append(chance.choice(workers))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        done.set()
        killer.join()
        eventually(replaced, REPLACE_LIMIT)
