"""tasks.py PORT CONNINFO CONNECTIONS request|query: asyncio, a task for each connection, asyncpg. A request keeps
its database connection until it is answered, or gives it back after each query."""
import asyncio
import contextlib
import sys

import asyncpg


def query_text(identity, index):
    """As server.c has it."""
    mixed = 0
    for character in identity.encode():
        mixed = (mixed * 31 + character) & 0xffffffff
    return f"SELECT pg_sleep(0.{(mixed + index * 7) % 30:04d}) /* req={identity} */"


def server_of(conninfo):
    """As asyncpg wants to be told."""
    fields = dict(part.split("=", 1) for part in conninfo.split())
    return {"host": fields["host"], "port": int(fields["port"]), "user": fields["user"], "database": fields["dbname"]}


async def work(pool, identity, queries):
    if KEEP == "request":
        async with pool.acquire() as connection:
            for index in range(queries):
                await connection.fetch(query_text(identity, index))
    else:
        for index in range(queries):
            async with pool.acquire() as connection:
                await connection.fetch(query_text(identity, index))


async def serve(pool, reader, writer):
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            identity = fields["X-Request-Id"]
            await work(pool, identity, int(fields["X-Queries"]))
            writer.write(f"HTTP/1.1 200 OK\r\nX-Request-Id: {identity}\r\nContent-Length: 3\r\n\r\nok\n".encode())
    writer.close()


async def main():
    pool = await asyncpg.create_pool(
        **server_of(CONNINFO), min_size=int(CONNECTIONS), max_size=int(CONNECTIONS))
    server = await asyncio.start_server(lambda r, w: serve(pool, r, w), "127.0.0.1", int(PORT), backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    PORT, CONNINFO, CONNECTIONS, KEEP = sys.argv[1:]
    asyncio.run(main())
