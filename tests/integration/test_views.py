"""Requests named by the view that served them: Flask, and WSGI applications without a framework.
(Django: test_school.py.) Without a statement there is no stack, and the path is the name."""
import json
import subprocess

import pytest

from support import http_client, tracing
from support.paths import BUILD, PYTHON, free_port

DATABASE = """
import psycopg2
def count():
    with psycopg2.connect("") as conn, conn.cursor() as cursor:
        cursor.execute("select 1")
        return str(cursor.fetchone()[0])
"""

FLASK = """
import functools
import flask
from flask.views import MethodView
from shop.database import count

def logged_in(view):
    @functools.wraps(view)
    def checked(*args, **kwargs):
        return view(*args, **kwargs)
    return checked

class Cart(MethodView):
    def get(self):
        return count()

    def post(self):
        return count()

def create_app():
    app = flask.Flask(__name__)
    page = flask.Blueprint("page", __name__)

    @page.route("/page/<int:number>")
    def numbered(number):
        return count()

    @page.route("/lesson/<int:number>")
    def lesson(number):
        return count() if number % 2 else "from the cache"

    @page.route("/either/<int:number>")
    def first(number):
        return count() if number % 2 else "no statement"

    @page.route("/either/<day>")
    def second(day):
        return count()

    @app.route("/quiet")
    def quiet():
        return "no statement"

    @app.before_request
    def before():
        if flask.request.path == "/early":
            return count()

    app.register_blueprint(page)
    app.add_url_rule("/cart", view_func=Cart.as_view("cart"))
    return app
app = create_app()
"""

PLAIN = """
from wsgiref.simple_server import make_server, WSGIRequestHandler
import sys
from shop.database import count

class Application:
    def __call__(self, environ, start_response):
        body = self.page(environ).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def page(self, environ):
        return count()

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), Application()).serve_forever()
"""


@pytest.fixture(name="folder")
def shop(tmp_path):
    package = tmp_path / "shop"
    package.mkdir()
    for name, text in (("__init__", ""), ("database", DATABASE), ("web", FLASK), ("plain", PLAIN)):
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def names(pg, folder, command, requests, **env):
    """The transactions' names, in the order of the (method, path) requests."""
    port = free_port()
    requests = [(method, path, {"X-Request-Id": f"r-{i}"}, b"" if method == "POST" else None)
                for i, (method, path) in enumerate(requests)]
    with pg.database() as database:
        env = pg.environment(database) | {"PYTHONDONTWRITEBYTECODE": "1"} | env
        command = [word.replace("PORT", str(port)) for word in command]
        with tracing.traced([PYTHON, *command], env=env, cwd=folder) as trace:
            http_client.wait_for(port, trace.process)
            assert all(http_client.load(port, requests, keep_alive=False))
    found = trace.by_request_id()
    return [found[f"r-{i}"][0]["name"] for i in range(len(requests))]


GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:PORT", "--log-level=warning"]
REQUESTS = [("GET", "/page/17"), ("GET", "/cart"), ("POST", "/cart"), ("GET", "/quiet"), ("GET", "/early")]
NAMES = ["GET shop.web.create_app.numbered", "GET shop.web.Cart", "POST shop.web.Cart", "GET /quiet", "GET /early"]


@pytest.mark.parametrize("command", [[*GUNICORN, "shop.web:app"], [*GUNICORN, "--threads", "2", "shop.web:app"],
                                     ["-m", "flask", "--app", "shop.web", "run", "--port", "PORT"]])
def test_flask(command, pg, folder):
    assert names(pg, folder, command, REQUESTS) == NAMES


@pytest.mark.parametrize("command", [["-m", "shop.plain", "PORT"], [*GUNICORN, "shop.plain:Application()"]])
def test_wsgi(command, pg, folder):
    assert names(pg, folder, command, [("GET", "/a/17"), ("GET", "/b")]) == ["GET shop.plain.Application.__call__"] * 2


def test_installed(pg, folder):
    """An installed application is the service's own; what leads its requests to its views is none of them."""
    (folder / "site-packages").mkdir()
    (folder / "shop").rename(folder / "site-packages" / "shop")
    path = {"PYTHONPATH": folder / "site-packages"}
    assert names(pg, folder, [*GUNICORN, "shop.web:app"], REQUESTS[:3], **path) == NAMES[:3]
    plain = [*GUNICORN, "shop.plain:Application()"]
    assert names(pg, folder, plain, [("GET", "/b")], **path) == ["GET /b"]
    told = path | {"APMSHIM_APP_MODULES": "shop.data*"}
    assert names(pg, folder, plain, [("GET", "/b")], **told) == ["GET shop.database.count"]


@pytest.mark.parametrize("variable, value, name", [
    ("ELASTIC_APM_USE_PATH_AS_TRANSACTION_NAME", "true", "GET /page/17"),
    ("APMSHIM_PATH_TEMPLATES", "/pages/*,/page/*", "GET /page/*"),
    ("ELASTIC_APM_TRANSACTION_NAME_GROUPS", "/page/*,GET *.numbered,GET *", "GET *.numbered")])
def test_options_go_before(variable, value, name, pg, folder):
    assert names(pg, folder, [*GUNICORN, "shop.web:app"], [("GET", "/page/17")], **{variable: value}) == [name]


def test_without_a_statement(pg, folder):
    """Named as its sisters are, also if it came before them, unless they have different views."""
    paths = ["/lesson/2", "/lesson/4", "/either/1", "/lesson/1", "/lesson/6", "/either/2024-01-31", "/either/2",
             "/either/3", "/nonesuch", "/lesson/8", "/lesson/x", "/quiet"]
    view = "GET shop.web.create_app."
    assert names(pg, folder, [*GUNICORN, "shop.web:app"], [("GET", path) for path in paths]) == [
        view + "lesson", view + "lesson", view + "first", view + "lesson", view + "lesson", view + "second",
        "GET /either/:id", view + "first", "GET unknown route", view + "lesson", "GET unknown route", "GET /quiet"]


def test_replayed(pg, folder):
    """A recording gives the same names again."""
    recording, events = folder / "recording", folder / "events"
    live = names(pg, folder, [*GUNICORN, "shop.web:app"], REQUESTS, APMSHIM_RECORD=recording)
    subprocess.run([BUILD / "apmshim", "replay", "-o", events, recording], check=True, env=tracing.environment())
    lines = [json.loads(line) for line in events.read_bytes().splitlines()]
    requests = [line["transaction"] for line in lines if line.get("transaction", {}).get("type") == "request"]
    assert sorted(t["name"] for t in requests) == sorted(live)
