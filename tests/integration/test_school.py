"""examples/school: Django on gunicorn's synchronous workers and psycopg2, whose libpq is opened where
no symbol of ours stands before it. Truth: gunicorn's access log, pg_stat_statements, planted ids."""
import contextlib
import subprocess
import time

import pytest

from support import http_client, services, tracing, truth
from support.paths import EXAMPLES, PYTHON, free_port

# Stacks are taken, but only slow ones sent: checking them all takes the stand-in for a server too long.
ALL_SPANS = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "false", "ELASTIC_APM_TRANSACTION_MAX_SPANS": "10000",
             "ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "1m"}
LOG_FORMAT = "%({x-request-id}i)s %(m)s %(U)s %(s)s"

PATHS = ["/", "/areas/history/", "/lessons/17/", "/subjects/3/exercises/", "/exercises/5/answer/",
         "/subjects/3/summary.pdf", "/archive/", "/health/", "/nonesuch"]
# Of the view where it issued a statement, else of the path.
NAMES = ["GET area.views.mainViews.index", "GET area.views.mainViews.area", "GET area.views.mainViews.lesson",
         "GET exercises.views.site_view.subject_exercise", "POST exercises.views.site_view.answer",
         "GET summary.views.siteView.DownloadSummaryPDF", "GET summary.views.siteView.archive", "GET /health",
         "GET unknown route"]
STATEMENTS = [1, 2, 3, 22, 4, 3, 2, 0, 0]  # BEGIN, COMMIT and a look at a failed connection included


@contextlib.contextmanager
def school(pg, folder, workers=2, env=None, options=()):
    port, log = free_port(), folder / "access.log"
    logging = ["--access-logfile", log, "--access-logformat", LOG_FORMAT]
    with pg.database(EXAMPLES / "school" / "schema.sql") as database:
        command = services.school_command(port, workers, *logging, *options)
        env = ALL_SPANS | services.school_environment(pg, database) | (env or {})
        with tracing.traced(command, env=env) as trace:
            http_client.wait_for(port, trace.process)
            trace.port = port
            yield trace
        trace.counted = pg.calls(database)
    trace.logged = truth.access_log(log)


def request(index, path):
    headers = {"X-Request-Id": f"s-{index}"}
    if "answer" not in path:
        return "GET", path, headers, None
    form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    return "POST", f"/exercises/{index % 480 + 1}/answer/", form, b"email=student1@example.org&answer=7"


def mixed(count):
    return [request(i, PATHS[i % len(PATHS)]) for i in range(count)]


def assert_complete(trace, responses):
    assert all(responses) and len(trace.logged) == len(responses)
    truth.assert_requests(trace, trace.logged)
    truth.assert_statements(trace, trace.counted)
    assert truth.assert_own_parents(trace) > len(responses)


@pytest.fixture(scope="module")
def tour(pg, tmp_path_factory):
    """Each view once, after one request that connects to the database."""
    folder = tmp_path_factory.mktemp("tour")
    with school(pg, folder, workers=1, env={"ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION": "0ms"}) as trace:
        http_client.load(trace.port, [request("first", "/")])
        trace.responses = http_client.load(trace.port, [request(i, path) for i, path in enumerate(PATHS)])
    return trace


def of_path(trace, path):
    transaction, = trace.by_request_id()[f"s-{PATHS.index(path)}"]
    spans = [s for s in trace.statements() if s["transaction_id"] == transaction["id"]]
    return transaction, sorted(spans, key=lambda s: s["timestamp"])


@pytest.mark.parametrize("path", PATHS)
def test_each_view(tour, path):
    transaction, spans = of_path(tour, path)
    assert transaction["name"] == NAMES[PATHS.index(path)]
    assert len(spans) == STATEMENTS[PATHS.index(path)]


