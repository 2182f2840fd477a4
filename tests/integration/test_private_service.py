"""Thirty secrets and more in one service: nginx before Django on gunicorn and php-fpm, and psql beside them. Whatever
way events take, and whatever is written about them, none is in it."""
import contextlib
import json
import pathlib
import stat
import subprocess
import zlib

import pytest

from support import gateways, http_client, planted, services, tracing
from support.paths import PYTHON, free_port
from support.postgres import programs

SUPPORT = pathlib.Path(planted.__file__).parent
STAYS = {"S3CRET_identifier",  # names are what a statement is about
         "S3CRET_path"}        # of a URL, unless APMSHIM_URL says otherwise
SCHEMA = "create table people (id serial primary key, name text not null); insert into people (name) values ('S3CRET_row')"

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTM0NSRVRfand0In0.UzNDUkVUX2p3dA"  # S3CRET_jwt, in its base64
HEADERS = {
    "Authorization": "Bearer S3CRET_bearer", "Proxy-Authorization": "Basic S3CRET_proxy", "Cookie": "a=S3CRET_cookie",
    "X-Api-Key": "S3CRET_api_header", "X-Goog-Iap-Jwt-Assertion": JWT, "X-Amzn-Oidc-Data": "S3CRET_oidc",
    "X-Db-Password": "S3CRET_password_header", "Sec-WebSocket-Protocol": "bearer, S3CRET_websocket",
    "Referer": "http://anna:S3CRET_referer@shop.example/a;jsessionid=S3CRET_referer_matrix?token=S3CRET_referer_query",
    "X-Forwarded-Uri": "/a?sig=S3CRET_forwarded", "X-Anything": "Bearer S3CRET_any_header",
    "Content-Type": "application/x-www-form-urlencoded",
}
QUERY = ("?access_token=S3CRET_query&page=2&user[password]=S3CRET_bracket&X-Amz-Signature=S3CRET_amz"
         "&%74oken=S3CRET_encoded&key=S3CRET_key")
BODY = b"password=S3CRET_body&file=S3CRET_file.txt"
SCRIPT = """
copy people (id, name) from stdin;
S3CRET_copy\tAnna
\\.
copy missing from stdin;
1\tAnna S3CRET_restored
\\.
select 'S3CRET_psql';
"""


def psql_commands(env, script):
    uri = f"postgresql://{env['PGUSER']}:S3CRET_uri@S3CRET_at@127.0.0.1:{env['PGPORT']}/{env['PGDATABASE']}"
    psql = [programs() / "psql", "-Xq"]
    return [psql + ["-f", script], psql + ["-v", "api_key=S3CRET_variable", "-tAc", "select 'S3CRET_argv'::int"],
            psql + [uri, "-cselect 'S3CRET_glued'"], psql + ["password = S3CRET_conninfo", "-c", "select 1"],
            ["env", "PGPASSWORD=S3CRET_assigned", *psql, "-c", "select 'S3CRET_behind_env'"]]


