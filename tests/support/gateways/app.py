"""A small service for any WSGI server: some statements on a connection kept by each thread, each with the
request's id in a comment."""
import os
import threading
import time
import urllib.parse

import psycopg2

LOCAL = threading.local()


def cursor():
    if not hasattr(LOCAL, "connection"):
        LOCAL.connection = psycopg2.connect(dbname=os.environ["PGDATABASE"])
        LOCAL.connection.autocommit = True
    return LOCAL.connection.cursor()


def answer(path, query, identity, body):
    if path == "/nothing":
        return "200 OK", b"nothing"
    if path == "/upload":
        return "200 OK", str(len(body())).encode()
    if path == "/large":
        return "200 OK", b"y" * int(query["size"][0])
    with cursor() as c:
        if path == "/broken":
            c.execute(f"select * from nonesuch /* req={identity} */")
        for _ in range(int(query.get("n", ["1"])[0])):
            c.execute(f"select name from item where id = 7 /* req={identity} */")
        if path == "/slow":
            c.execute(f"select pg_sleep(0.02) /* req={identity} */")
        if path == "/pause":
            time.sleep(0.02)  # others' turn, where greenlets share the thread
        c.execute(f"insert into visit (path) values (%s) /* req={identity} */", [path])
    return ("201 Created" if path == "/items" else "200 OK"), b"done"


def application(environ, start_response):
    identity = environ.get("HTTP_X_REQUEST_ID", "none")
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
    # Not every gateway tells the path apart.
    path = environ.get("PATH_INFO") or urllib.parse.urlsplit(environ["REQUEST_URI"]).path

    def body():
        return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    try:
        status, content = answer(path, query, identity, body)
    except psycopg2.Error:
        status, content = "500 Failed", b"failed"
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(content))),
                            ("X-Answered", identity)])
    return [content]
