"""greenlets.py PORT CONNINFO CONNECTIONS request|query: gevent, a greenlet for each connection, psycopg2 that
lets others go on while it waits. Database connections are kept as in tasks.py."""
import contextlib
import functools
import sys

import gevent.queue
import gevent.server
import gevent.socket
import psycopg2.extensions

from tasks import query_text

PORT, CONNINFO, CONNECTIONS, KEEP = sys.argv[1:]


def wait(connection):
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        if state == psycopg2.extensions.POLL_READ:
            gevent.socket.wait_read(connection.fileno())
        else:
            gevent.socket.wait_write(connection.fileno())


@contextlib.contextmanager
def borrowed(pool):
    connection = pool.get()
    yield connection.cursor()
    pool.put(connection)


def work(pool, identity, queries):
    if KEEP == "request":
        with borrowed(pool) as cursor:
            for index in range(queries):
                cursor.execute(query_text(identity, index))
    else:
        for index in range(queries):
            with borrowed(pool) as cursor:
                cursor.execute(query_text(identity, index))


def serve(pool, connection, _address):
    stream = connection.makefile("rb")
    with contextlib.suppress(ConnectionError):
        while stream.readline():
            fields = dict(line.decode().rstrip().split(": ", 1) for line in iter(stream.readline, b"\r\n"))
            identity = fields["X-Request-Id"]
            work(pool, identity, int(fields["X-Queries"]))
            connection.sendall(
                f"HTTP/1.1 200 OK\r\nX-Request-Id: {identity}\r\nContent-Length: 3\r\n\r\nok\n".encode())


def main():
    psycopg2.extensions.set_wait_callback(wait)
    pool = gevent.queue.Queue()
    for _ in range(int(CONNECTIONS)):
        connection = psycopg2.connect(CONNINFO)
        connection.autocommit = True
        pool.put(connection)
    address = ("127.0.0.1", int(PORT))
    gevent.server.StreamServer(address, functools.partial(serve, pool), backlog=512).serve_forever()


main()
