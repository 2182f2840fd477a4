"""The service of app.py once more for ASGI servers, with psycopg 3 on the event loop."""
import os
import urllib.parse

import psycopg

STATE = {}


async def connection():
    if "connection" not in STATE:
        STATE["connection"] = await psycopg.AsyncConnection.connect(dbname=os.environ["PGDATABASE"], autocommit=True)
    return STATE["connection"]


async def answer(path, query, identity, body):
    if path == "/nothing":
        return 200, b"nothing"
    if path == "/upload":
        return 200, str(len(body)).encode()
    if path == "/large":
        return 200, b"y" * int(query["size"][0])
    database = await connection()
    if path == "/broken":
        await database.execute(f"select * from nonesuch /* req={identity} */")
    for _ in range(int(query.get("n", ["1"])[0])):
        await database.execute(f"select name from item where id = 7 /* req={identity} */")
    if path == "/slow":
        await database.execute(f"select pg_sleep(0.02) /* req={identity} */")
    await database.execute(f"insert into visit (path) values (%s) /* req={identity} */", [path])
    return (201 if path == "/items" else 200), b"done"


async def read_body(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    identity = dict(scope["headers"]).get(b"x-request-id", b"none").decode()
    query = urllib.parse.parse_qs(scope["query_string"].decode())
    body = await read_body(receive)
    try:
        status, content = await answer(scope["path"], query, identity, body)
    except psycopg.Error:
        status, content = 500, b"failed"
    with open(os.environ["ACCESS_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{identity} {scope['method']} {scope['path']} {status}\n")
    headers = [(b"content-length", str(len(content)).encode()), (b"x-answered", identity.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