class Service:
    """All of it, in one way of sending."""

    def __init__(self, pg, folder, mode):
        self.pg, self.folder, self.mode = pg, folder, mode
        self.traces, self.titles = [], []
        self.outputs = planted.Outputs(folder)

    def environment(self, **more):
        secret = {"PGPASSWORD": "S3CRET_environment", "API_KEY": "S3CRET_service_key", "PYTHONPATH": SUPPORT,
                  "ELASTIC_APM_SECRET_TOKEN": "S3CRET_server_token", "PYTHONDONTWRITEBYTECODE": "1"}
        if self.mode == "spool":
            secret |= {"ELASTIC_APM_SERVER_URL": "http://anna:S3CRET_userinfo@127.0.0.1:1", "APMSHIM_SPOOL": self.spool}
        return self.pg.environment(self.database) | secret | self.outputs.environment() | more

    @property
    def spool(self):
        return self.folder / "spool"

    @contextlib.contextmanager
    def traced(self, command, **options):
        to_file = self.mode == "file"
        with tracing.traced(command, env=self.environment(**options.pop("env", {})), to_file=to_file,
                            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options) as trace:
            yield trace
            self.titles += [pathlib.Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
                            for pid in tracing.forwarders(trace.tag)]
        self.traces.append(trace)

    def run(self):
        with self.pg.database() as self.database:
            self.pg.run(self.database, SCHEMA)
            self.spool.mkdir(mode=0o700)
            script = self.folder / "restore.sql"
            script.write_text(SCRIPT, encoding="ascii")
            self.answer_requests()
            for command in psql_commands(self.environment(), script):
                with self.traced(command) as trace:
                    trace.process.wait(60)

    def answer_requests(self):
        port, django, php = free_port(), free_port(), free_port()
        location = (f"location /php {{ fastcgi_pass 127.0.0.1:{php}; include /etc/nginx/fastcgi_params; "
                    f"fastcgi_param SCRIPT_FILENAME {SUPPORT}/private_page.php; }} "
                    f"location / {{ proxy_pass http://127.0.0.1:{django}; }}")
        gunicorn = [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{django}", "private_site"]
        with contextlib.ExitStack() as stack:
            nginx = stack.enter_context(contextlib.closing(services.Nginx(port, workers=1, server=location)))
            for command in (gunicorn, gateways.php_fpm(self.folder, f"127.0.0.1:{php}", workers=1)):
                service = stack.enter_context(self.traced(command))
                http_client.wait_for(django if command is gunicorn else php, service.process)
            front = stack.enter_context(self.traced(nginx.command))
            http_client.wait_for(port, front.process)
            requests = [("POST", f"/people/anna@S3CRET_path/;jsessionid=S3CRET_matrix{QUERY}", HEADERS, BODY),
                        ("GET", "/moved/", HEADERS, None), ("POST", f"/php{QUERY}", HEADERS, BODY)]
            self.answers = http_client.load(port, requests)

    def texts(self):
        found = self.outputs.texts() | {f"title {i}": title for i, title in enumerate(self.titles)}
        for i, trace in enumerate(self.traces):
            found |= {f"{kind} of {i}": text for kind, text in planted.texts_of(trace).items()}
        for path in self.spool.rglob("*"):
            if path.is_file():
                found[f"spool/{path.name}"] = inflated(path.read_bytes()).decode("utf-8", "replace")
        return found


def inflated(data):
    try:
        return zlib.decompressobj(47).decompress(data)
    except zlib.error:
        return data


@pytest.mark.parametrize("mode", ["server", "file", "spool"])
def test_thirty_secrets(pg, tmp_path, mode):
    service = Service(pg, tmp_path, mode)
    service.run()
    texts = service.texts()
    found = planted.found_in(texts, STAYS)
    assert not found, (sorted({secret for _, secret, _ in found}), found[:10])
    assert JWT.split(".")[1] not in json.dumps(texts)
    assert all(service.answers) and "S3CRET_identifier" in json.dumps(texts)
    everything = json.dumps(texts)
    assert not any("S3CRET_path" in event["name"] for trace in service.traces for event in trace.transactions + trace.spans)
    for seen in ("page=2", "SELECT FROM people", "invalid input syntax for type integer: ?",
                 "POST /people", "UNKNOWN", "unique_violation", "raise_exception"):
        assert seen in everything, seen


def test_path_on_request(pg, tmp_path):
    """The one thing of the client's that stays can be switched off as well."""
    service = Service(pg, tmp_path, "server")
    service.environment = lambda **more: Service.environment(service, APMSHIM_URL="template", **more)
    service.run()
    found = planted.found_in(service.texts(), STAYS - {"S3CRET_path"})
    assert not found, (sorted({secret for _, secret, _ in found}), found[:10])


def test_recording(pg, tmp_path):
    """It holds what the service was sent, for its owner's eyes alone; what an option switches off is not in it."""
    service = Service(pg, tmp_path, "server")
    off = {"APMSHIM_SQL": "off", "ELASTIC_APM_CAPTURE_HEADERS": "false", "APMSHIM_ARGUMENTS": "false"}
    with pg.database() as service.database:
        pg.run(service.database, SCHEMA)
        gunicorn_port = free_port()
        command = [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{gunicorn_port}", "--env", "TOKEN=S3CRET_argument",
                   "private_site"]
        with service.traced(command, env=off | {"APMSHIM_RECORD": service.outputs.recording}) as trace:
            http_client.wait_for(gunicorn_port, trace.process)
            request = ("GET", "/people/x/", HEADERS, None)
            assert all(http_client.load(gunicorn_port, [request]))
    recording = service.outputs.recording
    assert stat.S_IMODE(recording.stat().st_mode) == 0o600
    kept = recording.read_bytes()
    assert b"/people/x/" in kept and b"INSERT 0 1" not in kept
    found = {match.group() for match in planted.PLANTED.finditer(kept.decode("utf-8", "replace"))}
    assert found <= {"S3CRET_answer"}, found  # the body that the service sent


@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi", "scgi", "http"])
def test_headers_switched_off(pg, tmp_path, protocol):
    """In no event, and not in the ring either, whatever protocol they come by."""
    listen = f"127.0.0.1:{free_port()}"
    options = {"fastcgi": "fastcgi-socket", "uwsgi": "socket", "scgi": "scgi-socket", "http": "http-socket"}
    command = gateways.uwsgi(tmp_path, options[protocol], listen, 1)
    outputs = planted.Outputs(tmp_path)
    env = outputs.environment(recorded=True) | {"ELASTIC_APM_CAPTURE_HEADERS": "false", "PYTHONDONTWRITEBYTECODE": "1"}
    with pg.database(gateways.APPS / "schema.sql") as database:
        with tracing.traced(command, env=env | pg.environment(database), stderr=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL) as trace:
            http_client.wait_for(int(listen.split(":")[1]), trace.process)
            with gateways.nginx("proxy" if protocol == "http" else protocol, listen) as port:
                requests = [("GET", f"/items/{i}", HEADERS | {"X-Long": "S3CRET" * 200, "X-Request-Id": "7"}, None)
                            for i in range(20)]
                assert all(http_client.load(port, requests))
    assert len(trace.requests) == 20 and {t["context"]["response"]["status_code"] for t in trace.requests} == {200}
    assert not any("headers" in t["context"][part] for t in trace.requests for part in ("request", "response"))
    assert {t["context"]["request"]["url"]["pathname"] for t in trace.requests} == {path for _, path, *_ in requests}
    assert planted.MARK.encode() not in outputs.recording.read_bytes()
    assert not planted.found_in(outputs.texts() | planted.texts_of(trace))
