"""A throw-away PostgreSQL, its databases, and what it counted."""
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .paths import free_port

START_LIMIT = 60  # seconds

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "pg_stat_statements.max": "10000",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


def programs():
    """The newest installed version's folder of programs."""
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    return max(folders, key=lambda folder: float(folder.parent.name))


def as_postgres(*arguments):
    """The server refuses to be root. It ends with us, however we end."""
    other_user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *other_user, "--pdeathsig=INT", "--", *map(str, arguments)]


class Postgres:
    def __init__(self, tls=False):
        self._settings = dict(SETTINGS)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="apmshim-pg-"))
        self.port = free_port()
        self._names = itertools.count(1)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._initialise()
        if tls:
            self._settings |= {"ssl": "on", **self._certificate()}
        self._server = self._start()

    def _certificate(self):
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                        "-days", "2", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        if os.geteuid() == 0:
            shutil.chown(key, "postgres", "postgres")
            shutil.chown(certificate, "postgres", "postgres")
        key.chmod(0o600)
        return {"ssl_key_file": key, "ssl_cert_file": certificate}

    def _initialise(self):
        subprocess.run(
            as_postgres(programs() / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust",
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
            check=True, stdout=subprocess.DEVNULL, cwd="/")

    def _start(self):
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        with open(self.folder / "log", "wb") as log:
            server = subprocess.Popen(
                as_postgres(programs() / "postgres", "-D", self.folder / "data", "-k", self.folder,
                            "-p", self.port, *settings),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        until = time.monotonic() + START_LIMIT
        while self._psql("postgres", "select 1", check=False).returncode != 0:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.1)
        self._psql("postgres", "create extension pg_stat_statements")
        return server

    def stop(self):
        self._server.send_signal(signal.SIGINT)  # closes connections, then ends
        try:
            self._server.wait(30)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, database):
        """Variables that make any libpq program connect to it."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGDATABASE": database}

    def conninfo(self, database):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def _psql(self, database, sql, check=True):
        return subprocess.run(
            [programs() / "psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(database)],
            input=sql.encode(), check=check, stdout=subprocess.PIPE,
            stderr=None if check else subprocess.DEVNULL)

    def run(self, database, sql):
        """Rows of text."""
        lines = self._psql(database, sql).stdout.decode().splitlines()
        return [line.split("\t") for line in lines]

    @contextlib.contextmanager
    def database(self, *schemas):
        """A database of its own, filled by these SQL files; its name."""
        name = f"test_{next(self._names)}"
        self.run("postgres", f"create database {name}")
        try:
            for schema in schemas:
                self.run(name, pathlib.Path(schema).read_text(encoding="utf-8"))
            self.forget_calls()
            yield name
        finally:
            self.run("postgres", f"drop database {name} with (force)")

    def forget_calls(self):
        self.run("postgres", "select pg_stat_statements_reset()")

    def calls(self, database):
        """How often each statement was executed with success there: {comparable text: calls}."""
        counted = {}
        for calls, query in self.run("postgres", f"""
                select s.calls, replace(replace(s.query, E'\\n', ' '), E'\\t', ' ')
                from pg_stat_statements s join pg_database d on d.oid = s.dbid
                where d.datname = '{database}'"""):
            statement = comparable(query)
            counted[statement] = counted.get(statement, 0) + int(calls)
        return counted


def comparable(sql):
    """One text for what pg_stat_statements ($1) and an obfuscated statement (?) say of a statement."""
    sql = re.sub(r"/\*.*?\*/", " ", sql, flags=re.DOTALL)
    sql = re.sub(r"(?is)^\s*prepare\s+(?:\w+|\"[^\"]*\")\s*(?:\([^)]*\))?\s*as\s", "", sql)  # counted when executed
    sql = re.sub(r"(?i)extract\((\w+|\$\d+) from", "extract(? from", sql)  # counted as a constant
    sql = re.sub(r"(?i)(?<!')\be'(?:[^'\\]|''|\\.)*'", "?", sql)
    sql = re.sub(r"\$\d+|(?<![\w?])'(?:[^']|'')*'|(?<![\w.])[-+]?\d+(?:\.\d+)?\b", "?", sql)
    sql = re.sub(r"(?i)\b(true|false|null)\b", "?", sql)
    sql = re.sub(r"\(\s*\?(\s*,\s*(\?|\.\.\.))*\s*\)", "(?)", sql)
    return re.sub(r"\s+", " ", sql).strip().rstrip(";").rstrip().lower()
