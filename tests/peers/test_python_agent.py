"""Elastic's own agent for Python and the shim on examples/school: the same requests to the same server, and what it
would store, compared field by field. What differs is in the tables below, with the reason; nothing else may."""
import collections
import contextlib
import os
import subprocess

import pytest

import intake_server
from support import http_client, services, tracing
from support.paths import EXAMPLES, REPO, free_port
from support.waiting import eventually

pytestmark = pytest.mark.skipif(intake_server.AGENT not in os.environ, reason="PyPI cannot be reached")

HEADERS = {"Cookie": "theme=dark; sessionid=123456789; lang=en"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REQUESTS = [("GET", "/", {}, None), ("GET", "/areas/history/?page=2", {}, None), ("GET", "/lessons/17/", {}, None),
            ("GET", "/subjects/3/exercises/", {}, None), ("POST", "/exercises/5/answer/", FORM, b"answer=7"),
            ("GET", "/subjects/3/summary.pdf?x=1", {}, None), ("GET", "/archive/", {}, None),
            ("GET", "/health/", {}, None), ("GET", "/nonesuch", {}, None)]
OPTIONS = {"ELASTIC_APM_SERVICE_NAME": "school", "ELASTIC_APM_API_REQUEST_TIME": "1s",
           "ELASTIC_APM_METRICS_INTERVAL": "0s", "ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false",
           "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms", "ELASTIC_APM_CLOUD_PROVIDER": "none",
           "ELASTIC_APM_CENTRAL_CONFIG": "false", "ELASTIC_APM_HOSTNAME": "school-host"}

# Who has a field that the other has not; BOTH: its values differ; MAY: sometimes.
OURS, THEIRS, BOTH, MAY = "ours", "theirs", "both", "may"

# Of every kind of document.
COMMON = {
    "@timestamp": (BOTH, "two runs"),
    "timestamp.us": (BOTH, "two runs"),
    "trace.id": (BOTH, "drawn anew"),
    "transaction.id": (BOTH, "drawn anew"),
    "span.id": (BOTH, "drawn anew"),
    "process.pid": (BOTH, "two runs"),
    "process.parent.pid": (BOTH, "two runs"),
    "process.args": (OURS, "the agent's Django client does not send them"),
    "process.title": (OURS, "the agent's Django client does not send it"),
    "agent.name": (BOTH, "two agents"),
    "agent.version": (BOTH, "two agents"),
    "agent.activation_method": (BOTH, "the agent was installed by the settings, which it does not tell"),
    "agent.ephemeral_id": (OURS, "tells restarts apart; the agent has none"),
    "host.hostname": (MAY, "the agent tells `localhost` where that is the resolver's name of the machine"),
}

# Of requests, in transactions and errors.
REQUEST = {
    "http.version": (OURS, "WSGI does not tell it as it came"),
    "http.request.env.REMOTE_ADDR": (THEIRS, "WSGI's environment; source.ip has the address"),
    "http.request.env.SERVER_NAME": (THEIRS, "WSGI's environment; how the server was bound"),
    "http.request.env.SERVER_PORT": (THEIRS, "WSGI's environment; how the server was bound"),
    "http.request.headers.Cookie": (BOTH, "hidden as a whole: what is shown of it is in cookies"),
    "http.response.headers.Connection": (OURS, "the server adds it behind the agent's back"),
    "http.response.headers.Date": (OURS, "the server adds it behind the agent's back"),
    "http.response.headers.Server": (OURS, "the server adds it behind the agent's back"),
    "url.original": (OURS, "the target as it came, without what is private"),
}

TRANSACTION = COMMON | REQUEST | {
    "event.duration": (BOTH, "two runs"),
    "transaction.name": (MAY, "without a statement there is no stack to see the view in: a template of the path"),
    "http.request.body.original": (THEIRS, "that there was a body; bodies are not looked at here"),
    "transaction.span_count.started": (BOTH, "the agent's templates, our BEGIN and COMMIT"),
    "transaction.span_count.dropped": (THEIRS, "0 is left out here"),
    "labels.apmshim_attribution": (MAY, "how sure it is"),
}

SPAN = COMMON | {
    "event.duration": (BOTH, "two runs"),
    "parent.id": (BOTH, "drawn anew; the agent has spans of templates between"),
    "service.framework.name": (THEIRS, "transactions and errors tell it here, which is where it is seen"),
    "service.framework.version": (THEIRS, "transactions and errors tell it here, which is where it is seen"),
    "span.name": (BOTH, "the agent takes the comment before the statement for its verb"),
    "span.db.statement": (BOTH, "the agent sees it with its placeholders, libpq gets it with literals: they are `?`"),
    "span.db.user.name": (OURS, "the agent does not ask"),
    "span.db.rows_affected": (OURS, "the agent asks after INSERT, UPDATE and DELETE alone"),
    "span.sync": (OURS, "the agent leaves it out if it is true"),
    "span.stacktrace": (BOTH, "compared frame by frame"),
    "labels.sqlstate": (OURS, "the agent does not ask"),
    "labels.apmshim_attribution": (MAY, "how sure it is"),
}

ERROR = COMMON | REQUEST | {
    "parent.id": (BOTH, "the span that failed; the agent only knows the request"),
    "message": (BOTH, "the agent adds the class and quotes the statement"),
    "error.id": (BOTH, "drawn anew"),
    "error.culprit": (BOTH, "the statement; the agent's is its own wrapper"),
    "error.grouping_key": (BOTH, "made of the stack"),
    "error.exception": (BOTH, "the server's own condition; the agent has Django's and psycopg2's classes"),
    "http.response.status_code": (OURS, "the agent sends errors before the answer"),
    "http.response.headers.Content-Length": (OURS, "the agent sends errors before the answer"),
    "http.response.headers.Content-Type": (OURS, "the agent sends errors before the answer"),
}


@contextlib.contextmanager
def untraced(command, env, intake):
    """The command with the agent that is within it: it has sent all when the server has all."""
    with subprocess.Popen(list(map(str, command)), env=tracing.environment(**env)) as process:
        try:
            yield process
            assert eventually(lambda: len(intake.documents("transaction")) == len(REQUESTS) + 1)
        finally:
            process.terminate()


def with_agent(command, env, intake):
    env |= {"DJANGO_SETTINGS_MODULE": "school_with_agent", "ELASTIC_APM_SERVER_URL": intake.url,
            "PYTHONPATH": f"{os.environ[intake_server.AGENT]}:{REPO / 'tests' / 'peers'}"}
    return untraced(command, env, intake)


def with_shim(command, env, intake):
    return tracing.traced(command, env=env, server=intake)


class Told:
    """What was stored of a run: {request id: document or documents}."""

    def __init__(self, intake):
        self.refused = intake.refused()
        self.transactions = {request_id(t): t for t in intake.documents("transaction")}
        owners = {t["transaction"]["id"]: identity for identity, t in self.transactions.items()}
        self.spans, self.errors = collections.defaultdict(list), collections.defaultdict(list)
        for kind, found in (("span", self.spans), ("error", self.errors)):
            for document in sorted(intake.documents(kind), key=lambda d: d["timestamp"]["us"]):
                found[owners[document["transaction"]["id"]]].append(document)


def request_id(document):
    return document["http"]["request"]["headers"]["X-Request-Id"][0]


def tell(around, pg, database, intake):
    port = free_port()
    requests = [(method, path, HEADERS | headers | {"X-Request-Id": f"p-{i}"}, body)
                for i, (method, path, headers, body) in enumerate(REQUESTS)]
    first = "GET", "/", {"X-Request-Id": "first"}, None  # connects to the database
    env = services.school_environment(pg, database) | OPTIONS
    with around(services.school_command(port, 1), env, intake) as running:
        http_client.wait_for(port, getattr(running, "process", running))
        assert all(http_client.load(port, [first, *requests], keep_alive=False))
    return Told(intake)


@pytest.fixture(scope="module", name="told")
def both(pg, open_server):
    found = []
    for around in (with_agent, with_shim):
        with pg.database(EXAMPLES / "school" / "schema.sql") as database:
            found.append(tell(around, pg, database, open_server()))
    return found


def statements(spans):
    """Those that both see: of a transaction's begin and end only libpq knows."""
    texts = [(span, span["span"].get("db", {}).get("statement")) for span in spans]
    return [span for span, text in texts if text and text not in ("BEGIN", "COMMIT", "ROLLBACK")]


def differences(theirs, ours):
    """{field: what differs}, without what is the database's name, which is another in each run."""
    instance = "service.target.name", "span.db.instance", "span.destination.service.resource"
    a, b = intake_server.fields(theirs), intake_server.fields(ours)
    assert [bool(a.get(name)) for name in instance] == [bool(b.get(name)) for name in instance]
    return {name: BOTH if name in a and name in b else THEIRS if name in a else OURS
            for name in a.keys() | b.keys() if a.get(name) != b.get(name) and name not in instance}


def assert_listed(pairs, table):
    """Each difference is listed as what it is, and what is listed is there."""
    seen, wrong = set(), {}
    for theirs, ours in pairs:
        for name, what in differences(theirs, ours).items():
            seen.add(name)
            if table.get(name, [None])[0] not in (what, MAY):
                wrong[name] = what, intake_server.fields(theirs).get(name), intake_server.fields(ours).get(name)
    assert not wrong
    assert not {name for name, (what, _) in table.items() if what != MAY} - seen


def all_spans(told):
    theirs, ours = ([statements(one.spans[f"p-{i}"]) for i in range(len(REQUESTS))] for one in told)
    assert list(map(len, theirs)) == list(map(len, ours)) and any(theirs)
    return [pair for found in zip(theirs, ours) for pair in zip(*found)]


def test_nothing_is_refused(told):
    assert [one.refused for one in told] == [[], []]


def test_transactions(told):
    theirs, ours = (one.transactions for one in told)
    assert len(ours) == len(REQUESTS) + 1 and theirs.keys() == ours.keys()
    assert_listed([(theirs[name], ours[name]) for name in theirs if name != "first"], TRANSACTION)


def test_names_of_requests(told):
    """The same wherever a statement tells the view, so that dashboards stay."""
    theirs, ours = ({name: t["transaction"].get("name") for name, t in one.transactions.items()} for one in told)
    assert {name for name in theirs if theirs[name] != ours[name]} == {"p-7", "p-8"}


def test_spans(told):
    assert_listed(all_spans(told), SPAN)


MIDDLEWARE = "/django/utils/deprecation.py"  # where Django's own and the agent's have their __call__


def their_frames(span):
    """Without templates' lines and the agent's own: its middleware is the outermost, called by one more function."""
    frames = [(frame["abs_path"], frame["function"], frame["line"]["number"]) for frame in span["span"]["stacktrace"]
              if frame.get("function") and not frame["filename"].startswith("elasticapm/")]
    called = [i for i, (path, _, _) in enumerate(frames) if path.endswith(MIDDLEWARE)]
    return frames[:called[-1] - 1] + frames[called[-1] + 1:] if called else frames


def our_frames(span):
    """Without the driver's C, and without its caller, which the agent leaves out as if that were its own."""
    return [(frame["abs_path"], frame["function"].rpartition(".")[2], frame["line"]["number"])
            for frame in span["span"]["stacktrace"] if frame.get("line")][1:]


def test_stacks(told):
    """Frame by frame."""
    for theirs, ours in all_spans(told):
        assert our_frames(ours) == their_frames(theirs)


def test_errors(told):
    theirs, ours = (one.errors for one in told)
    assert {name: len(found) for name, found in ours.items()} == {"p-6": 1} and theirs.keys() == ours.keys()
    assert_listed(zip(theirs["p-6"], ours["p-6"]), ERROR)
    assert [found["p-6"][0]["error"]["exception"][0]["handled"] for found in (theirs, ours)] == [False, False]