def installed(code):
    return subprocess.run([PYTHON, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def test_metadata(tour):
    service = tour.metadata[0]["service"]
    assert service["name"] == "school" and service["language"]["name"] == "python"
    python, django = installed("import platform; print(platform.python_version())"), installed(
        "import django; print(django.__version__)")
    assert service["language"]["version"] == service["runtime"]["version"] == python
    assert all(t["context"]["service"]["framework"] == {"name": "django", "version": django} for t in tour.requests)


def test_n_plus_1(tour):
    _, spans = of_path(tour, "/subjects/3/exercises/")
    names = [s["name"] for s in spans]
    assert names == ["SELECT FROM area_subject", "SELECT FROM exercises_exercise"] + ["SELECT FROM area_lesson"] * 20


def test_slow_view(tour):
    _, spans = of_path(tour, "/subjects/3/summary.pdf")
    slowest = max(spans, key=lambda s: s["duration"])
    assert slowest["name"] == "SELECT FROM exercises_attempt" and slowest["duration"] > 5
    assert "student1" not in slowest["context"]["db"]["statement"]


def test_failing_view(tour):
    transaction, (span, _) = of_path(tour, "/archive/")
    error, = [e for e in tour.errors if e["transaction_id"] == transaction["id"]]
    assert transaction["outcome"] == span["outcome"] == "failure"
    assert error["exception"]["code"] == "42P01" and error["parent_id"] == span["id"]
    assert error["exception"]["handled"] is False and error["context"] == transaction["context"]
    assert error["timestamp"] == pytest.approx(span["timestamp"] + span["duration"] * 1000, abs=2)


def test_transaction_of_the_database(tour):
    _, spans = of_path(tour, "/exercises/5/answer/")
    assert [s["name"] for s in spans] == ["BEGIN", "SELECT FROM exercises_exercise",
                                          "INSERT INTO exercises_attempt", "COMMIT"]


def own_frames(span):
    return [(f["filename"], f["function"], f["lineno"]) for f in span["stacktrace"] if not f["library_frame"]]


def line_of(path, text):
    lines = (EXAMPLES / "school" / path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_stack(tour):
    """The service's own frames: the view, below it the middleware that gave the request on."""
    _, spans = of_path(tour, "/subjects/3/exercises/")
    view, middleware = "exercises/views/site_view.py", "school/middleware.py"
    gave_on = (middleware, "RequestIdInSql.__call__", line_of(middleware, "with connection") + 1)
    assert own_frames(spans[0])[1:] == [(view, "subject_exercise", line_of(view, "get_object_or_404(Subject")), gave_on]
    assert (view, "subject_exercise.<locals>.<listcomp>", line_of(view, "exercise.lesson.title")) in own_frames(spans[5])


def test_frames_of_libraries(tour):
    """Packages' frames are theirs, the interpreter's own are not shown."""
    _, spans = of_path(tour, "/lessons/17/")
    frames = spans[0]["stacktrace"]
    files = {f["filename"] for f in frames if f["library_frame"]}
    assert {"django/db/models/query.py", "django/core/handlers/base.py", "gunicorn/workers/sync.py"} <= files
    assert frames[0]["module"].startswith("_psycopg") and frames[0]["library_frame"]
    assert not any("apmshim" in f["abs_path"] or "_PyEval" in f["function"] for f in frames)


def test_connecting_is_there_once(tour):
    """The first request's own statements are its index page and what Django does on a new connection."""
    transaction, = tour.by_request_id()["s-first"]
    names = [s["name"] for s in tour.statements() if s["transaction_id"] == transaction["id"]]
    assert "SELECT FROM area_area" in names


def test_sequence(pg, tmp_path):
    with school(pg, tmp_path) as trace:
        responses = http_client.load(trace.port, mixed(180))
    assert_complete(trace, responses)


def test_concurrency_32(pg, tmp_path):
    with school(pg, tmp_path, workers=4) as trace:
        responses = http_client.load(trace.port, mixed(900), concurrency=32, keep_alive=False)
    assert_complete(trace, responses)


def test_default_compression(pg, tmp_path):
    """The loop's queries are one span that says how many they were, however busy the machine is."""
    env = {"ELASTIC_APM_SPAN_COMPRESSION_ENABLED": "true",
           "ELASTIC_APM_SPAN_COMPRESSION_EXACT_MATCH_MAX_DURATION": "60s"}
    with school(pg, tmp_path, env=env) as trace:
        responses = http_client.load(trace.port, [request(i, PATHS[3]) for i in range(20)])
    assert all(responses)
    truth.assert_requests(trace, trace.logged)
    truth.assert_statements(trace, trace.counted)
    counts = [s["composite"]["count"] for s in trace.spans if "composite" in s]
    assert len(counts) == 20 and set(counts) == {20}


def test_workers_killed(pg, tmp_path):
    requests = mixed(900)
    with school(pg, tmp_path, workers=4) as trace:
        with truth.workers_dying(trace, 0.4) as killed:
            responses = http_client.load(trace.port, requests, concurrency=32, keep_alive=False)
    assert killed and sum(map(bool, responses)) > 400
    truth.assert_answered_once(trace, truth.answered_among(requests, responses), killed)
    truth.assert_own_parents(trace)


def test_workers_recycled(pg, tmp_path):
    """gunicorn ends a worker after some requests and starts another."""
    with school(pg, tmp_path, workers=2, options=["--max-requests", "20"]) as trace:
        responses = http_client.load(trace.port, mixed(200), concurrency=2, keep_alive=False)
    assert_complete(trace, responses)


def test_reload(pg, tmp_path):
    """HUP: new workers, the old ones end when they have finished."""
    with school(pg, tmp_path) as trace:
        first = http_client.load(trace.port, mixed(60), concurrency=4, keep_alive=False)
        trace.process.send_signal(1)
        time.sleep(2)
        http_client.wait_for(trace.port)
        more = [request(i, PATHS[i % len(PATHS)]) for i in range(1000, 1060)]
        second = http_client.load(trace.port, more, concurrency=4, keep_alive=False)
    assert_complete(trace, first + second)


def test_threaded_workers(pg, tmp_path):
    """gthread: one thread accepts and reads, others serve."""
    with school(pg, tmp_path, workers=2, options=["--threads", "4"]) as trace:
        responses = http_client.load(trace.port, mixed(450), concurrency=16)
    assert_complete(trace, responses)
