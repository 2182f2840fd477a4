"""interleaved.py tasks|greenlets: requests that one thread answers by turns, each with three statements that carry
its id, between which all the others have theirs."""
import asyncio
import socket
import sys

import psycopg2

REQUESTS = 8


def answer(head):
    """Yields after each statement; returns the response."""
    identity = head.decode().split("X-Request-Id: ")[1].split("\r\n")[0]
    for index in range(3):
        CURSOR.execute(f"SELECT {index} /* req={identity} */")
        yield
    return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def turns(head):
    """As a list of statements, and the response."""
    result = []
    steps = answer(head)

    def step():
        try:
            next(steps)
            return True
        except StopIteration as end:
            result.append(end.value)
            return False
    return step, result


async def in_task(reader, writer):
    step, result = turns(await reader.readuntil(b"\r\n\r\n"))
    while step():
        await asyncio.sleep(0.001)
    writer.write(result[0])
    writer.close()


async def serve_tasks(listener):
    server = await asyncio.start_server(in_task, sock=listener)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, read_answers)
    server.close()


def serve_greenlets(listener):
    import greenlet  # not every place has it
    main = greenlet.getcurrent()

    def in_greenlet(connection):
        step, result = turns(connection.recv(1000))
        while step():
            main.switch()
        connection.sendall(result[0])
        connection.close()

    waiting = [(greenlet.greenlet(in_greenlet), listener.accept()[0]) for _ in CLIENTS]
    while waiting:
        for green, connection in waiting:
            green.switch(connection)
        waiting = [pair for pair in waiting if not pair[0].dead]
    read_answers()


def read_answers():
    for client in CLIENTS:
        assert client.recv(1000).startswith(b"HTTP/1.1 200"), "not answered"


CURSOR = psycopg2.connect("").cursor()
LISTENER = socket.create_server(("127.0.0.1", 0))
CLIENTS = [socket.create_connection(LISTENER.getsockname()) for _ in range(REQUESTS)]
for number, one in enumerate(CLIENTS):
    one.sendall(b"GET /interleaved HTTP/1.1\r\nHost: x\r\nX-Request-Id: i-%d\r\n\r\n" % number)
if sys.argv[1] == "tasks":
    asyncio.run(serve_tasks(LISTENER))
else:
    serve_greenlets(LISTENER)
